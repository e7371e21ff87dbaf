//! The data set: gzipped idx files, normalised as they are read.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::Outcome;

/// Pixels of an image, 28 x 28.
pub const PIXELS: usize = 28 * 28;
const MEAN: f32 = 0.1307;
const STD: f32 = 0.3081;

/// Images and what is on them.
#[derive(Debug)]
pub struct Images {
    /// Normalised pixels, image after image.
    pub pixels: Vec<f32>,
    /// A class from 0 to 9 for each image.
    pub labels: Vec<u8>,
}

impl Images {
    /// Reads the part `train` or `t10k` of the set.
    pub(crate) fn read(folder: &Path, part: &str) -> Outcome<Self> {
        let pixels = read_idx(&folder.join(format!("{part}-images-idx3-ubyte.gz")), 3)?;
        let labels = read_idx(&folder.join(format!("{part}-labels-idx1-ubyte.gz")), 1)?;
        if pixels.len() != labels.len() * PIXELS {
            return Err(format!("{part}: {} labels do not fit {} pixels", labels.len(), pixels.len()).into());
        }
        let pixels = pixels.iter().map(|&pixel| (f32::from(pixel) / 255.0 - MEAN) / STD).collect();
        Ok(Self { pixels, labels })
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// The bytes of a gzipped idx file with this many dimensions, without its header.
fn read_idx(path: &Path, dimensions: usize) -> Outcome<Vec<u8>> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).map_err(at)?).read_to_end(&mut bytes).map_err(at)?;
    let header = 4 + 4 * dimensions;
    if bytes.len() < header || bytes[..4] != [0, 0, 8, dimensions as u8] {
        return Err(format!("{}: not an idx file of bytes in {dimensions} dimensions", path.display()).into());
    }
    Ok(bytes.split_off(header))
}

/// `0..len` in pieces of `size`, the last one with the rest.
pub(crate) fn ranges(len: usize, size: usize) -> Vec<Range<usize>> {
    (0..len).step_by(size).map(|start| start..len.min(start + size)).collect()
}
