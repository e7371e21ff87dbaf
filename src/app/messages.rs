//! Messages that the dashboard receives, and effects that it requests.

use super::key::Key;
use super::predictions::PredictionDiff;
use crate::run::{
    Change, CheckpointName, Command, Listing, MachineUse, Queue, RunConfig, RunId, RunLabels, Update,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The same key again, perhaps because it is held.
    Repeat(Key),
    /// Text was pasted.
    Paste(String),
    /// The runs on disk were listed.
    Runs(Vec<Listing>),
    /// The open run has changed on disk.
    Run(RunId, Box<Update>),
    /// A compared run has changed on disk.
    Compared(RunId, Box<Update>),
    /// The predictions of these two runs, or why they could not be computed.
    Predicted([RunId; 2], Box<Result<PredictionDiff, String>>),
    /// The loss at the next learning rate of the range test with this number.
    RangeTestLoss(u64, f64),
    /// Why the range test with this number failed.
    RangeTestFailed(u64, String),
    /// The data set that new runs would be trained on.
    Data(String),
    /// A data set was found but cannot be used, so the action was not performed; `instead` performs it with the built-in data set.
    DataUnusable {
        /// Why, as a sentence.
        reason: String,
        /// The effect with the built-in data set.
        instead: Box<Effect>,
    },
    /// A trainer was started for this run.
    Started(RunId),
    /// The queue, and whether a process works on it.
    Queue(Queue, QueueWorker),
    /// These runs were deleted.
    Deleted(Vec<RunId>),
    /// An action succeeded.
    Done(String),
    /// An action failed.
    Failed(String),
    /// How busy this machine is.
    Machine(Box<MachineUse>),
    /// Time passed: seconds since 1970.
    Time(f64),
}

/// A request to the shell, which performs I/O.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Follow this run instead of the previous one. Answered by [`Msg::Run`].
    Follow(RunId),
    /// Follow these runs for the comparison, instead of the previous ones. Answered by [`Msg::Compared`].
    Compare(Vec<RunId>),
    /// Compute the predictions of these two runs. Answered by [`Msg::Predicted`].
    Predict([RunId; 2]),
    /// Start a learning-rate range test with this number and these settings, and cancel any other. Answered by
    /// [`Msg::RangeTestLoss`] and [`Msg::RangeTestFailed`].
    StartRangeTest(u64, Box<RunConfig>),
    /// Cancel the range test.
    CancelRangeTest,
    /// Create a run and start its trainer. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Train(Box<RunConfig>),
    /// Create a run that continues from this checkpoint of this run with these changes, and start its trainer. Answered
    /// by [`Msg::Started`] or [`Msg::Failed`].
    Fork(RunId, CheckpointName, Change),
    /// Start a trainer for this run. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Resume(RunId),
    /// Create runs and queue them. Answered by [`Msg::Done`] or [`Msg::Failed`].
    Enqueue(Vec<RunConfig>),
    /// Send a command to the trainer of this run.
    Send(RunId, Command),
    /// Change name, notes or tags of this run.
    Label(RunId, RunLabels),
    /// Delete this run; it can be restored. Answered by [`Msg::Deleted`] or [`Msg::Failed`].
    Delete(RunId),
    /// Restore these deleted runs.
    Restore(Vec<RunId>),
    /// Change the queue.
    Queue(QueueChange),
    /// Redraw the screen.
    Redraw,
    /// Suspend the program, like Ctrl-Z.
    Suspend,
    /// End the program.
    Exit(Option<ExitSummary>),
}

/// Whether a process works on the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueWorker {
    /// A worker starts the queued runs.
    Running,
    /// There is no worker.
    Absent,
}

/// A change of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueChange {
    /// Start no more runs.
    Pause,
    /// Start runs again.
    Resume,
    /// Move a run by this many places, towards the end if positive.
    Shift(RunId, isize),
    /// Delete all queued runs. Answered by [`Msg::Deleted`].
    Empty,
}

/// A summary of the open run, printed when the dashboard exits.
#[derive(Debug, Clone, PartialEq)]
pub struct ExitSummary {
    /// The run's name.
    pub name: String,
    /// What it does when the dashboard has exited.
    pub state: ExitState,
}

/// What a run does when the dashboard has exited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitState {
    /// It trains.
    Training,
    /// It is paused.
    Paused,
    /// It stops and is saved.
    Stopping,
}
