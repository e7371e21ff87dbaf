//! What a trainer reports.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::run::disk::{float, sanitize};
use crate::run::settings::Change;

/// One line of `metrics.jsonl`: an event and when it happened.
///
/// The file is append only, one JSON object a line, such as
///
/// ```json
/// {"time":1795501812.25,"event":{"steps":{"first":1,"losses":[2.3,2.29],"learning_rate":0.01,"active_seconds":0.1}}}
/// ```
///
/// `event` has one key, the kind, and under it the fields of that [`Event`]. A number that is not finite is `null`.
/// A reader ignores a last line without a line feed (it is being written, or was torn by a crash), lines that are not
/// JSON, and kinds and fields that it does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When it happened, in seconds since 1970 UTC.
    pub time: f64,
    /// What happened.
    pub event: Event,
}

/// What a trainer reports. Steps and epochs count from 1; a `step` in an event that is not about one step is the number
/// of steps that are done. Accuracies are fractions from 0 to 1, losses are means per image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A trainer process began, for the first time or to continue the run.
    Started {
        /// Steps done before; 0 for a new run. Later steps that are already in the journal are done again, and are
        /// not recorded a second time.
        step: u64,
        /// Where exactly it begins.
        #[serde(default)]
        position: Option<Position>,
        /// Where it trains, such as `cpu` or the GPU's name.
        #[serde(deserialize_with = "sanitize::string")]
        device: String,
        /// Threads that train.
        threads: usize,
        /// What computes on the processor, such as `avx2`; empty where a GPU does.
        #[serde(default, deserialize_with = "sanitize::string")]
        kernels: String,
        /// What it trains on.
        data: DataInfo,
        /// Batches in an epoch.
        steps_per_epoch: u64,
        /// Steps in the whole run.
        total_steps: u64,
        /// Trainable numbers in the network.
        parameters: usize,
        /// The network, layer by layer, in forward order.
        layers: Vec<LayerRow>,
    },
    /// Steps were done since the last such record.
    Steps {
        /// The step of `losses[0]`.
        first: u64,
        /// The training loss of each step in order. NaN where it was not finite.
        #[serde(deserialize_with = "float::list_or_nan")]
        losses: Vec<f32>,
        /// The learning rate of the last of them.
        #[serde(deserialize_with = "float::or_nan")]
        learning_rate: f32,
        /// Training time of the run at the last of them, without pauses, in seconds.
        #[serde(deserialize_with = "float::or_nan")]
        active_seconds: f64,
        /// What threads worked on; older versions did not say.
        #[serde(default)]
        spent: Option<StepTime>,
    },
    /// An epoch is done and the test set was evaluated.
    Epoch {
        /// Which epoch.
        epoch: u32,
        /// Steps done at its end.
        step: u64,
        /// Mean training loss over the epoch.
        #[serde(deserialize_with = "float::or_nan")]
        train_loss: f64,
        /// Training accuracy over the epoch, as the images were seen.
        #[serde(deserialize_with = "float::or_nan")]
        train_accuracy: f64,
        /// Mean loss on the test set.
        #[serde(deserialize_with = "float::or_nan")]
        test_loss: f64,
        /// Accuracy on the test set.
        #[serde(deserialize_with = "float::or_nan")]
        test_accuracy: f64,
        /// The learning rate of the epoch's last step.
        #[serde(deserialize_with = "float::or_nan")]
        learning_rate: f32,
        /// Training time of the run, without pauses, in seconds.
        #[serde(deserialize_with = "float::or_nan")]
        active_seconds: f64,
    },
    /// Training holds after `step`.
    Paused {
        /// Steps done.
        step: u64,
        /// Why.
        reason: PauseReason,
        /// Where exactly.
        #[serde(default)]
        position: Option<Position>,
    },
    /// Training goes on after a pause.
    Resumed {
        /// Steps done.
        step: u64,
        /// Where exactly.
        #[serde(default)]
        position: Option<Position>,
    },
    /// Settings are others from here on.
    Changed {
        /// Steps done.
        step: u64,
        /// The new ones.
        change: Change,
        /// Steps in the whole run with them.
        total_steps: u64,
    },
    /// The steps after this one are done again and come out differently, as they may with another version of the
    /// program or on another processor: records of them up to here count no more.
    Rewound {
        /// The last step that counts.
        step: u64,
    },
    /// A checkpoint is safely on disk.
    Checkpoint {
        /// Steps done in it.
        step: u64,
        /// Its name, such as `last` or `epoch-003`.
        #[serde(deserialize_with = "sanitize::string")]
        name: String,
    },
    /// A file in the inbox was refused.
    Rejected {
        /// Its name.
        #[serde(deserialize_with = "sanitize::string")]
        file: String,
        /// Why.
        #[serde(deserialize_with = "sanitize::string")]
        reason: String,
    },
    /// A remark for people, such as a warning.
    Note {
        /// One line.
        #[serde(deserialize_with = "sanitize::string")]
        text: String,
    },
    /// The trainer process ends.
    Ended {
        /// Steps done.
        step: u64,
        /// How the run stands now.
        status: RecordedStatus,
        /// Why, where that is not plain from the status.
        #[serde(default, deserialize_with = "sanitize::option")]
        reason: Option<String>,
        /// Where exactly; none where an error left it unknown.
        #[serde(default)]
        position: Option<Position>,
    },
}

