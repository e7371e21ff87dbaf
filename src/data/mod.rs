//! Data sets: reading, finding and downloading them.
//!
//! A data set has images and labels, for training and for testing. Images are 28x28 greyscale and labels are from 0 to
//! 9, so Fashion-MNIST, MNIST, KMNIST and any other set in this form can be used.
//!
//! - [`idx`] reads one file, which need not be well-formed; so do the readers of NumPy archives and CSV files.
//! - [`Split`] pairs images with labels, [`Dataset`] a training with a test split.
//! - [`DataLocations`] finds a data set; a subset of Fashion-MNIST is built in, so there always is one.
//! - [`Fetch`] downloads the full Fashion-MNIST.
//!
//! This layer uses no other layer of the crate, prints nothing and never panics on bad input.

mod csv_file;
mod dataset;
mod error;
mod fetch;
mod files;
pub mod idx;
mod image;
mod locate;
mod npz;
mod split;

pub use csv_file::CsvError;
pub use dataset::{Dataset, Source};
pub use error::DataError;
pub use fetch::{
    BASE_URL, DownloadProgress, FASHION_MNIST, Fetch, FetchError, Fetched, RemoteFile, RetryPolicy,
};
pub use idx::IdxError;
pub use image::{CLASSES, Image, PIXELS, SIDE};
pub use locate::{DataLocation, DataLocations, Found, LocationReport, LocationStatus, Roots, Survey};
pub use npz::{ArrayError, NpzError};
pub use split::{Split, SplitError, normalized_levels};
