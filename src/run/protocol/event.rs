//! The events of a trainer.

use serde::{Deserialize, Serialize};

use super::epoch::EpochReport;
use super::machine::MachineUse;
use super::report::{Position, StepBatch, TrainerInfo};
use super::status::{PauseReason, RunStatus};
use crate::run::disk::sanitize;
use crate::run::settings::Change;

/// One line of `metrics.jsonl`: an event and when it happened.
///
/// The file is append-only, with one JSON object per line, such as
///
/// ```json
/// {"time":1795501812.25,"event":{"steps":{"first":1,"losses":[2.3,2.29],"learning_rate":0.01,"active_seconds":0.1}}}
/// ```
///
/// `event` has a single key, the kind of the [`Event`], whose value holds its fields. Non-finite numbers are `null`.
/// Readers ignore a last line without a line feed (still being written, or cut off by a crash), lines that are not JSON,
/// and unknown kinds and fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When it happened, in seconds since 1970 UTC.
    pub time: f64,
    /// The event.
    pub event: Event,
}

/// An event reported by a trainer. Steps and epochs count from 1; the `step` of an event between steps is the number of
/// steps done. Accuracies are fractions from 0 to 1, losses are means per image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A trainer process started, for the first time or to resume the run.
    Started(TrainerInfo),
    /// Steps were done.
    Steps(StepBatch),
    /// An epoch is done and the test set was evaluated.
    Epoch(EpochReport),
    /// Training paused after a step, until `resumed`, or `started` of a later trainer.
    Paused {
        /// Steps done when it paused.
        step: u64,
        /// Why it paused.
        reason: PauseReason,
        /// The exact position.
        #[serde(default)]
        position: Option<Position>,
    },
    /// Training resumed after a pause.
    Resumed {
        /// Steps done where it resumed.
        step: u64,
        /// The exact position.
        #[serde(default)]
        position: Option<Position>,
    },
    /// Settings changed after this step.
    Changed {
        /// Steps done before the change.
        step: u64,
        /// The settings that changed, with their new values.
        change: Change,
        /// Steps in the whole run with them.
        total_steps: u64,
    },
    /// The steps after this one are repeated with different results, for example with another version of the program or on
    /// another processor. Earlier entries for them no longer count.
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
    /// A file in the inbox, or a change of settings, was rejected.
    Rejected {
        /// The file's name, or the change of settings as text.
        #[serde(rename = "file", deserialize_with = "sanitize::string")]
        what: String,
        /// Why it was rejected.
        #[serde(deserialize_with = "sanitize::string")]
        reason: String,
    },
    /// A warning for people, such as a data set that could not be used.
    #[serde(rename = "note")]
    Warning {
        /// The warning, one line.
        #[serde(deserialize_with = "sanitize::string")]
        text: String,
    },
    /// How busy the machine was since the last such event: means over that time, and the last values of the rest.
    Machine(MachineUse),
    /// The trainer process ended.
    Ended {
        /// Steps done at the end.
        step: u64,
        /// The run's status from now on.
        status: RunStatus,
        /// Why it ended, unless the status says so.
        #[serde(default, deserialize_with = "sanitize::option")]
        reason: Option<String>,
        /// The exact position; `None` if an error left it unknown.
        #[serde(default)]
        position: Option<Position>,
    },
}

