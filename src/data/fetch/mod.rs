//! Downloading the full Fashion-MNIST.
//!
//! A file is downloaded to `NAME.part` and renamed once its length and SHA-256 match, so a file under its final name is
//! always complete. An interrupted download is resumed with an HTTP range request, within the same command or by the
//! next one, so bytes on disk are not requested again if the server supports ranges. Never more than the expected size is written, and other files of the same
//! name are never overwritten. A lock allows one download per directory at a time.

mod download;
mod error;
mod plan;
mod remote;

pub use error::FetchError;
pub use plan::{DownloadProgress, Fetch, Fetched, RetryPolicy};
pub use remote::{BASE_URL, FASHION_MNIST, RemoteFile};
