//! Forms for settings and labels.

use super::key::Key;
use crate::metrics::text;
use crate::run::{
    Axis, Change, CheckpointName, CheckpointNameError, ConfigError, RunConfig, RunId, RunLabels, RunManifest,
    Setting, sweep,
};

/// A dialog with rows of text to edit.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What the form is for.
    pub kind: FormKind,
    /// The rows, from top to bottom.
    pub fields: Vec<FormField>,
    /// The row with the cursor.
    pub selected: usize,
    /// Why the values were rejected.
    pub problem: Option<String>,
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum FormKind {
    /// Changes settings of the training run; holds its current settings.
    Change(Box<RunConfig>),
    /// Restores the run's last good checkpoint, then changes settings.
    Rewind(Box<RunConfig>),
    /// Forks a run; holds its settings.
    Fork(RunId, Box<RunConfig>),
    /// Creates runs, one for each combination of values; holds the settings of rows that are not edited.
    Train(Box<RunConfig>),
    /// Changes name, notes and tags of a run.
    Label(RunId),
}

/// A row of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// The name of the setting or label.
    pub name: &'static str,
    /// What to type, or what an empty row means.
    pub about: String,
    /// The value before editing.
    pub before: String,
    /// The text as edited.
    pub text: String,
}

/// The values of a form, parsed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ParsedForm {
    Change(Change),
    Rewind(Change),
    Fork(RunId, CheckpointName, Change),
    Train(Vec<RunConfig>),
    Label(RunId, RunLabels),
}

/// The factor by which the form lowers the learning rate of a diverged run.
const LEARNING_RATE_DIVISOR: f64 = 10.0;
/// The row of a fork that is not a setting.
const CHECKPOINT: &str = "checkpoint";
/// Maximum length of a row, in bytes.
const MAX_ROW_BYTES: usize = 200;

impl Form {
    /// The changeable settings of a run that trains.
    pub fn change(config: RunConfig) -> Self {
        let fields = setting_fields(&config, Setting::is_changeable);
        Self::new(FormKind::Change(Box::new(config)), fields)
    }

    /// For a run that diverged: restores its last good checkpoint and proposes a lower learning rate.
    pub fn rewind(config: RunConfig) -> Self {
        let lower = text::setting(config.optimizer.learning_rate() / LEARNING_RATE_DIVISOR);
        let mut form = Self::change(config.clone());
        form.kind = FormKind::Rewind(Box::new(config));
        if let Some(rate) = form.fields.iter_mut().find(|field| field.name == "learning-rate") {
            rate.text = lower;
        }
        form
    }

    /// The checkpoint and the changeable settings of a fork.
    pub fn fork(id: RunId, config: RunConfig) -> Self {
        let mut fields = setting_fields(&config, Setting::is_changeable);
        let from = CheckpointName::Last.to_string();
        fields.insert(0, field(CHECKPOINT, "last, best or an epoch such as epoch-007", from));
        Self { selected: 1, ..Self::new(FormKind::Fork(id, Box::new(config)), fields) }
    }

    /// Every setting of new runs, as in this config.
    pub fn train(config: RunConfig) -> Self {
        let fields = setting_fields(&config, |_| true);
        Self::new(FormKind::Train(Box::new(config)), fields)
    }

    /// Name, notes and tags of a run.
    pub fn label(id: RunId, manifest: &RunManifest) -> Self {
        let fields = vec![
            field("name", "", manifest.name.clone()),
            field("tags", "words, separated by spaces", manifest.tags.join(" ")),
            field("notes", "", manifest.notes.clone()),
        ];
        Self::new(FormKind::Label(id), fields)
    }

    fn new(kind: FormKind, fields: Vec<FormField>) -> Self {
        Self { kind, fields, selected: 0, problem: None }
    }

    /// Edits the selected row; returns `false` if the key does not edit.
    pub(super) fn type_key(&mut self, key: Key) -> bool {
        let text = &mut self.fields[self.selected].text;
        match key {
            Key::Char(character) if text.len() + character.len_utf8() <= MAX_ROW_BYTES => {
                text.push(character);
            }
            Key::Char(_) => {}
            Key::Backspace => drop(text.pop()),
            Key::Ctrl('u') => text.clear(),
            _ => return false,
        }
        self.problem = None;
        true
    }

    /// The number of runs it would create; `None` if the values are invalid or it creates none.
    pub fn run_count(&self) -> Option<usize> {
        match self.parse_rows() {
            Ok(ParsedForm::Train(configs)) => Some(configs.len()),
            _ => None,
        }
    }

