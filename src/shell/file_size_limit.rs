//! The limit of file sizes (`ulimit -f`).

use std::io;
use std::sync::Arc;

use signal_hook::consts::SIGXFSZ;
use signal_hook::flag;

/// Makes a write beyond the limit fail like one on a full disk. Without this, the system ends the process with SIGXFSZ: a
/// trainer without a word, and a dashboard without restoring the terminal.
pub fn survive_file_size_limit() -> io::Result<()> {
    // Catching the signal is enough; nobody asks whether it came.
    flag::register(SIGXFSZ, Arc::default()).map(drop)
}
