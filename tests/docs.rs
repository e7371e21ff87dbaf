//! Checks README, CONTRIBUTING and `docs/` against the program: keys, pictures, formats, commands, settings, and
//! the names of files and tests.
//!
//! `CNN_TUI_UPDATE_DOCS=1 cargo test --test docs` rewrites the generated parts.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cnn_tui::app::{BINDINGS, Scope};
use cnn_tui::nn::PRESETS;
use cnn_tui::run::{
    Event, Holder, JournalEntry, PauseReason, Queue, RunLabels, RunManifest, RunStatus, Setting, TrainState,
};
use cnn_tui::ui::theme;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// README, CONTRIBUTING and everything in `docs/`, with their texts.
fn pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let docs = docs.map(|name| format!("docs/{}", name.to_str().unwrap()));
    let names = ["README.md", "CONTRIBUTING.md"].map(str::to_owned).into_iter().chain(docs);
    names.filter(|name| has_extension(name, "md")).map(|name| (name.clone(), read(&name))).collect()
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

/// The code blocks of a page whose fence has these words, such as `json run`.
fn blocks(page: &str, fence: &str) -> Vec<String> {
    let fence = format!("```{fence}\n");
    let parts = page.split(&fence).skip(1);
    parts.map(|part| part.split("\n```").next().unwrap().to_owned()).collect()
}

