//! Any run, for tests: settings of every kind, changes while it trains, labels with odd characters, every state.

use std::fs;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{
    Change, ConfigError, Event, ForkPoint, NewRun, PauseReason, Provenance, RunConfig, RunDir, RunId,
    RunLock, RunStatus, Setting, SettingValue, Store, ValueKind, sanitize,
};
use crate::metrics::text;

/// Steps of an epoch of any run.
const STEPS_PER_EPOCH: u64 = 100;

/// A run before it is on disk.
#[derive(Debug, Clone)]
pub(crate) struct AnyRun {
    config: RunConfig,
    turns: Vec<Turn>,
    /// Whether an older version recorded its changes, which kept only all of them together.
    is_old: bool,
    status: RunStatus,
    has_diverged: bool,
    holder: TrainerPlace,
    is_fork: bool,
    pub(crate) name: String,
    pub(crate) notes: String,
    pub(crate) tags: Vec<String>,
}

/// What happens to the settings of a run while it trains.
#[derive(Debug, Clone)]
enum Turn {
    /// They change after so many more steps.
    Change(u64, Change),
    /// The trainer rewinds by so many steps.
    Rewind(u64),
}

/// Where the trainer of a run is.
#[derive(Debug, Clone, Copy)]
enum TrainerPlace {
    Nowhere,
    Here,
    /// Here, and it cannot write to the run directory.
    Stuck,
    Elsewhere,
}

/// A run on disk. It is held while this is kept.
pub(crate) struct CreatedRun {
    pub(crate) dir: RunDir,
    #[expect(dead_code, reason = "dropping it releases the run")]
    lock: Option<RunLock>,
}

/// The values of a setting in a run, as every surface must show them.
#[derive(Debug, Clone)]
pub(crate) struct SettingHistory {
    /// The original value and each that it changed to.
    pub(crate) values: Vec<SettingValue>,
    /// Epochs done before each change, if they are recorded.
    since: Vec<f64>,
    default: Option<SettingValue>,
}

impl SettingHistory {
    /// The value in force.
    pub(crate) fn in_force(&self) -> &SettingValue {
        self.values.last().unwrap()
    }

    /// Whether it differs from the default or has changed.
    pub(crate) fn is_notable(&self) -> bool {
        self.values.len() > 1 || self.default.as_ref() != self.values.first()
    }

    /// How people read it, such as `0.01→0.02 @29`; `None` if it is not set.
    pub(crate) fn words(&self) -> Option<String> {
        let word = |value: &SettingValue| match value {
            SettingValue::Unset => "unset".to_owned(),
            value => value.to_string(),
        };
        if let [value] = &self.values[..] {
            return (*value != SettingValue::Unset).then(|| word(value));
        }
        let values: Vec<_> = self.values.iter().map(word).collect();
        let since: Vec<_> = self.since.iter().copied().map(text::epochs).collect();
        let at = if since.is_empty() { String::new() } else { format!(" @{}", since.join(", ")) };
        Some(values.join("→") + &at)
    }
}

