mod compare;
mod runs;

use std::sync::Arc;

use super::*;
use crate::app::testing::{listed, run_id, state};
use crate::app::{PresetInfo, Smoothing, XAxis};
use crate::run::{
    Change, CheckpointName, DataInfo, Event, JournalEntry, Labels, OptimizerSettings, PauseReason, Queue,
    Update,
};

fn app() -> App {
    let presets = ["cnn", "dnn"].map(|name| PresetInfo { name: name.to_owned(), about: String::new() });
    App::new(presets.to_vec(), RunConfig::default(), 3)
}

fn press(app: &mut App, keys: &[Key]) -> Vec<Effect> {
    keys.iter().flat_map(|key| update(app, Msg::Key(*key))).collect()
}

/// A run on the screen with this status, after these events.
fn showing(status: RecordedStatus, events: Vec<Event>) -> (App, RunId) {
    let (mut app, id) = (app(), run_id(1));
    assert_eq!(update(&mut app, Msg::Started(id.clone())), [Effect::Follow(id.clone())]);
    let records = events.into_iter().map(|event| JournalEntry { time: 0.0, event }).collect();
    let change = Update { state: Some(state(status)), records, ..Update::default() };
    update(&mut app, Msg::Run(id.clone(), Box::new(change)));
    (app, id)
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
        Msg::Runs(vec![listed(&run_id(2), RecordedStatus::Finished), listed(&live, RecordedStatus::Paused)]),
    );
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Follow(live)]);
    assert_eq!(app.screen, Screen::Live);
}

#[test]
fn a_choice_stays_when_the_runs_are_listed_anew() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Down]);
    update(&mut app, Msg::Runs(vec![listed(&run_id(1), RecordedStatus::Running)]));
    assert!(matches!(app.offers()[app.selected_offer], MenuItem::Train(preset) if preset.name == "dnn"));
    app.screen = Screen::Runs;
    update(
        &mut app,
        Msg::Runs(vec![
            listed(&run_id(2), RecordedStatus::Queued),
            listed(&run_id(1), RecordedStatus::Running),
        ]),
    );
    assert_eq!(app.selected_run, 1, "the selection follows its run");
}

#[test]
fn space_pauses_or_goes_on_as_the_run_stands() {
    let (mut app, id) = showing(RecordedStatus::Running, Vec::new());
    let space = [Key::Char(' ')];
    assert_eq!(press(&mut app, &space), [Effect::Send(id.clone(), Command::Pause)]);
    let (mut app, id) = showing(RecordedStatus::Paused, Vec::new());
    assert_eq!(press(&mut app, &space), [Effect::Send(id, Command::Resume)]);
    let (mut app, _) = showing(RecordedStatus::Finished, Vec::new());
    assert_eq!(press(&mut app, &space), []);
}

#[test]
fn what_was_asked_is_shown_until_it_is_answered() {
    let (mut app, id) = showing(RecordedStatus::Running, Vec::new());
    press(&mut app, &[Key::Char(' ')]);
    assert_eq!(app.run.as_ref().unwrap().asked, Some(Command::Pause));
    let event = Event::Paused { step: 3, reason: PauseReason::Command, position: None };
    let records = vec![JournalEntry { time: 9.0, event }];
    let change = Update { records, state: Some(state(RecordedStatus::Paused)), ..Update::default() };
    update(&mut app, Msg::Run(id, Box::new(change)));
    let run = app.run.unwrap();
    assert_eq!((run.asked, run.paused_since), (None, Some(9.0)));
}

#[test]
fn leaving_a_live_run_asks_and_does_what_is_chosen() {
    let cases = [('d', None), ('p', Some(Command::Pause)), ('s', Some(Command::Stop))];
    for (key, command) in cases {
        let (mut app, id) = showing(RecordedStatus::Running, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('q')]), []);
        assert_eq!(app.dialog, Some(Dialog::Quit));
        let name = id.name().to_owned();
        let exit = Effect::Exit(Some(ExitSummary { name, told: command }));
        let send = command.map(|command| Effect::Send(id, command));
        let want: Vec<_> = send.into_iter().chain([exit]).collect();
        assert_eq!(press(&mut app, &[Key::Char(key)]), want);
    }
    let (mut app, _) = showing(RecordedStatus::Running, Vec::new());
    assert_eq!(press(&mut app, &[Key::Char('q'), Key::Esc]), []);
    assert_eq!(app.dialog, None);
}

#[test]
fn leaving_an_ended_run_asks_nothing() {
    let (mut app, _) = showing(RecordedStatus::Finished, Vec::new());
    assert_eq!(press(&mut app, &[Key::Char('q')]), [Effect::Exit(None)]);
}

