//! Downloads from a local server that disconnects, sends wrong data or refuses.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use cnn_tui::data::{Fetch, FetchError, Fetched, RemoteFile, RetryPolicy};
use tempfile::TempDir;

use crate::server::{Reply, Request, Server};

/// The file `big`: aperiodic bytes, so that a wrong offset is noticed.
fn big() -> Vec<u8> {
    (0..300_000_u32).map(|byte| (byte.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// The file `small`.
const SMALL: &[u8] = b"a few words";

/// The two files as a client knows them.
const FILES: [RemoteFile<'static>; 2] = [
    RemoteFile {
        name: "big",
        size: 300_000,
        sha256: "136f334d647619879743ff33fde1ac6547f40e314692441f2a125e087cad47c9",
    },
    RemoteFile {
        name: "small",
        size: 11,
        sha256: "1e5f3f0abcbe4803a38d13c6b2ec81f6a064707d384e377ad2847197596d1407",
    },
];

/// A target directory, and a server that answers its first requests as planned.
struct Scene {
    server: Server,
    root: TempDir,
}

impl Scene {
    fn new(plan: &[Reply]) -> Self {
        let files = vec![("big".to_owned(), big()), ("small".to_owned(), SMALL.to_vec())];
        Self { server: Server::start(files, plan.to_vec()), root: tempfile::tempdir().unwrap() }
    }

    /// A scene in which an earlier download left `part` of `big`.
    fn with_part(part: &[u8], plan: &[Reply]) -> Self {
        let scene = Self::new(plan);
        fs::create_dir(scene.dir()).unwrap();
        fs::write(scene.path("big.part"), part).unwrap();
        scene
    }

    fn dir(&self) -> PathBuf {
        self.root.path().join("data")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Downloads; an interrupted download is resumed up to `retries` times.
    fn fetch(&self, retries: u32) -> Result<Fetched, FetchError> {
        let retry = RetryPolicy { retries, ..RetryPolicy::default() };
        fetch(&self.server.url(), &self.dir(), retry)
    }

    /// Asserts that both files are complete and no part file is left.
    fn assert_complete(&self) {
        assert_eq!(fs::read(self.path("big")).unwrap(), big());
        assert_eq!(fs::read(self.path("small")).unwrap(), SMALL);
        assert!(!self.path("big.part").exists() && !self.path("small.part").exists());
    }

    /// Asserts that `big` was not finished and that its part has `length` bytes.
    fn assert_part(&self, length: u64) {
        assert!(!self.path("big").exists());
        assert_eq!(fs::metadata(self.path("big.part")).unwrap().len(), length);
    }
}

fn fetch(url: &str, dir: &Path, retry: RetryPolicy) -> Result<Fetched, FetchError> {
    Fetch { base_url: url, dir, files: &FILES, retry }.run(|_| {})
}

#[test]
fn existing_files_are_not_downloaded_again() {
    let scene = Scene::new(&[]);
    assert_eq!(scene.fetch(0).unwrap(), Fetched { new: 2, kept: 0, bytes: 300_011 });
    scene.assert_complete();
    let expected = ["/big", "/small"].map(|path| Request { path: path.to_owned(), start: None });
    assert_eq!(scene.server.requests(), expected);

    assert_eq!(scene.fetch(0).unwrap(), Fetched { new: 0, kept: 2, bytes: 0 });
    assert_eq!(scene.server.requests().len(), 2);
}

#[test]
fn progress_increases_to_the_total() {
    let scene = Scene::with_part(&big()[..1000], &[]);
    let mut seen = Vec::new();
    let (url, dir) = (scene.server.url(), scene.dir());
    let fetch = Fetch { base_url: &url, dir: &dir, files: &FILES, retry: RetryPolicy::default() };
    fetch.run(|progress| seen.push((progress.file.to_owned(), progress.done, progress.total))).unwrap();
    assert_eq!(seen.first(), Some(&("big".to_owned(), 1000, 300_011)));
    assert_eq!(seen.last(), Some(&("small".to_owned(), 300_011, 300_011)));
    assert!(seen.is_sorted_by_key(|step| step.1));
}

#[test]
fn interrupted_download_is_resumed_by_the_next_command() {
    let scene = Scene::new(&[Reply::Cut(100_000)]);
    let error = scene.fetch(0).unwrap_err();
    assert!(matches!(error, FetchError::ConnectionLost { done: 100_000, .. }), "{error}");
    scene.assert_part(100_000);

    assert_eq!(scene.fetch(0).unwrap().bytes, 200_011);
    scene.assert_complete();
    assert_eq!(scene.server.starts(), [None, Some(100_000), None]);
}

#[test]
fn interrupted_download_is_resumed_within_the_retries() {
    let scene = Scene::new(&[Reply::Cut(100_000), Reply::Cut(50_000)]);
    assert_eq!(scene.fetch(2).unwrap().bytes, 300_011);
    scene.assert_complete();
    assert_eq!(scene.server.starts(), [None, Some(100_000), Some(150_000), None]);
}

#[test]
fn no_retry_without_progress() {
    let scene = Scene::new(&[Reply::Cut(0)]);
    let error = scene.fetch(8).unwrap_err();
    assert!(matches!(error, FetchError::ConnectionLost { done: 0, .. }), "{error}");
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn server_without_ranges_restarts_the_download() {
    let scene = Scene::with_part(&[1; 1000], &[Reply::NoRange]);
    assert_eq!(scene.fetch(0).unwrap().bytes, 300_011);
    scene.assert_complete();
}

#[test]
fn unusable_range_response_restarts_the_download() {
    for reply in [Reply::Status(416), Reply::OtherRange] {
        let scene = Scene::with_part(&[1; 1000], &[reply]);
        scene.fetch(0).unwrap();
        scene.assert_complete();
        assert_eq!(scene.server.starts(), [Some(1000), None, None]);
    }
}

#[test]
fn complete_part_needs_no_request() {
    let scene = Scene::with_part(&big(), &[]);
    assert_eq!(scene.fetch(0).unwrap().bytes, 11);
    scene.assert_complete();
}

#[test]
fn part_longer_than_the_file_restarts_the_download() {
    let scene = Scene::with_part(&vec![1; 300_001], &[]);
    scene.fetch(0).unwrap();
    scene.assert_complete();
    assert_eq!(scene.server.starts(), [None, None]);
}

#[test]
fn checksum_mismatch_deletes_the_part() {
    let fresh = Scene::new(&[Reply::Instead(vec![1; 300_000])]);
    let continued = Scene::with_part(&[1; 1000], &[]);
    for scene in [fresh, continued] {
        let error = scene.fetch(0).unwrap_err();
        assert!(matches!(&error, FetchError::WrongChecksum { .. }), "{error}");
        assert!(error.to_string().contains("the file was deleted"), "{error}");
        assert!(!scene.path("big").exists() && !scene.path("big.part").exists());

        scene.fetch(0).unwrap();
        scene.assert_complete();
    }
}

#[test]
fn wrong_content_length_is_rejected_before_writing() {
    for length in [5, 300_001] {
        let scene = Scene::new(&[Reply::Instead(vec![1; length])]);
        let error = scene.fetch(0).unwrap_err();
        let found = Some(length as u64);
        assert!(matches!(error, FetchError::WrongSize { found: f, .. } if f == found), "{error}");
        scene.assert_part(0);
    }
}

#[test]
fn body_longer_than_expected_is_rejected() {
    let scene = Scene::new(&[Reply::Unmeasured(vec![1; 1_000_000])]);
    let error = scene.fetch(0).unwrap_err();
    assert!(matches!(error, FetchError::WrongSize { found: None, .. }), "{error}");
    scene.assert_part(0);
}

#[test]
fn content_length_is_optional() {
    let scene = Scene::new(&[Reply::Unmeasured(big())]);
    scene.fetch(0).unwrap();
    scene.assert_complete();

    let scene = Scene::new(&[Reply::Unmeasured(big()[..1000].to_vec())]);
    let error = scene.fetch(0).unwrap_err();
    assert!(matches!(error, FetchError::ConnectionLost { done: 1000, .. }), "{error}");
}

#[test]
fn server_error_keeps_the_part() {
    for status in [404, 500] {
        let scene = Scene::with_part(&big()[..1000], &[Reply::Status(status)]);
        let error = scene.fetch(8).unwrap_err();
        assert!(matches!(error, FetchError::Status { status: s, .. } if s == status), "{error}");
        scene.assert_part(1000);
    }
}

#[test]
fn stalled_download_times_out() {
    let scene = Scene::new(&[Reply::Stall(1000)]);
    let retry = RetryPolicy { stall: Duration::from_secs(1), retries: 0, ..RetryPolicy::default() };
    let error = fetch(&scene.server.url(), &scene.dir(), retry).unwrap_err();
    assert!(matches!(error, FetchError::ConnectionLost { done: 1000, .. }), "{error}");
    scene.assert_part(1000);
}

#[test]
fn rejected_connection_names_the_url() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let dir = tempfile::tempdir().unwrap();
    let error = fetch(&url, dir.path(), RetryPolicy::default()).unwrap_err();
    assert!(matches!(error, FetchError::Request { .. }), "{error}");
    assert!(error.to_string().starts_with(&format!("{url}/big: ")), "{error}");
}

#[test]
fn foreign_file_is_not_overwritten() {
    let scene = Scene::new(&[]);
    fs::create_dir(scene.dir()).unwrap();
    fs::write(scene.path("big"), "mine").unwrap();
    let error = scene.fetch(0).unwrap_err();
    assert!(matches!(error, FetchError::DifferentContent { .. }), "{error}");
    assert_eq!(fs::read(scene.path("big")).unwrap(), b"mine");
    assert_eq!(scene.server.requests(), []);
}

#[test]
fn concurrent_download_to_the_same_directory_is_rejected() {
    let scene = Scene::new(&[]);
    fs::create_dir(scene.dir()).unwrap();
    let other = fs::File::create(scene.path(".fetch.lock")).unwrap();
    other.lock().unwrap();
    let error = scene.fetch(0).unwrap_err();
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    drop(other);
    scene.fetch(0).unwrap();
}

#[test]
fn uncreatable_directory_is_named() {
    let scene = Scene::new(&[]);
    fs::write(scene.dir(), "a file").unwrap();
    let error = scene.fetch(0).unwrap_err();
    let named = |path: &Path, source: &io::Error| {
        path == scene.dir() && source.kind() == io::ErrorKind::AlreadyExists
    };
    assert!(matches!(&error, FetchError::Io { path, source } if named(path, source)), "{error}");
}
