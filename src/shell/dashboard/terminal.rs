//! Setup and restoration of the terminal.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdin, stdout};
use std::{panic, thread};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::process::{Signal, kill_current_process_group};

use crate::shell::panic_report;

/// A screen to draw on.
pub(crate) trait DrawTarget {
    /// Draws these cells, which fill the screen; writes only the differences to what is shown.
    fn show(&mut self, cells: &Buffer) -> io::Result<()>;

    /// Forgets what is shown, so that the next frame is drawn in full.
    fn forget(&mut self);

    /// Its size in columns and rows.
    fn size(&self) -> io::Result<(u16, u16)>;

    /// Restores the terminal and stops the process group, like Ctrl-Z. When the shell continues it, call
    /// [`take_again`](Self::take_again).
    fn suspend(&mut self) -> io::Result<()>;

    /// Sets the terminal up again, whatever state the shell left it in.
    fn take_again(&mut self) -> io::Result<()>;
}

/// The terminal in raw mode and on its alternate screen. Dropping it restores the terminal.
///
/// ratatui's own `Terminal` queries the cursor position, and prints an error if it cannot show the cursor on exit; both
/// fail when the connection drops.
#[derive(Debug)]
pub(crate) struct TakenTerminal {
    backend: CrosstermBackend<BufWriter<Stdout>>,
    shown: Buffer,
}

/// Whether both standard input and standard output are terminals.
pub fn is_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

impl TakenTerminal {
    pub(crate) fn take() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        // From here on, dropping restores the terminal.
        let backend = CrosstermBackend::new(BufWriter::new(stdout()));
        let mut taken = Self { backend, shown: Buffer::empty(Rect::ZERO) };
        execute!(taken.backend, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
        Ok(taken)
    }
}

impl DrawTarget for TakenTerminal {
    fn show(&mut self, cells: &Buffer) -> io::Result<()> {
        let is_resized = self.shown.area != cells.area;
        if is_resized {
            self.shown = Buffer::empty(cells.area);
        }
        let changes = self.shown.diff(cells);
        if changes.is_empty() && !is_resized {
            return Ok(());
        }
        queue!(self.backend, BeginSynchronizedUpdate)?;
        if is_resized {
            queue!(self.backend, Clear(ClearType::All))?;
        }
        self.backend.draw(changes.into_iter())?;
        queue!(self.backend, EndSynchronizedUpdate)?;
        Write::flush(&mut self.backend)?;
        self.shown.clone_from(cells);
        Ok(())
    }

    fn forget(&mut self) {
        self.shown = Buffer::empty(Rect::ZERO);
    }

    fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    fn suspend(&mut self) -> io::Result<()> {
        restore();
        Ok(kill_current_process_group(Signal::STOP)?)
    }

    fn take_again(&mut self) -> io::Result<()> {
        // crossterm skips `enable_raw_mode` if it believes that raw mode is still on.
        disable_raw_mode()?;
        enable_raw_mode()?;
        execute!(self.backend, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
        self.forget();
        Ok(())
    }
}

impl Drop for TakenTerminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Restores the terminal. Errors are ignored: the terminal may be gone.
fn restore() {
    let mut out = stdout();
    let commands = execute!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = commands.and_then(|()| out.flush());
    let _ = disable_raw_mode();
}

/// Restores the terminal before the message of a panic on this thread is printed. A panic on another thread leaves the
/// screen alone, which shows it as an error. Both write a panic report.
fn restore_on_panic() {
    let screen = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let report = panic_report::write(info);
        if thread::current().id() == screen {
            restore();
            before(info);
            if let Some(report) = report {
                let _ = writeln!(io::stderr(), "cnn-tui: this is a bug; a report is in {}", report.display());
            }
        }
    }));
}