#[test]
fn only_a_run_that_ended_early_can_be_resumed() {
    for status in [RecordedStatus::Stopped, RecordedStatus::Failed, RecordedStatus::Interrupted] {
        let (mut app, id) = showing(status, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('r')]), [Effect::Resume(id)]);
    }
    for status in [RecordedStatus::Running, RecordedStatus::Paused, RecordedStatus::Finished] {
        let (mut app, _) = showing(status, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('r')]), []);
    }
}

#[test]
fn an_update_of_a_run_that_is_not_on_the_screen_changes_nothing() {
    let (mut app, _) = showing(RecordedStatus::Running, Vec::new());
    let change = Update { state: Some(state(RecordedStatus::Failed)), ..Update::default() };
    update(&mut app, Msg::Run(run_id(2), Box::new(change)));
    assert_eq!(app.run.unwrap().status(), Some(RecordedStatus::Running));
}

#[test]
fn a_failure_is_told_until_the_next_key() {
    let (mut app, _) = showing(RecordedStatus::Running, Vec::new());
    press(&mut app, &[Key::Char(' ')]);
    update(&mut app, Msg::Failed("the disk is full".to_owned()));
    assert_eq!(app.notice.as_ref().map(Notice::text), Some("the disk is full"));
    assert_eq!(app.run.as_ref().unwrap().asked, None);
    press(&mut app, &[Key::Tab]);
    assert_eq!(app.notice, None);
}

#[test]
fn themes_and_panes_go_round() {
    let (mut app, _) = showing(RecordedStatus::Running, Vec::new());
    press(&mut app, &[Key::Char('t'); 3]);
    assert_eq!(app.theme, 0);
    press(&mut app, &[Key::Tab; Pane::ALL.len()]);
    assert_eq!(app.focus, Pane::Loss);
    press(&mut app, &[Key::BackTab]);
    assert_eq!(app.focus, Pane::Log);
}

#[test]
fn the_offer_to_train_can_be_changed_first() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Down, Key::Char('e')]);
    let effects = press(&mut app, &[Key::Enter]);
    assert!(matches!(effects.as_slice(), [Effect::Train(config)] if config.preset == "dnn"), "{effects:?}");
}

/// Losses of a range test that falls and runs away.
fn losses() -> impl Iterator<Item = f64> {
    (0..350_u32).map(|step| if step < 300 { 2.3 - f64::from(step) * 0.005 } else { 100.0 })
}

#[test]
fn a_rate_is_looked_for_and_trained_with() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    let config = || Box::new(RunConfig { preset: "dnn".to_owned(), ..RunConfig::default() });
    let effects = press(&mut app, &[Key::Down, Key::Char('f')]);
    assert_eq!(effects, [Effect::FindRate(0, config())]);
    assert_eq!(press(&mut app, &[Key::Enter]), [], "nothing is found yet");
    update(&mut app, Msg::Tried(9, f64::NAN));
    for loss in losses() {
        update(&mut app, Msg::Tried(0, loss));
    }
    let search = app.rates.as_ref().unwrap();
    let found = search.suggestion().unwrap();
    assert!(search.is_over() && found.steep > found.tenth, "{found:?}");
    let with = |rate| {
        let optimizer = OptimizerSettings::Sgd { learning_rate: rate, momentum: 0.5 };
        [Effect::Train(Box::new(RunConfig { optimizer, ..*config() }))]
    };
    assert_eq!(press(&mut app, &[Key::Enter]), with(found.steep));
    assert_eq!(press(&mut app, &[Key::Tab, Key::Enter]), with(found.tenth));
    assert_eq!(press(&mut app, &[Key::Char('f')]), [Effect::FindRate(1, config())], "anew");
}

#[test]
fn leaving_a_search_breaks_it_off() {
    for key in [Key::Esc, Key::Char('2'), Key::Char('n')] {
        let mut app = app();
        update(&mut app, Msg::Runs(Vec::new()));
        press(&mut app, &[Key::Char('f'), Key::Char('?'), Key::Esc]);
        assert_eq!(app.screen, Screen::LrFinder);
        assert_eq!(press(&mut app, &[key]), [Effect::StopFinding]);
        assert_eq!(press(&mut app, &[Key::Char('t')]), [], "once");
        update(&mut app, Msg::Tried(0, 1.0));
        assert_eq!(app.rates.as_ref().unwrap().test.steps(), 0);
    }
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::End, Key::Down, Key::Down, Key::Char('f')]);
    assert_eq!(app.screen, Screen::Home, "runs have no learning rate");
}

#[test]
fn a_search_that_cannot_go_on_says_why() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Char('f')]);
    update(&mut app, Msg::NotTried(0, "no data".to_owned()));
    let search = app.rates.as_ref().unwrap();
    assert_eq!((search.problem.as_deref(), search.suggestion()), (Some("no data"), None));
    assert_eq!(press(&mut app, &[Key::Enter, Key::Esc]), [], "there is nothing to break off");
}
