//! Networks whose layers do not fit do not compile, and the compiler says why.
//!
//! Every program in `compile_fail/` is compiled with the library that this test is linked with: nothing
//! else has to be built. What the compiler says is in the snapshot beside it;
//! `INSTA_UPDATE=always cargo test --test compile_fail` accepts what it says now.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The compiler whose words the messages are. Another one may say the same in other words.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn layers_that_do_not_fit_do_not_compile() {
    let version = Command::new(rustc()).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    if !version.starts_with(COMPILER) {
        assert!(env::var_os("CNN_TUI_NO_SKIP").is_none(), "update the messages for {version}");
        eprintln!("skipped: the messages are those of {COMPILER}x, not of {version}");
        return;
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let mut programs: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    programs.retain(|path| path.extension() == Some(OsStr::new("rs")));
    programs.sort();
    assert!(!programs.is_empty());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("compile_fail");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for program in programs {
            let name = program.file_stem().unwrap().to_str().unwrap();
            insta::assert_snapshot!(name, refusal(name));
        }
    });
}

fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// The compiler's errors for a program that must not compile.
fn refusal(name: &str) -> String {
    let out = tempfile::tempdir().unwrap();
    let test = env::current_exe().unwrap();
    let libraries = test.parent().unwrap();
    let mut library = OsString::from("cnn_tui=");
    library.push(newest_library(libraries));
    let output = Command::new(rustc())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // Not only metadata: some sizes are computed where code is made of them.
        .args(["--edition", "2024", "--emit", "obj", "--cap-lints", "allow"])
        // Wide enough for whole types.
        .args(["--color", "never", "--diagnostic-width", "1000"])
        .arg("--out-dir")
        .arg(out.path())
        .arg("-L")
        .arg(format!("dependency={}", libraries.display()))
        .arg("--extern")
        .arg(library)
        .arg(format!("tests/compile_fail/{name}.rs"))
        .output()
        .unwrap();
    assert!(!output.status.success(), "{name} compiles");
    without_library_sources(&String::from_utf8(output.stderr).unwrap())
}

/// The crate's library. Builds of other features may lie beside it; the newest is that of these sources.
fn newest_library(directory: &Path) -> PathBuf {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let libraries = files.filter(|file| {
        let name = file.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        name.starts_with("libcnn_tui-") && file.extension() == Some(OsStr::new("rlib"))
    });
    libraries.max_by_key(|file| file.metadata().unwrap().modified().unwrap()).unwrap()
}

/// The message without what it quotes of the library, which changes with every edit.
fn without_library_sources(message: &str) -> String {
    let mut kept = Vec::new();
    let mut in_program = true;
    let parts = message.split_inclusive("\n\n");
    let parts = parts.filter(|part| !part.starts_with("note: erroneous constant encountered"));
    for line in parts.flat_map(str::lines) {
        let text = line.trim_start();
        let place = text.strip_prefix("--> ").or_else(|| text.strip_prefix("::: "));
        if let Some(place) = place {
            in_program = place.starts_with("tests/");
        }
        let quotes = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|');
        match place.and_then(|place| place.split(':').next()) {
            Some(file) if !in_program => kept.push(format!(" --> {file}")),
            _ if in_program || !(quotes || text == "...") => kept.push(line.to_owned()),
            _ => {}
        }
    }
    kept.join("\n")
}
