//! Forms for settings and labels.

use super::key::Key;
use crate::metrics::text;
use crate::run::{
    Axis, Change, CheckpointName, CheckpointNameError, ConfigError, Labels, RunConfig, RunId, RunManifest,
    Setting, sweep,
};

/// A form to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What it is for.
    pub purpose: FormKind,
    /// Its rows.
    pub fields: Vec<FormField>,
    /// The index of the row with the cursor.
    pub selected: usize,
    /// Why it was refused.
    pub problem: Option<String>,
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum FormKind {
    /// Settings of a run that trains, which has these now.
    Change(Box<RunConfig>),
    /// The same, after it went back to its last checkpoint.
    GoBack(Box<RunConfig>),
    /// A new run from a checkpoint of another run, which has these settings.
    Fork(RunId, Box<RunConfig>),
    /// New runs: these settings, and what is typed over them, which may be several values.
    Train(Box<RunConfig>),
    /// Name, notes and tags of a run.
    Label(RunId),
}

/// A row of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// What it is called.
    pub name: &'static str,
    /// What it is, or what an unusual value means.
    pub about: &'static str,
    /// Its value before.
    pub before: String,
    /// What is typed.
    pub text: String,
}

/// What was filled in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filled {
    Change(Change),
    GoBack(Change),
    Fork(RunId, CheckpointName, Change),
    Train(Vec<RunConfig>),
    Label(RunId, Labels),
}

/// By how much the form proposes to lower the learning rate of a run that diverged.
const LOWER: f64 = 10.0;
/// The settings that can be changed while a run trains.
const CHANGEABLE: [&str; 5] = ["learning-rate", "momentum", "epochs", "dropout", "patience"];
/// The row of a fork that is no setting.
const CHECKPOINT: &str = "checkpoint";
/// The most that can be typed into a row.
const LONGEST: usize = 200;

impl Form {
    /// The settings of a run that trains, as they are.
    pub fn change(config: RunConfig) -> Self {
        let fields = setting_fields(&config, |setting| CHANGEABLE.contains(&setting.name()));
        Self::new(FormKind::Change(Box::new(config)), fields)
    }

    /// The same for a run that diverged: it goes back first, and on with a lower learning rate.
    pub fn go_back(config: RunConfig) -> Self {
        let lower = text::setting(config.optimizer.learning_rate() / LOWER);
        let mut form = Self::change(config.clone());
        form.purpose = FormKind::GoBack(Box::new(config));
        if let Some(rate) = form.fields.iter_mut().find(|field| field.name == "learning-rate") {
            rate.text = lower;
        }
        form
    }

    /// What a fork of a run begins from, and its settings.
    pub fn fork(id: RunId, config: RunConfig) -> Self {
        let mut fields = setting_fields(&config, |setting| CHANGEABLE.contains(&setting.name()));
        let from = CheckpointName::Last.to_string();
        fields.insert(0, field(CHECKPOINT, "last, best or such as epoch-007", from));
        Self { selected: 1, ..Self::new(FormKind::Fork(id, Box::new(config)), fields) }
    }

    /// New runs like one with these settings.
    pub fn train(config: RunConfig) -> Self {
        let fields = setting_fields(&config, |_| true);
        Self::new(FormKind::Train(Box::new(config)), fields)
    }

    /// Name, notes and tags of a run.
    pub fn label(id: RunId, record: &RunManifest) -> Self {
        let fields = vec![
            field("name", "", record.name.clone()),
            field("tags", "words, with spaces between", record.tags.join(" ")),
            field("notes", "", record.notes.clone()),
        ];
        Self::new(FormKind::Label(id), fields)
    }

    fn new(purpose: FormKind, fields: Vec<FormField>) -> Self {
        Self { purpose, fields, selected: 0, problem: None }
    }

    /// Types a key; `false` if it is none that can be typed.
    pub(super) fn type_key(&mut self, key: Key) -> bool {
        let text = &mut self.fields[self.selected].text;
        match key {
            Key::Char(character) if text.len() < LONGEST => text.push(character),
            Key::Char(_) => {}
            Key::Backspace => drop(text.pop()),
            Key::Ctrl('u') => text.clear(),
            _ => return false,
        }
        self.problem = None;
        true
    }

    /// How many runs it would make; `None` if it cannot be as typed, or makes none.
    pub fn runs(&self) -> Option<usize> {
        match self.fill() {
            Ok(Filled::Train(configs)) => Some(configs.len()),
            _ => None,
        }
    }

    /// What was filled in, or why it cannot be.
    pub(super) fn fill(&self) -> Result<Filled, String> {
        let typed = self.fields.iter().filter(|field| field.text != field.before);
        match &self.purpose {
            FormKind::Change(config) => change(typed, config).map(Filled::Change),
            FormKind::GoBack(config) => change(typed, config).map(Filled::GoBack),
            FormKind::Fork(id, config) => {
                let (from, settings): (Vec<_>, Vec<_>) = typed.partition(|field| field.name == CHECKPOINT);
                let from = from.first().map_or(Ok(CheckpointName::Last), |field| field.text.trim().parse());
                let from = from.map_err(|error: CheckpointNameError| error.to_string())?;
                Ok(Filled::Fork(id.clone(), from, change(settings.into_iter(), config)?))
            }
            FormKind::Train(config) => {
                let values = |field: &FormField| {
                    let setting = Setting::named(field.name)?;
                    Some(Axis::new(setting, &field.text).map_err(|error| error.to_string()))
                };
                let axes = typed.filter_map(values).collect::<Result<Vec<_>, _>>()?;
                sweep(config, &axes).map(Filled::Train).map_err(|error| error.to_string())
            }
            FormKind::Label(id) => {
                let mut labels = Labels::default();
                for field in typed {
                    let text = field.text.trim();
                    match field.name {
                        "name" => labels.name = Some(text.to_owned()),
                        "notes" => labels.notes = Some(text.to_owned()),
                        _ => labels.tags = Some(text.split_whitespace().map(str::to_owned).collect()),
                    }
                }
                labels.validate().map_err(|error| error.to_string())?;
                Ok(Filled::Label(id.clone(), labels))
            }
        }
    }
}

