use std::slice;

use clap::Parser;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::RunsCommand;
use crate::run::testing::{AnyRun, SettingHistory, any_config, any_run, few_cases};
use crate::run::{
    Axis, Field, ListedRun, NewRun, Provenance, Query, RunConfig, Setting, SettingValue, Store, ValueKind,
    sweep,
};

/// The command line `cnn-tui runs`.
#[derive(Parser)]
struct Program {
    #[command(flatten)]
    runs: RunsCommand,
}

/// What `cnn-tui runs` prints with these arguments.
fn printed(store: &Store, arguments: &[&str]) -> String {
    let mut out = Vec::new();
    let program = Program::parse_from([&["runs"], arguments].concat());
    program.runs.run(store, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The columns of a CSV export, each with the cells of all rows.
fn csv_columns(text: &str) -> impl Fn(&str) -> Vec<String> + use<> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headings = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    move |name| {
        let column = headings.iter().position(|heading| heading == name).unwrap();
        rows.iter().map(|row| row[column].to_owned()).collect()
    }
}

/// The value after a label of `runs show`.
fn shown<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let label = format!("{label:<16} ");
    text.lines().find_map(|line| line.strip_prefix(&label))
}

fn tokens(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Whether a query for a field with this value matches.
fn matches(run: &ListedRun, field: Field, value: &str) -> bool {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{field} = \"{value}\"").parse::<Query>().unwrap().matches(run)
}

/// The settings that are shown under their own name. The field `data` names the data set instead of its path.
fn fields() -> impl Iterator<Item = (Field, Setting)> {
    Field::all().filter_map(|field| Some((field, field.setting()?)))
}

/// A value in a CSV file, where text that a spreadsheet would take for a formula begins with an apostrophe.
fn in_csv(value: &SettingValue, cell: &str) -> bool {
    match value {
        // The same number, bit for bit, as programs write it.
        SettingValue::Number(number) => cell.parse() == Ok(*number),
        SettingValue::Text(text) if text.starts_with(['=', '+', '-', '@']) => cell == format!("'{text}"),
        value => cell == value.to_string(),
    }
}

fn in_json(value: &SettingValue, json: &Json) -> bool {
    match value {
        SettingValue::Unset => json.is_null(),
        SettingValue::Integer(number) => json.as_u64() == Some(*number),
        SettingValue::Number(number) => json.as_f64() == Some(*number),
        SettingValue::Text(text) => json.as_str() == Some(text),
    }
}

fn is_same(one: &SettingValue, other: &SettingValue) -> bool {
    match (one, other) {
        (SettingValue::Text(one), SettingValue::Text(other)) => one.to_lowercase() == other.to_lowercase(),
        _ => one == other,
    }
}

