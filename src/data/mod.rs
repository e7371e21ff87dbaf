//! Data sets: reading, finding and downloading them.
//!
//! A data set is four IDX files: images and labels, for training and for testing. All images are 28x28 grey pixels and
//! all labels are below ten, so Fashion-MNIST, MNIST, KMNIST and any other set in this form will do.
//!
//! - [`idx`] reads one file and trusts nothing in it.
//! - [`Split`] pairs images with their labels, [`Dataset`] a training with a test split.
//! - [`DataLocations`] says where a data set is looked for and finds one; a small one is built in, so there always is one.
//! - [`Fetch`] downloads the full Fashion-MNIST.
//!
//! This layer uses no other layer of the crate, prints nothing and never panics on bad input.

mod dataset;
mod error;
mod fetch;
mod files;
pub mod idx;
mod locate;
mod split;
pub(crate) mod text;

pub use dataset::{CLASSES, Dataset, Source};
pub use error::DataError;
pub use fetch::{
    BASE_URL, DownloadProgress, FASHION_MNIST, Fetch, FetchError, Fetched, RemoteFile, RetryPolicy,
};
pub use idx::IdxError;
pub use locate::{DataLocation, DataLocations, Found, LocationReport, Outcome, Roots, Survey};
pub use split::{Image, PIXELS, SIDE, Split, SplitError};
