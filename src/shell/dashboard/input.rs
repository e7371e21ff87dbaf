//! Terminal input.

use std::{io, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};
use rustix::stdio::stdin;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::input_parser::{Input, InputParser};

/// Reads standard input, which is the terminal, on a thread of its own. The thread is never joined, since it waits for
/// keys; when the terminal is gone, it ends and closes the channel.
pub(crate) fn events() -> io::Result<UnboundedReceiver<io::Result<Input>>> {
    let (sender, events) = unbounded_channel();
    let read = move || {
        if let Err(error) = read_keys(&sender) {
            let _ = sender.send(Err(error));
        }
    };
    thread::Builder::new().name("input".to_owned()).spawn(read)?;
    Ok(events)
}

/// Reads until the terminal is gone or nobody receives.
fn read_keys(sender: &UnboundedSender<io::Result<Input>>) -> io::Result<()> {
    let mut parser = InputParser::default();
    let mut bytes = [0; 4096];
    loop {
        let timeout = parser.timeout().map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        let inputs = match poll(&mut [PollFd::new(&stdin(), PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => parser.expire().into_iter().collect(),
            Ok(_) => match read(stdin(), &mut bytes) {
                // The terminal has hung up.
                Ok(0) | Err(Errno::IO) => return Ok(()),
                Ok(len) => parser.parse(&bytes[..len]),
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(error) => return Err(error.into()),
            },
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        for input in inputs {
            if sender.send(Ok(input)).is_err() {
                return Ok(());
            }
        }
    }
}
