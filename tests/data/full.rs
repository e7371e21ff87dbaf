//! The real, full Fashion-MNIST, where the Debian package `dataset-fashion-mnist` has put it.

use std::fs;
use std::path::{Path, PathBuf};

use cnn_tui::cli::data::{DataCommand, DataContext, FetchCommand, Shading, Surface};
use cnn_tui::data::{DataLocation, DataLocations, Dataset, FASHION_MNIST, Roots};

use crate::server::{Reply, Server};

/// The directory of the full set. Without it a test says that it skips, or fails if `CNN_TUI_NO_SKIP` is set.
fn full_set() -> Option<PathBuf> {
    let dir = PathBuf::from("/usr/share/datasets/fashion-mnist");
    if dir.is_dir() {
        return Some(dir);
    }
    assert!(std::env::var_os("CNN_TUI_NO_SKIP").is_none(), "{} is missing", dir.display());
    eprintln!("skipped: {} is missing (Debian package dataset-fashion-mnist)", dir.display());
    None
}

#[test]
fn full_set_has_its_size_and_checksum() {
    let Some(dir) = full_set() else { return };
    let set = Dataset::open(&dir).unwrap();
    assert_eq!(set.describe(), "fashion-mnist 60,000");
    assert_eq!((set.train.len(), set.test.len()), (60_000, 10_000));
    for (split, each) in [(&set.train, 6000), (&set.test, 1000)] {
        let mut counts = [0; 10];
        split.labels().iter().for_each(|&label| counts[usize::from(label)] += 1);
        assert_eq!(counts, [each; 10]);
    }

    let built_in = Dataset::built_in().unwrap();
    for (part, whole) in [(&built_in.train, &set.train), (&built_in.test, &set.test)] {
        assert!(part.images() == &whole.images()[..part.len()], "the built-in images are not the first");
        assert_eq!(part.labels(), &whole.labels()[..part.len()]);
    }
}

/// The files as the project publishes them. The package holds the same streams, only without the name and the time in
/// the gzip headers; both times were found from the published MD5 sums.
fn published(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let file = |name: &str| {
        let stripped = fs::read(dir.join(name)).unwrap();
        let time: u32 = if name.starts_with("train") { 1_504_176_606 } else { 1_504_176_627 };
        let mut bytes = vec![0x1f, 0x8b, 8, 8];
        bytes.extend(time.to_le_bytes());
        bytes.extend([0, 3]);
        bytes.extend(name.trim_end_matches(".gz").as_bytes());
        bytes.push(0);
        bytes.extend(&stripped[10..]);
        (name.to_owned(), bytes)
    };
    FASHION_MNIST.iter().map(|remote| file(remote.name)).collect()
}

#[test]
fn published_files_are_downloaded_and_found() {
    let Some(dir) = full_set() else { return };
    let server = Server::start(published(&dir), vec![Reply::Cut(10_000_000)]);
    let root = tempfile::tempdir().unwrap();
    let context = DataContext {
        roots: Roots { data: Some(root.path().join("data")), system: root.path().join("system") },
        surface: Surface { width: 80, shading: Shading::Ascii },
    };

    let mut out = Vec::new();
    let command = DataCommand::Fetch(FetchCommand { to: None, url: server.url() });
    command.run(&context, &mut out).unwrap();
    let fetched = context.roots.fetched().unwrap();
    let text = format!(
        "{}: 4 files downloaded (30,878,645 bytes), 0 already present\nrun `cnn-tui train` to train on them\n",
        fetched.display()
    );
    assert_eq!(String::from_utf8(out).unwrap(), text);
    assert_eq!(server.requests().len(), 5, "the interrupted download is resumed");

    let found = DataLocations::new(None, &context.roots).locate().unwrap();
    assert_eq!(found.location, DataLocation::Fetched(fetched.clone()));
    assert_eq!(found.dataset.checksum, Dataset::open(&dir).unwrap().checksum);

    let mut out = Vec::new();
    let command = DataCommand::Fetch(FetchCommand { to: Some(fetched.clone()), url: server.url() });
    command.run(&context, &mut out).unwrap();
    let text = format!(
        "{dir}: 0 files downloaded (0 bytes), 4 already present\nrun `cnn-tui train --data {dir}` to train on them\n",
        dir = fetched.display()
    );
    assert_eq!(String::from_utf8(out).unwrap(), text);
}
