//! Downloading several files to a directory.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;

use super::download::Download;
use super::error::{FetchError, at};
use super::remote::{FASHION_MNIST, RemoteFile};

/// Timeouts and the number of retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Timeout for establishing a connection.
    pub connect: Duration,
    /// Timeout for the next bytes to arrive.
    pub stall: Duration,
    /// How many times an interrupted download is resumed. Only attempts that made progress are followed by another.
    pub retries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), stall: Duration::from_secs(30), retries: 4 }
    }
}

/// A download to a directory.
#[derive(Debug, Clone, Copy)]
pub struct Fetch<'a> {
    /// The URL that file names are appended to, with or without a trailing slash.
    pub base_url: &'a str,
    /// Target directory; created if missing.
    pub dir: &'a Path,
    /// The files to download.
    pub files: &'a [RemoteFile<'a>],
    /// Timeouts and retries.
    pub retry: RetryPolicy,
}

/// Progress of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadProgress<'a> {
    /// Name of the current file.
    pub file: &'a str,
    /// Bytes on the disk, over all files.
    pub done: u64,
    /// Total bytes of all files.
    pub total: u64,
}

/// Outcome of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fetched {
    /// Files downloaded.
    pub new: usize,
    /// Files that already existed.
    pub kept: usize,
    /// Bytes received.
    pub bytes: u64,
}

impl<'a> Fetch<'a> {
    /// Downloads the full Fashion-MNIST from `base_url` to `dir`.
    pub fn fashion_mnist(base_url: &'a str, dir: &'a Path) -> Self {
        Self { base_url, dir, files: &FASHION_MNIST, retry: RetryPolicy::default() }
    }

    /// Downloads the missing files and calls `progress` as bytes arrive.
    pub fn run(&self, mut progress: impl FnMut(DownloadProgress<'_>)) -> Result<Fetched, FetchError> {
        fs::create_dir_all(self.dir).map_err(at(self.dir))?;
        let _lock = self.lock()?;
        let agent = self.agent();
        let total = self.files.iter().map(|file| file.size).sum();
        let (mut before, mut fetched) = (0, Fetched::default());
        for file in self.files {
            let mut report =
                |done| progress(DownloadProgress { file: file.name, done: before + done, total });
            let download = Download::new(self.base_url, self.dir, file);
            if download.is_complete()? {
                fetched.kept += 1;
                report(file.size);
            } else {
                fetched.bytes += download.run(&agent, self.retry.retries, &mut report)?;
                fetched.new += 1;
            }
            before += file.size;
        }
        Ok(fetched)
    }

    /// Locks the directory against other downloads until the returned file is dropped.
    fn lock(&self) -> Result<File, FetchError> {
        let path = self.dir.join(".fetch.lock");
        let lock = File::create(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => Err(FetchError::Busy { dir: self.dir.into() }),
            // The file system has no locks; the checksums still detect a file that two processes wrote.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(lock),
        }
    }

    fn agent(&self) -> Agent {
        Agent::config_builder()
            .user_agent(concat!("cnn-tui/", env!("CARGO_PKG_VERSION")))
            // The files themselves are gzip; the server must not compress or decompress them.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .timeout_resolve(Some(self.retry.connect))
            .timeout_connect(Some(self.retry.connect))
            .timeout_per_read(Some(self.retry.stall))
            .timeout_per_write(Some(self.retry.stall))
            .build()
            .new_agent()
    }
}
