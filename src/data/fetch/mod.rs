//! Downloading the full Fashion-MNIST.
//!
//! A file is written to `NAME.part` and renamed to its name once its length and SHA-256 are right, so what bears the
//! name is whole. A part that is left behind is continued with an HTTP range request, within one command and in the
//! next. Nothing is downloaded twice, no more is written than the known size, and a file of the user's own is never
//! replaced. One command at a time works in a directory.

mod download;
mod error;
mod plan;
mod remote;

pub use error::FetchError;
pub use plan::{DownloadProgress, Fetch, Fetched, RetryPolicy};
pub use remote::{BASE_URL, FASHION_MNIST, RemoteFile};
