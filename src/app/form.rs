//! The form in which settings of a run that trains are changed.

use super::Key;
use crate::metrics::text;
use crate::run::{Change, Optimizer, RunConfig};

/// The settings that can be changed, as they are typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Whether the run is to go back to its last checkpoint first.
    pub back: bool,
    /// A row for each setting.
    pub fields: Vec<Field>,
    /// The row that is typed in.
    pub selected: usize,
    /// Why it could not be done as typed.
    pub problem: Option<String>,
    /// The settings before.
    config: RunConfig,
}

/// A row of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Which setting.
    pub setting: Setting,
    /// Its value before.
    pub before: String,
    /// What is typed.
    pub text: String,
}

/// A setting that can be changed while a run trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The learning rate before the schedule.
    LearningRate,
    /// The share of the last step that the next one keeps.
    Momentum,
    /// Passes over the training set.
    Epochs,
    /// The share that dropout layers drop.
    Dropout,
    /// Epochs without a better test accuracy after which the run ends.
    Patience,
}

impl Setting {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::LearningRate => "learning rate",
            Self::Momentum => "momentum",
            Self::Epochs => "epochs",
            Self::Dropout => "dropout",
            Self::Patience => "patience",
        }
    }

    /// What an unusual value means; empty where there is none.
    pub fn about(self) -> &'static str {
        match self {
            Self::Dropout => "empty: the network's own",
            Self::Patience => "0: never end early",
            Self::LearningRate | Self::Momentum | Self::Epochs => "",
        }
    }
}

/// By how much the form proposes to lower the learning rate of a run that diverged.
const LOWER: f64 = 10.0;

impl Form {
    /// The settings of a run as they are.
    pub fn new(config: RunConfig) -> Self {
        let mut fields =
            vec![field(Setting::LearningRate, Some(text::setting(config.optimizer.learning_rate())))];
        if let Optimizer::Sgd { momentum, .. } = config.optimizer {
            fields.push(field(Setting::Momentum, Some(momentum)));
        }
        fields.push(field(Setting::Epochs, Some(config.epochs)));
        fields.push(field(Setting::Dropout, config.dropout));
        fields.push(field(Setting::Patience, Some(config.patience)));
        Self { back: false, fields, selected: 0, problem: None, config }
    }

    /// The same for a run that diverged: it goes back first, and on with a lower learning rate.
    pub fn back(config: RunConfig) -> Self {
        let lower = config.optimizer.learning_rate() / LOWER;
        let mut form = Self { back: true, ..Self::new(config) };
        form.fields[0].text = text::setting(lower);
        form
    }

    /// Types a key; `false` if it is none that can be typed.
    pub(super) fn type_key(&mut self, key: Key) -> bool {
        let text = &mut self.fields[self.selected].text;
        match key {
            Key::Char(character) if character.is_ascii_digit() || "+-.eE".contains(character) => {
                // More digits than any number needs.
                if text.len() < 16 {
                    text.push(character);
                }
            }
            Key::Backspace => {
                text.pop();
            }
            _ => return false,
        }
        self.problem = None;
        true
    }

    /// What is to be changed, or why it cannot be.
    pub(super) fn change(&self) -> Result<Change, String> {
        let mut change = Change::default();
        for field in self.fields.iter().filter(|field| field.text != field.before) {
            match field.setting {
                Setting::LearningRate => change.learning_rate = Some(parse(field)?),
                Setting::Momentum => change.momentum = Some(parse(field)?),
                Setting::Epochs => change.epochs = Some(parse(field)?),
                Setting::Dropout => change.dropout = Some(parse(field)?),
                Setting::Patience => change.patience = Some(parse(field)?),
            }
        }
        change.apply(&self.config).map_err(|error| error.to_string())?;
        Ok(change)
    }
}

fn field(setting: Setting, value: Option<impl ToString>) -> Field {
    let text = value.map(|value| value.to_string()).unwrap_or_default();
    Field { setting, before: text.clone(), text }
}

fn parse<T: std::str::FromStr>(field: &Field) -> Result<T, String> {
    let name = field.setting.name();
    match field.text.as_str() {
        "" => Err(format!("{name} needs a number")),
        text => text.parse().ok().ok_or_else(|| format!("{name} cannot be {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_over(form: &mut Form, row: usize, text: &str) {
        form.selected = row;
        for _ in 0..20 {
            form.type_key(Key::Backspace);
        }
        for character in text.chars() {
            assert!(form.type_key(Key::Char(character)));
        }
    }

    #[test]
    fn only_what_was_typed_over_is_changed() {
        let mut form = Form::new(RunConfig::default());
        assert_eq!(form.change(), Ok(Change::default()));
        type_over(&mut form, 0, "3e-3");
        type_over(&mut form, 2, "60");
        let want = Change { learning_rate: Some(0.003), epochs: Some(60), ..Change::default() };
        assert_eq!(form.change(), Ok(want));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let problem = |row, text: &str| {
            let mut form = Form::new(RunConfig::default());
            type_over(&mut form, row, text);
            form.change().unwrap_err()
        };
        assert_eq!(problem(0, ""), "learning rate needs a number");
        assert_eq!(problem(2, "1.5"), "epochs cannot be 1.5");
        assert_eq!(problem(3, "1"), "dropout is 1, but must be at least 0 and less than 1");
    }

    #[test]
    fn a_run_that_diverged_is_offered_a_lower_learning_rate() {
        let form = Form::back(RunConfig::default());
        assert_eq!(form.change(), Ok(Change { learning_rate: Some(0.001), ..Change::default() }));
    }

    #[test]
    fn adamw_has_no_momentum() {
        let form = Form::new(RunConfig { optimizer: Optimizer::ADAMW, ..RunConfig::default() });
        assert!(form.fields.iter().all(|field| field.setting != Setting::Momentum));
    }
}
