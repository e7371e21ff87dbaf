//! The images that data sets consist of.

/// Width and height of an image, in pixels.
pub const SIDE: usize = 28;

/// Pixels per image, one byte each.
pub const PIXELS: usize = SIDE * SIDE;

/// A greyscale image, row by row from the top left; 0 is the background, 255 the brightest.
pub type Image = [u8; PIXELS];

/// The number of classes of every supported data set.
pub const CLASSES: usize = 10;