    /// Parses the rows that were edited.
    pub(super) fn parse_rows(&self) -> Result<ParsedForm, String> {
        let typed = self.fields.iter().filter(|field| field.text != field.before);
        match &self.kind {
            FormKind::Change(config) => change(typed, config).map(ParsedForm::Change),
            FormKind::Rewind(config) => change(typed, config).map(ParsedForm::Rewind),
            FormKind::Fork(id, config) => {
                let (from, settings): (Vec<_>, Vec<_>) = typed.partition(|field| field.name == CHECKPOINT);
                let from = from.first().map_or(Ok(CheckpointName::Last), |field| field.text.trim().parse());
                let from = from.map_err(|error: CheckpointNameError| error.to_string())?;
                Ok(ParsedForm::Fork(id.clone(), from, change(settings.into_iter(), config)?))
            }
            FormKind::Train(config) => {
                let values = |field: &FormField| {
                    let setting = Setting::named(field.name)?;
                    Some(Axis::new(setting, &field.text).map_err(|error| error.to_string()))
                };
                let axes = typed.filter_map(values).collect::<Result<Vec<_>, _>>()?;
                sweep(config, &axes).map(ParsedForm::Train).map_err(|error| error.to_string())
            }
            FormKind::Label(id) => {
                let mut labels = RunLabels::default();
                for field in typed {
                    let text = field.text.trim();
                    match field.name {
                        "name" => labels.name = Some(text.to_owned()),
                        "notes" => labels.notes = Some(text.to_owned()),
                        _ => labels.tags = Some(text.split_whitespace().map(str::to_owned).collect()),
                    }
                }
                labels.validate().map_err(|error| error.to_string())?;
                Ok(ParsedForm::Label(id.clone(), labels))
            }
        }
    }
}

/// One field per setting that applies to this optimizer.
fn setting_fields(config: &RunConfig, is_in: impl Fn(Setting) -> bool) -> Vec<FormField> {
    let row = |setting: Setting| Some(field(setting.name(), setting.hint(), setting.get(config)?));
    Setting::all().filter(|setting| is_in(*setting)).filter_map(row).collect()
}

fn field(name: &'static str, about: impl Into<String>, text: String) -> FormField {
    FormField { name, about: about.into(), before: text.clone(), text }
}

