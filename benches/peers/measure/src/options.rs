//! The arguments that every contender takes.

use std::path::PathBuf;
use std::time::Duration;

use crate::Outcome;

/// The options of a measurement.
#[derive(Debug)]
pub(crate) struct Options {
    /// The number of threads, as reported. The driver sets it from outside.
    pub(crate) threads: usize,
    /// How long training is timed.
    pub(crate) seconds: Duration,
    /// Train for an epoch and report losses and accuracy, not speed.
    pub(crate) check: bool,
    /// Directory of the four files of the data set.
    pub(crate) data: PathBuf,
}

impl Options {
    pub(crate) fn from_arguments() -> Outcome<Self> {
        let mut options = Self {
            threads: 1,
            seconds: Duration::from_secs(8),
            check: false,
            data: PathBuf::from("/usr/share/datasets/fashion-mnist"),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--threads" => options.threads = value()?.parse()?,
                "--seconds" => options.seconds = Duration::try_from_secs_f64(value()?.parse()?)?,
                "--data" => options.data = value()?.into(),
                "--check" => options.check = true,
                _ => return Err(format!("unknown argument {argument}").into()),
            }
        }
        Ok(options)
    }

    /// Caches, branch predictors, thread pools and the processor's clock have settled after this.
    pub(crate) fn warm_up(&self) -> Duration {
        self.seconds.div_f64(4.0).min(Duration::from_secs(1))
    }

    /// How long evaluation is timed.
    pub(crate) fn evaluation_seconds(&self) -> Duration {
        self.seconds.div_f64(4.0)
    }
}
