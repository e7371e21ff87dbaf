//! Colours, glyphs, themes and window sizes.

use crate::terminal::Terminal;
use crate::terminal::key::{DOWN, ENTER, ESC, UP};
use crate::world::World;

/// Visits every screen and dialog, and passes each to `check`.
fn tour(terminal: &mut Terminal, mut check: impl FnMut(&str)) {
    check(&terminal.wait_for_text("new runs: fashion-mnist"));
    terminal.press(ENTER);
    check(
        &terminal.wait_for("a first step", |screen| screen.contains("step ") && screen.contains("training")),
    );
    for _ in 0..5 {
        terminal.press("z");
        check(&terminal.wait_for_text("quit"));
        terminal.press("z\t");
        check(&terminal.wait_for_text("quit"));
    }
    terminal.press(" ");
    check(&terminal.wait_for_text("paused"));
    terminal.press("?");
    check(&terminal.wait_for_text("pause after the current step"));
    terminal.press(ESC);
    check(&terminal.wait_for("the screen below", |screen| !screen.contains("pause after the current step")));
    terminal.press("s");
    check(&terminal.wait_for_text("Stop "));
    terminal.press(ESC);
    check(&terminal.wait_for("the screen below", |screen| !screen.contains("Stop ")));
    terminal.press("2");
    let table =
        |screen: &str| screen.contains(" runs ") && screen.contains("epoch") && screen.contains("age");
    check(&terminal.wait_for("the runs", table));
    for _ in 0..8 {
        terminal.press("t");
        check(&terminal.wait_for("the runs", table));
    }
    terminal.press("1q");
    check(&terminal.wait_for_text("Quit, stop and save"));
    terminal.press("s");
    terminal.end();
}

/// The SGR parameters in a program's output, such as `38;2;1;2;3`.
fn renditions(raw: &str) -> impl Iterator<Item = &str> {
    raw.split("\x1b[").filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
        rest[end..].starts_with('m').then_some(&rest[..end])
    })
}

/// Whether SGR parameters select a colour. 39 and 49 only reset to the terminal's own.
fn is_colour(rendition: &str) -> bool {
    let codes = rendition.split([';', ':']).filter_map(|code| code.parse::<u8>().ok());
    codes.into_iter().any(|code| matches!(code, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107))
}

#[test]
fn colour_codes_are_recognised() {
    let raw = "\x1b[1mbold\x1b[38;5;4mblue\x1b[39;49m\x1b[2J\x1b[0;31mred";
    assert_eq!(renditions(raw).collect::<Vec<_>>(), ["1", "38;5;4", "39;49", "0;31"]);
    assert_eq!(renditions(raw).map(is_colour).collect::<Vec<_>>(), [false, true, false, true]);
}

#[test]
fn no_color_disables_all_colours() {
    let world = World::new().with("NO_COLOR", "1");
    let mut terminal = world.terminal(&[], (80, 24));
    tour(&mut terminal, |_| {});
    let raw = terminal.raw();
    assert!(raw.len() > 10_000 && renditions(&raw).count() > 10, "there is output to check");
    let colours: Vec<&str> = renditions(&raw).filter(|rendition| is_colour(rendition)).collect();
    assert!(colours.is_empty(), "{colours:?}");
}

#[test]
fn colours_are_on_by_default() {
    let world = World::new();
    let mut terminal = world.terminal(&[], (80, 24));
    terminal.wait_for_text("train cnn");
    terminal.press("q");
    let ended = terminal.end();
    assert!(renditions(&ended.raw).any(is_colour));
}

#[test]
fn ascii_glyphs_print_only_ascii() {
    let world = World::new();
    let mut terminal = world.terminal(&["--glyphs", "ascii"], (120, 36));
    tour(&mut terminal, |screen| assert!(screen.is_ascii(), "{screen}"));
    assert!(terminal.raw().is_ascii());
}

#[test]
fn dashboard_survives_a_too_small_window() {
    let world = World::new();
    let mut terminal = world.terminal(&[], (80, 24));
    terminal.wait_for_text("train cnn");
    terminal.resize((50, 10));
    let screen = terminal.wait_for_text("50×10 is too small");
    assert!(screen.contains("cnn-tui needs 60×20") && !screen.contains("train cnn"), "{screen}");
    terminal.resize((60, 20));
    terminal.wait_for("the screen", |screen| screen.contains("train cnn") && !screen.contains("too small"));
    terminal.resize((80, 24));
    terminal.wait_for("the screen", |screen| screen.contains("train cnn") && !screen.contains("too small"));
    terminal.resize((1, 1));
    terminal.resize((200, 60));
    let screen = terminal.wait_for_text("train cnn");
    assert_eq!(screen.lines().count(), 60, "the hints are on the last row");
    terminal.press("q");
    assert_eq!(terminal.end().code, 0);
}

#[test]
fn arrow_keys_choose_a_preset() {
    let world = World::new();
    let mut terminal = world.terminal(&[], (80, 24));
    terminal.wait_for_text("▸ train cnn");
    terminal.press(DOWN);
    terminal.wait_for_text("▸ train dnn");
    terminal.press(DOWN);
    terminal.wait_for_text("▸ show all runs");
    terminal.press(UP);
    terminal.wait_for_text("▸ train dnn");
    terminal.press(ENTER);
    terminal.wait_for("training", |screen| screen.contains("training") && screen.contains("dnn"));
    assert_eq!(world.run().manifest().config.preset, "dnn");
}

#[test]
fn theme_is_remembered_unless_given_as_an_option() {
    let world = World::new();
    let background = |arguments: &[&str], keys: &str| {
        let mut terminal = world.terminal(arguments, (80, 24));
        terminal.wait_for_text("train cnn");
        let before = terminal.background();
        terminal.press(keys);
        terminal.press("q");
        assert_eq!(terminal.end().code, 0);
        before
    };
    let dark = background(&[], "t");
    let light = background(&[], "");
    assert_ne!(light, dark);
    assert_eq!(background(&["--theme", "dark"], "t"), dark);
    assert_eq!(background(&[], ""), light, "an option is not remembered");
}