#[cfg(test)]
impl Event {
    /// A trainer that starts after `step`, with two epochs of ten steps in all.
    pub(crate) fn started(step: u64) -> Self {
        let data = super::report::DataInfo {
            description: String::new(),
            train: 1,
            test: 1,
            checksum: String::new(),
            source: String::new(),
        };
        Self::Started(TrainerInfo {
            step,
            position: None,
            device: String::new(),
            threads: 1,
            instruction_set: String::new(),
            data,
            steps_per_epoch: 10,
            total_steps: 20,
            parameters: 0,
            layers: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::run::protocol::{Capacity, DataInfo, GpuUse, LayerRow, StepTime};

    fn json(event: &Event) -> String {
        serde_json::to_string(&JournalEntry { time: 1.25, event: event.clone() }).unwrap()
    }

    fn read(json: &str) -> JournalEntry {
        serde_json::from_str(json).unwrap()
    }

    fn steps(losses: Vec<f32>) -> Event {
        let spent = StepTime { data: 0.25, forward: 0.5, backward: 1.0, update: 0.125 };
        Event::Steps(StepBatch {
            first: 1,
            losses,
            learning_rate: 0.01,
            active_seconds: 0.5,
            spent: Some(spent),
        })
    }

    /// An event of each kind, with this text in every text field.
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
            Event::Started(TrainerInfo {
                step: 0,
                position: position(),
                device: text(),
                threads: 2,
                instruction_set: text(),
                data,
                steps_per_epoch: 94,
                total_steps: 3760,
                parameters: 21_840,
                layers: vec![layer],
            }),
            steps(vec![2.3, 2.25]),
            Event::Epoch(EpochReport {
                epoch: 1,
                step: 94,
                train_loss: 0.1 + 0.2,
                train_accuracy: 0.5,
                test_loss: 1.0 / 3.0,
                test_accuracy: 0.75,
                learning_rate: 0.01,
                active_seconds: 2.5,
                ..EpochReport::default()
            }),
            Event::Paused { step: 94, reason: PauseReason::Disk, position: position() },
            Event::Resumed { step: 94, position: position() },
            Event::Changed {
                step: 94,
                change: Change { epochs: Some(60), ..Change::default() },
                total_steps: 60 * 94,
            },
            Event::Rewound { step: 90 },
            Event::Checkpoint { step: 94, name: text() },
            Event::Rejected { what: text(), reason: text() },
            Event::Warning { text: text() },
            Event::Machine(MachineUse {
                cpu: Some(0.5),
                cores: Vec::new(),
                load: Some(1.5),
                memory: Some(Capacity { used: 3, total: 4 }),
                disk: None,
                gpus: vec![GpuUse {
                    name: text(),
                    busy: Some(0.25),
                    memory: Some(Capacity { used: 1, total: 2 }),
                    celsius: Some(63),
                    watts: Some(210.5),
                    watts_limit: Some(700.0),
                    megahertz: Some(1980),
                    processes: Some(1),
                }],
            }),
            Event::Ended { step: 94, status: RunStatus::Failed, reason: Some(text()), position: position() },
        ]
    }

    #[test]
    fn every_event_is_read_as_it_was_written() {
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
            json(&Event::Ended { step: 3, status: RunStatus::Stopped, reason: None, position: None }),
            r#"{"time":1.25,"event":{"ended":{"step":3,"status":"stopped","reason":null,"position":null}}}"#
        );
    }

