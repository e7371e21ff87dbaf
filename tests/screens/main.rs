//! Frames of every screen, at the sizes and in the states that people see.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

mod states;

use cnn_tui::app::{App, Key, Msg, Pane, Screen, Zoom, update};
use cnn_tui::run::{Command, RunStatus};
use cnn_tui::ui::theme::{self, RenderTheme};
use cnn_tui::ui::{ColorDepth, Glyphs, Snapshot, View};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::states::{
    asked_about_data, at_home, at_home_after, changed_dropout, comparing, diverged, failed, finished,
    interrupted, not_predicted, not_searched, out_of_patience, paused, predicted, predicted_once, predicting,
    queued, repeated, runs, searched, searching, starved, training,
};

fn render_theme(depth: ColorDepth, glyphs: Glyphs) -> RenderTheme {
    RenderTheme::new(theme::load([]).first(), depth, glyphs)
}

fn draw(app: &App, rendered: &RenderTheme, width: u16, height: u16) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    View { app, theme: rendered }.draw(&mut cells);
    cells
}

/// The symbols on the screen, line by line.
fn text(cells: &Buffer) -> String {
    let rows = cells.content.chunks(usize::from(cells.area.width.max(1)));
    let lines = rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
    lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn frame(app: &App, width: u16, height: u16) -> String {
    text(&draw(app, &render_theme(ColorDepth::TrueColor, Glyphs::Unicode), width, height))
}

/// A snapshot of a state at each of some sizes.
macro_rules! snapshots {
    ($($name:ident: $app:expr, $($width:literal x $height:literal),+;)*) => {
        $(#[test]
        fn $name() {
            let app: App = $app;
            $(insta::assert_snapshot!(
                concat!(stringify!($name), "_", $width, "x", $height),
                frame(&app, $width, $height)
            );)+
        })*
    };
}

/// The keys of a text.
fn typed(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

/// `app` after these keys.
fn keys(mut app: App, keys: &[Key]) -> App {
    for key in keys {
        update(&mut app, Msg::Key(*key));
    }
    app
}

fn zoomed_log() -> App {
    let mut app = training();
    (app.shared.panes.zoom, app.shared.panes.focus) = (Zoom::Alone, Pane::Log);
    app
}

fn zoomed_machine(mut app: App) -> App {
    (app.shared.panes.zoom, app.shared.panes.focus) = (Zoom::Alone, Pane::Machine);
    app
}

snapshots! {
    the_machine_of_a_live_run: zoomed_machine(training()), 60 x 20, 80 x 24, 120 x 36;
    the_machine_of_a_starved_run: zoomed_machine(starved()), 80 x 24;
    the_first_start: at_home(), 80 x 24, 120 x 36, 60 x 20;
    a_start_with_a_live_run: App { screen: Screen::Home, ..runs() }, 80 x 24;
    a_start_after_an_interruption: at_home_after(&[RunStatus::Interrupted, RunStatus::Finished]), 80 x 24;
    a_start_after_a_finished_run: at_home_after(&[RunStatus::Finished, RunStatus::Interrupted]), 80 x 24;
    a_start_with_an_older_live_run: at_home_after(&[RunStatus::Interrupted, RunStatus::Running]), 80 x 24;
    a_run_that_has_not_begun: queued(), 80 x 24, 120 x 36;
    a_run_that_trains: training(), 60 x 20, 80 x 24, 120 x 36, 200 x 60;
    a_paused_run: paused(), 80 x 24, 120 x 36;
    a_run_that_diverged: diverged(), 80 x 24, 120 x 36;
    rewinding: keys(diverged(), &[Key::Char('b')]), 80 x 24, 120 x 36;
    comparing_runs: comparing(), 80 x 24, 120 x 36, 200 x 60;
    reading_compared_curves: keys(comparing(), &[&[Key::Left; 30][..], &typed("+y")].concat()), 80 x 24, 120 x 36, 200 x 60;
    curves_along_time: keys(comparing(), &typed("xxx")), 80 x 24;
    reading_a_curve: keys(training(), &[Key::Left, Key::PageUp, Key::PageUp]), 80 x 24, 120 x 36;
    the_last_epochs: keys(training(), &typed("++y")), 80 x 24, 120 x 36;
    predictions_being_computed: predicting(), 80 x 24;
    predictions_that_failed: not_predicted(), 80 x 24;
    predictions_of_two_runs: predicted(), 60 x 20, 80 x 24, 120 x 36, 200 x 60;
    predictions_without_other_seeds: predicted_once(), 80 x 24;
    images_that_only_the_first_gets_right: keys(predicted(), &[Key::Tab, Key::Right, Key::PageDown]), 80 x 24, 120 x 36;
    a_running_range_test: searching(), 80 x 24;
    a_finished_range_test: searched(), 60 x 20, 80 x 24, 120 x 36, 200 x 60;
    a_failed_range_test: not_searched(), 80 x 24;
    marked_runs: keys(runs(), &typed("mm")), 80 x 24;
    typing_a_query: keys(runs(), &typed("/preset = cnn b")), 80 x 24, 120 x 36;
    an_invalid_query: keys(runs(), &typed("/preset = cnn and best_ac > 0.8")), 80 x 24;
    runs_in_another_order: keys(runs(), &typed("o")), 80 x 24, 120 x 36;
    runs_in_groups: keys(repeated(), &typed("v")), 80 x 24, 120 x 36;
    a_group_that_is_open: keys(repeated(), &[Key::Char('v'), Key::Enter]), 120 x 36, 200 x 60;
    forks_under_their_parents: keys(repeated(), &typed("vv")), 120 x 36;
    choosing_columns: keys(runs(), &[Key::Char('C'), Key::Down, Key::Char(' ')]), 80 x 24, 120 x 36;
    other_columns: keys(repeated(), &[&typed("C"), &[Key::Down; 7][..], &typed(" j j "), &[Key::Esc]].concat()), 120 x 36, 200 x 60;
    new_runs_like_another: keys(repeated(), &[&typed("n"), &[Key::Down; 3][..], &typed(", 0.03")].concat()), 80 x 24, 60 x 20;
    forking_a_run: keys(repeated(), &typed("F0")), 80 x 24, 60 x 20;
    naming_a_run: keys(repeated(), &typed("e")), 80 x 24, 60 x 20;
    the_settings: keys(training(), &[Key::Char('e'), Key::Backspace, Key::Char('3'), Key::Down]), 80 x 24, 60 x 20;
    an_invalid_setting: keys(
        training(),
        &[Key::Char('e'), Key::Char('.'), Key::Enter]
    ), 80 x 24;
    a_finished_run: finished(), 120 x 36;
    an_interrupted_run: interrupted(), 80 x 24;
    a_failed_run_shows_why: failed(), 80 x 24, 120 x 36;
    the_layers_where_there_is_little_room: keys(training(), &[Key::Tab, Key::Tab]), 80 x 24;
    the_kernels_of_the_second_convolution: keys(training(), &[Key::BackTab, Key::BackTab, Key::Right, Key::Down]), 120 x 36;
    a_zoomed_pane: zoomed_log(), 80 x 24;
    all_runs: runs(), 80 x 24, 120 x 36, 200 x 60;
    a_broken_run: keys(runs(), &[Key::End]), 120 x 36;
    all_keys: keys(training(), &[Key::Char('?')]), 80 x 24, 120 x 36;
    quitting_with_a_training_run: keys(training(), &[Key::Char('q')]), 80 x 24;
    confirming_to_stop: keys(training(), &[Key::Char('s')]), 80 x 24;
    a_question: asked_about_data(), 60 x 20, 80 x 24, 120 x 36;
    too_small: training(), 59 x 20;
}

#[test]
fn in_ascii_every_cell_is_ascii() {
    let rendered = render_theme(ColorDepth::None, Glyphs::Ascii);
    for (name, app) in every_state() {
        for (width, height) in [(60, 20), (80, 24), (120, 36), (200, 60)] {
            let text = text(&draw(&app, &rendered, width, height));
            assert!(text.is_ascii(), "{name} at {width}x{height}:\n{text}");
        }
    }
    insta::assert_snapshot!("ascii_120x36", text(&draw(&training(), &rendered, 120, 36)));
}

#[test]
fn without_colour_no_cell_has_one() {
    let rendered = render_theme(ColorDepth::None, Glyphs::Unicode);
    for (name, app) in every_state() {
        let cells = draw(&app, &rendered, 120, 36);
        let colourless = |colour: Color| colour == Color::Reset;
        assert!(cells.content.iter().all(|cell| colourless(cell.fg) && colourless(cell.bg)), "{name}");
    }
    insta::assert_snapshot!("without_colour_120x36", text(&draw(&training(), &rendered, 120, 36)));
}

#[test]
fn every_state_can_be_drawn_at_any_size_in_any_theme() {
    let themes = theme::load([]);
    assert!(themes.errors().is_empty() && themes.iter().len() >= 5);
    for (index, theme) in themes.iter().enumerate() {
        let rendered = RenderTheme::new(theme, ColorDepth::ALL[index % 4], Glyphs::ALL[index % 2]);
        for (_, app) in every_state() {
            for (width, height) in
                [(0, 0), (1, 1), (59, 19), (60, 20), (61, 90), (80, 24), (119, 35), (300, 80)]
            {
                draw(&app, &rendered, width, height);
            }
        }
    }
}

#[test]
fn a_pending_command_is_shown_until_it_is_answered() {
    let app = keys(training(), &[Key::Char(' ')]);
    assert_eq!(app.shared.run.as_ref().unwrap().pending, Some(Command::Pause));
    assert!(frame(&app, 120, 36).contains("pausing"));
    assert_eq!(paused().shared.run.unwrap().status(), Some(RunStatus::Paused));
    assert!(!frame(&paused(), 120, 36).contains("pausing"));
}

#[test]
fn the_header_of_a_run_out_of_patience_shows_its_last_epoch() {
    for (width, height) in [(120, 36), (200, 60)] {
        let shown = frame(&out_of_patience(), width, height);
        let line = shown.lines().find(|line| line.contains("epoch  31/500")).unwrap();
        // All steps of that epoch are done.
        assert!(line.contains(" 100 %   run "), "{shown}");
    }
    for (width, height) in [(60, 20), (80, 24), (120, 36), (200, 60)] {
        let shown = frame(&out_of_patience(), width, height);
        assert!(!shown.contains("32/500"), "{shown}");
        assert!(shown.contains("test accuracy has not improved for 5 epochs"), "{shown}");
    }
}

#[test]
fn the_layers_pane_shows_the_dropout_in_force() {
    let settings = |mut app: App| {
        (app.shared.panes.zoom, app.shared.panes.focus) = (Zoom::Alone, Pane::Layers);
        let shown = frame(&app, 80, 24);
        let dropouts = shown.lines().filter(|line| line.contains("drop"));
        dropouts
            .map(|line| line.split_whitespace().skip(2).take(2).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    let before = settings(training());
    assert!(!before.is_empty() && before.iter().all(|setting| setting == "p 0.5"), "{before:?}");
    assert_eq!(settings(changed_dropout()), vec!["p 0.35"; before.len()]);
}

#[test]
fn a_snapshot_in_a_terminal_is_the_screen() {
    let rendered = render_theme(ColorDepth::TrueColor, Glyphs::Unicode);
    for (name, app) in every_state() {
        let cells = draw(&app, &rendered, 120, 36);
        let want = text(&cells);
        let snapshot = Snapshot { cells, theme: rendered.clone() };
        assert_eq!(snapshot.to_text().trim_end(), want.trim_end(), "{name}");
        let mut terminal = vt100::Parser::new(36.try_into().unwrap(), 120.try_into().unwrap(), 0);
        // The last line feed would scroll.
        terminal.process(snapshot.to_ansi().trim_end_matches('\n').replace('\n', "\r\n").as_bytes());
        let rows: Vec<_> = terminal.screen().rows(0, 120).map(|row| row.trim_end().to_owned()).collect();
        assert_eq!(rows.join("\n"), want, "{name}");
        for (index, cell) in snapshot.cells.content.iter().enumerate() {
            let (row, column) = (u16::try_from(index / 120).unwrap(), u16::try_from(index % 120).unwrap());
            let shown = terminal.screen().cell(row, column).unwrap();
            let rgb = |color| {
                if let vt100::Color::Rgb(r, g, b) = color { Color::Rgb(r, g, b) } else { Color::Reset }
            };
            assert_eq!(
                (rgb(shown.fgcolor()), rgb(shown.bgcolor())),
                (cell.fg, cell.bg),
                "{name} {row} {column}"
            );
        }
    }
}

#[test]
fn svg_text_is_in_its_place() {
    for (theme, glyphs) in theme::load([]).iter().zip(Glyphs::ALL.into_iter().cycle()) {
        let rendered = RenderTheme::new(theme, ColorDepth::TrueColor, glyphs);
        for (name, app) in every_state() {
            let snapshot = Snapshot { cells: draw(&app, &rendered, 120, 36), theme: rendered.clone() };
            let svg = snapshot.to_svg(name);
            let svg = roxmltree::Document::parse(&svg).unwrap();
            let tag = |tag| svg.descendants().filter(move |node| node.has_tag_name(tag));
            assert_eq!(tag("title").next().unwrap().text(), Some(name));
            let rows: Vec<String> = snapshot.to_text().lines().map(str::to_owned).collect();
            let mut letters = 0;
            for word in tag("text") {
                let number = |name| word.attribute(name).unwrap().parse::<usize>().unwrap();
                let (column, row, width) =
                    (number("x") / 10, (number("y") - 15) / 20, number("textLength") / 10);
                let there: String = rows[row].chars().skip(column).take(width).collect();
                assert_eq!(word.text(), Some(there.as_str()), "{name} in {}", theme.name);
                letters += width;
            }
            let all = rows.iter().flat_map(|row| row.chars()).filter(char::is_ascii_graphic).count();
            assert!(letters >= all, "{name} in {}: {letters} of {all}", theme.name);
        }
    }
}

#[test]
fn a_pane_can_be_drawn_by_itself_at_any_size() {
    let rendered = render_theme(ColorDepth::TrueColor, Glyphs::Unicode);
    for focus in Pane::ALL {
        let mut app = training();
        app.shared.panes.focus = focus;
        for (width, height) in [(0, 0), (1, 1), (7, 3), (60, 12), (200, 60)] {
            let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
            View { app: &app, theme: &rendered }.draw_pane(&mut cells);
            if (width, height) == (60, 12) {
                insta::assert_snapshot!(format!("the_{focus:?}_pane_60x12").to_lowercase(), text(&cells));
            }
        }
    }
}

fn every_state() -> Vec<(&'static str, App)> {
    vec![
        ("home", at_home()),
        ("queued", queued()),
        ("training", training()),
        ("paused", paused()),
        ("diverged", diverged()),
        ("comparing", comparing()),
        ("searching", searching()),
        ("searched", searched()),
        ("not searched", not_searched()),
        ("predicting", predicting()),
        ("predicted", predicted()),
        ("not predicted", not_predicted()),
        ("finished", finished()),
        ("interrupted", interrupted()),
        ("out of patience", out_of_patience()),
        ("failed", failed()),
        ("runs", runs()),
        ("help", keys(training(), &[Key::Char('?')])),
        ("question", asked_about_data()),
        ("quit", keys(training(), &[Key::Char('q')])),
        ("log", zoomed_log()),
    ]
}