/// The code in single backticks on lines outside of code blocks.
fn code_spans(page: &str) -> Vec<&str> {
    let mut is_block = false;
    let lines = page.lines().filter(|line| {
        is_block ^= line.starts_with("```");
        !is_block && !line.starts_with("```") && !line.starts_with("    ")
    });
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// Runs the program in a home of its own.
fn program(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_cnn-tui"));
    program.env_clear().env("HOME", home.path()).args(arguments).output().unwrap()
}

/// `docs/keys.md` as it must be.
fn keys() -> String {
    let mut scopes = Scope::LISTED.to_vec();
    for binding in BINDINGS {
        if !scopes.contains(&binding.scope) {
            scopes.push(binding.scope);
        }
    }
    let mut page = "# Keys\n\nEvery key, by where it works. `?` shows them in the dashboard. `cargo test` compares \
                    this page with the program's\ntable; `CNN_TUI_UPDATE_DOCS=1 cargo test --test docs` writes it \
                    again.\n"
        .to_owned();
    for scope in scopes {
        writeln!(page, "\n## {}\n\n| key | what it does |\n|-|-|", scope.title()).unwrap();
        for binding in BINDINGS.iter().filter(|binding| binding.scope == scope) {
            let keys: Vec<_> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
            writeln!(page, "| {} | {} |", keys.join(" "), binding.help).unwrap();
        }
    }
    page
}

#[test]
fn keys_page_lists_every_binding() {
    let (path, keys) = (root().join("docs/keys.md"), keys());
    if std::env::var_os("CNN_TUI_UPDATE_DOCS").is_some() {
        fs::write(path, keys).unwrap();
    } else {
        let is_current = fs::read_to_string(path).unwrap() == keys;
        assert!(is_current, "docs/keys.md is out of date: CNN_TUI_UPDATE_DOCS=1 cargo test --test docs");
    }
}

#[test]
fn readme_names_only_keys_that_exist() {
    let readme = read("README.md");
    let section = readme.split("\n## Keys\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let spans: Vec<_> = rows.flat_map(|row| code_spans(row.split(" | ").next().unwrap())).collect();
    assert!(spans.len() >= 10, "{spans:?}");
    for span in spans {
        let is_bound = |key: &&[_]| key.iter().any(|key: &cnn_tui::app::Key| key.to_string() == span);
        assert!(BINDINGS.iter().map(|binding| binding.keys).any(|keys| is_bound(&keys)), "{span}");
    }
}

#[test]
fn every_preset_theme_and_setting_is_named() {
    let (readme, settings) = (read("README.md"), read("docs/settings.md"));
    for preset in PRESETS {
        assert!(readme.contains(&format!("`{}`", preset.name)), "README.md lacks {}", preset.name);
    }
    let names = theme::load([]).iter().map(|theme| theme.name.clone()).collect::<Vec<_>>();
    let settings_names = Setting::all().map(|setting| setting.name().to_owned());
    for name in names.into_iter().chain(settings_names) {
        assert!(settings.contains(&format!("`{name}`")), "docs/settings.md lacks {name}");
    }
}

#[test]
fn pictures_are_what_the_program_draws() {
    let pages = pages();
    let commands = pages.iter().flat_map(|(_, text)| text.lines());
    let commands = commands.filter_map(|line| line.trim().strip_prefix("cnn-tui snapshot "));
    let pictures: Vec<_> = commands.filter_map(|command| command.split_once(" > ")).collect();
    assert!(pictures.len() >= 2, "{pictures:?}");
    for (arguments, picture) in pictures {
        let is_shown = pages.iter().any(|(_, text)| text.contains(&format!("{picture})")));
        assert!(is_shown, "{picture} is not shown");
        let drawn = program(&["snapshot"].into_iter().chain(arguments.split(' ')).collect::<Vec<_>>());
        assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
        let is_same = fs::read(root().join(picture)).unwrap() == drawn.stdout;
        assert!(is_same, "draw it again: cnn-tui snapshot {arguments} > {picture}");
    }
}

#[test]
fn every_command_is_named_and_exists() {
    let page = read("docs/commands.md");
    let mut named = BTreeSet::new();
    for row in page.lines().filter_map(|line| line.strip_prefix("| `cnn-tui")) {
        let is_word = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase()) && !word.contains('=');
        let words: Vec<_> = row.split('`').next().unwrap().split_whitespace().take_while(is_word).collect();
        let help = program(&words.iter().copied().chain(["--help"]).collect::<Vec<_>>());
        assert!(help.status.success(), "there is no command {words:?}");
        named.extend(words.first().map(|word| (*word).to_owned()));
    }
    let help = String::from_utf8(program(&["--help"]).stdout).unwrap();
    let listed = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    let listed =
        listed.filter(|line| !line.starts_with("   ")).map(|line| line.split_whitespace().next().unwrap());
    let listed: BTreeSet<_> = listed.filter(|command| *command != "help").map(str::to_owned).collect();
    assert_eq!(named, listed);
}

/// The names that serde knows for an enum, from the error that lists them.
fn variants<T: DeserializeOwned>() -> BTreeSet<String> {
    let error = serde_json::from_str::<T>(r#"{"no such variant":null}"#).err().unwrap().to_string();
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_event_has_an_example_as_the_program_writes_it() {
    let mut shown = BTreeSet::new();
    for block in blocks(&read("docs/formats.md"), "jsonl") {
        for line in block.lines() {
            let entry: JournalEntry =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(serde_json::to_string(&entry).unwrap(), line);
            let event = serde_json::to_value(&entry.event).unwrap();
            shown.extend(event.as_object().unwrap().keys().cloned());
        }
    }
    let variants = variants::<Event>();
    assert!(variants.len() > 5, "{variants:?}");
    assert_eq!(shown, variants);
}

/// Reads each example with this fence and writes it again.
fn check_examples<T: DeserializeOwned + Serialize>(fence: &str) {
    let examples = blocks(&read("docs/formats.md"), fence);
    assert_eq!(examples.len(), 1, "{fence}");
    for example in examples {
        let value = serde_json::from_str::<T>(&example);
        assert!(value.is_ok(), "{fence}: {:?}", value.as_ref().err());
        let write = if example.contains('\n') { serde_json::to_string_pretty } else { serde_json::to_string };
        assert_eq!(write(&value.unwrap()).unwrap(), example, "{fence}");
    }
}

#[test]
fn every_file_has_an_example_as_the_program_writes_it() {
    check_examples::<RunManifest>("json run");
    check_examples::<RunLabels>("json labels");
    check_examples::<TrainState>("json state");
    check_examples::<Holder>("json holder");
    check_examples::<Queue>("json queue");
}

#[test]
fn every_command_status_and_reason_on_disk_is_documented() {
    let page = read("docs/formats.md");
    let spans: BTreeSet<_> = code_spans(&page).into_iter().collect();
    let commands: Vec<cnn_tui::run::Command> =
        spans.iter().filter_map(|span| serde_json::from_str(span).ok()).collect();
    let shown: BTreeSet<_> = commands
        .iter()
        .map(|command| match serde_json::to_value(command).unwrap() {
            serde_json::Value::String(word) => word,
            object => object.as_object().unwrap().keys().next().unwrap().clone(),
        })
        .collect();
    assert_eq!(shown, variants::<cnn_tui::run::Command>());
    for status in RunStatus::ALL {
        assert!(spans.contains(status.as_str()), "{status}");
    }
    for reason in PauseReason::ALL {
        assert!(spans.contains(reason.as_str()), "{reason}");
    }
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The tests that the guarantees name are there, so that none is claimed that was renamed or removed.
#[test]
fn guarantees_name_tests_that_exist() {
    let code: String = ["src", "tests"]
        .iter()
        .flat_map(|dir| sources(&root().join(dir)))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let page = read("docs/guarantees.md");
    let is_test = |span: &&str| {
        span.matches('_').count() >= 2
            && span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let tests: Vec<_> = code_spans(&page).into_iter().filter(is_test).collect();
    assert!(tests.len() > 20, "{tests:?}");
    let missing: Vec<_> = tests.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "docs/guarantees.md names tests that do not exist: {missing:#?}");
}

#[test]
fn links_lead_somewhere() {
    for (name, text) in pages() {
        let dir = root().join(&name).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let path = link.split('#').next().unwrap();
            let is_file = !link.starts_with("http") && !path.is_empty();
            assert!(!is_file || dir.join(path).exists(), "{name} links to {link}");
        }
    }
}

/// The code spans that are paths in the repository; `NAME` stands for a file that is to be written.
fn paths(page: &str) -> Vec<&str> {
    const TOPS: [&str; 9] =
        ["src/", "tests/", "docs/", "themes/", "runs/", "benches/", "fuzz/", ".ci/", ".github/"];
    let is_path = |span: &&str| {
        TOPS.iter().any(|top| span.starts_with(top))
            && !span.contains(|c: char| "*{ ".contains(c))
            && !span.contains("NAME")
    };
    code_spans(page).into_iter().filter(is_path).collect()
}

#[test]
fn paths_in_contributing_and_architecture_exist() {
    for page in ["CONTRIBUTING.md", "docs/architecture.md"] {
        let text = read(page);
        let paths = paths(&text);
        assert!(paths.len() > 20, "{page}: {paths:?}");
        let missing: BTreeSet<_> = paths.iter().filter(|path| !root().join(path).exists()).collect();
        assert!(missing.is_empty(), "{page} names files that do not exist: {missing:#?}");
    }
}