fn setting_fields(config: &RunConfig, is_in: impl Fn(&Setting) -> bool) -> Vec<FormField> {
    let row = |setting: Setting| Some(field(setting.name(), setting.about(), setting.get(config)?));
    Setting::all().filter(is_in).filter_map(row).collect()
}

fn field(name: &'static str, about: &'static str, text: String) -> FormField {
    FormField { name, about, before: text.clone(), text }
}

fn change<'a>(typed: impl Iterator<Item = &'a FormField>, config: &RunConfig) -> Result<Change, String> {
    let refused = |error: ConfigError| error.to_string();
    let mut changed = config.clone();
    let mut change = Change::default();
    for field in typed {
        let Some(setting) = Setting::named(field.name) else { continue };
        setting.set(&mut changed, &field.text).map_err(refused)?;
        match field.name {
            "learning-rate" => change.learning_rate = Some(changed.optimizer.learning_rate()),
            "momentum" => change.momentum = changed.optimizer.momentum(),
            "epochs" => change.epochs = Some(changed.epochs),
            "patience" => change.patience = Some(changed.patience),
            _ if changed.dropout.is_none() => return Err("dropout needs a number".to_owned()),
            _ => change.dropout = changed.dropout,
        }
    }
    change.apply(config).map_err(refused)?;
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{manifest, run_id};
    use crate::run::OptimizerSettings;

    fn type_over(form: &mut Form, name: &str, text: &str) {
        form.selected = form.fields.iter().position(|field| field.name == name).unwrap();
        form.fields[form.selected].text.clear();
        for character in text.chars() {
            assert!(form.type_key(Key::Char(character)));
        }
    }

    #[test]
    fn only_edited_fields_are_changed() {
        let mut form = Form::change(RunConfig::default());
        assert_eq!(form.fill(), Ok(Filled::Change(Change::default())));
        type_over(&mut form, "learning-rate", "3e-3");
        type_over(&mut form, "epochs", "60");
        let want = Change { learning_rate: Some(0.003), epochs: Some(60), ..Change::default() };
        assert_eq!(form.fill(), Ok(Filled::Change(want)));
    }

    #[test]
    fn invalid_values_are_refused() {
        let problem = |name, text: &str| {
            let mut form = Form::change(RunConfig::default());
            type_over(&mut form, name, text);
            form.fill().unwrap_err()
        };
        assert_eq!(problem("learning-rate", ""), "learning-rate is empty, but must be a number");
        assert_eq!(problem("epochs", "1.5"), "epochs is 1.5, but must be a whole number");
        assert_eq!(problem("dropout", "1"), "dropout is 1, but must be at least 0 and less than 1");
    }

    #[test]
    fn a_run_that_diverged_is_offered_a_lower_learning_rate() {
        let form = Form::go_back(RunConfig::default());
        let want = Change { learning_rate: Some(0.001), ..Change::default() };
        assert_eq!(form.fill(), Ok(Filled::GoBack(want)));
    }

    #[test]
    fn adamw_has_no_momentum() {
        let form = Form::change(RunConfig { optimizer: OptimizerSettings::ADAMW, ..RunConfig::default() });
        assert!(form.fields.iter().all(|field| field.name != "momentum"));
    }

    #[test]
    fn several_values_are_several_runs() {
        let mut form = Form::train(RunConfig::default());
        assert_eq!(form.runs(), Some(1));
        type_over(&mut form, "learning-rate", "0.003, 0.01, 0.03");
        type_over(&mut form, "seed", "1..3");
        assert_eq!(form.runs(), Some(9));
        type_over(&mut form, "seed", "1..");
        assert!(form.fill().unwrap_err().starts_with("`1..` is no range"));
    }

    #[test]
    fn a_fork_begins_at_a_checkpoint() {
        let id = run_id(1);
        let mut form = Form::fork(id.clone(), RunConfig::default());
        assert_eq!(form.fill(), Ok(Filled::Fork(id.clone(), CheckpointName::Last, Change::default())));
        type_over(&mut form, "checkpoint", "epoch-7");
        type_over(&mut form, "learning-rate", "0.001");
        let change = Change { learning_rate: Some(0.001), ..Change::default() };
        assert_eq!(form.fill(), Ok(Filled::Fork(id, CheckpointName::Epoch(7), change)));
        type_over(&mut form, "checkpoint", "first");
        assert!(form.fill().unwrap_err().contains("first"));
    }

    #[test]
    fn tags_are_split_at_spaces() {
        let id = run_id(1);
        let mut form = Form::label(id.clone(), &manifest(id.clone()));
        type_over(&mut form, "tags", "good  slow ");
        let tags = Some(vec!["good".to_owned(), "slow".to_owned()]);
        assert_eq!(form.fill(), Ok(Filled::Label(id, Labels { tags, ..Labels::default() })));
        type_over(&mut form, "name", " ");
        assert!(form.fill().unwrap_err().starts_with("a name needs"));
    }
}