/// Where a run stands between two pieces of work. That it is the same after a pause as before shows that nothing was
/// lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs done, with their evaluation.
    pub epoch: u32,
    /// Batches done of the next one: from where on its order of images is followed.
    pub batch: u64,
    /// [`Checkpoint::weights_hash`](super::Checkpoint::weights_hash) there.
    #[serde(deserialize_with = "sanitize::string")]
    pub weights_hash: String,
}

/// Time that threads worked on steps, in seconds, summed over threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// Putting batches together.
    pub data: f32,
    /// From the images to the loss.
    pub forward: f32,
    /// From the loss to the gradient.
    pub backward: f32,
    /// From the gradients of a batch's parts to new weights.
    pub update: f32,
}

impl StepTime {
    /// All of it.
    pub fn total(&self) -> f32 {
        self.data + self.forward + self.backward + self.update
    }

    /// As much of each, times `factor`.
    #[must_use]
    pub fn scaled(self, factor: f32) -> Self {
        Self {
            data: self.data * factor,
            forward: self.forward * factor,
            backward: self.backward * factor,
            update: self.update * factor,
        }
    }
}

impl std::ops::AddAssign for StepTime {
    fn add_assign(&mut self, more: Self) {
        self.data += more.data;
        self.forward += more.forward;
        self.backward += more.backward;
        self.update += more.update;
    }
}

/// How a run stands, as its trainer last wrote it. A crash cannot write: see [`RunState`](super::RunState) for what is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedStatus {
    /// Created; no trainer has begun.
    Queued,
    /// It trains.
    Running,
    /// A trainer holds it between two steps.
    Paused,
    /// All epochs are done.
    Finished,
    /// Ended early on request; it can be resumed.
    Stopped,
    /// Ended by an error, which `reason` tells; it can be resumed from its last checkpoint.
    Failed,
    /// Its trainer vanished without an end; it can be resumed from its last checkpoint.
    Interrupted,
}

impl RecordedStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Paused,
        Self::Finished,
        Self::Stopped,
        Self::Failed,
        Self::Interrupted,
    ];

    /// The word that stands for the status on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for RecordedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why training paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub enum PauseReason {
    /// A [`Command::Pause`](super::Command::Pause).
    Command,
    /// A signal to the process.
    Signal,
    /// The run directory cannot be written: a full disk, a quota, a directory that is gone.
    Disk,
    /// A loss or a weight is no longer finite.
    Diverged,
    /// The trainer ended on request, and a later one went on.
    Stop,
    /// The trainer vanished.
    Crash,
    /// The trainer ended with an error.
    Failure,
    /// A reason that only a newer version knows.
    Other,
}

impl PauseReason {
    /// The word that stands for the reason on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Signal => "signal",
            Self::Disk => "disk",
            Self::Diverged => "diverged",
            Self::Stop => "stop",
            Self::Crash => "crash",
            Self::Failure => "failure",
            Self::Other => "other",
        }
    }
}

