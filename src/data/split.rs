//! Images with their labels.

use thiserror::Error;

use super::dataset::CLASSES;

/// Width and height of an image in pixels.
pub const SIDE: usize = 28;

/// Pixels of an image, a byte each.
pub const PIXELS: usize = SIDE * SIDE;

/// A grey image, row by row from the top left: 0 is background, 255 the brightest.
pub type Image = [u8; PIXELS];

/// The images and labels of one half of a data set: as many of each, at least one, and every label below ten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    images: Vec<u8>,
    labels: Vec<u8>,
}

/// Why images and labels are no [`Split`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SplitError {
    /// The pixels do not fill whole images.
    #[error("{bytes} bytes of pixels are not whole images of {PIXELS} bytes")]
    PartialImage {
        /// Bytes given.
        bytes: usize,
    },
    /// There are more images than labels, or fewer.
    #[error("{images} images but {labels} labels; take both files from the same set")]
    CountMismatch {
        /// Images given.
        images: usize,
        /// Labels given.
        labels: usize,
    },
    /// There is nothing to train or test on.
    #[error("no images")]
    Empty,
    /// A label is none of the ten classes.
    #[error("label number {index} is {found}, expected 0 to 9")]
    LabelOutOfRange {
        /// Which label it is, counted from 0.
        index: usize,
        /// The label.
        found: u8,
    },
}

impl Split {
    /// Pairs `images`, 784 bytes each, with `labels`.
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

    /// Image number `index`, counted from 0.
    ///
    /// # Panics
    /// As a slice does: if `index` is not below [`len`](Self::len).
    pub fn image(&self, index: usize) -> &Image {
        &self.images()[index]
    }

    /// The label of image number `index`.
    ///
    /// # Panics
    /// As a slice does: if `index` is not below [`len`](Self::len).
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_cut_at_their_size() {
        let pixels = [[1; PIXELS], [2; PIXELS], [3; PIXELS]].concat();
        let split = Split::new(pixels, vec![7, 8, 9]).unwrap();
        assert_eq!(split.len(), 3);
        assert_eq!(split.images().len(), 3);
        assert_eq!(split.image(1), &[2; PIXELS]);
        assert_eq!((split.label(2), split.labels()), (9, &[7, 8, 9][..]));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
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
