//! What the dashboard hears, and what it asks for.

use crate::app::{Key, PredictionDiff};
use crate::run::{Change, CheckpointName, Command, Labels, Listing, Queue, RunConfig, RunId, Update};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The runs on disk were listed.
    Runs(Vec<Listing>),
    /// The run that is followed was looked at.
    Run(RunId, Box<Update>),
    /// One of the runs that are compared was looked at.
    Compared(RunId, Box<Update>),
    /// These two runs' predictions were compared, or why that cannot be.
    Predicted([RunId; 2], Box<Result<PredictionDiff, String>>),
    /// The search of this number tried its next learning rate, and this was the loss.
    Tried(u64, f64),
    /// The search of this number cannot go on.
    NotTried(u64, String),
    /// It was found out what new runs would be trained on.
    Data(String),
    /// A trainer was started for this run.
    Started(RunId),
    /// The queue was looked at, and whether a process works on it.
    Queue(Queue, bool),
    /// These runs were thrown away.
    ThrownAway(Vec<RunId>),
    /// Something that was asked for is done.
    Done(String),
    /// Something did not work.
    Failed(String),
    /// Time passed: seconds since 1970.
    Time(f64),
}

/// Something to be done in the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Follow this run, and no other.
    Follow(RunId),
    /// Follow these runs, and no others, to compare them.
    Compare(Vec<RunId>),
    /// Compare what these two runs predict. Answered by [`Msg::Predicted`].
    Predict([RunId; 2]),
    /// Look for a learning rate for these settings, under this number, and break off any other search. Answered by
    /// [`Msg::Tried`] and [`Msg::NotTried`].
    FindRate(u64, Box<RunConfig>),
    /// Break the search off.
    StopFinding,
    /// Create a run and start its trainer. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Train(Box<RunConfig>),
    /// Create a run that goes on from this checkpoint of this run with these changes, and start its trainer. Answered by
    /// [`Msg::Started`] or [`Msg::Failed`].
    Fork(RunId, CheckpointName, Change),
    /// Start a trainer for this run. Answered by [`Msg::Started`] or [`Msg::Failed`].
    Resume(RunId),
    /// Create runs and queue them. Answered by [`Msg::Done`] or [`Msg::Failed`].
    Sweep(Vec<RunConfig>),
    /// Tell the trainer of this run.
    Send(RunId, Command),
    /// Label this run.
    Label(RunId, Labels),
    /// Throw this run away. Answered by [`Msg::ThrownAway`] or [`Msg::Failed`].
    ThrowAway(RunId),
    /// Bring these runs back.
    Restore(Vec<RunId>),
    /// Change the queue.
    Queue(QueueChange),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back to the shell until it says to go on.
    Suspend,
    /// End the program.
    Exit(Option<ExitSummary>),
}

/// What is to be done with the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueChange {
    /// Start no more runs.
    Pause,
    /// Start runs again.
    Go,
    /// Move a run by so many places.
    Shift(RunId, isize),
    /// Throw away all that waits. Answered by [`Msg::ThrownAway`].
    Empty,
}

/// What becomes of the run that was on the screen, to be told in the shell.
#[derive(Debug, Clone, PartialEq)]
pub struct ExitSummary {
    /// The run's name.
    pub name: String,
    /// The last thing it was told; none: it goes on as it is.
    pub told: Option<Command>,
}