impl From<String> for PauseReason {
    fn from(word: String) -> Self {
        let known =
            [Self::Command, Self::Signal, Self::Disk, Self::Diverged, Self::Stop, Self::Crash, Self::Failure];
        known.into_iter().find(|reason| reason.as_str() == word).unwrap_or(Self::Other)
    }
}

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a run trains on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataInfo {
    /// For people, such as `Fashion-MNIST, 6,000 images`.
    #[serde(deserialize_with = "sanitize::string")]
    pub description: String,
    /// Images in the training set.
    pub train: usize,
    /// Images in the test set.
    pub test: usize,
    /// A checksum over images and labels, by which two runs can be seen to use the same data.
    #[serde(deserialize_with = "sanitize::string")]
    pub checksum: String,
    /// Where it comes from: `built in`, or a directory.
    #[serde(deserialize_with = "sanitize::string")]
    pub source: String,
}

/// A row of the layer table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    /// The layer's name in the network, such as `conv1`; its weights are `conv1.weight` and `conv1.bias`.
    #[serde(deserialize_with = "sanitize::string")]
    pub name: String,
    /// PyTorch's name of the kind of layer, such as `Conv2d`, `MaxPool2d`, `Relu`, `Dropout2d`, `Linear`.
    #[serde(deserialize_with = "sanitize::string")]
    pub kind: String,
    /// What it is set to, such as `5×5, 1→10`. Empty where there is nothing to set.
    #[serde(deserialize_with = "sanitize::string")]
    pub setting: String,
    /// The shape of its output, without the batch.
    pub output: Vec<usize>,
    /// Its trainable numbers.
    pub parameters: usize,
}

