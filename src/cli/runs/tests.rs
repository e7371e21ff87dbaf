//! Every command, export, query and screen shows the same settings and the same state of a run.

use clap::Parser as _;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::RunsCommand;
use crate::run::{
    Change, Event, Field, NewRun, PauseReason, Provenance, RecordedStatus, RunConfig, RunDir, Setting,
    SettingValue, Store, ValueKind, sweep,
};
use crate::shell::{self, DashboardOptions, Scene};
use crate::ui::theme;
use crate::ui::{ColorDepth, Glyphs};

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    runs: RunsCommand,
}

/// The output of `runs` with these arguments.
fn printed(store: &Store, arguments: &[&str]) -> String {
    let line = Line::try_parse_from([&["runs"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    line.runs.run(store, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Any value that a setting can have.
fn any_value(setting: Setting) -> BoxedStrategy<SettingValue> {
    let number = |numbers: BoxedStrategy<f64>| numbers.prop_map(SettingValue::Number).boxed();
    let words = |words: &'static [&'static str]| {
        select(words).prop_map(|word| SettingValue::Text(word.to_owned())).boxed()
    };
    let set = match setting.kind() {
        ValueKind::Integer(low, high) => (low..=high).prop_map(SettingValue::Integer).boxed(),
        ValueKind::Number(low, high) => number((low..=high).boxed()),
        ValueKind::Fraction => number(prop_oneof![0.0..1.0, select(&[0.0, 0.1, 0.5][..])].boxed()),
        ValueKind::Positive => number(prop_oneof![1e-9..1e3, select(&[0.01, 0.003, 1e-7][..])].boxed()),
        ValueKind::Word(known) => words(known),
        ValueKind::Preset => words(&["cnn", "dnn"]),
        ValueKind::Schedule => words(&["constant", "cosine", "step:10:0.5"]),
        ValueKind::Device => words(&["auto", "cpu", "cuda", "cuda:1"]),
        ValueKind::Path => "(/[a-z0-9 ._-]{1,9}){1,3}".prop_map(SettingValue::Text).boxed(),
    };
    set.prop_filter("a value of the setting", move |value| setting.check(value).is_ok()).boxed()
}

/// Settings of a new run: any values, where the optimizer has the setting.
fn any_config() -> impl Strategy<Value = RunConfig> {
    let values: Vec<_> = Setting::all().map(|setting| proptest::option::of(any_value(setting))).collect();
    values.prop_map(|values| {
        let mut config = RunConfig::default();
        for (setting, value) in Setting::all().zip(values) {
            // The optimizer that was chosen may lack it.
            let _ = value.and_then(|value| setting.set(&mut config, &value).ok());
        }
        config
    })
}

/// Changes during training, one after another, each of one setting.
fn any_changes() -> impl Strategy<Value = Vec<Change>> {
    let changeable: Vec<_> = Setting::all().filter(|setting| setting.is_changeable()).collect();
    let one = select(changeable).prop_flat_map(|setting| {
        any_value(setting).prop_filter_map("a change", move |value| {
            let mut change = Change::default();
            setting.change(&mut change, &value).ok().map(|()| change)
        })
    });
    proptest::collection::vec(one, 0..4)
}

fn any_status() -> impl Strategy<Value = (RecordedStatus, Option<PauseReason>)> {
    let statuses = [
        RecordedStatus::Queued,
        RecordedStatus::Running,
        RecordedStatus::Paused,
        RecordedStatus::Finished,
        RecordedStatus::Stopped,
        RecordedStatus::Failed,
    ];
    (
        select(statuses.to_vec()),
        proptest::option::of(select(vec![PauseReason::Command, PauseReason::Diverged])),
    )
}

/// A run with these settings and changes, as a trainer would record them.
fn create(
    store: &Store,
    config: RunConfig,
    changes: &[Change],
    (status, pause): (RecordedStatus, Option<PauseReason>),
) -> RunDir {
    let new = NewRun::new(Timestamp::UNIX_EPOCH, 7, config, Provenance::default());
    let dir = store.create(&new).unwrap();
    let mut record = dir.record().unwrap();
    record.summary.total_steps = 94 * u64::from(record.config.epochs);
    for (number, change) in (1..).zip(changes) {
        if change.apply(&record.settings()).is_ok() {
            let step = 94 * number;
            record.apply(1.0, &Event::Changed { step, change: *change, total_steps: 940 });
        }
    }
    if let Some(reason) = pause {
        record.apply(2.0, &Event::Paused { step: 500, reason, position: None });
    }
    record.status = status;
    dir.write_record(&record).unwrap();
    dir
}

fn options() -> DashboardOptions {
    DashboardOptions {
        themes: theme::load([]).iter().cloned().collect(),
        theme: 0,
        theme_is_chosen: true,
        depth: ColorDepth::None,
        glyphs: Glyphs::Unicode,
        defaults: RunConfig::default(),
        notice: None,
    }
}

/// A query for runs in which `field` has this value.
fn equals(field: Field, value: &SettingValue) -> String {
    format!("{field} = \"{value}\"")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_surface_shows_the_same_settings_and_state(
        config in any_config(),
        changes in any_changes(),
        status in any_status(),
    ) {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let dir = create(&store, config, &changes, status);
        let id = dir.id().as_str();
        let run = store.entry(&dir).unwrap();

        let shown = printed(&store, &["show", id]);
        let json: Value = serde_json::from_str(&printed(&store, &["export", id, "--what", "summary", "--json"])).unwrap();
        let markdown = printed(&store, &["export", id, "--what", "summary", "--format", "markdown"]);
        let state = run.state_name();
        prop_assert!(shown.contains(&format!("{:<12} {state}\n", "state")), "{shown}");
        prop_assert_eq!(json["state"].as_str(), Some(state.as_str()));
        prop_assert!(markdown.contains(&format!(" {state} |")), "{markdown}");
        let found = |query: &str| printed(&store, &["--columns", "id", "-q", query]).contains(id);
        prop_assert!(found(&format!("state = {state}")), "state = {}", state);
        let screen = shell::snapshot(&store, Scene::Live(dir.clone()), &[], &options(), (240, 60)).to_text();
        prop_assert!(screen.contains(state.as_str()), "{screen}");
        let table = shell::snapshot(&store, Scene::Runs, &[], &options(), (240, 60)).to_text();
        prop_assert!(table.contains(state.as_str()), "{table}");

        for setting in Setting::all() {
            let field = Field::named(setting.key()).unwrap();
            // The data field describes the data that was found.
            if field.setting() != Some(setting) {
                continue;
            }
            let text = field.in_words(field.of(&run));
            let versions = run.record.versions(setting);
            if text.is_empty() {
                let is_shown = shown.lines().any(|line| line.starts_with(&format!("{field} ")));
                prop_assert!(!is_shown, "{field} in {shown}");
                continue;
            }
            prop_assert!(shown.contains(&format!("{field:<12} {text}\n")), "{field} {text} in {shown}");
            prop_assert!(markdown.contains(&format!("| {text} |")), "{field} {text} in {markdown}");
            let column = printed(&store, &["--columns", field.name()]);
            prop_assert!(column.lines().any(|line| line.trim() == text), "{field} {text} in {column}");
            for (value, _) in versions.iter().filter(|(value, _)| *value != SettingValue::Unset) {
                prop_assert!(found(&equals(field, value)), "{}", equals(field, value));
                prop_assert!(text.contains(&field.in_words(value.clone().into())), "{value} in {text}");
            }
            let now = versions.last().map(|(value, _)| value.clone()).unwrap();
            prop_assert_eq!(Some(now.clone()), setting.value(&run.record.settings()));
            let exported = &json[field.name()];
            match now {
                SettingValue::Integer(number) => prop_assert_eq!(exported.as_u64(), Some(number)),
                SettingValue::Number(number) => prop_assert_eq!(exported.as_f64(), Some(number)),
                SettingValue::Text(text) => prop_assert_eq!(exported.as_str(), Some(text.as_str())),
                SettingValue::Unset => prop_assert!(exported.is_null()),
            }
        }
    }

    #[test]
    fn runs_that_differ_in_a_setting_are_told_apart(
        (setting, one, other) in any::<Index>().prop_flat_map(|index| {
            let all: Vec<_> = Setting::all().collect();
            let setting = *index.get(&all);
            (Just(setting), any_value(setting), any_value(setting))
        }),
    ) {
        let field = Field::named(setting.key()).unwrap();
        prop_assume!(field.setting() == Some(setting));
        let optimizer = setting.optimizer();
        let with = |value: &SettingValue| {
            let mut config = RunConfig::default();
            if let Some(name) = optimizer {
                Setting::named("optimizer").unwrap().set(&mut config, &SettingValue::Text(name.to_owned())).unwrap();
            }
            setting.set(&mut config, value).unwrap();
            config
        };
        let configs = [&one, &other].map(with);
        // As stored: an f32 keeps fewer digits.
        let [one, other] = configs.each_ref().map(|config| setting.value(config).unwrap());
        prop_assume!(one != other);
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let runs = configs.map(|config| create(&store, config, &[], (RecordedStatus::Finished, None)));
        let [first, second] = runs.each_ref().map(|run| run.id().as_str());
        let entries = runs.each_ref().map(|run| store.entry(run).unwrap());
        let texts = entries.each_ref().map(|run| field.in_words(field.of(run)));
        if texts[0] != texts[1] {
            let diff = printed(&store, &["diff", first, second]);
            prop_assert!(diff.lines().any(|line| line.starts_with(field.name())), "{field} in {diff}");
        }
        let found = printed(&store, &["--columns", "id", "-q", &equals(field, &one)]);
        prop_assert!(found.contains(first) && !found.contains(second), "{} in {found}", equals(field, &one));
        let rows = printed(&store, &["export", first, second, "--what", "summary", "--json"]);
        let values: Vec<Value> =
            rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap()[field.name()].clone()).collect();
        prop_assert_ne!(&values[0], &values[1]);
    }

    #[test]
    fn whole_numbers_survive_show_export_query_and_sweep(
        (setting, number) in {
            let integers = Setting::all().filter(|setting| matches!(setting.kind(), ValueKind::Integer(..)));
            select(integers.collect::<Vec<_>>()).prop_flat_map(|setting| {
                let ValueKind::Integer(low, high) = setting.kind() else { unreachable!() };
                let near = prop_oneof![
                    (low..=high).boxed(),
                    ((high - high.min(9))..=high).boxed(),
                    (low..=high.min((1 << 53) + 9)).boxed(),
                ];
                (Just(setting), near.prop_map(move |number| number.clamp(low, high)))
            })
        },
    ) {
        let ValueKind::Integer(low, high) = setting.kind() else { unreachable!() };
        let field = Field::named(setting.key()).unwrap();
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let mut config = RunConfig::default();
        setting.set(&mut config, &setting.parse(&number.to_string()).unwrap()).unwrap();
        let dir = create(&store, config, &[], (RecordedStatus::Finished, None));
        let id = dir.id().as_str();

        let shown = printed(&store, &["show", id]);
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let line = shown.lines().find(|line| line.starts_with(&format!("{field} ")));
        prop_assert_eq!(line.map(|line| digits(&line[field.name().len()..])), Some(number.to_string()), "{}", shown);
        let export = |format| printed(&store, &["export", id, "--what", "summary", "--format", format]);
        let json: Value = serde_json::from_str(&export("json")).unwrap();
        prop_assert_eq!(json[field.name()].as_u64(), Some(number));
        let csv = export("csv");
        let mut rows = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let (names, cells) = (rows.next().unwrap(), rows.next().unwrap());
        let place = names.iter().position(|name| *name == field.name()).unwrap();
        prop_assert_eq!(cells[place], number.to_string());
        let found = |number: u64| printed(&store, &["--columns", "id", "-q", &format!("{field} = {number}")]).contains(id);
        prop_assert!(found(number));
        prop_assert!(number == low || !found(number - 1));
        prop_assert!(number == high || !found(number + 1));

        let last = number.saturating_add(2).min(high);
        let axis = format!("{}={number}..{last}", setting.name()).parse().unwrap();
        let swept: Vec<_> = sweep(&RunConfig::default(), &[axis]).unwrap().iter().map(|config| setting.value(config)).collect();
        let want: Vec<_> = (number..=last).map(|number| Some(SettingValue::Integer(number))).collect();
        prop_assert_eq!(swept, want);
    }
}
