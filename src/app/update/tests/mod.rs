mod compare;
mod runs;

use std::sync::Arc;

use super::*;
use crate::app::testing::{listed, run_id, state};
use crate::app::{
    Compare, ExitState, ExitSummary, GlobalAction, Pane, PresetInfo, QueueChange, QueueWorker, Row, RunView,
    Smoothing, XAxis,
};
use crate::run::{
    Change, CheckpointName, Command, DataInfo, EpochReport, Event, JournalEntry, OptimizerSettings,
    PauseReason, Queue, RunConfig, RunLabels, RunStatus, StepBatch, Update,
};

fn app() -> App {
    let presets = ["cnn", "dnn"].map(|name| PresetInfo { name: name.to_owned(), about: String::new() });
    App::new(presets.to_vec(), RunConfig::default(), 3)
}

fn press(app: &mut App, keys: &[Key]) -> Vec<Effect> {
    keys.iter().flat_map(|key| update(app, Msg::Key(*key))).collect()
}

/// The live screen of a run with this status, after these events.
fn showing(status: RunStatus, events: Vec<Event>) -> (App, RunId) {
    let (mut app, id) = (app(), run_id(1));
    assert_eq!(update(&mut app, Msg::Started(id.clone())), [Effect::Follow(id.clone())]);
    let entries = events.into_iter().map(|event| JournalEntry { time: 0.0, event }).collect();
    let change = Update { state: Some(state(status)), entries, ..Update::default() };
    update(&mut app, Msg::Run(id.clone(), Box::new(change)));
    (app, id)
}

/// The events of a run of twenty steps, enough to zoom in.
fn with_steps() -> Vec<Event> {
    let steps =
        StepBatch { first: 1, losses: vec![1.0; 20], learning_rate: 0.01, active_seconds: 1.0, spent: None };
    vec![Event::started(0), Event::Steps(steps)]
}

#[test]
fn enter_on_a_fresh_start_trains_the_first_preset() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    let effects = press(&mut app, &[Key::Enter]);
    assert_eq!(effects, [Effect::Train(Box::default())]);
}

#[test]
fn enter_with_a_live_run_attaches_to_it() {
    let (mut app, live) = (app(), run_id(1));
    update(
        &mut app,
        Msg::Runs(vec![listed(&run_id(2), RunStatus::Finished), listed(&live, RunStatus::Paused)]),
    );
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Follow(live)]);
    assert!(matches!(app.screen, Screen::Live));
}

#[test]
fn selections_follow_their_run_in_a_new_list() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Down]);
    update(&mut app, Msg::Runs(vec![listed(&run_id(1), RunStatus::Running)]));
    assert!(
        matches!(app.shared.menu()[app.shared.menu_row], MenuItem::Train(preset) if preset.name == "dnn")
    );
    app.screen = Screen::Runs;
    update(
        &mut app,
        Msg::Runs(vec![listed(&run_id(2), RunStatus::Queued), listed(&run_id(1), RunStatus::Running)]),
    );
    assert_eq!(app.shared.table.selected, 1, "the selection follows its run");
}

#[test]
fn space_pauses_a_running_run_and_continues_a_paused_one() {
    let (mut app, id) = showing(RunStatus::Running, Vec::new());
    let space = [Key::Char(' ')];
    assert_eq!(press(&mut app, &space), [Effect::Send(id.clone(), Command::Pause)]);
    let (mut app, id) = showing(RunStatus::Paused, Vec::new());
    assert_eq!(press(&mut app, &space), [Effect::Send(id, Command::Resume)]);
    let (mut app, _) = showing(RunStatus::Finished, Vec::new());
    assert_eq!(press(&mut app, &space), []);
}

#[test]
fn a_command_is_pending_until_it_is_answered() {
    let (mut app, id) = showing(RunStatus::Running, Vec::new());
    press(&mut app, &[Key::Char(' ')]);
    assert_eq!(app.shared.run.as_ref().unwrap().pending, Some(Command::Pause));
    let event = Event::Paused { step: 3, reason: PauseReason::Command, position: None };
    let entries = vec![JournalEntry { time: 9.0, event }];
    let change = Update { entries, state: Some(state(RunStatus::Paused)), ..Update::default() };
    update(&mut app, Msg::Run(id, Box::new(change)));
    let run = app.shared.run.unwrap();
    assert_eq!((run.pending, run.paused_since), (None, Some(9.0)));
}