    /// Every event with the bytes that it has on disk: these are schema 1, and never change.
    #[test]
    fn every_event_has_its_line_on_disk() {
        let position = r#"{"epoch":1,"batch":0,"weights_hash":"x"}"#;
        let lines = [
            format!(
                r#"{{"started":{{"step":0,"position":{position},"device":"x","threads":2,"kernels":"x","data":{{"description":"x","train":6000,"test":1000,"checksum":"x","source":"x"}},"steps_per_epoch":94,"total_steps":3760,"parameters":21840,"layers":[{{"name":"x","kind":"x","setting":"x","output":[10,24,24],"parameters":260}}]}}}}"#
            ),
            r#"{"steps":{"first":1,"losses":[2.3,2.25],"learning_rate":0.01,"active_seconds":0.5,"spent":{"data":0.25,"forward":0.5,"backward":1.0,"update":0.125}}}"#.to_owned(),
            r#"{"epoch":{"epoch":1,"step":94,"train_loss":0.30000000000000004,"train_accuracy":0.5,"test_loss":0.3333333333333333,"test_accuracy":0.75,"learning_rate":0.01,"active_seconds":2.5}}"#.to_owned(),
            format!(r#"{{"paused":{{"step":94,"reason":"disk","position":{position}}}}}"#),
            format!(r#"{{"resumed":{{"step":94,"position":{position}}}}}"#),
            r#"{"changed":{"step":94,"change":{"epochs":60},"total_steps":5640}}"#.to_owned(),
            r#"{"rewound":{"step":90}}"#.to_owned(),
            r#"{"checkpoint":{"step":94,"name":"x"}}"#.to_owned(),
            r#"{"rejected":{"file":"x","reason":"x"}}"#.to_owned(),
            r#"{"note":{"text":"x"}}"#.to_owned(),
            r#"{"machine":{"cpu":0.5,"load":1.5,"memory":{"used":3,"total":4},"disk":null,"gpus":[{"name":"x","busy":0.25,"memory":{"used":1,"total":2},"celsius":63,"watts":210.5,"watts_limit":700.0,"megahertz":1980,"processes":1}]}}"#.to_owned(),
            format!(r#"{{"ended":{{"step":94,"status":"failed","reason":"x","position":{position}}}}}"#),
        ];
        assert_eq!(all("x").len(), lines.len());
        for (event, line) in all("x").iter().zip(lines) {
            // The last metric is for tests only.
            let written = json(event).replace(r#","trial":0.0"#, "");
            assert_eq!(written, format!(r#"{{"time":1.25,"event":{line}}}"#));
        }
    }

    /// Fields that the first versions did not write.
    #[test]
    fn events_of_older_versions_are_read() {
        let event = |line: &str| read(&format!(r#"{{"time":0,"event":{line}}}"#)).event;
        let started = event(
            r#"{"started":{"step":0,"device":"x","threads":2,"data":{"description":"x","train":1,"test":1,"checksum":"x","source":"x"},"steps_per_epoch":10,"total_steps":20,"parameters":0,"layers":[]}}"#,
        );
        let Event::Started(trainer) = started else { unreachable!("{started:?}") };
        assert_eq!((trainer.position, trainer.instruction_set.as_str(), trainer.threads), (None, "", 2));
        let (paused, resumed) =
            (event(r#"{"paused":{"step":3,"reason":"command"}}"#), event(r#"{"resumed":{"step":3}}"#));
        assert_eq!(paused, Event::Paused { step: 3, reason: PauseReason::Command, position: None });
        assert_eq!(resumed, Event::Resumed { step: 3, position: None });
        let ended = event(r#"{"ended":{"step":3,"status":"finished"}}"#);
        let status = RunStatus::Finished;
        assert_eq!(ended, Event::Ended { step: 3, status, reason: None, position: None });
    }

    #[test]
    fn steps_of_an_older_version_do_not_say_what_took_time() {
        let entry = read(
            r#"{"time":0,"event":{"steps":{"first":1,"losses":[2.5],"learning_rate":0.1,"active_seconds":1}}}"#,
        );
        let (losses, active_seconds) = (vec![2.5], 1.0);
        let event =
            Event::Steps(StepBatch { first: 1, losses, learning_rate: 0.1, active_seconds, spent: None });
        assert_eq!(entry.event, event);
    }

    #[test]
    fn no_text_of_an_event_controls_the_terminal() {
        for event in all("\u{1b}]0;x\u{7}") {
            let clean = json(&read(&json(&event)).event);
            assert!(!clean.contains("\\u00"), "{clean}");
        }
    }

    #[test]
    fn losses_of_a_diverged_epoch_are_read_as_nan() {
        let nan = f64::NAN;
        let epoch = Event::Epoch(EpochReport {
            epoch: 1,
            step: 94,
            train_loss: nan,
            train_accuracy: nan,
            test_loss: f64::INFINITY,
            test_accuracy: nan,
            learning_rate: f32::NEG_INFINITY,
            active_seconds: nan,
            ..EpochReport::default()
        });
        let read = read(&json(&epoch)).event;
        assert_eq!(json(&read), json(&epoch));
        assert!(matches!(read, Event::Epoch(EpochReport { test_loss, .. }) if test_loss.is_nan()));
    }

    #[test]
    fn unknown_pause_reasons_are_read_as_other() {
        let entry = read(r#"{"time":0,"event":{"paused":{"step":1,"reason":"moonlight"}}}"#);
        assert_eq!(entry.event, Event::Paused { step: 1, reason: PauseReason::Other, position: None });
    }

    #[test]
    fn words_are_those_on_disk() {
        for status in RunStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        for reason in PauseReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(serde_json::from_value::<PauseReason>(reason.as_str().into()).unwrap(), reason);
        }
    }

    proptest! {
        #[test]
        fn losses_are_read_bit_for_bit_and_gaps_as_nan(losses in prop::collection::vec(prop::num::f32::ANY, 0..20)) {
            let Event::Steps(StepBatch { losses: found, .. }) = read(&json(&steps(losses.clone()))).event else {
                return Err(TestCaseError::fail("another kind"));
            };
            prop_assert_eq!(found.len(), losses.len());
            for (found, loss) in found.into_iter().zip(losses) {
                let same = found.to_bits() == loss.to_bits();
                prop_assert!(if loss.is_finite() { same } else { found.is_nan() }, "{loss} became {found}");
            }
        }

        #[test]
        fn times_are_read_bit_for_bit(time in any::<f64>().prop_filter("finite", |time| time.is_finite())) {
            let entry = JournalEntry { time, event: Event::Resumed { step: 1, position: None } };
            let found = read(&serde_json::to_string(&entry).unwrap());
            prop_assert_eq!(found.time.to_bits(), time.to_bits());
        }
    }
}
