//! Named threads of the dashboard, whose panics become messages.

use std::panic::{self, AssertUnwindSafe};
use std::{io, thread};

use tokio::sync::mpsc::UnboundedSender;

use super::panic_report;
use crate::app::Msg;

/// Spawns a thread. If it panics, the dashboard shows an error and keeps running.
pub(crate) fn spawn(
    name: &'static str,
    messages: &UnboundedSender<Msg>,
    work: impl FnOnce(&UnboundedSender<Msg>) + Send + 'static,
) -> io::Result<()> {
    let messages = messages.clone();
    let guarded = move || {
        // Unwind safe: nothing that the closure owns is used after a panic.
        if panic::catch_unwind(AssertUnwindSafe(|| work(&messages))).is_err() {
            let report =
                panic_report::path().map_or_else(String::new, |path| format!(", see {}", path.display()));
            let _ = messages.send(Msg::Failed(format!(
                "the `{name}` thread panicked{report}; this is a bug, please restart cnn-tui"
            )));
        }
    };
    thread::Builder::new().name(name.to_owned()).spawn(guarded).map(drop)
}