#[test]
fn quitting_a_live_run_asks_and_sends_the_chosen_command() {
    let cases = [
        ('d', None, ExitState::Training),
        ('p', Some(Command::Pause), ExitState::Paused),
        ('s', Some(Command::Stop), ExitState::Stopping),
    ];
    for (key, command, state) in cases {
        let (mut app, id) = showing(RunStatus::Running, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('q')]), []);
        assert_eq!(app.dialog, Some(Dialog::Quit));
        let name = id.name().to_owned();
        let exit = Effect::Exit(Some(ExitSummary { name, state }));
        let send = command.map(|command| Effect::Send(id, command));
        let want: Vec<_> = send.into_iter().chain([exit]).collect();
        assert_eq!(press(&mut app, &[Key::Char(key)]), want);
    }
    let (mut app, _) = showing(RunStatus::Running, Vec::new());
    assert_eq!(press(&mut app, &[Key::Char('q'), Key::Esc]), []);
    assert_eq!(app.dialog, None);
}

#[test]
fn quitting_with_an_ended_run_exits_at_once() {
    let (mut app, _) = showing(RunStatus::Finished, Vec::new());
    assert_eq!(press(&mut app, &[Key::Char('q')]), [Effect::Exit(None)]);
}

#[test]
fn only_a_run_that_ended_early_can_be_resumed() {
    for status in [RunStatus::Stopped, RunStatus::Failed, RunStatus::Interrupted] {
        let (mut app, id) = showing(status, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('r')]), [Effect::Resume(id)]);
    }
    for status in [RunStatus::Running, RunStatus::Paused, RunStatus::Finished] {
        let (mut app, _) = showing(status, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('r')]), []);
    }
}

#[test]
fn an_update_of_a_run_that_is_not_on_the_screen_changes_nothing() {
    let (mut app, _) = showing(RunStatus::Running, Vec::new());
    let change = Update { state: Some(state(RunStatus::Failed)), ..Update::default() };
    update(&mut app, Msg::Run(run_id(2), Box::new(change)));
    assert_eq!(app.shared.run.unwrap().status(), Some(RunStatus::Running));
}

#[test]
fn a_failure_is_shown_until_the_next_key() {
    let (mut app, _) = showing(RunStatus::Running, Vec::new());
    press(&mut app, &[Key::Char(' ')]);
    update(&mut app, Msg::Failed("the disk is full".to_owned()));
    assert_eq!(app.shared.notice.as_ref().map(Notice::text), Some("the disk is full"));
    assert_eq!(app.shared.run.as_ref().unwrap().pending, None);
    press(&mut app, &[Key::Tab]);
    assert_eq!(app.shared.notice, None);
}

#[test]
fn themes_and_panes_cycle() {
    let (mut app, _) = showing(RunStatus::Running, Vec::new());
    press(&mut app, &[Key::Char('t'); 3]);
    assert_eq!(app.shared.theme, 0);
    press(&mut app, &[Key::Tab; Pane::ALL.len()]);
    assert_eq!(app.shared.panes.focus, Pane::Loss);
    press(&mut app, &[Key::BackTab]);
    assert_eq!(app.shared.panes.focus, Pane::Machine);
}

#[test]
fn settings_can_be_edited_before_training() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Down, Key::Char('e')]);
    let effects = press(&mut app, &[Key::Enter]);
    assert!(matches!(effects.as_slice(), [Effect::Train(config)] if config.preset == "dnn"), "{effects:?}");
}

fn range_test(app: &App) -> &LrFinder {
    match &app.screen {
        Screen::LrFinder(finder) => finder,
        other => panic!("{other:?}"),
    }
}

/// Losses of a range test that fall, then diverge.
fn losses() -> impl Iterator<Item = f64> {
    (0..350_u32).map(|step| if step < 300 { 2.3 - f64::from(step) * 0.005 } else { 100.0 })
}