#[cfg(test)]
impl Event {
    /// A trainer that begins after `step`, with two epochs of ten steps to do in all.
    pub(crate) fn started(step: u64) -> Self {
        let data = DataInfo {
            description: String::new(),
            train: 1,
            test: 1,
            checksum: String::new(),
            source: String::new(),
        };
        Self::Started {
            step,
            position: None,
            device: String::new(),
            threads: 1,
            kernels: String::new(),
            data,
            steps_per_epoch: 10,
            total_steps: 20,
            parameters: 0,
            layers: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(event: &Event) -> String {
        serde_json::to_string(&JournalEntry { time: 1.25, event: event.clone() }).unwrap()
    }

    fn read(json: &str) -> JournalEntry {
        serde_json::from_str(json).unwrap()
    }

    fn steps(losses: Vec<f32>) -> Event {
        let spent = StepTime { data: 0.25, forward: 0.5, backward: 1.0, update: 0.125 };
        Event::Steps { first: 1, losses, learning_rate: 0.01, active_seconds: 0.5, spent: Some(spent) }
    }

    /// An event of each kind, with this text wherever there is one.
    fn all(text: &str) -> Vec<Event> {
        let text = || text.to_owned();
        let position = || Some(Position { epoch: 1, batch: 0, weights_hash: text() });
        let data =
            DataInfo { description: text(), train: 6000, test: 1000, checksum: text(), source: text() };
        let layer = LayerRow {
            name: text(),
            kind: text(),
            setting: text(),
            output: vec![10, 24, 24],
            parameters: 260,
        };
        vec![
            Event::Started {
                step: 0,
                position: position(),
                device: text(),
                threads: 2,
                kernels: text(),
                data,
                steps_per_epoch: 94,
                total_steps: 3760,
                parameters: 21_840,
                layers: vec![layer],
            },
            steps(vec![2.3, 2.25]),
            Event::Epoch {
                epoch: 1,
                step: 94,
                train_loss: 0.1 + 0.2,
                train_accuracy: 0.5,
                test_loss: 1.0 / 3.0,
                test_accuracy: 0.75,
                learning_rate: 0.01,
                active_seconds: 2.5,
            },
            Event::Paused { step: 94, reason: PauseReason::Disk, position: position() },
            Event::Resumed { step: 94, position: position() },
            Event::Changed {
                step: 94,
                change: Change { epochs: Some(60), ..Change::default() },
                total_steps: 60 * 94,
            },
            Event::Rewound { step: 90 },
            Event::Checkpoint { step: 94, name: text() },
            Event::Rejected { file: text(), reason: text() },
            Event::Note { text: text() },
            Event::Ended {
                step: 94,
                status: RecordedStatus::Failed,
                reason: Some(text()),
                position: position(),
            },
        ]
    }

    #[test]
    fn every_event_comes_back() {
        for event in all("plain text") {
            assert_eq!(read(&json(&event)), JournalEntry { time: 1.25, event });
        }
    }

    #[test]
    fn the_form_on_disk_is_fixed() {
        assert_eq!(
            json(&steps(vec![2.5, f32::INFINITY])),
            r#"{"time":1.25,"event":{"steps":{"first":1,"losses":[2.5,null],"learning_rate":0.01,"active_seconds":0.5,"spent":{"data":0.25,"forward":0.5,"backward":1.0,"update":0.125}}}}"#
        );
        assert_eq!(
            json(&Event::Paused {
                step: 3,
                reason: PauseReason::Command,
                position: Some(Position { epoch: 0, batch: 3, weights_hash: "00ff".to_owned() })
            }),
            r#"{"time":1.25,"event":{"paused":{"step":3,"reason":"command","position":{"epoch":0,"batch":3,"weights_hash":"00ff"}}}}"#
        );
        assert_eq!(
            json(&Event::Ended { step: 3, status: RecordedStatus::Stopped, reason: None, position: None }),
            r#"{"time":1.25,"event":{"ended":{"step":3,"status":"stopped","reason":null,"position":null}}}"#
        );
    }

    #[test]
    fn steps_of_an_older_version_do_not_say_what_took_time() {
        let record = read(
            r#"{"time":0,"event":{"steps":{"first":1,"losses":[2.5],"learning_rate":0.1,"active_seconds":1}}}"#,
        );
        let (losses, active_seconds) = (vec![2.5], 1.0);
        let event = Event::Steps { first: 1, losses, learning_rate: 0.1, active_seconds, spent: None };
        assert_eq!(record.event, event);
    }

    #[test]
    fn no_text_of_an_event_controls_the_terminal() {
        for event in all("\u{1b}]0;x\u{7}") {
            let clean = json(&read(&json(&event)).event);
            assert!(!clean.contains("\\u00"), "{clean}");
        }
    }

    #[test]
    fn a_diverged_epoch_comes_back_as_nan() {
        let nan = f64::NAN;
        let epoch = Event::Epoch {
            epoch: 1,
            step: 94,
            train_loss: nan,
            train_accuracy: nan,
            test_loss: f64::INFINITY,
            test_accuracy: nan,
            learning_rate: f32::NEG_INFINITY,
            active_seconds: nan,
        };
        let read = read(&json(&epoch)).event;
        assert_eq!(json(&read), json(&epoch));
        assert!(matches!(read, Event::Epoch { test_loss, .. } if test_loss.is_nan()));
    }

    #[test]
    fn a_reason_of_a_newer_version_is_another_one() {
        let record = read(r#"{"time":0,"event":{"paused":{"step":1,"reason":"moonlight"}}}"#);
        assert_eq!(record.event, Event::Paused { step: 1, reason: PauseReason::Other, position: None });
    }

    #[test]
    fn words_are_those_on_disk() {
        for status in RecordedStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        for reason in [
            PauseReason::Command,
            PauseReason::Signal,
            PauseReason::Disk,
            PauseReason::Diverged,
            PauseReason::Stop,
            PauseReason::Crash,
            PauseReason::Failure,
            PauseReason::Other,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(serde_json::from_value::<PauseReason>(reason.as_str().into()).unwrap(), reason);
        }
    }

    proptest! {
        #[test]
        fn losses_come_back_bit_for_bit_and_gaps_as_nan(losses in prop::collection::vec(prop::num::f32::ANY, 0..20)) {
            let Event::Steps { losses: found, .. } = read(&json(&steps(losses.clone()))).event else {
                return Err(TestCaseError::fail("another kind"));
            };
            prop_assert_eq!(found.len(), losses.len());
            for (found, loss) in found.into_iter().zip(losses) {
                let same = found.to_bits() == loss.to_bits();
                prop_assert!(if loss.is_finite() { same } else { found.is_nan() }, "{loss} became {found}");
            }
        }

        #[test]
        fn times_come_back_bit_for_bit(time in any::<f64>().prop_filter("finite", |time| time.is_finite())) {
            let record = JournalEntry { time, event: Event::Resumed { step: 1, position: None } };
            let found = read(&serde_json::to_string(&record).unwrap());
            prop_assert_eq!(found.time.to_bits(), time.to_bits());
        }
    }
}
