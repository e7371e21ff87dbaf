//! The bytes of a TensorBoard event file.
//!
//! An event file is a sequence of records, each containing an `Event` of TensorBoard's protocol buffers
//! (`tensorboard/compat/proto/event.proto`, `summary.proto` and `tensor.proto`). Only these fields are written:
//!
//! ```text
//! Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
//! Summary { repeated Value value = 1; }
//! Value   { string tag = 1; float simple_value = 2; TensorProto tensor = 8; SummaryMetadata metadata = 9; }
//! ```
//!
//! The settings are those of the HPARAMS page (`tensorboard/plugins/hparams/plugin_data.proto`), in the metadata of two values
//! without a number: one when the session starts, one when it ends.

use super::message::{Message, frame};
use crate::run::dir::{History, StepRow};
use crate::run::protocol::{EpochMetric, TimedEpoch, Unit};
use crate::run::settings::SettingValue;

/// The file version in the first event.
const FILE_VERSION: &str = "brain.Event:2";
/// `SessionLog.START`: TensorBoard drops the values of earlier files of this run.
const SESSION_START: u64 = 1;
/// `DT_FLOAT` in `types.proto`.
const DT_FLOAT: u64 = 1;
/// The greatest integer up to which every integer is exact in a double, in which HPARAMS keeps numbers.
const EXACT: u64 = 1 << 53;

/// What an event file says of a run beside its measurements.
#[derive(Debug)]
pub(super) struct RunSession {
    /// When the run was created, in seconds since 1970 UTC.
    pub(super) created: f64,
    /// The settings in force, by key.
    pub(super) settings: Vec<(&'static str, SettingValue)>,
    /// How the run ended; `None` if it has not.
    pub(super) outcome: Option<Outcome>,
}

/// How a run ended, with the numbers of `Status` in `api.proto` of the HPARAMS plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It finished or was stopped.
    Success = 1,
    /// It failed or diverged.
    Failure = 2,
}

/// The values of a step, each with its tag.
struct Scalars {
    step: u64,
    time: f64,
    values: Vec<(&'static str, f32)>,
}

impl From<&StepRow> for Scalars {
    fn from(row: &StepRow) -> Self {
        let mut values = vec![("loss/train", row.loss)];
        values.extend(row.learning_rate.map(|rate| ("learning_rate", rate)));
        Self { step: row.step, time: row.time, values }
    }
}

impl From<&TimedEpoch> for Scalars {
    fn from(TimedEpoch { time, report }: &TimedEpoch) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "scalars are f32 in event files")]
        let scalar = |metric: EpochMetric| Some((metric.tag?, metric.of(report) as f32));
        let mut metrics: Vec<_> = EpochMetric::all().collect();
        metrics.sort_by_key(|metric| metric.unit != Unit::Loss);
        Self { step: report.step, time: *time, values: metrics.into_iter().filter_map(scalar).collect() }
    }
}

/// The event file of a run, in the order of its steps. While the run grows, the file of an earlier moment is the beginning of
/// the later one, unless the run was rewound or its settings changed.
pub(super) fn event_file(session: &RunSession, history: &History) -> Vec<u8> {
    let mut file = Vec::new();
    let mut version = Message::default();
    version.double(1, session.created).text(3, FILE_VERSION);
    frame(&mut file, &version.0);
    let mut log = Message::default();
    log.varint(1, SESSION_START);
    let mut start = Message::default();
    start.double(1, session.created).message(7, &log);
    frame(&mut file, &start.0);
    hparams(&mut file, session.created, 0, "_hparams_/session_start_info", &session_start(session));

    let mut all: Vec<Scalars> = history.steps.iter().map(Scalars::from).collect();
    all.extend(history.epochs.iter().map(Scalars::from));
    // The sort is stable: of one step, the values of the step come before those of the epoch.
    all.sort_by_key(|scalars| scalars.step);
    for Scalars { step, time, values } in &all {
        let mut summary = Message::default();
        for (tag, value) in values {
            let mut scalar = Message::default();
            scalar.text(1, tag).float(2, *value);
            summary.message(1, &scalar);
        }
        let mut event = Message::default();
        event.double(1, *time).varint(2, *step).message(5, &summary);
        frame(&mut file, &event.0);
    }

    if let Some(outcome) = session.outcome {
        let (time, step) = all.last().map_or((session.created, 0), |last| (last.time, last.step));
        let mut end = Message::default();
        end.varint(1, outcome as u64).double(2, time);
        let mut data = Message::default();
        data.message(4, &end);
        hparams(&mut file, time, step, "_hparams_/session_end_info", &data);
    }
    file
}

