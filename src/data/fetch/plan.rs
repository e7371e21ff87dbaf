//! A download of several files to a directory.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;

use super::download::Download;
use super::error::{FetchError, at};
use super::remote::{FASHION_MNIST, RemoteFile};

/// How long and how often a server is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes.
    pub stall: Duration,
    /// How often a broken download of a file is continued, as long as each time brings some of it.
    pub retries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), stall: Duration::from_secs(30), retries: 4 }
    }
}

/// A download to a directory.
#[derive(Clone, Copy, Debug)]
pub struct Fetch<'a> {
    /// The URL that the names are appended to, with or without a slash at its end.
    pub base_url: &'a str,
    /// Where the files go; it is made if need be.
    pub dir: &'a Path,
    /// What to download.
    pub files: &'a [RemoteFile<'a>],
    /// When to give up.
    pub patience: RetryPolicy,
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadProgress<'a> {
    /// The file at work.
    pub file: &'a str,
    /// Bytes of all files that are on the disk.
    pub done: u64,
    /// Bytes of all files.
    pub total: u64,
}

/// What a download did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that are new.
    pub new: usize,
    /// Files that were there already.
    pub kept: usize,
    /// Bytes that came over the line.
    pub bytes: u64,
}

impl<'a> Fetch<'a> {
    /// The full Fashion-MNIST from `base_url` to `dir`.
    pub fn fashion_mnist(base_url: &'a str, dir: &'a Path) -> Self {
        Self { base_url, dir, files: &FASHION_MNIST, patience: RetryPolicy::default() }
    }

    /// Downloads what is missing and calls `progress` as bytes arrive.
    pub fn run(&self, mut progress: impl FnMut(DownloadProgress<'_>)) -> Result<Fetched, FetchError> {
        fs::create_dir_all(self.dir).map_err(at(self.dir))?;
        let _lock = self.lock()?;
        let agent = self.agent();
        let total = self.files.iter().map(|file| file.size).sum();
        let (mut before, mut fetched) = (0, Fetched::default());
        for file in self.files {
            let mut report =
                |done| progress(DownloadProgress { file: file.name, done: before + done, total });
            let download = Download::new(self, file);
            if download.is_there()? {
                fetched.kept += 1;
                report(file.size);
            } else {
                fetched.bytes += download.run(&agent, self.patience.retries, &mut report)?;
                fetched.new += 1;
            }
            before += file.size;
        }
        Ok(fetched)
    }

    /// Keeps other downloads out of the directory until the file is dropped.
    fn lock(&self) -> Result<File, FetchError> {
        let path = self.dir.join(".fetch.lock");
        let lock = File::create(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => Err(FetchError::Busy { dir: self.dir.into() }),
            // A file system without locks: the checksums still tell a file that two wrote.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(lock),
        }
    }

    fn agent(&self) -> Agent {
        Agent::config_builder()
            .user_agent(concat!("cnn-tui/", env!("CARGO_PKG_VERSION")))
            // The files are gzip as they are; nothing is to be packed or unpacked on the way.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .timeout_resolve(Some(self.patience.connect))
            .timeout_connect(Some(self.patience.connect))
            .timeout_per_read(Some(self.patience.stall))
            .timeout_per_write(Some(self.patience.stall))
            .build()
            .new_agent()
    }
}
