//! Terminal input.

use std::{io, thread};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::app::Key;

/// Reads terminal events on a thread of its own, which is never joined: when the terminal is gone, crossterm's `read`
/// does not return, and the event loop must still receive SIGHUP.
pub(crate) fn events() -> io::Result<UnboundedReceiver<io::Result<Event>>> {
    let (sender, events) = unbounded_channel();
    let read = move || while sender.send(event::read()).is_ok() {};
    thread::Builder::new().name("input".to_owned()).spawn(read)?;
    Ok(events)
}

/// The key of a terminal event; `None` for releases and for keys without a binding.
pub(crate) fn key(event: &Event) -> Option<Key> {
    let Event::Key(KeyEvent { code, modifiers, kind, .. }) = *event else { return None };
    if kind == KeyEventKind::Release {
        return None;
    }
    let held = modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match code {
        KeyCode::Char(letter) if modifiers == KeyModifiers::CONTROL => {
            Some(Key::Ctrl(letter.to_ascii_lowercase()))
        }
        KeyCode::Char(character) if !held => Some(Key::Char(character)),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Esc => Some(Key::Esc),
        KeyCode::Backspace => Some(Key::Backspace),
        KeyCode::Tab => Some(Key::Tab),
        KeyCode::BackTab => Some(Key::BackTab),
        KeyCode::Up => Some(Key::Up),
        KeyCode::Down => Some(Key::Down),
        KeyCode::Left => Some(Key::Left),
        KeyCode::Right => Some(Key::Right),
        KeyCode::PageUp => Some(Key::PageUp),
        KeyCode::PageDown => Some(Key::PageDown),
        KeyCode::Home => Some(Key::Home),
        KeyCode::End => Some(Key::End),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_events_become_keys() {
        let pressed = |code, modifiers| key(&Event::Key(KeyEvent::new(code, modifiers)));
        assert_eq!(pressed(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Key::Char('G')));
        assert_eq!(pressed(KeyCode::Char('l'), KeyModifiers::CONTROL), Some(Key::Ctrl('l')));
        assert_eq!(pressed(KeyCode::Char('q'), KeyModifiers::ALT), None);
        assert_eq!(pressed(KeyCode::BackTab, KeyModifiers::SHIFT), Some(Key::BackTab));
        let mut released = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        released.kind = KeyEventKind::Release;
        assert_eq!(key(&Event::Key(released)), None);
    }
}
