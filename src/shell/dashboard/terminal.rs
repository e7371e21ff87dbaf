//! The terminal: taken while the dashboard has it, given back whatever happens.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdin, stdout};
use std::{panic, thread};

use crossterm::cursor::{Hide, Show};
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

/// A screen that can be drawn on.
pub(crate) trait DrawTarget {
    /// Shows these cells, which fill the screen; writes nothing if it shows them already.
    fn show(&mut self, cells: &Buffer) -> io::Result<()>;

    /// Forgets what is on it, so that everything is redrawn.
    fn forget(&mut self);

    /// Its size in columns and rows.
    fn size(&self) -> io::Result<(u16, u16)>;

    /// Gives it back and stops this process and those it was started with, as Ctrl-Z does, until the shell has them go
    /// on. Then it is to be [taken again](Self::take_again).
    fn suspend(&mut self) -> io::Result<()>;

    /// Takes it again, in whatever state the shell left it.
    fn take_again(&mut self) -> io::Result<()>;
}

/// The terminal, in raw mode and on its alternate screen. Dropping it gives it back.
///
/// ratatui's own `Terminal` asks where the cursor is, and prints when it cannot show it at the end;
/// both go wrong on a line that drops.
#[derive(Debug)]
pub(crate) struct TakenTerminal {
    backend: CrosstermBackend<BufWriter<Stdout>>,
    shown: Buffer,
}

/// Whether a person sits at both ends.
pub fn is_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

impl TakenTerminal {
    pub(crate) fn take() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        // From here on dropping gives it back.
        let backend = CrosstermBackend::new(BufWriter::new(stdout()));
        let mut taken = Self { backend, shown: Buffer::empty(Rect::ZERO) };
        execute!(taken.backend, EnterAlternateScreen, Hide)?;
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
        // A mode that was set before is taken for one that is still set.
        disable_raw_mode()?;
        enable_raw_mode()?;
        execute!(self.backend, EnterAlternateScreen, Hide)?;
        self.forget();
        Ok(())
    }
}

impl Drop for TakenTerminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. If it is gone there is nobody to tell.
fn restore() {
    let mut out = stdout();
    let _ = execute!(out, EndSynchronizedUpdate, LeaveAlternateScreen, Show).and_then(|()| out.flush());
    let _ = disable_raw_mode();
}

/// Gives the terminal back before the message of a panic of this thread. A panic of another thread
/// leaves the screen as it is: it is reported there. Both leave a report.
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