/// The edited settings, if they are valid for the run.
fn change<'a>(typed: impl Iterator<Item = &'a FormField>, config: &RunConfig) -> Result<Change, String> {
    let mut change = Change::default();
    let fill = |change: &mut Change, field: &FormField| {
        let Some(setting) = Setting::named(field.name) else { return Ok(()) };
        setting.change(change, &setting.parse(&field.text)?)
    };
    for field in typed {
        fill(&mut change, field).map_err(|error: ConfigError| error.to_string())?;
    }
    change.apply(config).map_err(|error| error.to_string())?;
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
    fn change_has_only_the_edited_settings() {
        let mut form = Form::change(RunConfig::default());
        assert_eq!(form.parse_rows(), Ok(ParsedForm::Change(Change::default())));
        type_over(&mut form, "learning-rate", "3e-3");
        type_over(&mut form, "epochs", "60");
        let want = Change { learning_rate: Some(0.003), epochs: Some(60), ..Change::default() };
        assert_eq!(form.parse_rows(), Ok(ParsedForm::Change(want)));
    }

    #[test]
    fn text_is_edited_up_to_its_maximum_length() {
        let mut form = Form::change(RunConfig::default());
        form.problem = Some("wrong".to_owned());
        type_over(&mut form, "learning-rate", "0.12");
        assert!(form.type_key(Key::Backspace) && form.problem.is_none());
        assert_eq!(form.fields[form.selected].text, "0.1");
        type_over(&mut form, "learning-rate", &"1".repeat(MAX_ROW_BYTES + 5));
        assert_eq!(form.fields[form.selected].text.len(), MAX_ROW_BYTES);
        assert!(form.type_key(Key::Ctrl('u')) && form.fields[form.selected].text.is_empty());
        assert!(!form.type_key(Key::Enter));
    }

    #[test]
    fn name_and_notes_are_trimmed() {
        let id = run_id(1);
        let mut form = Form::label(id.clone(), &manifest(id.clone()));
        type_over(&mut form, "notes", " two words ");
        type_over(&mut form, "name", " base ");
        let text = |text: &str| Some(text.to_owned());
        let labels = RunLabels { name: text("base"), notes: text("two words"), tags: None };
        assert_eq!(form.parse_rows(), Ok(ParsedForm::Label(id, labels)));
    }

    #[test]
    fn invalid_values_are_reported() {
        let problem = |name, text: &str| {
            let mut form = Form::change(RunConfig::default());
            type_over(&mut form, name, text);
            form.parse_rows().unwrap_err()
        };
        assert_eq!(problem("learning-rate", ""), "learning-rate must be a number (got nothing)");
        assert_eq!(problem("epochs", "1.5"), "epochs must be a whole number (got 1.5)");
        assert_eq!(problem("dropout", "1"), "dropout must be at least 0 and less than 1 (got 1)");
    }

    #[test]
    fn forms_have_a_row_for_every_setting() {
        let names = |form: Form| form.fields.iter().map(|field| field.name).collect::<Vec<_>>();
        let train = names(Form::train(RunConfig::default()));
        let want = Setting::all().filter(|setting| setting.get(&RunConfig::default()).is_some());
        assert_eq!(train, want.map(Setting::name).collect::<Vec<_>>());
        assert!(train.contains(&"test-only"));
        let mut form = Form::change(RunConfig::default());
        type_over(&mut form, "test-only", "3");
        assert_eq!(
            form.parse_rows(),
            Ok(ParsedForm::Change(Change { test_only: Some(3), ..Change::default() }))
        );
        type_over(&mut form, "dropout", "");
        assert_eq!(
            form.parse_rows(),
            Ok(ParsedForm::Change(Change { test_only: Some(3), ..Change::default() }))
        );
    }

    #[test]
    fn dropout_cannot_be_cleared_once_set() {
        let mut form = Form::change(RunConfig { dropout: Some(0.2), ..RunConfig::default() });
        type_over(&mut form, "dropout", "");
        assert_eq!(form.parse_rows(), Err("dropout must be a number (got nothing)".to_owned()));
    }

    #[test]
    fn rewinding_proposes_a_lower_learning_rate() {
        let form = Form::rewind(RunConfig::default());
        let want = Change { learning_rate: Some(0.001), ..Change::default() };
        assert_eq!(form.parse_rows(), Ok(ParsedForm::Rewind(want)));
    }

    #[test]
    fn adamw_form_has_no_momentum() {
        let form = Form::change(RunConfig { optimizer: OptimizerSettings::ADAMW, ..RunConfig::default() });
        assert!(form.fields.iter().all(|field| field.name != "momentum"));
    }

    #[test]
    fn several_values_make_several_runs() {
        let mut form = Form::train(RunConfig::default());
        assert_eq!(form.run_count(), Some(1));
        type_over(&mut form, "learning-rate", "0.003, 0.01, 0.03");
        type_over(&mut form, "seed", "1..3");
        assert_eq!(form.run_count(), Some(9));
        type_over(&mut form, "seed", "1..");
        assert!(form.parse_rows().unwrap_err().starts_with("'1..' is not a range"));
    }

    #[test]
    fn fork_form_has_a_checkpoint() {
        let id = run_id(1);
        let mut form = Form::fork(id.clone(), RunConfig::default());
        assert_eq!(
            form.parse_rows(),
            Ok(ParsedForm::Fork(id.clone(), CheckpointName::Last, Change::default()))
        );
        type_over(&mut form, "checkpoint", "epoch-7");
        type_over(&mut form, "learning-rate", "0.001");
        let change = Change { learning_rate: Some(0.001), ..Change::default() };
        assert_eq!(form.parse_rows(), Ok(ParsedForm::Fork(id, CheckpointName::Epoch(7), change)));
        type_over(&mut form, "checkpoint", "first");
        assert!(form.parse_rows().unwrap_err().contains("first"));
    }

    #[test]
    fn tags_are_split_at_spaces() {
        let id = run_id(1);
        let mut form = Form::label(id.clone(), &manifest(id.clone()));
        type_over(&mut form, "tags", "good  slow ");
        let tags = Some(vec!["good".to_owned(), "slow".to_owned()]);
        assert_eq!(form.parse_rows(), Ok(ParsedForm::Label(id, RunLabels { tags, ..RunLabels::default() })));
        type_over(&mut form, "name", " ");
        assert!(form.parse_rows().unwrap_err().starts_with("invalid name; "));
    }
}