impl AnyRun {
    /// The run in a store, where its id follows from `nonce`.
    pub(crate) fn create(&self, store: &Store, nonce: u64) -> CreatedRun {
        let parent = RunId::new(Timestamp::UNIX_EPOCH, nonce + 1000);
        let new = NewRun {
            name: Some(self.name.clone()),
            notes: self.notes.clone(),
            tags: self.tags.clone(),
            parent: self.is_fork.then_some(parent),
            ..NewRun::new(Timestamp::UNIX_EPOCH, nonce, self.config.clone(), Provenance::default())
        };
        let dir = store.create(&new).unwrap();
        let mut manifest = dir.manifest().unwrap();
        manifest.fork = self.is_fork.then(|| ForkPoint { checkpoint: "best".to_owned(), step: 1 });
        manifest.summary.total_steps = STEPS_PER_EPOCH * u64::from(self.config.epochs);
        let mut step = 0;
        for turn in &self.turns {
            let event = match turn {
                Turn::Change(more, change) => {
                    step += more;
                    let epochs = change.after(manifest.changed).apply(&self.config).unwrap().epochs;
                    Event::Changed { step, change: *change, total_steps: STEPS_PER_EPOCH * u64::from(epochs) }
                }
                Turn::Rewind(steps) => {
                    step = step.saturating_sub(*steps);
                    Event::Rewound { step }
                }
            };
            manifest.apply(0.0, &event);
        }
        if self.is_old {
            manifest.changes.clear();
        }
        manifest.status = self.status;
        if self.has_diverged {
            manifest.begin_pause(PauseReason::Diverged, 0.0, step, None);
        }
        dir.write_manifest(&manifest).unwrap();
        let lock = match self.holder {
            TrainerPlace::Nowhere => None,
            TrainerPlace::Elsewhere => {
                fs::write(dir.lock_path(), r#"{"pid":7,"host":"another-machine"}"#).unwrap();
                None
            }
            TrainerPlace::Here | TrainerPlace::Stuck => Some(dir.lock().unwrap()),
        };
        let lock = lock.map(|mut lock| {
            let trouble = matches!(self.holder, TrainerPlace::Stuck).then_some("no space left on device");
            lock.sign(trouble).unwrap();
            lock
        });
        CreatedRun { dir, lock }
    }

    /// The values of a setting; `None` if the optimizer has no such setting.
    pub(crate) fn history(&self, setting: Setting) -> Option<SettingHistory> {
        let original = setting.value(&self.config)?;
        let (mut step, mut changes) = (0, Vec::new());
        for turn in &self.turns {
            match turn {
                Turn::Change(more, change) => {
                    step += more;
                    changes.push((step, *change));
                }
                Turn::Rewind(steps) => {
                    step = step.saturating_sub(*steps);
                    changes.retain(|(at, _)| *at <= step);
                }
            }
        }
        let (mut values, mut since) = (vec![original.clone()], Vec::new());
        for (step, change) in changes {
            let value = change.values().find(|(changed, _)| *changed == setting).map(|(_, value)| value);
            if let Some(value) = value.filter(|value| values.last() != Some(value)) {
                values.push(value);
                since.push(step as f64 / STEPS_PER_EPOCH as f64);
            }
        }
        if self.is_old {
            let last = values.pop().filter(|last| *last != original);
            values = [original].into_iter().chain(last).collect();
            since.clear();
        }
        let optimizer = if setting.name() == "optimizer" {
            RunConfig::default().optimizer
        } else {
            self.config.optimizer.defaults()
        };
        let default = setting.value(&RunConfig { optimizer, ..RunConfig::default() });
        Some(SettingHistory { values, since, default })
    }
}

/// One line of text with odd characters.
fn line(most: usize) -> impl Strategy<Value = String> {
    let odd = select(vec!['"', '\\', '\'', ',', '|', '=', '→', '@', '日', '\u{301}', '👩', '-', '+']);
    let character = prop_oneof![3 => prop::char::range(' ', '~'), 2 => odd, 1 => any::<char>()];
    let text = vec(character, 1..=most).prop_map(|text| text.into_iter().collect::<String>());
    text.prop_filter("as it is read from a file", |text| sanitize(text) == *text && !text.trim().is_empty())
}

/// A value that a setting can have.
fn value(setting: Setting) -> BoxedStrategy<SettingValue> {
    let positive = prop_oneof![1e-9..10.0, prop::num::f64::POSITIVE];
    let positive = positive.prop_filter("what is positive and finite", |x: &f64| x.is_finite() && *x > 0.0);
    let set = match setting.kind() {
        ValueKind::Integer(min, max) => {
            let numbers = prop_oneof![min..=max, min..=max.min(min + 9), Just(min), Just(max)];
            numbers.prop_map(SettingValue::Integer).boxed()
        }
        ValueKind::Number(min, max) => (min..=max).prop_map(SettingValue::Number).boxed(),
        // The nearest single-precision number is also below 1.
        ValueKind::Fraction => {
            let short = (0_u32..100).prop_map(|hundredths| f64::from(hundredths) / 100.0);
            prop_oneof![short, 0.0..0.999].prop_map(SettingValue::Number).boxed()
        }
        ValueKind::Positive => positive.prop_map(SettingValue::Number).boxed(),
        ValueKind::Word(words) => select(words).prop_map(|word| SettingValue::Text(word.to_owned())).boxed(),
        ValueKind::Preset | ValueKind::Path => line(12).prop_map(SettingValue::Text).boxed(),
        ValueKind::Device => {
            let numbered = (0..=u16::MAX).prop_map(|number| format!("cuda:{number}"));
            let named = select(vec!["auto".to_owned(), "cpu".to_owned(), "cuda".to_owned()]);
            prop_oneof![named, numbered].prop_map(SettingValue::Text).boxed()
        }
        ValueKind::Schedule => {
            let step =
                (1..=100_000_u32, positive).prop_map(|(epochs, factor)| format!("step:{epochs}:{factor}"));
            let named = select(vec!["constant".to_owned(), "cosine".to_owned()]);
            prop_oneof![named, step].prop_map(SettingValue::Text).boxed()
        }
    };
    if setting.check(&SettingValue::Unset).is_ok() {
        prop_oneof![1 => Just(SettingValue::Unset), 3 => set].boxed()
    } else {
        set
    }
}

/// Each of these settings with a value.
fn values(settings: impl Iterator<Item = Setting>) -> Vec<BoxedStrategy<(Setting, SettingValue)>> {
    settings.map(|setting| value(setting).prop_map(move |value| (setting, value)).boxed()).collect()
}

/// Any settings.
pub(crate) fn any_config() -> impl Strategy<Value = RunConfig> {
    values(Setting::all()).prop_map(|values| {
        let mut config = RunConfig::default();
        for (setting, value) in values {
            let set = setting.set(&mut config, &value);
            assert!(matches!(set, Ok(()) | Err(ConfigError::NotApplicable { .. })), "{set:?}");
        }
        config
    })
}

/// A few turns of the settings of a run.
fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let changed = values(Setting::all().filter(|setting| setting.is_changeable()));
    let count = changed.len();
    let change = (changed, vec(prop::bool::weighted(0.4), count)).prop_map(|(values, are_chosen)| {
        let mut change = Change::default();
        for ((setting, value), is_chosen) in values.into_iter().zip(are_chosen) {
            if is_chosen && value != SettingValue::Unset {
                setting.change(&mut change, &value).unwrap();
            }
        }
        change
    });
    // Few values, so that some return.
    vec(change, 1..4).prop_flat_map(|changes| {
        let steps = prop_oneof![Just(0), 1..700_u64];
        let change = (steps.clone(), select(changes)).prop_map(|(steps, change)| Turn::Change(steps, change));
        vec(prop_oneof![4 => change, 1 => steps.prop_map(Turn::Rewind)], 0..6)
    })
}