#[test]
fn a_range_test_suggests_rates_to_train_with() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    let config = || Box::new(RunConfig { preset: "dnn".to_owned(), ..RunConfig::default() });
    let effects = press(&mut app, &[Key::Down, Key::Char('f')]);
    assert_eq!(effects, [Effect::StartRangeTest(0, config())]);
    assert_eq!(press(&mut app, &[Key::Enter]), [], "nothing is found yet");
    update(&mut app, Msg::RangeTestLoss(9, f64::NAN));
    for loss in losses() {
        update(&mut app, Msg::RangeTestLoss(0, loss));
    }
    let search = range_test(&app);
    let found = search.suggestion().unwrap();
    assert!(search.is_over() && found.steep > found.tenth, "{found:?}");
    let with = |rate| {
        let optimizer = OptimizerSettings::Sgd { learning_rate: rate, momentum: 0.5 };
        [Effect::Train(Box::new(RunConfig { optimizer, ..*config() }))]
    };
    assert_eq!(press(&mut app, &[Key::Enter]), with(found.steep));
    assert_eq!(press(&mut app, &[Key::Tab, Key::Enter]), with(found.tenth));
    assert_eq!(press(&mut app, &[Key::Char('f')]), [Effect::StartRangeTest(1, config())], "again");
}

#[test]
fn leaving_a_range_test_cancels_it() {
    for key in [Key::Esc, Key::Char('2'), Key::Char('n')] {
        let mut app = app();
        update(&mut app, Msg::Runs(Vec::new()));
        press(&mut app, &[Key::Char('f'), Key::Char('?'), Key::Esc]);
        assert!(matches!(app.screen, Screen::LrFinder(_)));
        assert_eq!(press(&mut app, &[key]), [Effect::CancelRangeTest]);
        assert_eq!(press(&mut app, &[Key::Char('t')]), [], "once");
        assert_eq!(update(&mut app, Msg::RangeTestLoss(0, 1.0)), [], "the test is gone");
        assert!(!matches!(app.screen, Screen::LrFinder(_)));
    }
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::End, Key::Down, Key::Down, Key::Char('f')]);
    assert!(matches!(app.screen, Screen::Home), "runs have no learning rate");
}

#[test]
fn a_failed_range_test_shows_why() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Char('f')]);
    update(&mut app, Msg::RangeTestFailed(0, "no data".to_owned()));
    let search = range_test(&app);
    assert_eq!((search.problem.as_deref(), search.suggestion()), (Some("no data"), None));
    assert_eq!(press(&mut app, &[Key::Enter, Key::Esc]), [], "there is nothing to break off");
}

#[test]
fn keys_to_other_screens_work_where_they_lead_somewhere_else() {
    let has = |app: &App, key| {
        binding(app, Key::Char(key)).is_some_and(|binding| matches!(binding.action, Action::Everywhere(_)))
    };
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    assert_eq!(['1', '2', 'n'].map(|key| has(&app, key)), [false, true, false], "home screen, no run");
    press(&mut app, &[Key::Char('2')]);
    assert_eq!(['1', '2', 'n'].map(|key| has(&app, key)), [false, false, true], "no runs");
    update(&mut app, Msg::Runs(vec![listed(&run_id(1), RunStatus::Finished)]));
    let home = Action::Everywhere(GlobalAction::ShowHome);
    let is_hinted = crate::app::available(&app).any(|binding| binding.action == home);
    assert!(!has(&app, 'n') && !is_hinted, "n creates runs like the selected one");
    press(&mut app, &[Key::Enter]);
    assert_eq!(['1', '2', 'n'].map(|key| has(&app, key)), [false, true, true], "live screen");
    press(&mut app, &[Key::Char('2')]);
    assert_eq!(['1', '2'].map(|key| has(&app, key)), [true, false], "a run is open");
}

#[test]
fn returning_to_the_open_run_resets_the_zoom() {
    let (mut app, run) = showing(RunStatus::Running, with_steps());
    press(&mut app, &[Key::Char('+'), Key::Char('2')]);
    assert_ne!(app.shared.charts.window, crate::app::Window::All);
    assert_eq!(update(&mut app, Msg::Started(run)), [], "it is already followed");
    assert_eq!(app.shared.charts.window, crate::app::Window::All);
}
