//! Input that nobody typed: replies of the terminal, pasted text, and held keys.

use crate::terminal::Terminal;
use crate::terminal::key::ENTER;
use crate::world::World;

/// Replies to queries that programs make of terminals, as they arrive late over SSH or tmux.
const REPLIES: &[&str] = &[
    "\x1b]11;rgb:2d2d/2d2d/2d2d\x1b\\",
    "\x1b]10;rgb:d2d2/d2d2/d2d2\x07",
    "\x1bP1$r0m\x1b\\",
    "\x1bP>|tmux 3.4d\x1b\\",
    "\x1b_Gi=1;d2d2\x1b\\",
    "\x1b^d2\x1b\\",
    "\x1bXd2\x1b\\",
    "\x1b[?1;2c",
    "\x1b[12;40R",
];

/// A home with three runs, and the dashboard showing them.
fn with_runs() -> World {
    let world = World::new();
    for name in ["one", "two", "three"] {
        world.trained(name, &["--epochs", "1"]);
    }
    world
}

/// The dashboard with the table of runs.
fn on_runs(world: &World) -> Terminal {
    let mut terminal = world.terminal(&[], (100, 30));
    terminal.wait_for_text("show all runs");
    terminal.press("2");
    terminal.wait_for_text("three");
    terminal
}

#[test]
fn replies_of_the_terminal_are_not_keys() {
    let world = with_runs();
    let mut terminal = world.terminal(&[], (100, 30));
    terminal.wait_for_text("show all runs");
    let all = REPLIES.concat();
    for screen in ["cnn-tui", "three"] {
        terminal.wait_for_text(screen);
        terminal.press(&all);
        // In pieces.
        for byte in all.split_inclusive(|_: char| true) {
            terminal.press(byte);
        }
        terminal.press("2");
    }
    // Keys still work.
    terminal.press("?");
    terminal.wait_for_text("everywhere");
    assert_eq!(world.runs().len(), 3);
}

#[test]
fn pasted_text_names_a_run_and_presses_no_key() {
    let world = with_runs();
    let mut terminal = on_runs(&world);
    terminal.press("\x1b[200~d\nd\n\x1b[201~");
    terminal.wait_for_text("pasted text is ignored");
    terminal.press("e");
    terminal.wait_for_text("notes");
    terminal.press("\x15\x1b[200~new name\nd\n\x1b[201~");
    terminal.wait_for_text("new name d");
    terminal.press(ENTER);
    terminal.wait_for("the name", |screen| screen.contains("new name d") && !screen.contains("notes "));
    assert_eq!(world.runs().len(), 3);
}

#[test]
fn a_held_key_deletes_one_run() {
    let world = with_runs();
    let mut terminal = on_runs(&world);
    terminal.press(&"d".repeat(30));
    terminal.wait_for_text("deleted three; u restores it");
    assert_eq!(world.runs().len(), 2);
}
