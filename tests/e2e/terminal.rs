//! A terminal with a program in it.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::process::STARTING;
use crate::world::{TIMEOUT, wait_for};

/// What a key sends.
pub(crate) mod key {
    pub(crate) const ENTER: &str = "\r";
    pub(crate) const ESC: &str = "\x1b";
    pub(crate) const TAB: &str = "\t";
    pub(crate) const SPACE: &str = " ";
    pub(crate) const UP: &str = "\x1b[A";
    pub(crate) const DOWN: &str = "\x1b[B";
    pub(crate) const CTRL_C: &str = "\x03";
    pub(crate) const CTRL_L: &str = "\x0c";
}

/// A terminal with a program in it. Dropping it ends the program.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Shown>,
    line: Option<Line>,
    /// The line's modes before the program began.
    modes: String,
}

/// The person's end of the line. Nothing else keeps it open.
struct Line {
    writer: Box<dyn Write + Send>,
    reader: JoinHandle<()>,
    master: Box<dyn MasterPty + Send>,
}

/// How a program ended.
pub(crate) struct Ended {
    pub(crate) code: u32,
    /// The final screen.
    pub(crate) screen: String,
    /// Everything that it ever wrote.
    pub(crate) raw: String,
}

impl Terminal {
    pub(crate) fn start(command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        // Now only the program has that end: when it is gone, reading ends.
        drop(pair.slave);
        drop(starting);
        let shown = Arc::new(Shown::new(columns, rows));
        let mut source = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let screen = Arc::clone(&shown);
        let reader = thread::spawn(move || screen.read(&mut source));
        Self { child, shown, line: Some(Line { writer, reader, master: pair.master }), modes }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        let line = self.line.as_mut().unwrap();
        line.writer.write_all(keys.as_bytes()).and_then(|()| line.writer.flush()).unwrap();
    }

    /// Gives the window another size.
    pub(crate) fn resize(&self, (columns, rows): (u16, u16)) {
        let mut state = self.shown.lock();
        state.parser.set_size(least_one(rows), least_one(columns));
        self.line.as_ref().unwrap().master.resize(size(columns, rows)).unwrap();
    }

    /// Waits until the screen is as it should be, and gives its text.
    pub(crate) fn wait_for(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + TIMEOUT;
        let mut state = self.shown.lock();
        loop {
            let screen = state.text();
            if is_it(&screen) {
                return screen;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!state.ended, "the program ended before there was {what}:\n{screen}");
            assert!(!left.is_zero(), "there was never {what}:\n{screen}");
            let woken = self.shown.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the screen shows this text.
    pub(crate) fn wait_for_text(&self, text: &str) -> String {
        self.wait_for(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// The colour behind the first cell.
    pub(crate) fn background(&self) -> vt100::Color {
        self.shown.lock().parser.screen().cell(0, 0).unwrap().bgcolor()
    }

    /// Everything that the program ever wrote.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().raw).into_owned()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap()).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Closes the window under the program.
    pub(crate) fn hang_up(&mut self) {
        self.shown.lock().hung_up = true;
        // The reader looks up when there is something to read.
        self.press(key::CTRL_L);
        let Line { writer, reader, master } = self.line.take().unwrap();
        reader.join().unwrap();
        drop(writer);
        drop(master);
    }

    /// Waits until the program has ended.
    pub(crate) fn end(&mut self) -> Ended {
        if self.line.is_some() {
            self.wait_for_end_of_output();
        }
        let status = wait_for("the program's end", || self.child.try_wait().unwrap());
        let state = self.shown.lock();
        let raw = String::from_utf8_lossy(&state.raw).into_owned();
        Ended { code: status.exit_code(), screen: state.text(), raw }
    }

    fn wait_for_end_of_output(&self) {
        let end = Instant::now() + TIMEOUT;
        let mut state = self.shown.lock();
        while !state.ended {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it did not end:\n{}", state.text());
            let woken = self.shown.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Checks that the terminal is as a shell needs it, and as it was before.
    pub(crate) fn assert_restored(&self) {
        let state = self.shown.lock();
        let screen = state.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was not left");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        if let Some(line) = &self.line {
            assert_eq!(modes(&*line.master), self.modes);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Both fail only if it ended meanwhile.
            let _ = kill_process(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn least_one(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).unwrap()
}

/// Echo, line editing and the like.
fn modes(master: &dyn MasterPty) -> String {
    let modes = master.get_termios().unwrap();
    format!("{:?} {:?} {:?}", modes.local_flags, modes.input_flags, modes.output_flags)
}

/// The screen's contents, and a condition variable that signals changes.
struct Shown {
    state: Mutex<ScreenState>,
    changed: Condvar,
}

struct ScreenState {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// The length of what is on the screen: all but a frame that is still being drawn.
    drawn: usize,
    ended: bool,
    hung_up: bool,
}

const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";

impl Shown {
    fn new(columns: u16, rows: u16) -> Self {
        let parser = vt100::Parser::new(least_one(rows), least_one(columns), 0);
        let state = ScreenState { parser, raw: Vec::new(), drawn: 0, ended: false, hung_up: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, ScreenState> {
        // A test that failed while it looked still has something to end.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what the program writes until it or the person is gone.
    fn read(&self, source: &mut dyn Read) {
        let mut bytes = [0; 1 << 13];
        loop {
            // When the program's end of the line is closed that is an error.
            let count = source.read(&mut bytes).unwrap_or(0);
            let mut state = self.lock();
            state.take(&bytes[..count]);
            state.ended = count == 0;
            self.changed.notify_all();
            if state.ended || state.hung_up {
                return;
            }
        }
    }
}

impl ScreenState {
    /// Takes output in, and shows frames only as a whole, as terminals do that know synchronized updates.
    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
        let rest = &self.raw[self.drawn..];
        let begin = rest.windows(BEGIN_FRAME.len()).rposition(|window| window == BEGIN_FRAME);
        let end = rest.windows(END_FRAME.len()).rposition(|window| window == END_FRAME);
        let whole = match (begin, end) {
            (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
            // The last bytes may be the beginning of a beginning.
            _ => (1..BEGIN_FRAME.len())
                .rev()
                .find(|&length| rest.ends_with(&BEGIN_FRAME[..length]))
                .map_or(rest.len(), |length| rest.len() - length),
        };
        let whole = if bytes.is_empty() { rest.len() } else { whole };
        self.parser.process(&rest[..whole]);
        self.drawn += whole;
    }

    fn text(&self) -> String {
        self.parser.screen().contents()
    }
}