/// `HParamsPluginData` with the settings.
fn session_start(session: &RunSession) -> Message {
    let mut start = Message::default();
    let mut settings: Vec<_> = session.settings.iter().collect();
    settings.sort_by_key(|(key, _)| *key);
    for (key, value) in settings {
        // A `google.protobuf.Value`.
        let mut message = Message::default();
        match value {
            SettingValue::Unset => continue,
            #[expect(clippy::cast_precision_loss, reason = "exact up to this limit")]
            SettingValue::Integer(number) if *number <= EXACT => message.double_of_oneof(2, *number as f64),
            SettingValue::Integer(number) => message.text(3, &number.to_string()),
            SettingValue::Number(number) => message.double_of_oneof(2, *number),
            SettingValue::Text(text) => message.text(3, text),
        };
        let mut entry = Message::default();
        entry.text(1, key).message(2, &message);
        start.message(1, &entry);
    }
    start.double(5, session.created);
    let mut data = Message::default();
    data.message(3, &start);
    data
}

/// Appends an event with `HParamsPluginData`, as `tensorboard/plugins/hparams/summary.py` does: with a tensor without values.
fn hparams(file: &mut Vec<u8>, time: f64, step: u64, tag: &str, data: &Message) {
    let (mut shape, mut tensor) = <(Message, Message)>::default();
    shape.message(2, &Message::default());
    tensor.varint(1, DT_FLOAT).message(2, &shape);
    let (mut plugin, mut metadata) = <(Message, Message)>::default();
    plugin.text(1, "hparams").message(2, data);
    metadata.message(1, &plugin);
    let (mut value, mut summary, mut event) = <(Message, Message, Message)>::default();
    value.text(1, tag).message(8, &tensor).message(9, &metadata);
    summary.message(1, &value);
    event.double(1, time).varint(2, step).message(5, &summary);
    frame(file, &event.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::protocol::EpochReport;

    fn step(step: u64, time: f64, loss: f32, learning_rate: Option<f32>) -> StepRow {
        StepRow { step, time, loss, learning_rate }
    }

    fn history() -> History {
        let report = EpochReport {
            epoch: 1,
            step: 300,
            train_loss: 9.0,
            train_accuracy: 0.5,
            test_loss: 0.1,
            test_accuracy: 0.8869,
            learning_rate: 0.01,
            active_seconds: 0.5,
            ..EpochReport::default()
        };
        History {
            steps: vec![
                step(1, 1_795_528_443.033_522_4, 2.312_5, None),
                step(2, 1_795_528_443.033_522_4, 0.0, Some(0.01)),
                step(300, 1_795_528_443.5, f32::NAN, None),
                step(70_000, 1_795_528_444.0, f32::INFINITY, Some(0.005)),
            ],
            epochs: vec![TimedEpoch { time: 1_795_528_443.75, report }],
            ..History::default()
        }
    }

    fn session(outcome: Option<Outcome>) -> RunSession {
        let settings = vec![
            ("preset", SettingValue::Text("cnn".to_owned())),
            ("learning_rate", SettingValue::Number(0.01)),
            ("dropout", SettingValue::Unset),
            ("patience", SettingValue::Integer(0)),
            ("seed", SettingValue::Integer(u64::MAX)),
        ];
        RunSession { created: 1_795_528_442.799_511_2, settings, outcome }
    }

    /// TensorBoard's own classes wrote the fixture: see `tests/tensorboard/README.md`.
    #[test]
    fn the_bytes_are_those_that_tensorboard_writes() {
        let want = include_bytes!("../../../tests/tensorboard/small.tfevents");
        assert_eq!(event_file(&session(Some(Outcome::Failure)), &history()), want);
    }

    #[test]
    fn the_file_of_a_shorter_history_is_its_beginning() {
        let (whole, mut shorter) = (history(), history());
        shorter.steps.truncate(3);
        let file = event_file(&session(Some(Outcome::Success)), &whole);
        assert!(file.starts_with(&event_file(&session(None), &shorter)));
        assert!(!file.starts_with(&event_file(&session(Some(Outcome::Success)), &shorter)));
    }
}
