//! How long a run that has diverged waits for a person.

use std::time::{Duration, Instant};

/// How long a diverged run waits for a person after the last dashboard that showed it was closed.
const WAIT_UNATTENDED: Duration = Duration::from_mins(10);

/// Who started a trainer, which decides what it does when nobody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartedBy {
    /// A shell that waits for it: it stops and saves when the terminal hangs up (SIGHUP), and ends when the run diverges.
    Foreground,
    /// A shell or the queue, with nobody watching: it ends when the run diverges.
    Unattended,
    /// A dashboard: a run that diverges waits for a person, until no dashboard has shown it for ten
    /// minutes.
    Dashboard,
}

/// The wait of a diverged run. It reads no clock itself: the caller says what time it is.
#[derive(Debug)]
pub(super) struct Wait {
    limit: Duration,
    /// When the run last needed nobody or was watched.
    attended: Instant,
}

impl Wait {
    pub(super) fn new(started_by: StartedBy, now: Instant) -> Self {
        let limit = match started_by {
            StartedBy::Foreground | StartedBy::Unattended => Duration::ZERO,
            StartedBy::Dashboard => WAIT_UNATTENDED,
        };
        Self { limit, attended: now }
    }

    /// Whether the run has diverged and nobody answers. Must be asked regularly; `is_watched` is asked only of a diverged run.
    pub(super) fn is_over(
        &mut self,
        now: Instant,
        has_diverged: bool,
        is_watched: impl FnOnce() -> bool,
    ) -> bool {
        if !has_diverged || is_watched() {
            self.attended = now;
        }
        has_diverged && now.saturating_duration_since(self.attended) >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const SECOND: Duration = Duration::from_secs(1);

    /// When the wait is over, in seconds after the start, if it is asked every second for an hour.
    fn over(
        started_by: StartedBy,
        diverged: impl Fn(u32) -> bool,
        watched: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let start = Instant::now();
        let mut wait = Wait::new(started_by, start);
        (0..3600).find(|&second| wait.is_over(start + second * SECOND, diverged(second), || watched(second)))
    }

    #[test]
    fn a_run_of_a_dashboard_waits_ten_minutes_after_the_last_look() {
        let by = StartedBy::Dashboard;
        assert_eq!(over(by, |_| true, |_| false), Some(600), "never watched");
        assert_eq!(over(by, |_| true, |second| second <= 1000), Some(1600), "watched at first");
        assert_eq!(over(by, |_| true, |second| second % 600 == 599), None, "watched every ten minutes");
        assert_eq!(over(by, |_| true, |second| second == 300), Some(900), "watched once");
        assert_eq!(over(by, |_| true, |_| true), None, "watched all the time");
    }

    #[test]
    fn the_wait_begins_when_the_run_diverges() {
        let by = StartedBy::Dashboard;
        assert_eq!(over(by, |_| false, |_| false), None, "it trains");
        assert_eq!(over(by, |second| second > 1000, |_| false), Some(1600));
        // It went back and diverged again.
        assert_eq!(over(by, |second| !(500..700).contains(&second), |_| false), Some(1299));
    }

    #[test]
    fn a_run_without_a_dashboard_does_not_wait() {
        for by in [StartedBy::Foreground, StartedBy::Unattended] {
            assert_eq!(over(by, |second| second >= 5, |_| false), Some(5));
            assert_eq!(over(by, |_| false, |_| false), None, "it trains");
        }
    }

    #[test]
    fn only_a_diverged_run_is_asked_whether_it_is_watched() {
        let start = Instant::now();
        let mut wait = Wait::new(StartedBy::Dashboard, start);
        assert!(!wait.is_over(start + 60 * MINUTE, false, || unreachable!("it trains")));
    }
}
