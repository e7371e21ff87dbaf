//! The terminal: taken while the dashboard has it, given back whatever happens.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdin, stdout};
use std::panic;
use std::thread;

use crossterm::cursor::{Hide, Show};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A screen that can be drawn on.
pub(super) trait Screen {
    /// Shows these cells, which fill the screen.
    fn show(&mut self, cells: &Buffer) -> io::Result<()>;

    /// Forgets what is on it, so that everything is drawn anew.
    fn forget(&mut self) -> io::Result<()>;

    /// Its size in columns and rows.
    fn size(&self) -> io::Result<(u16, u16)>;
}

/// The terminal, in raw mode and on its alternate screen. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct TakenTerminal {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

/// Whether a person sits at both ends.
pub fn is_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

impl TakenTerminal {
    pub(super) fn take() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        // From here on dropping must give it back.
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(stdout())));
        let mut taken = Self { terminal: terminal.inspect_err(|_| restore())? };
        execute!(taken.terminal.backend_mut(), EnterAlternateScreen, Hide)?;
        taken.forget()?;
        Ok(taken)
    }
}

impl Screen for TakenTerminal {
    fn show(&mut self, cells: &Buffer) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| frame.buffer_mut().clone_from(cells))?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()
    }

    fn forget(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask the terminal where its cursor is, and fail if the answer took
        // more than two seconds.
        let (width, height) = self.size()?;
        self.terminal.resize(Rect::new(0, 0, width, height))
    }

    fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
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
/// leaves the screen as it is: it is told there.
fn restore_on_panic() {
    let screen = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == screen {
            restore();
            before(info);
        }
    }));
}
