//! Starting the dashboard, watching a run, leaving and coming back.

use cnn_tui::run::{Event, RunStatus};
use rustix::process::{Signal, getsid, kill_process};

use crate::terminal::Terminal;
use crate::terminal::key::{ENTER, ESC, SPACE, TAB};
use crate::world::{World, wait_for};

const SIZE: (u16, u16) = (120, 36);
/// The title of the dialog that `q` opens.
const QUESTION: &str = "Quit, stop and save";

/// The last step of the loss chart, from its title.
fn step(screen: &str) -> Option<u64> {
    let (_, rest) = screen.split_once("─ step ")?;
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    digits.replace(',', "").parse().ok()
}

/// Waits until the loss chart shows a later step.
fn wait_for_step_after(terminal: &Terminal, before: u64) -> u64 {
    step(&terminal.wait_for("a later step", |screen| step(screen) > Some(before))).unwrap()
}

/// Whether the selected menu item starts with this.
fn is_chosen(screen: &str, offer: &str) -> bool {
    screen.contains(&format!("▸ {offer} "))
}

/// Quits with this answer, waits for the program to exit, and returns what it left on the screen.
fn leave(terminal: &mut Terminal, answer: &str) -> String {
    terminal.press("q");
    terminal.wait_for_text(QUESTION);
    terminal.press(answer);
    let ended = terminal.end();
    assert_eq!(ended.code, 0, "{}", ended.screen);
    assert!(ended.raw.contains("\x1b[?1049l"), "the alternate screen was not left");
    assert!(ended.raw.contains("\x1b[?25h"), "the cursor was not shown again");
    terminal.assert_restored();
    ended.screen.trim_end().to_owned()
}

#[test]
fn first_start_needs_no_setup() {
    let world = World::bare();
    let mut terminal = world.terminal(&[], (80, 24));
    let screen = terminal.wait_for("data for new runs", |screen| {
        screen.contains("new runs: fashion-mnist ") && screen.contains("40 epochs")
    });
    assert!(screen.contains("Trains convolutional networks and shows how they learn."), "{screen}");
    assert!(screen.contains("Runs are saved, and keep training if you disconnect."), "{screen}");
    assert!(is_chosen(&screen, "train cnn"), "{screen}");
    for offer in ["train dnn", "show all runs", "? keys"] {
        assert!(screen.contains(offer), "{offer} in {screen}");
    }

    terminal.press(ENTER);
    let screen = terminal.wait_for("a first step", |screen| step(screen) > Some(0));
    assert!(screen.contains("training") && screen.contains("fashion-mnist"), "{screen}");
    let run = world.run();
    assert_eq!(run.manifest().config.preset, "cnn");
    let message = leave(&mut terminal, "s");
    let name = run.name();
    assert_eq!(message, format!("{name} is stopping and saving; run `cnn-tui resume {name}` to continue"));
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
}

#[test]
fn run_is_paused_detached_and_found_again() {
    let world = World::new();
    let mut terminal = world.terminal(&[], SIZE);
    terminal.wait_for("the offer", |screen| is_chosen(screen, "train cnn"));
    terminal.press(ENTER);
    let first = wait_for_step_after(&terminal, 0);
    wait_for_step_after(&terminal, first);
    let run = world.run();

    // The screen says `paused` once the trainer has said so.
    terminal.press(SPACE);
    terminal.wait_for_text("paused for ");
    let paused = |event: &Event| match event {
        Event::Paused { step, position, .. } => Some((*step, position.clone())),
        _ => None,
    };
    let (at, position) = run.events().iter().find_map(paused).unwrap();
    assert_eq!(run.step(), at, "it stopped after the step it had begun");
    assert_eq!(run.manifest().status, RunStatus::Paused);

    terminal.press("?");
    let screen = terminal.wait_for_text("pause after the current step");
    assert!(screen.contains("continue after a pause"), "{screen}");
    terminal.press(ESC);
    terminal.wait_for("the screen below", |screen| !screen.contains("pause after the current step"));

    let dark = terminal.background();
    terminal.press("t");
    wait_for("another theme", || (terminal.background() != dark).then_some(()));
    terminal.press("z");
    terminal.wait_for("the loss alone", |screen| screen.contains("─ loss ") && !screen.contains("accuracy"));
    terminal.press(TAB);
    terminal
        .wait_for("the accuracy alone", |screen| screen.contains("accuracy") && !screen.contains("─ loss "));
    terminal.press("z");
    terminal.wait_for("every pane", |screen| {
        ["loss", "accuracy", "layers", "kernels", "conv1"].iter().all(|pane| screen.contains(pane))
    });
    assert_eq!(run.step(), at, "a pause holds");

    terminal.press(SPACE);
    wait_for_step_after(&terminal, at);
    terminal.wait_for("training", |screen| screen.contains("training") && screen.contains("ETA"));
    assert_eq!(
        run.wait_for("resuming", |event| matches!(event, Event::Resumed { .. })),
        Event::Resumed { step: at, position }
    );

    terminal.press("q");
    let screen = terminal.wait_for_text(QUESTION);
    for answer in ["Quit and keep training", "Quit and pause training", "Quit, stop and save"] {
        assert!(screen.contains(answer), "{answer} in {screen}");
    }
    terminal.press(ESC);
    terminal.wait_for("the screen below", |screen| !screen.contains(QUESTION));
    let name = run.name();
    assert_eq!(leave(&mut terminal, "d"), format!("{name} is still training; run `cnn-tui` to open it"));
    let trainer = run.trainer().expect("the trainer is running");
    let left = run.wait_for_step_after(run.step());

    // Another start finds it, and has the whole curve.
    let mut terminal = world.terminal(&[], SIZE);
    let screen = terminal.wait_for("the run's offer", |screen| is_chosen(screen, &format!("watch {name}")));
    assert!(screen.contains("training"), "{screen}");
    terminal.press(ENTER);
    let seen = wait_for_step_after(&terminal, left - 1);
    terminal.wait_for_text("paused");
    wait_for_step_after(&terminal, seen);
    assert_eq!(run.trainer(), Some(trainer));
    let message = leave(&mut terminal, "s");
    assert_eq!(message, format!("{name} is stopping and saving; run `cnn-tui resume {name}` to continue"));
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
    assert_eq!(run.trainer(), None);
}

