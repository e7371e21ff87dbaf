//! What the README says about keys and presets is what the program does.

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
