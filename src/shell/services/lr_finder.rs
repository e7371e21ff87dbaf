//! The learning-rate range test on a fresh network. Nothing is saved.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender, TryRecvError};

use tokio::sync::mpsc::UnboundedSender;

use crate::app::Msg;
use crate::data::{DataLocations, Roots};
use crate::metrics::RangeTest;
use crate::run::RunConfig;
use crate::shell::ShellError;
use crate::shell::resources::{cores, source};
use crate::shell::thread::spawn;
use crate::train::Session;

/// A range test on a thread of its own. Dropping it stops the test within a step.
#[derive(Debug)]
pub(crate) struct RangeTestThread(#[expect(dead_code, reason = "dropping it is the signal")] Sender<()>);

impl RangeTestThread {
    /// Starts the test. Each loss, and an error if there is one, is sent with `number`.
    pub(crate) fn start(number: u64, config: RunConfig, messages: &UnboundedSender<Msg>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let work = move |messages: &UnboundedSender<Msg>| {
            let result = lr_find(config, |loss| {
                let is_dropped = stopped.try_recv() == Err(TryRecvError::Disconnected);
                if is_dropped || messages.send(Msg::RangeTestLoss(number, loss)).is_err() {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            });
            if let Err(error) = result {
                let _ = messages.send(Msg::RangeTestFailed(number, error.to_string()));
            }
        };
        if let Err(error) = spawn("lr-find", messages, work) {
            let _ = messages.send(Msg::RangeTestFailed(number, ShellError::Runtime(error).to_string()));
        }
        Self(stop)
    }
}

/// Runs a range test with these settings. `progress` is called with each loss; the test ends when it returns `Break`.
/// Nothing is written.
pub fn lr_find(
    config: RunConfig,
    mut progress: impl FnMut(f64) -> ControlFlow<()>,
) -> Result<RangeTest, ShellError> {
    let data = DataLocations::new(source(&config), &Roots::of_user()).locate()?.dataset;
    let threads = config.threads.unwrap_or_else(cores);
    let mut session = Session::new(config, Arc::new(data), threads)?;
    let mut test = RangeTest::default();
    while let Some(rate) = test.next_rate() {
        let loss = session.step_with_rate(rate)?;
        test.push(loss);
        if progress(loss).is_break() {
            break;
        }
    }
    Ok(test)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::run::DeviceChoice;

    fn config() -> RunConfig {
        let (preset, data) = ("dnn".to_owned(), Some("built-in".into()));
        RunConfig { preset, data, device: DeviceChoice::Cpu, threads: Some(1), ..RunConfig::default() }
    }

    #[test]
    fn range_test_is_reproducible() {
        let mut losses = Vec::new();
        let test = lr_find(config(), |loss| {
            losses.push(loss);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(test.is_over() && losses.len() == test.steps());
        let found = test.suggestion().unwrap();
        assert!((1e-3..1.0).contains(&found.steep) && (1e-3..1.0).contains(&found.tenth), "{found:?}");
        let again = lr_find(config(), |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(again.suggestion(), Some(found));
    }

    #[test]
    fn dropping_a_search_stops_it() {
        let (messages, mut received) = unbounded_channel();
        let search = RangeTestThread::start(7, config(), &messages);
        assert!(matches!(received.blocking_recv(), Some(Msg::RangeTestLoss(7, _))));
        drop((search, messages));
        // When its thread ends, so does the channel.
        let rest = std::iter::from_fn(|| received.blocking_recv()).count();
        assert!(rest < 350, "{rest}");
    }

    #[test]
    fn failure_to_start_is_sent() {
        let (messages, mut received) = unbounded_channel();
        let _search =
            RangeTestThread::start(1, RunConfig { data: Some("/nowhere".into()), ..config() }, &messages);
        let Some(Msg::RangeTestFailed(1, problem)) = received.blocking_recv() else { unreachable!() };
        assert!(problem.contains("/nowhere"), "{problem}");
    }
}
