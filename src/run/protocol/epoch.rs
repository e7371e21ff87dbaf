//! The table of metrics per epoch.

use serde::{Deserialize, Serialize};

use super::unit::Unit;
use crate::run::disk::float;

/// A metric that is measured once per epoch.
///
/// Export, TensorBoard, queries and table columns list [`EpochMetric::all`].
#[derive(Debug, Clone, Copy)]
pub struct EpochMetric {
    /// Its name in the journal and in exports, such as `test_loss`.
    pub key: &'static str,
    /// Its name for people, such as `test loss`.
    pub label: &'static str,
    /// The unit of its values.
    pub unit: Unit,
    /// Its tag in TensorBoard, such as `loss/test`. `None` if it is exported per step instead.
    pub tag: Option<&'static str>,
    /// The field for its value after the last epoch. `None` if runs already have such a field.
    pub field: Option<LastField>,
    get: fn(&EpochReport) -> f64,
}

/// The value of a metric after the last epoch of a run, as a field of queries and tables.
#[derive(Debug, Clone, Copy)]
pub struct LastField {
    /// The field's name.
    pub name: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// A short description.
    pub about: &'static str,
}

/// Declares the metrics of [`EpochReport`]: a field of the struct and a row of the table each.
macro_rules! epoch_metrics {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($cfg:meta)])?
        $name:ident = $key:ident: $type:ty,
        label: $label:literal, unit: $unit:expr, tag: $tag:expr, field: $field:expr;
    )+) => {
        /// The result of an epoch. Accuracies are fractions from 0 to 1, losses are means per image.
        #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
        pub struct EpochReport {
            /// The epoch, from 1.
            pub epoch: u32,
            /// Steps done at its end.
            pub step: u64,
            $(
                $(#[doc = $doc])+
                $(#[cfg($cfg)])?
                // Lines of versions that did not measure it have NaN, never 0.
                #[serde(default = "float::nan", deserialize_with = "float::or_nan")]
                pub $key: $type,
            )+
        }

        impl EpochMetric {
            $(
                $(#[doc = $doc])+
                $(#[cfg($cfg)])?
                pub const $name: Self = Self {
                    key: stringify!($key),
                    label: $label,
                    unit: $unit,
                    tag: $tag,
                    field: $field,
                    get: |report| report.$key.value(),
                };
            )+

            const ALL: &[Self] = &[$($(#[cfg($cfg)])? Self::$name,)+];
        }
    };
}

/// The type of a metric.
trait Measured {
    /// The value as it is written in decimals.
    fn value(self) -> f64;
}

impl Measured for f64 {
    fn value(self) -> f64 {
        self
    }
}

impl Measured for f32 {
    fn value(self) -> f64 {
        float::widen(self)
    }
}

epoch_metrics! {
    /// Mean training loss over the epoch.
    TRAIN_LOSS = train_loss: f64,
    label: "train loss", unit: Unit::Loss, tag: None,
    field: Some(last("train_loss", &[], "last mean training loss"));

    /// Training accuracy over the epoch, measured with dropout while the weights change.
    TRAIN_ACCURACY = train_accuracy: f64,
    label: "train accuracy", unit: Unit::Accuracy, tag: Some("accuracy/train"), field: None;

    /// Mean loss on the test set.
    TEST_LOSS = test_loss: f64,
    label: "test loss", unit: Unit::Loss, tag: Some("loss/test"),
    field: Some(last("loss", &["test_loss"], "last test loss"));

    /// Accuracy on the test set.
    TEST_ACCURACY = test_accuracy: f64,
    label: "test accuracy", unit: Unit::Accuracy, tag: Some("accuracy/test"),
    field: Some(last("acc", &["test_acc"], "last test accuracy, 0 to 1"));

    /// The learning rate of the epoch's last step.
    LEARNING_RATE = learning_rate: f32,
    label: "learning rate", unit: Unit::Setting, tag: None, field: None;

    /// Training time of the run, without pauses, in seconds.
    ACTIVE_SECONDS = active_seconds: f64,
    label: "training time", unit: Unit::Seconds, tag: None, field: None;

    /// A metric for tests only, which show that declaring it here is all that a metric needs.
    #[cfg(test)]
    TRIAL = trial: f64,
    label: "trial", unit: Unit::Loss, tag: None,
    field: Some(last("trial", &[], "last value of the trial metric"));
}

const fn last(name: &'static str, aliases: &'static [&'static str], about: &'static str) -> LastField {
    LastField { name, aliases, about }
}

impl EpochMetric {
    /// Every metric, in the order of exports.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// Its value in a report.
    pub fn of(&self, report: &EpochReport) -> f64 {
        (self.get)(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_a_line_lacks_is_nan() {
        let report: EpochReport = serde_json::from_str(r#"{"epoch":1,"step":94,"test_loss":0.5}"#).unwrap();
        assert_eq!((report.test_loss, report.step), (0.5, 94));
        assert!(report.trial.is_nan() && report.learning_rate.is_nan());
    }
}
