//! What the README says about keys and presets, and shows in pictures, is what the program does.

use std::path::Path;
use std::process::Command;

use cnn_tui::app::{BINDINGS, Scope};
use cnn_tui::nn::PRESETS;
use cnn_tui::ui::theme;

const README: &str = include_str!("../README.md");

/// The table of keys, as the README must have it.
fn keys() -> String {
    let mut rows = vec!["| where | key | what it does |".to_owned(), "|-|-|-|".to_owned()];
    for scope in Scope::LISTED {
        for binding in BINDINGS.iter().filter(|binding| binding.scope == scope) {
            let keys: Vec<_> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
            rows.push(format!("| {} | {} | {} |", scope.title(), keys.join(" "), binding.help));
        }
    }
    rows.join("\n")
}

#[test]
fn the_keys_are_the_programs() {
    let table = keys();
    assert!(README.contains(&table), "the table of keys should be:\n{table}");
}

#[test]
fn every_preset_and_theme_is_named() {
    for preset in PRESETS {
        assert!(README.contains(&format!("`{}`", preset.name)), "{}", preset.name);
    }
    for theme in theme::load([]).iter() {
        assert!(README.contains(&theme.name), "{}", theme.name);
    }
}

#[test]
fn the_pictures_are_the_programs() {
    let home = tempfile::tempdir().unwrap();
    let commands = README.lines().filter_map(|line| line.trim().strip_prefix("cnn-tui snapshot "));
    let pictures: Vec<_> = commands.filter_map(|command| command.split_once(" > ")).collect();
    assert!(pictures.len() >= 2, "{pictures:?}");
    for (arguments, picture) in pictures {
        assert!(README.contains(&format!("]({picture})")), "{picture} is not shown");
        let mut program = Command::new(env!("CARGO_BIN_EXE_cnn-tui"));
        program.env_clear().env("HOME", home.path()).arg("snapshot").args(arguments.split(' '));
        let drawn = program.output().unwrap();
        assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(picture);
        assert!(
            std::fs::read(path).unwrap() == drawn.stdout,
            "another picture: snapshot {arguments} > {picture}"
        );
    }
}
