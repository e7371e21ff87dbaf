//! Panic reports: files to attach to a bug report.

use std::backtrace::Backtrace;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::thread;

use jiff::Timestamp;

/// The report file of this process; `None` if there is no home directory.
pub(crate) fn path() -> Option<PathBuf> {
    Some(super::paths::state_dir()?.join(format!("panic-{}.txt", std::process::id())))
}

/// Appends a panic to the report file and returns its path; `None` if it cannot be written.
pub(crate) fn write(info: &PanicHookInfo<'_>) -> Option<PathBuf> {
    let path = path()?;
    let thread = thread::current().name().unwrap_or("unnamed").to_owned();
    let report = text(&thread, &info.to_string(), &Backtrace::force_capture().to_string());
    append(&path, &report).ok()?;
    Some(path)
}

fn text(thread: &str, message: &str, backtrace: &str) -> String {
    format!(
        "cnn-tui {} on {} {}, {}\nthread `{thread}`: {message}\n\n{backtrace}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        Timestamp::now(),
    )
}

fn append(path: &Path, report: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().create(true).append(true).open(path)?.write_all(report.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_has_message_place_and_version_and_is_appended_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state/cnn-tui/panic-1.txt");
        append(&path, &text("runs", "panicked at src/x.rs:1:2:\nno", "0: main")).unwrap();
        append(&path, &text("train", "panicked again", "0: main")).unwrap();
        let report = fs::read_to_string(&path).unwrap();
        for part in
            [env!("CARGO_PKG_VERSION"), "thread `runs`: panicked at src/x.rs:1:2:", "0: main", "again"]
        {
            assert!(report.contains(part), "{part} in {report}");
        }
    }
}
