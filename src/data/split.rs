//! Images with their labels.

use thiserror::Error;

use super::image::{CLASSES, Image, PIXELS};

/// Mean and standard deviation of MNIST's pixels on a scale of 0 to 1. As is customary for its successors, they
/// normalise the pixels of every data set.
const MEAN: f32 = 0.1307;
const DEVIATION: f32 = 0.3081;

/// The network input for each pixel value: `(value / 255 - mean) / deviation`.
pub fn normalized_levels() -> [f32; 256] {
    std::array::from_fn(|level| (level as f32 / 255.0 - MEAN) / DEVIATION)
}

/// The images and labels of the training or the test set: equally many of each, at least one, every label below
/// [`CLASSES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    images: Vec<u8>,
    labels: Vec<u8>,
}

/// Why images and labels do not make a [`Split`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SplitError {
    /// The number of pixels is not a multiple of the image size.
    #[error(
        "{bytes} bytes of pixels are not a whole number of images of {PIXELS} bytes; download or copy the file again"
    )]
    PartialImage {
        /// Bytes of pixels.
        bytes: usize,
    },
    /// The numbers of images and labels differ.
    #[error("{images} images but {labels} labels; take both files from the same set")]
    CountMismatch {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// There are no images.
    #[error("no images; use a file with at least one")]
    Empty,
    /// A label is not one of the ten classes.
    #[error("label {index} is {found}, expected 0 to 9")]
    LabelOutOfRange {
        /// Index of the label, from 0.
        index: usize,
        /// The label.
        found: u8,
    },
}

impl Split {
    /// Pairs `images` ([`PIXELS`] bytes each) with `labels`.
    pub fn new(images: Vec<u8>, labels: Vec<u8>) -> Result<Self, SplitError> {
        let (whole, rest) = images.as_chunks::<PIXELS>();
        if !rest.is_empty() {
            return Err(SplitError::PartialImage { bytes: images.len() });
        }
        if whole.len() != labels.len() {
            return Err(SplitError::CountMismatch { images: whole.len(), labels: labels.len() });
        }
        if labels.is_empty() {
            return Err(SplitError::Empty);
        }
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= CLASSES) {
            return Err(SplitError::LabelOutOfRange { index, found: labels[index] });
        }
        Ok(Self { images, labels })
    }

    /// The number of images.
    #[expect(clippy::len_without_is_empty, reason = "a split is never empty")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// All images in order.
    pub fn images(&self) -> &[Image] {
        self.images.as_chunks().0
    }

    /// All labels, in the order of the images.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The image at `index`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn image(&self, index: usize) -> &Image {
        &self.images()[index]
    }

    /// The label of the image at `index`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_split_into_images() {
        let pixels = [[1; PIXELS], [2; PIXELS], [3; PIXELS]].concat();
        let split = Split::new(pixels, vec![7, 8, 9]).unwrap();
        assert_eq!(split.len(), 3);
        assert_eq!(split.images().len(), 3);
        assert_eq!(split.image(1), &[2; PIXELS]);
        assert_eq!((split.label(2), split.labels()), (9, &[7, 8, 9][..]));
    }

    #[test]
    fn mismatched_images_and_labels_are_rejected() {
        let cases = [
            (785, 1, SplitError::PartialImage { bytes: 785 }),
            (2 * PIXELS, 3, SplitError::CountMismatch { images: 2, labels: 3 }),
            (0, 0, SplitError::Empty),
        ];
        for (pixels, labels, error) in cases {
            assert_eq!(Split::new(vec![0; pixels], vec![0; labels]), Err(error));
        }
        assert_eq!(
            Split::new(vec![0; 2 * PIXELS], vec![9, 10]),
            Err(SplitError::LabelOutOfRange { index: 1, found: 10 })
        );
    }
}
