//! The layers of the crate, kept apart: reads the sources and looks for words that must not stand there.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

use std::fs;
use std::path::{Path, PathBuf};

/// Every layer of the crate, from the bottom up.
const LAYERS: &[&str] = &["metrics", "data", "nn", "run", "train", "app", "ui", "shell", "cli"];

/// Each layer with the layers that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("metrics", &[]),
    ("data", &["metrics"]),
    ("nn", &[]),
    ("run", &["metrics"]),
    ("train", &["data", "nn", "run"]),
    ("app", &["run", "metrics"]),
    ("ui", &["app", "run", "metrics"]),
    ("shell", &["ui", "app", "train", "nn", "data", "run", "metrics"]),
    ("cli", &["shell", "ui", "app", "nn", "data", "run", "metrics"]),
];

/// Libraries that only some layers know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("dfdx", &["nn"]),
    ("ratatui", &["ui", "shell"]),
    ("crossterm", &["shell"]),
    ("tokio", &["shell"]),
    ("ureq", &["data"]),
    ("indicatif", &["cli"]),
    ("clap", &["cli"]),
];

/// What the pure layers must not ask the world for.
const PURE: &[&str] = &["metrics", "app", "ui"];
const WORLD: &[&str] = &["std::fs", "std::thread", "std::process", "std::env", "SystemTime", "Instant"];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The lines of code of a layer: without comments, and without the tests at the end of a file.
fn code(layer: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(layer);
    let files = sources(&root);
    assert!(!files.is_empty(), "{layer} has no sources");
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            if !line.trim_start().starts_with("//") {
                lines.push((format!("{}:{}", file.display(), number + 1), line.to_owned()));
            }
        }
    }
    lines
}

fn uses(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

#[test]
fn no_layer_uses_one_above_it() {
    for (layer, allowed) in MAY_USE {
        let forbidden = LAYERS.iter().filter(|other| *other != layer && !allowed.contains(other));
        for other in forbidden {
            let path = format!("crate::{other}");
            for (place, line) in code(layer) {
                assert!(!uses(&line, &path), "{place}: {layer} must not use {other}");
            }
        }
    }
}

#[test]
fn libraries_stay_in_their_layers() {
    for (library, layers) in ONLY_IN {
        for layer in LAYERS.iter().filter(|layer| !layers.contains(layer)) {
            for (place, line) in code(layer) {
                let path = format!("{library}::");
                assert!(!line.contains(&path), "{place}: {layer} must not know {library}");
            }
        }
    }
}

#[test]
fn pure_layers_do_not_ask_the_world() {
    for layer in PURE {
        for (place, line) in code(layer) {
            for word in WORLD {
                assert!(!uses(&line, word), "{place}: {layer} must not use {word}");
            }
        }
    }
}

#[test]
fn colours_are_named_in_the_themes_alone() {
    for (place, line) in code("ui") {
        let apart = place.contains("/theme/") || place.contains("/color.rs");
        let named = ["Color::Red", "Color::Green", "Color::Blue", "Color::Rgb", "Color::Indexed"];
        for colour in named {
            assert!(apart || !line.contains(colour), "{place}: only themes name colours");
        }
    }
}
