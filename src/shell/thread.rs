//! Threads of the dashboard: named, and their panics are messages.

use std::panic::{self, AssertUnwindSafe};
use std::{io, thread};

use tokio::sync::mpsc::UnboundedSender;

use super::panic_report;
use crate::app::Msg;

/// Starts a thread. If it panics that is told on the screen, which goes on.
pub(crate) fn spawn(
    name: &'static str,
    messages: &UnboundedSender<Msg>,
    look: impl FnOnce(&UnboundedSender<Msg>) + Send + 'static,
) -> io::Result<()> {
    let messages = messages.clone();
    let watched = move || {
        // Nothing that it worked on is used after a panic.
        if panic::catch_unwind(AssertUnwindSafe(|| look(&messages))).is_err() {
            let report = panic_report::path()
                .map_or_else(String::new, |path| format!(", reported in {}", path.display()));
            let _ =
                messages.send(Msg::Failed(format!("the `{name}` thread failed{report}: a bug; start anew")));
        }
    };
    thread::Builder::new().name(name.to_owned()).spawn(watched).map(drop)
}
