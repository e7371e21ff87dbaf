//! TensorBoard event files.
//!
//! An event file is a sequence of records in TensorFlow's framing (`TFRecord`), each containing an `Event` of
//! TensorBoard's protocol buffers (`tensorboard/compat/proto/event.proto` and `summary.proto`). Only these fields are
//! written:
//!
//! ```text
//! Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
//! Summary { repeated Value value = 1; }     Value { string tag = 1; float simple_value = 2; }
//! ```

use std::path::{Path, PathBuf};
use std::{fs, io};

use crc::{CRC_32_ISCSI, Crc};

use crate::run::dir::{History, RunDir, RunError, RunManifest, StepRow};
use crate::run::disk::{FileError, write_new};
use crate::run::protocol::{EpochMetric, TimedEpoch, Unit};

/// The file version in the first event.
const FILE_VERSION: &str = "brain.Event:2";
/// CRC-32C, the checksum of the framing.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

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

impl RunDir {
    /// Writes the measurements of a run as an event file in a new directory, and returns the file's path.
    ///
    /// Each step has `loss/train` and, if the journal has it, `learning_rate`. The last step of each epoch also has the
    /// [metrics](EpochMetric) that have a tag, such as `loss/test` and `accuracy/test`; accuracies are fractions. Wall times
    /// are those of the journal. Non-finite values are written as they are.
    pub fn write_event_file(&self, into: &Path) -> Result<PathBuf, RunError> {
        let record = self.record()?;
        let bytes = event_file(&self.history()?, record.created);
        if let Some(above) = into.parent() {
            fs::create_dir_all(above).map_err(FileError::io("created", above))?;
        }
        match fs::create_dir(into) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(FileError::AlreadyExists { path: into.to_owned() }.into());
            }
            created => created.map_err(FileError::io("created", into))?,
        }
        let path = into.join(event_file_name(&record));
        if let Err(error) = write_new(&path, &bytes) {
            // An empty directory would make the next attempt fail.
            let _ = fs::remove_dir(into);
            return Err(error.into());
        }
        Ok(path)
    }
}

/// The bytes of the event file of a run, in the order of its steps. `created` is in seconds since 1970 UTC.
fn event_file(history: &History, created: f64) -> Vec<u8> {
    let mut file = Vec::new();
    let mut version = Message::default();
    version.double(1, created).bytes(3, FILE_VERSION.as_bytes());
    frame(&mut file, &version.0);
    let mut all: Vec<Scalars> = history.steps.iter().map(Scalars::from).collect();
    all.extend(history.epochs.iter().map(Scalars::from));
    // The sort is stable: of one step, the values of the step come before those of the epoch.
    all.sort_by_key(|scalars| scalars.step);
    for Scalars { step, time, values } in all {
        let mut summary = Message::default();
        for (tag, value) in values {
            let mut scalar = Message::default();
            scalar.bytes(1, tag.as_bytes()).float(2, value);
            summary.bytes(1, &scalar.0);
        }
        let mut event = Message::default();
        event.double(1, time).varint(2, step).bytes(5, &summary.0);
        frame(&mut file, &event.0);
    }
    file
}

/// The file's name as TensorBoard would choose it: `events.out.tfevents.<when it was created>.<its host>.cnn-tui`.
fn event_file_name(record: &RunManifest) -> String {
    let host = record.provenance.host.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    // TensorBoard uses ten digits.
    let created = record.created.floor().clamp(0.0, 9_999_999_999.0);
    format!("events.out.tfevents.{created:010.0}.{}.cnn-tui", host.collect::<String>())
}

/// A protocol buffers message under construction. Fields with their default value are left out, as in proto3, except
/// scalars of a `oneof`.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire_type: u64) {
        self.number((field << 3) | wire_type);
    }

    /// A varint: seven bits per byte, lowest first; the eighth bit marks that more bytes follow.
    fn number(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    fn varint(&mut self, field: u64, value: u64) -> &mut Self {
        if value != 0 {
            self.key(field, 0);
            self.number(value);
        }
        self
    }

    fn double(&mut self, field: u64, value: f64) -> &mut Self {
        if value.to_bits() != 0 {
            self.key(field, 1);
            self.0.extend(value.to_le_bytes());
        }
        self
    }

    fn bytes(&mut self, field: u64, value: &[u8]) -> &mut Self {
        self.key(field, 2);
        self.number(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn float(&mut self, field: u64, value: f32) -> &mut Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }
}

/// Appends a record: its length and its bytes, each with a checksum.
fn frame(file: &mut Vec<u8>, record: &[u8]) {
    let length = (record.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(checksum(&length));
    file.extend(record);
    file.extend(checksum(record));
}

/// A masked CRC-32C, as used by the framing, so that checksums can be part of checksummed data.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    CRC32C.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::protocol::EpochReport;
    use crate::run::{NewRun, Provenance, RunConfig, Store};

    fn step(step: u64, time: f64, loss: f32, learning_rate: Option<f32>) -> StepRow {
        StepRow { step, time, loss, learning_rate }
    }

    /// TensorBoard's own classes wrote the fixture: see `tests/tensorboard/README.md`.
    #[test]
    fn the_bytes_are_those_that_tensorboard_writes() {
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
        let history = History {
            steps: vec![
                step(1, 1_795_528_443.033_522_4, 2.312_5, None),
                step(2, 1_795_528_443.033_522_4, 0.0, Some(0.01)),
                step(300, 1_795_528_443.5, f32::NAN, None),
                step(70_000, 1_795_528_444.0, f32::INFINITY, Some(0.005)),
            ],
            epochs: vec![TimedEpoch { time: 1_795_528_443.75, report }],
            ..History::default()
        };
        let want = include_bytes!("../../../tests/tensorboard/small.tfevents");
        assert_eq!(event_file(&history, 1_795_528_442.799_511_2), want);
    }

    #[test]
    fn a_run_without_steps_has_a_file_and_no_file_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        let new = NewRun::new(jiff::Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
        let dir = Store::open(root.path().join("runs")).create(&new).unwrap();
        let into = root.path().join("board").join("mine");
        let path = dir.write_event_file(&into).unwrap();
        assert_eq!(path.parent(), Some(into.as_path()));
        assert_eq!(fs::read(path).unwrap(), event_file(&History::default(), 0.0));
        let refused = dir.write_event_file(&into).unwrap_err().to_string();
        assert!(refused.ends_with("board/mine: already exists; choose another path"), "{refused}");
    }

    #[test]
    fn the_file_is_named_after_when_and_where() {
        let root = tempfile::tempdir().unwrap();
        let run = |host: &str| {
            let provenance = Provenance { host: host.to_owned(), ..Provenance::default() };
            NewRun::new("2026-11-24T06:30:12Z".parse().unwrap(), 0, RunConfig::default(), provenance)
        };
        let name = |host| {
            let dir = Store::open(root.path()).create(&run(host)).unwrap();
            event_file_name(&dir.record().unwrap())
        };
        assert_eq!(name("gpu-box"), "events.out.tfevents.1795501812.gpu-box.cnn-tui");
        assert_eq!(name("../etc/a b"), "events.out.tfevents.1795501812.etcab.cnn-tui");
    }
}