proptest! {
    #![proptest_config(few_cases())]

    #[test]
    fn show_diff_exports_lists_and_queries_agree_on_settings_and_state(runs in [any_run(), any_run()]) {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let created = [runs[0].create(&store, 1), runs[1].create(&store, 2)];
        let entries = created.each_ref().map(|created| store.entry(&created.dir).unwrap());
        let ids = created.each_ref().map(|created| created.dir.id().as_str());
        let show = ids.map(|id| printed(&store, &["show", id]));
        let diff = printed(&store, &["diff", ids[0], ids[1]]);
        let csv = csv_columns(&printed(&store, &["export", ids[0], ids[1], "--what", "summary"]));
        let json = printed(&store, &["export", ids[0], ids[1], "--what", "summary", "--json"]);
        let json: Vec<Json> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let names: Vec<_> = fields().map(|(field, _)| field.name()).collect();
        let columns = format!("id,state,{}", names.join(","));
        let listed = printed(&store, &["list", "--columns", &columns]);
        // How the line of a field begins and what follows, if the runs differ.
        let differing = |name: &str| {
            let line = diff.lines().map(tokens).find(|tokens| tokens.first() == Some(&name));
            line.map(|tokens| tokens[1..].join(" "))
        };
        let both = |texts: [&str; 2]| (texts[0] != texts[1]).then(|| tokens(&texts.join(" ")).join(" "));

        let states = entries.each_ref().map(|entry| entry.state_name().as_str());
        prop_assert_eq!(differing("state"), both(states));
        prop_assert_eq!(csv("state"), states);
        for (place, entry) in entries.iter().enumerate() {
            let state = states[place];
            prop_assert_eq!(shown(&show[place], "state"), Some(state));
            prop_assert_eq!(json[place]["state"].as_str(), Some(state));
            let manifest = printed(&store, &["show", ids[place], "--json"]);
            let manifest: Json = serde_json::from_str(&manifest).unwrap();
            prop_assert_eq!(manifest["state"].as_str(), Some(state));
            let usual = printed(&store, &["list"]);
            let line = usual.lines().find_map(|line| line.strip_prefix(ids[place])).unwrap();
            let after_name = line.trim_start().strip_prefix(entry.manifest.name.trim()).unwrap();
            prop_assert_eq!(after_name.split_whitespace().next(), Some(state));
            for other in states {
                let query: Query = format!("state = {other}").parse().unwrap();
                prop_assert_eq!(query.matches(entry), state == other);
            }
        }

        for (field, setting) in fields() {
            let history: [Option<SettingHistory>; 2] = runs.each_ref().map(|run: &AnyRun| run.history(setting));
            let words = history.each_ref().map(|history| history.as_ref().and_then(SettingHistory::words));
            prop_assert_eq!(
                differing(field.name()),
                both(words.each_ref().map(|words| words.as_deref().unwrap_or_default()))
            );
            for place in 0..2 {
                prop_assert_eq!(shown(&show[place], field.name()), words[place].as_deref(), "{}", setting);
                let unset = SettingValue::Unset;
                let (first, last) = match &history[place] {
                    Some(history) => (history.values.first().unwrap(), history.in_force()),
                    None => (&unset, &unset),
                };
                let cell = &csv(field.name())[place];
                prop_assert!(in_csv(last, cell), "{}: {} is exported as {}", setting, last, cell);
                let value = &json[place][field.name()];
                prop_assert!(in_json(last, value), "{}: {} is exported as {}", setting, last, value);
                if setting.is_changeable() {
                    let original = format!("{field}_original");
                    prop_assert!(in_csv(first, &csv(&original)[place]), "{}", original);
                    prop_assert!(in_json(first, &json[place][&original]), "{}", original);
                }
                // A query for a value as it is shown finds the runs that ever had it, and no others.
                let values = history[place].iter().flat_map(|history| &history.values);
                for value in values.filter(|value| **value != SettingValue::Unset) {
                    for (entry, history) in entries.iter().zip(&history) {
                        let had = history.iter().flat_map(|history| &history.values).any(|had| is_same(had, value));
                        let is_found = matches(entry, field, &value.to_string());
                        prop_assert_eq!(is_found, had, "{} = {}", field, value);
                    }
                }
            }
        }
        for place in 0..2 {
            let words = fields().filter_map(|(_, setting)| runs[place].history(setting)?.words());
            let row = [ids[place].to_owned(), states[place].to_owned()].into_iter().chain(words);
            let row = row.collect::<Vec<_>>().join(" ");
            let line = listed.lines().find(|line| line.starts_with(ids[place])).unwrap();
            prop_assert_eq!(tokens(line), tokens(&row));
            let changes = Field::all().filter_map(|field| {
                let history = runs[place].history(field.setting()?)?;
                (history.values.len() > 1).then(|| format!("{field} {}", history.words().unwrap()))
            });
            let changes = changes.collect::<Vec<_>>().join(", ");
            prop_assert_eq!(shown(&show[place], "changes").unwrap_or_default(), &changes);
            prop_assert_eq!(&csv("changes")[place], &changes);
        }
    }

    #[test]
    fn labels_with_odd_characters_are_shown_whole_and_found(run in any_run()) {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let created = run.create(&store, 1);
        let (entry, id) = (store.entry(&created.dir).unwrap(), created.dir.id().as_str());
        let show = printed(&store, &["show", id]);
        let json = printed(&store, &["export", id, "--what", "summary", "--json"]);
        let json: Json = serde_json::from_str(&json).unwrap();
        let (name, notes) = (slice::from_ref(&run.name), slice::from_ref(&run.notes));
        for (name, texts) in [("name", name), ("notes", notes), ("tag", &run.tags[..])] {
            let all = texts.join(" ");
            prop_assert_eq!(shown(&show, name).unwrap_or_default(), &all);
            prop_assert_eq!(json[name].as_str(), Some(all.as_str()));
            for text in texts {
                prop_assert!(matches(&entry, Field::named(name).unwrap(), text), "{} = {}", name, text);
            }
        }
    }

    #[test]
    fn whole_numbers_of_every_setting_stay_exact(config in any_config(), more: bool) {
        let whole = |setting: &Setting| match setting.kind() {
            ValueKind::Integer(min, max) => Some((*setting, min, max)),
            _ => None,
        };
        // Two runs whose numbers are neighbours.
        let mut neighbour = config.clone();
        let mut numbers = Vec::new();
        let settings: Vec<Setting> = Setting::all().collect();
        for (setting, min, max) in settings.iter().filter_map(whole) {
            let Some(SettingValue::Integer(number)) = setting.value(&config) else { continue };
            let next = if number == max || (number > min && !more) { number - 1 } else { number + 1 };
            setting.set(&mut neighbour, &SettingValue::Integer(next)).unwrap();
            numbers.push((setting, number, next, min, max));
        }
        prop_assert!(numbers.len() >= 5);
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let run = |nonce, config: RunConfig| {
            let new = NewRun::new(jiff::Timestamp::UNIX_EPOCH, nonce, config, Provenance::default());
            store.entry(&store.create(&new).unwrap()).unwrap()
        };
        let runs = [run(1, config.clone()), run(2, neighbour)];
        let ids = runs.each_ref().map(|run| run.dir.id().as_str());
        let show = ids.map(|id| printed(&store, &["show", id]));
        let diff = printed(&store, &["diff", ids[0], ids[1]]);
        let csv = csv_columns(&printed(&store, &["export", ids[0], ids[1], "--what", "summary"]));
        let json = printed(&store, &["export", ids[0], ids[1], "--what", "summary", "--json"]);
        let json: Vec<Json> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (setting, number, next, min, max) in numbers {
            let field = Field::named(setting.key()).unwrap();
            let texts = [number, next].map(|number| number.to_string());
            prop_assert_eq!(csv(field.name()), &texts[..]);
            let line = diff.lines().map(tokens).find(|tokens| tokens[0] == field.name());
            prop_assert_eq!(line, Some(vec![field.name(), &texts[0], &texts[1]]));
            for place in 0..2 {
                prop_assert_eq!(shown(&show[place], field.name()), Some(texts[place].as_str()));
                prop_assert_eq!(json[place][field.name()].as_u64(), Some([number, next][place]));
                let found = runs.each_ref().map(|run| matches(run, field, &texts[place]));
                prop_assert_eq!(found, [place == 0, place == 1], "{} = {}", field, &texts[place]);
            }
            let (from, to) = (number.saturating_sub(3).max(min), number.saturating_add(3).min(max));
            let axis: Axis = format!("{setting}={from}..{to}").parse().unwrap();
            let swept = sweep(&config, &[axis]).unwrap();
            let swept: Vec<_> = swept.iter().map(|config| setting.value(config)).collect();
            let want: Vec<_> = (from..=to).map(|number| Some(SettingValue::Integer(number))).collect();
            prop_assert_eq!(swept, want);
        }
    }
}
