//! The actual state of a run.

use std::fmt;
use std::path::Path;

use super::holder::Holder;
use super::lock::{Liveness, liveness};
use super::manifest::RunManifest;
use crate::run::protocol::RunStatus;

/// The state of a run in one word: the same on every screen, in the shell, in queries and in exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateName {
    /// Created; no trainer has started.
    Queued,
    /// Training.
    Training,
    /// Paused between two steps, with a trainer waiting.
    Paused,
    /// Its trainer waits until the run directory can be written again.
    Waiting,
    /// The loss or a weight is no longer finite; training has paused or ended.
    Diverged,
    /// All epochs are done.
    Finished,
    /// Ended early on request.
    Stopped,
    /// Ended by an error.
    Failed,
    /// Its trainer was killed.
    Interrupted,
    /// Its trainer is on another machine, and may no longer be running.
    Elsewhere,
}

impl StateName {
    /// Every state, in the order in which help lists them.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Training,
        Self::Paused,
        Self::Waiting,
        Self::Diverged,
        Self::Finished,
        Self::Stopped,
        Self::Failed,
        Self::Interrupted,
        Self::Elsewhere,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Training => "training",
            Self::Paused => "paused",
            Self::Waiting => "waiting",
            Self::Diverged => "diverged",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The actual state of a run: the status that its trainer wrote, corrected if the trainer is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    /// The status as written, or [`RunStatus::Interrupted`] if the run should have a trainer but has none.
    pub status: RunStatus,
    /// Whether a trainer holds the run.
    pub liveness: Liveness,
}

impl RunState {
    /// Derives the state from a status and the lock.
    pub fn of(status: RunStatus, liveness: Liveness) -> Self {
        match (status, &liveness) {
            (RunStatus::Running | RunStatus::Paused, Liveness::Free) => {
                Self { status: RunStatus::Interrupted, liveness }
            }
            _ => Self { status, liveness },
        }
    }

    /// Derives the state from a status that was read after the lock at `lock` was `before`.
    ///
    /// A trainer acquires the lock before it writes `running`, and writes how it ended before it releases the lock. So a
    /// run is interrupted only if the lock is free both before and after such a status was read.
    pub(crate) fn settled(status: RunStatus, before: Liveness, lock: &Path) -> Self {
        let state = Self::of(status, before);
        if state.status == status { state } else { Self::of(status, liveness(lock)) }
    }

    /// The state in one word.
    pub fn name(&self, manifest: &RunManifest) -> StateName {
        if self.trouble().is_some() {
            return StateName::Waiting;
        }
        if self.elsewhere().is_some() {
            return StateName::Elsewhere;
        }
        match self.status {
            RunStatus::Paused | RunStatus::Stopped if manifest.has_diverged() => StateName::Diverged,
            RunStatus::Queued => StateName::Queued,
            RunStatus::Running => StateName::Training,
            RunStatus::Paused => StateName::Paused,
            RunStatus::Finished => StateName::Finished,
            RunStatus::Stopped => StateName::Stopped,
            RunStatus::Failed => StateName::Failed,
            RunStatus::Interrupted => StateName::Interrupted,
        }
    }

    /// Whether a trainer holds the run, or may hold it on another machine.
    pub fn is_live(&self) -> bool {
        matches!(self.liveness, Liveness::Held(_) | Liveness::Elsewhere(_))
    }

    /// Why its trainer cannot write to the run directory; `None` if it can.
    pub fn trouble(&self) -> Option<&str> {
        self.holder()?.trouble.as_deref()
    }

    /// The process on another machine that signed the lock, which may no longer be running.
    pub fn elsewhere(&self) -> Option<&Holder> {
        match &self.liveness {
            Liveness::Elsewhere(holder) => Some(holder),
            Liveness::Held(_) | Liveness::Free | Liveness::Unknown => None,
        }
    }

    /// The trainer that holds the run, if it is known.
    pub fn holder(&self) -> Option<&Holder> {
        match &self.liveness {
            Liveness::Held(holder) => holder.as_ref(),
            Liveness::Elsewhere(holder) => Some(holder),
            Liveness::Free | Liveness::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunLock;

    #[test]
    fn only_a_run_that_should_have_a_trainer_is_interrupted() {
        use RunStatus::{Failed, Finished, Interrupted, Paused, Queued, Running, Stopped};
        for status in [Running, Paused] {
            assert_eq!(RunState::of(status, Liveness::Free).status, Interrupted);
        }
        for status in [Queued, Finished, Stopped, Failed, Interrupted] {
            assert_eq!(RunState::of(status, Liveness::Free).status, status);
        }
        for status in [Queued, Running, Paused, Finished, Stopped, Failed, Interrupted] {
            for liveness in [Liveness::Held(None), Liveness::Unknown] {
                assert_eq!(RunState::of(status, liveness).status, status);
            }
        }
    }

    #[test]
    fn a_live_run_has_a_trainer() {
        let holder = Holder { pid: 7, host: "here".to_owned(), trouble: None };
        let state = RunState::of(RunStatus::Paused, Liveness::Held(Some(holder.clone())));
        assert!(state.is_live());
        assert_eq!(state.holder(), Some(&holder));
        assert!(RunState::of(RunStatus::Paused, Liveness::Held(None)).is_live());
        assert!(!RunState::of(RunStatus::Finished, Liveness::Free).is_live());
    }

    #[test]
    fn a_run_that_begins_while_it_is_looked_at_is_not_interrupted() {
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("lock");
        let before = liveness(&lock);
        let held = RunLock::acquire(&lock).unwrap();
        assert_eq!(RunState::settled(RunStatus::Running, before.clone(), &lock).status, RunStatus::Running);
        drop(held);
        assert_eq!(RunState::settled(RunStatus::Running, before, &lock).status, RunStatus::Interrupted);
    }
}