#[test]
fn quit_can_pause_the_run() {
    let world = World::new();
    let mut terminal = world.terminal(&["train"], SIZE);
    wait_for_step_after(&terminal, 0);
    let run = world.run();
    let name = run.name();
    let message = leave(&mut terminal, "p");
    assert_eq!(message, format!("{name} is paused; run `cnn-tui` to open it"));
    run.wait_for("the pause", |event| matches!(event, Event::Paused { .. }));
    assert!(run.trainer().is_some(), "the trainer waits");
    let at = run.step();

    // A paused run looks the same each time.
    let look = || {
        let mut terminal = world.terminal(&[], SIZE);
        let offer = format!("watch {name}");
        terminal.wait_for("the run", |screen| is_chosen(screen, &offer) && screen.contains("paused"));
        terminal.press(ENTER);
        let screen = terminal.wait_for("the curve", |screen| step(screen) == Some(at));
        (terminal, screen)
    };
    let (mut terminal, before) = look();
    assert_eq!(leave(&mut terminal, "d"), message);
    let (mut terminal, after) = look();
    assert_eq!(curve(&before), curve(&after));
    assert_eq!(run.step(), at);

    terminal.press(SPACE);
    wait_for_step_after(&terminal, at);
    leave(&mut terminal, "s");
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
}

/// The pane with the loss: from its title to the next pane's.
fn curve(screen: &str) -> Vec<String> {
    let lines =
        screen.lines().skip_while(|line| !line.contains("loss")).take_while(|line| !line.contains("layers"));
    lines.map(str::to_owned).collect()
}

#[test]
fn stopped_run_is_resumed_from_the_dashboard() {
    let world = World::new();
    let mut terminal = world.terminal(&["train"], SIZE);
    wait_for_step_after(&terminal, 0);
    let run = world.run();
    terminal.press("s");
    terminal.wait_for_text(&format!("Stop {}?", run.name()));
    terminal.press(ENTER);
    terminal.wait_for("a stopped run", |screen| screen.contains("stopped") && screen.contains("r resume"));
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
    let at = run.step();
    terminal.press("r");
    wait_for_step_after(&terminal, at);
    terminal.wait_for_text("training");
    leave(&mut terminal, "s");
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
}

#[test]
fn hangup_ends_only_the_dashboard() {
    let world = World::new();
    let mut terminal = world.terminal(&["train"], (80, 24));
    wait_for_step_after(&terminal, 0);
    let run = world.run();
    let trainer = run.trainer().unwrap();
    assert_eq!(getsid(Some(trainer)).unwrap(), trainer, "it has a session of its own");
    terminal.hang_up();
    terminal.end();
    run.wait_for_step_after(run.step());
    assert_eq!(run.trainer(), Some(trainer));
}

#[test]
fn signals_end_only_the_dashboard_and_restore_the_terminal() {
    let world = World::new();
    let mut terminal = world.terminal(&["train"], (80, 24));
    wait_for_step_after(&terminal, 0);
    let run = world.run();
    let trainer = run.trainer();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::ABORT] {
        terminal.signal(signal);
        let ended = terminal.end();
        assert_eq!((ended.code, ended.screen.trim()), (0, ""), "{signal:?}");
        terminal.assert_restored();
        run.wait_for_step_after(run.step());
        assert_eq!(run.trainer(), trainer, "{signal:?}");
        terminal = world.terminal(&[], (80, 24));
        terminal.wait_for_text(&format!("watch {}", run.name()));
        terminal.press(ENTER);
        wait_for_step_after(&terminal, 0);
    }
    // The trainer itself stops and saves.
    kill_process(trainer.unwrap(), Signal::TERM).unwrap();
    terminal.wait_for_text("stopped");
    assert_eq!(run.wait_for_end(), RunStatus::Stopped);
}