/// A quarter of the usual number of inputs, for tests that write every run to disk.
pub(crate) fn few_cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(4), ..usual }
}

/// Any run.
pub(crate) fn any_run() -> impl Strategy<Value = AnyRun> {
    let place =
        select(vec![TrainerPlace::Nowhere, TrainerPlace::Here, TrainerPlace::Stuck, TrainerPlace::Elsewhere]);
    let tag = line(6)
        .prop_map(|tag| tag.replace([' ', ','], "-"))
        .prop_filter("one word", |tag| !tag.contains(char::is_whitespace));
    let labels = (line(20), prop_oneof![Just(String::new()), line(30)], vec(tag, 0..3));
    let state = (select(&RunStatus::ALL), any::<bool>(), place);
    let origin = (prop::bool::weighted(0.2), any::<bool>());
    (any_config(), turns(), labels, state, origin).prop_map(|(config, turns, labels, state, origin)| {
        // A setting that its optimizer does not have cannot change.
        let applicable = |turn| match turn {
            Turn::Change(steps, change) => {
                let mut kept = Change::default();
                for (setting, value) in
                    change.values().filter(|(setting, _)| setting.value(&config).is_some())
                {
                    setting.change(&mut kept, &value).unwrap();
                }
                Turn::Change(steps, kept)
            }
            turn @ Turn::Rewind(_) => turn,
        };
        let turns = turns.into_iter().map(applicable).collect();
        let ((name, notes, tags), (status, has_diverged, holder), (is_old, is_fork)) =
            (labels, state, origin);
        AnyRun { config, turns, is_old, status, has_diverged, holder, is_fork, name, notes, tags }
    })
}
