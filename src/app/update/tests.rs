use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::app::{Along, PresetOffer, Smoothing};
use crate::run::{
    Change, CheckpointName, DataInfo, Event, Labels, Liveness, NewRun, Optimizer, Origin, PauseReason,
    Provenance, Queue, Record, RunSummary, State, Store, Update,
};

fn dir(nonce: u64) -> RunDir {
    let root = tempfile::tempdir().unwrap();
    let new = NewRun::new(Timestamp::UNIX_EPOCH, nonce, RunConfig::default(), Provenance::default());
    Store::open(root.path()).create(&new).unwrap()
}

fn listed(dir: &RunDir, status: Status) -> Listed {
    let record = {
        let root = tempfile::tempdir().unwrap();
        let new = NewRun::new(Timestamp::UNIX_EPOCH, 0, RunConfig::default(), Provenance::default());
        Store::open(root.path()).create(&new).unwrap().record().unwrap()
    };
    let (dir, state) = (dir.clone(), state(status));
    Listed::Run(Arc::new(RunSummary { dir, record, state, origin: Origin::Own }))
}

fn state(status: Status) -> State {
    let live = matches!(status, Status::Running | Status::Paused);
    State { status, liveness: if live { Liveness::Held(None) } else { Liveness::Free } }
}

fn app() -> App {
    let presets = ["cnn", "dnn"].map(|name| PresetOffer { name: name.to_owned(), about: String::new() });
    App::new(presets.to_vec(), RunConfig::default(), 3)
}

fn press(app: &mut App, keys: &[Key]) -> Vec<Effect> {
    keys.iter().flat_map(|key| update(app, Msg::Key(*key))).collect()
}

/// A run on the screen with this status, after these events.
fn showing(status: Status, events: Vec<Event>) -> (App, RunDir) {
    let (mut app, dir) = (app(), dir(1));
    assert_eq!(update(&mut app, Msg::Started(dir.clone())), [Effect::Follow(dir.clone())]);
    let records = events.into_iter().map(|event| Record { time: 0.0, event }).collect();
    let change = Update { state: Some(state(status)), records, ..Update::default() };
    update(&mut app, Msg::Run(dir.clone(), Box::new(change)));
    (app, dir)
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
    let (mut app, live) = (app(), dir(1));
    update(&mut app, Msg::Runs(vec![listed(&dir(2), Status::Finished), listed(&live, Status::Paused)]));
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Follow(live)]);
    assert_eq!(app.screen, Screen::Live);
}

#[test]
fn a_choice_stays_when_the_runs_are_listed_anew() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Down]);
    update(&mut app, Msg::Runs(vec![listed(&dir(1), Status::Running)]));
    assert!(matches!(app.offers()[app.selected_offer], Offer::Train(preset) if preset.name == "dnn"));
    app.screen = Screen::Runs;
    update(&mut app, Msg::Runs(vec![listed(&dir(2), Status::Queued), listed(&dir(1), Status::Running)]));
    assert_eq!(app.selected_run, 0, "the directories differ, so the place stays");
}

#[test]
fn space_pauses_or_goes_on_as_the_run_stands() {
    let (mut app, dir) = showing(Status::Running, Vec::new());
    let space = [Key::Char(' ')];
    assert_eq!(press(&mut app, &space), [Effect::Send(dir.clone(), Command::Pause)]);
    let (mut app, dir) = showing(Status::Paused, Vec::new());
    assert_eq!(press(&mut app, &space), [Effect::Send(dir, Command::Resume)]);
    let (mut app, _) = showing(Status::Finished, Vec::new());
    assert_eq!(press(&mut app, &space), []);
}

#[test]
fn what_was_asked_is_shown_until_it_is_answered() {
    let (mut app, dir) = showing(Status::Running, Vec::new());
    press(&mut app, &[Key::Char(' ')]);
    assert_eq!(app.run.as_ref().unwrap().asked, Some(Command::Pause));
    let event = Event::Paused { step: 3, reason: PauseReason::Command, position: None };
    let records = vec![Record { time: 9.0, event }];
    let change = Update { records, state: Some(state(Status::Paused)), ..Update::default() };
    update(&mut app, Msg::Run(dir, Box::new(change)));
    let run = app.run.unwrap();
    assert_eq!((run.asked, run.paused_since), (None, Some(9.0)));
}

#[test]
fn leaving_a_live_run_asks_and_does_what_is_chosen() {
    let cases = [('d', None), ('p', Some(Command::Pause)), ('s', Some(Command::Stop))];
    for (key, command) in cases {
        let (mut app, dir) = showing(Status::Running, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('q')]), []);
        assert_eq!(app.dialog, Some(Dialog::Quit));
        let name = dir.id().name().to_owned();
        let exit = Effect::Exit(Some(Farewell { name, told: command }));
        let send = command.map(|command| Effect::Send(dir, command));
        let want: Vec<_> = send.into_iter().chain([exit]).collect();
        assert_eq!(press(&mut app, &[Key::Char(key)]), want);
    }
    let (mut app, _) = showing(Status::Running, Vec::new());
    assert_eq!(press(&mut app, &[Key::Char('q'), Key::Esc]), []);
    assert_eq!(app.dialog, None);
}

#[test]
fn leaving_an_ended_run_asks_nothing() {
    let (mut app, _) = showing(Status::Finished, Vec::new());
    assert_eq!(press(&mut app, &[Key::Char('q')]), [Effect::Exit(None)]);
}

#[test]
fn only_a_run_that_ended_early_can_be_resumed() {
    for status in [Status::Stopped, Status::Failed, Status::Interrupted] {
        let (mut app, dir) = showing(status, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('r')]), [Effect::Resume(dir)]);
    }
    for status in [Status::Running, Status::Paused, Status::Finished] {
        let (mut app, _) = showing(status, Vec::new());
        assert_eq!(press(&mut app, &[Key::Char('r')]), []);
    }
}

#[test]
fn an_update_of_a_run_that_is_not_on_the_screen_changes_nothing() {
    let (mut app, _) = showing(Status::Running, Vec::new());
    let change = Update { state: Some(state(Status::Failed)), ..Update::default() };
    update(&mut app, Msg::Run(dir(2), Box::new(change)));
    assert_eq!(app.run.unwrap().status(), Some(Status::Running));
}

#[test]
fn a_failure_is_told_until_the_next_key() {
    let (mut app, _) = showing(Status::Running, Vec::new());
    press(&mut app, &[Key::Char(' ')]);
    update(&mut app, Msg::Failed("the disk is full".to_owned()));
    assert_eq!(app.notice.as_ref().map(News::text), Some("the disk is full"));
    assert_eq!(app.run.as_ref().unwrap().asked, None);
    press(&mut app, &[Key::Tab]);
    assert_eq!(app.notice, None);
}

#[test]
fn themes_and_panes_go_round() {
    let (mut app, _) = showing(Status::Running, Vec::new());
    press(&mut app, &[Key::Char('t'); 3]);
    assert_eq!(app.theme, 0);
    press(&mut app, &[Key::Tab; Pane::ALL.len()]);
    assert_eq!(app.focus, Pane::Loss);
    press(&mut app, &[Key::BackTab]);
    assert_eq!(app.focus, Pane::Log);
}

#[test]
fn runs_are_asked_for_sorted_and_the_selection_stays_on_its_run() {
    let mut app = app();
    app.screen = Screen::Runs;
    let dirs: Vec<_> = (1..5).map(dir).collect();
    let statuses = [Status::Finished, Status::Stopped, Status::Finished, Status::Failed];
    let runs: Vec<_> = dirs.iter().zip(statuses).map(|(dir, status)| listed(dir, status)).collect();
    update(&mut app, Msg::Runs(runs.clone()));
    press(&mut app, &[Key::Down, Key::Down]);
    let shown = |app: &App| -> Vec<RunDir> {
        let place = |row: &Row| match row {
            Row::Run { place, .. } => *place,
            Row::Group(group) => group.place,
        };
        let listed = |row| app.listed(place(row)).unwrap().clone();
        app.browse.rows().iter().filter_map(|row| listed(row).run()).map(|run| run.dir).collect()
    };
    let type_text = |app: &mut App, text: &str| {
        press(app, &text.chars().map(Key::Char).collect::<Vec<_>>());
    };
    type_text(&mut app, "/state = fin");
    // Half a word asks for nothing yet.
    assert_eq!(shown(&app).len(), 4);
    press(&mut app, &[Key::Tab]);
    assert_eq!(app.browse.text(), "state = finished ");
    assert_eq!(shown(&app), [dirs[0].clone(), dirs[2].clone()]);
    // Keys that act elsewhere are text here; what is not understood leaves the table as it is.
    type_text(&mut app, "and ");
    assert!(app.browse.error().is_some());
    assert_eq!(shown(&app).len(), 2);
    for _ in 0..4 {
        press(&mut app, &[Key::Backspace]);
    }
    type_text(&mut app, "q");
    press(&mut app, &[Key::Backspace, Key::Enter]);
    assert_eq!(app.dialog, None);

    // A new listing is asked the same.
    update(&mut app, Msg::Runs(runs));
    assert_eq!(shown(&app).len(), 2);
    // Escape takes back what was typed since.
    type_text(&mut app, "/zzz");
    press(&mut app, &[Key::Esc]);
    assert_eq!((app.browse.text(), shown(&app).len()), ("state = finished ", 2));

    press(&mut app, &[Key::Down]);
    let selected = app.selected().unwrap().dir.clone();
    press(&mut app, &[Key::Char('O')]);
    assert_eq!(app.selected().unwrap().dir, selected);
}

#[test]
fn marked_runs_are_compared_and_one_is_made_the_baseline() {
    let mut app = app();
    app.screen = Screen::Runs;
    let dirs: Vec<_> = (1..4).map(dir).collect();
    update(&mut app, Msg::Runs(dirs.iter().map(|dir| listed(dir, Status::Finished)).collect()));
    press(&mut app, &[Key::Char('m')]);
    assert_eq!(press(&mut app, &[Key::Char('c')]), []);
    assert!(app.notice.as_ref().unwrap().text().contains("mark another"), "{:?}", app.notice);
    // A mark is taken away by the same key.
    press(&mut app, &[Key::Char('m'), Key::Up, Key::Char(' '), Key::Char('m')]);
    assert_eq!(app.marked, [dirs[0].clone(), dirs[2].clone()]);
    let effects = press(&mut app, &[Key::Char('c')]);
    assert_eq!(effects, [Effect::Compare(vec![dirs[0].clone(), dirs[2].clone()])]);
    assert_eq!(app.screen, Screen::Compare);

    let names = |app: &App| -> Vec<RunDir> {
        app.compare.as_ref().unwrap().runs.iter().map(|run| run.dir.clone()).collect()
    };
    // Another baseline changes no run's place, and so not its colour.
    press(&mut app, &[Key::Down, Key::Char('b')]);
    assert_eq!(names(&app), [dirs[0].clone(), dirs[2].clone()]);
    let effects = press(&mut app, &[Key::Char('p')]);
    assert_eq!(effects, [Effect::Predict([dirs[2].clone(), dirs[0].clone()])]);
    press(&mut app, &[Key::Esc]);
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Follow(dirs[2].clone())]);
    press(&mut app, &[Key::Esc, Key::Char('M')]);
    assert!(app.marked.is_empty());
}

#[test]
fn runs_are_compared_along_steps_epochs_and_time() {
    let mut app = app();
    let second = dir(2);
    app.marked = vec![dir(1), second.clone()];
    app.screen = Screen::Runs;
    press(&mut app, &[Key::Char('c')]);
    let started = Event::started(0);
    let steps = |first, active_seconds| Event::Steps {
        first,
        losses: vec![1.0; 10],
        learning_rate: 0.1,
        active_seconds,
        spent: None,
    };
    let records = [started, steps(1, 5.0), steps(11, 25.0)].map(|event| Record { time: 0.0, event });
    let change = Update { records: records.to_vec(), ..Update::default() };
    update(&mut app, Msg::Compared(second, Box::new(change)));
    let last = |app: &App| {
        let run = &app.compare.as_ref().unwrap().runs[1];
        app.charts.along.end(run)
    };
    let mut ends = Vec::new();
    for _ in 0..4 {
        ends.push(last(&app));
        press(&mut app, &[Key::Char('x')]);
    }
    assert!(ends.iter().zip([2.0, 20.0, 25.0]).all(|(end, want)| (end - want).abs() < 1e-9), "{ends:?}");
}

/// Two runs of two epochs of ten steps beside each other, the second half as fast as the first.
fn compared() -> App {
    let mut app = app();
    let dirs = [dir(1), dir(2)];
    app.marked = dirs.to_vec();
    app.screen = Screen::Runs;
    press(&mut app, &[Key::Char('c')]);
    for (dir, seconds) in dirs.into_iter().zip([5.0, 10.0]) {
        let mut events = vec![Event::started(0)];
        for epoch in 1..=2_u32 {
            let step = u64::from(epoch) * 10;
            events.push(Event::Steps {
                first: step - 9,
                losses: vec![1.0 / epoch as f32; 10],
                learning_rate: 0.1,
                active_seconds: seconds * f64::from(epoch),
                spent: None,
            });
            events.push(Event::Epoch {
                epoch,
                step,
                train_loss: 1.0,
                train_accuracy: 0.5,
                test_loss: 1.0,
                test_accuracy: 0.6 + 0.1 * f64::from(epoch),
                learning_rate: 0.1,
                active_seconds: seconds * f64::from(epoch),
            });
        }
        let records = events.into_iter().map(|event| Record { time: 0.0, event }).collect();
        let change = Update { records, ..Update::default() };
        update(&mut app, Msg::Compared(dir, Box::new(change)));
    }
    app
}

#[test]
fn the_crosshair_walks_from_point_to_point() {
    let mut app = compared();
    let at = |app: &App| app.charts.crosshair;
    press(&mut app, &[Key::Right]);
    assert_eq!(at(&app), Some(2.0), "it begins at the end");
    press(&mut app, &[Key::Left, Key::Left]);
    assert_eq!(at(&app), Some(1.8), "two steps of a tenth of an epoch");
    // Accuracies are there once an epoch.
    press(&mut app, &[Key::Tab, Key::Left]);
    assert_eq!(at(&app), Some(1.0));
    press(&mut app, &[Key::Left]);
    assert_eq!(at(&app), Some(1.0), "there is none before");
    press(&mut app, &[Key::End]);
    assert_eq!(at(&app), Some(2.0));
    // Escape puts it away first, and then leaves.
    press(&mut app, &[Key::Esc]);
    assert_eq!((at(&app), app.screen), (None, Screen::Compare));
    press(&mut app, &[Key::Esc]);
    assert_eq!(app.screen, Screen::Runs);
}

#[test]
fn a_chart_is_zoomed_and_moved_and_seen_whole_again() {
    let mut app = compared();
    let shown = |app: &App| (app.axis().low(), app.axis().high());
    press(&mut app, &[Key::Char('+')]);
    assert_eq!(shown(&app), (1.0, 2.0));
    press(&mut app, &[Key::Char('<'), Key::Char('<')]);
    assert_eq!(shown(&app), (0.5, 1.5));
    // The crosshair takes the window with it.
    press(&mut app, &[Key::Home]);
    assert_eq!(shown(&app), (0.1, 1.1));
    press(&mut app, &[Key::Char('0')]);
    assert_eq!(shown(&app), (0.0, 2.0));
    press(&mut app, &[Key::Esc, Key::Char('+'), Key::Left, Key::Left, Key::Char('x')]);
    let read = app.crosshair().unwrap();
    assert_eq!(shown(&app), (10.0, 20.0), "the same steps along another axis");
    assert!((read - 19.0).abs() < 1e-6, "{read}");
    // What is moved out of sight is read no more.
    press(&mut app, &[Key::Char('<'), Key::Char('<')]);
    assert_eq!(app.crosshair(), None);
}

#[test]
fn a_pause_takes_wall_time_and_no_active_time() {
    let steps = |first: u64, active_seconds| Event::Steps {
        first,
        losses: vec![1.0; 10],
        learning_rate: 0.1,
        active_seconds,
        spent: None,
    };
    let records = [
        (100.0, Event::started(0)),
        (105.0, steps(1, 5.0)),
        (105.0, Event::Paused { step: 10, reason: PauseReason::Command, position: None }),
        (165.0, Event::Resumed { step: 10, position: None }),
        (170.0, steps(11, 10.0)),
    ];
    let mut run = RunView::new(dir(1), Smoothing::default());
    let records = records.map(|(time, event)| Record { time, event }).to_vec();
    run.update(Update { records, ..Update::default() });
    let places =
        |along: Along| [10.0, 11.0, 20.0].map(|step| format!("{:.0}", along.ruler(&run).place(step)));
    assert_eq!(places(Along::ActiveTime), ["5", "6", "10"]);
    assert_eq!(places(Along::WallTime), ["5", "65", "70"]);
}

#[test]
fn steps_that_are_done_again_are_drawn_once() {
    let steps = |first: u64, losses: &[f32], active_seconds| Event::Steps {
        first,
        losses: losses.to_vec(),
        learning_rate: 0.1,
        active_seconds,
        spent: None,
    };
    let started = |step| Event::started(step);
    let view = |events| showing(Status::Running, events).0.run.unwrap();
    let killed = [started(0), steps(1, &[3.0, 2.0, 1.0], 3.0), started(1)];
    // Done again up to step 3, with nothing new to tell; then on.
    let run = view([&killed[..], &[steps(4, &[0.5], 4.0)]].concat());
    assert_eq!((run.loss.raw().points().len(), run.step), (4, 4));
    // Done again, and another way.
    let run = view([&killed[..], &[Event::Rewound { step: 1 }, steps(2, &[2.5], 2.0)]].concat());
    assert_eq!((run.loss.raw().points().len(), run.step), (2, 2));
}

/// The runs screen with three finished runs, the second with another seed, the third with another learning rate.
fn browsing() -> (App, Vec<RunDir>) {
    let mut app = app();
    app.screen = Screen::Runs;
    let dirs: Vec<_> = (1..4).map(dir).collect();
    let runs = dirs.iter().zip([(0.01, 1), (0.01, 2), (0.1, 1)]).map(|(dir, (learning_rate, seed))| {
        let Listed::Run(run) = listed(dir, Status::Finished) else { unreachable!() };
        let mut run = Arc::unwrap_or_clone(run);
        run.record.config.seed = seed;
        run.record.config.optimizer = Optimizer::Sgd { learning_rate, momentum: 0.5 };
        run.record.summary.best_test_accuracy = Some(learning_rate + seed as f64);
        Listed::Run(Arc::new(run))
    });
    let runs = runs.collect();
    update(&mut app, Msg::Runs(runs));
    (app, dirs)
}

fn type_text(app: &mut App, text: &str) -> Vec<Effect> {
    press(app, &text.chars().map(Key::Char).collect::<Vec<_>>())
}

#[test]
fn a_new_run_has_the_settings_of_the_selected_one_and_what_is_typed() {
    let (mut app, _) = browsing();
    press(&mut app, &[Key::Down, Key::Down, Key::Char('n')]);
    let effects = press(&mut app, &[Key::Enter]);
    let [Effect::Train(config)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!((config.optimizer.learning_rate() - 0.1).abs() < 1e-12);

    let effects = press(&mut app, &[Key::Char('n'), Key::Ctrl('n')]);
    assert!(matches!(effects.as_slice(), [Effect::Sweep(configs)] if configs.len() == 1), "{effects:?}");
    assert_eq!(app.screen, Screen::Runs);

    press(&mut app, &[Key::Char('n')]);
    let rate = app.form.as_ref().unwrap().fields.iter().position(|field| field.name == "learning-rate");
    press(&mut app, &vec![Key::Down; rate.unwrap()]);
    type_text(&mut app, ", 0.2, 0.3");
    let effects = press(&mut app, &[Key::Enter]);
    let [Effect::Sweep(configs)] = effects.as_slice() else { panic!("{effects:?}") };
    let rates: Vec<f64> = configs.iter().map(|config| config.optimizer.learning_rate()).collect();
    assert!(rates.iter().zip([0.1, 0.2, 0.3]).all(|(rate, want)| (rate - want).abs() < 1e-12), "{rates:?}");

    press(&mut app, &[Key::Char('n')]);
    type_text(&mut app, "x");
    assert_eq!(press(&mut app, &[Key::Enter]), []);
    assert_eq!(app.form.unwrap().problem.unwrap(), "there is no preset `cnnx`; there are: cnn, dnn");
}

#[test]
fn the_offer_to_train_can_be_changed_first() {
    let mut app = app();
    update(&mut app, Msg::Runs(Vec::new()));
    press(&mut app, &[Key::Down, Key::Char('e')]);
    let effects = press(&mut app, &[Key::Enter]);
    assert!(matches!(effects.as_slice(), [Effect::Train(config)] if config.preset == "dnn"), "{effects:?}");
}

#[test]
fn what_is_thrown_away_is_brought_back_the_last_first() {
    let (mut app, dirs) = browsing();
    assert_eq!(press(&mut app, &[Key::Char('d')]), [Effect::ThrowAway(dirs[0].clone())]);
    let [first, second] = [&dirs[0], &dirs[1]].map(|dir| dir.id().clone());
    assert_eq!(press(&mut app, &[Key::Char('u')]), []);
    update(&mut app, Msg::ThrownAway(vec![first.clone()]));
    assert!(app.notice.as_ref().unwrap().text().contains("u brings it back"));
    update(&mut app, Msg::ThrownAway(vec![second.clone()]));
    assert_eq!(press(&mut app, &[Key::Char('u')]), [Effect::Restore(vec![second])]);
    assert_eq!(press(&mut app, &[Key::Char('u')]), [Effect::Restore(vec![first])]);
}

#[test]
fn groups_have_mean_and_spread_and_open() {
    let (mut app, dirs) = browsing();
    press(&mut app, &[Key::Down, Key::Char('v')]);
    let [Row::Group(one), Row::Group(other)] = app.browse.rows() else { panic!("{:?}", app.browse.rows()) };
    assert_eq!((one.runs, other.runs), (2, 1));
    assert!((one.best.mean.unwrap() - 1.51).abs() < 1e-9 && one.best.deviation.is_some());
    press(&mut app, &[Key::Home, Key::Enter]);
    assert_eq!(app.browse.rows().len(), 4);
    press(&mut app, &[Key::Down]);
    assert_eq!(app.selected().unwrap().dir, dirs[0]);
    // A new listing leaves the group open and the run selected.
    let runs = app.runs.clone().unwrap();
    update(&mut app, Msg::Runs(runs));
    assert_eq!((app.browse.rows().len(), &app.selected().unwrap().dir), (4, &dirs[0]));
    press(&mut app, &[Key::Up, Key::Enter]);
    assert_eq!(app.browse.rows().len(), 2);
}

#[test]
fn a_fork_is_begun_from_the_runs_and_from_a_run() {
    let (mut app, dirs) = browsing();
    press(&mut app, &[Key::Char('F'), Key::Down, Key::Down, Key::Ctrl('u')]);
    type_text(&mut app, "60");
    let change = Change { epochs: Some(60), ..Change::default() };
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Fork(dirs[0].clone(), CheckpointName::Last, change)]);
    let (mut app, dir) = showing(Status::Finished, Vec::new());
    // Nothing can be asked before its record is read.
    app.run.as_mut().unwrap().record = None;
    press(&mut app, &[Key::Char('F')]);
    assert_eq!(app.dialog, None);
    app.run.as_mut().unwrap().record = listed(&dir, Status::Finished).run().map(|run| run.record);
    let effects = press(&mut app, &[Key::Char('F'), Key::Enter]);
    assert_eq!(effects, [Effect::Fork(dir, CheckpointName::Last, Change::default())]);
}

#[test]
fn a_group_counts_what_is_finished_and_each_seed_once() {
    let (mut app, _) = browsing();
    let changed = |listed: &Listed, seed, status| {
        let mut run = listed.clone().run().unwrap();
        run.record.config.seed = seed;
        run.record.config.optimizer = Optimizer::SGD;
        run.state = state(status);
        Listed::Run(Arc::new(run))
    };
    let runs = app.runs.clone().unwrap();
    let told = |app: &mut App, states: [(u64, Status); 3]| {
        let runs = runs.iter().zip(states).map(|(run, (seed, status))| changed(run, seed, status)).collect();
        update(app, Msg::Runs(runs));
        let [Row::Group(group)] = app.browse.rows() else { panic!("{:?}", app.browse.rows()) };
        (group.runs, group.best.count)
    };
    type_text(&mut app, "v");
    let finished = Status::Finished;
    assert_eq!(told(&mut app, [(1, finished), (2, finished), (3, finished)]), (3, 3));
    assert_eq!(told(&mut app, [(1, finished), (2, finished), (2, finished)]), (3, 2));
    assert_eq!(told(&mut app, [(1, finished), (2, Status::Stopped), (3, Status::Running)]), (3, 1));
}

#[test]
fn a_question_that_is_not_understood_stays_open_and_values_are_asked_for_as_they_are_typed() {
    let (mut app, dirs) = browsing();
    type_text(&mut app, "/lr > 0.0");
    assert_eq!(app.browse.rows().len(), 3);
    type_text(&mut app, "5");
    assert_eq!(app.browse.rows().len(), 1, "{:?} is asked for although it could go on", app.browse.text());
    type_text(&mut app, " and bestacc > 1");
    press(&mut app, &[Key::Enter]);
    assert_eq!(app.dialog, Some(Dialog::Search));
    assert!(app.browse.error().unwrap().to_string().contains("no field `bestacc`"));
    press(&mut app, &[Key::Ctrl('u')]);
    assert_eq!(app.browse.text(), "");
    press(&mut app, &[Key::Enter]);
    assert_eq!((app.dialog, app.browse.rows().len()), (None, dirs.len()));
}

#[test]
fn a_run_is_labelled_as_it_is_typed() {
    let (mut app, dirs) = browsing();
    press(&mut app, &[Key::Char('e'), Key::Down]);
    type_text(&mut app, "good slow");
    let tags = Some(vec!["good".to_owned(), "slow".to_owned()]);
    let labels = Labels { tags, ..Labels::default() };
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Label(dirs[0].clone(), labels)]);
    // Nothing changed, nothing done.
    assert_eq!(press(&mut app, &[Key::Char('e'), Key::Enter]), []);
}

#[test]
fn the_queue_is_paused_and_put_in_another_order() {
    let (mut app, dirs) = browsing();
    assert_eq!(type_text(&mut app, "pKX"), []);
    let queue = Queue { runs: vec![dirs[1].id().clone(), dirs[0].id().clone()], ..Queue::default() };
    update(&mut app, Msg::Queue(queue.clone(), true));
    assert_eq!(type_text(&mut app, "p"), [Effect::Queue(QueueChange::Pause)]);
    assert_eq!(type_text(&mut app, "K"), [Effect::Queue(QueueChange::Shift(dirs[0].id().clone(), -1))]);
    update(&mut app, Msg::Queue(Queue { paused: true, ..queue }, true));
    assert_eq!(type_text(&mut app, "p"), [Effect::Queue(QueueChange::Go)]);
    assert_eq!(type_text(&mut app, "X"), [Effect::Queue(QueueChange::Empty)]);
}

#[test]
fn what_was_chosen_is_remembered() {
    let (mut app, _) = browsing();
    type_text(&mut app, "/lr > 0.02");
    press(&mut app, &[Key::Enter]);
    type_text(&mut app, "ovC  ");
    press(&mut app, &[Key::Right, Key::Esc]);
    app.charts.along = Along::ActiveTime;
    app.trash = vec![vec![dir(9).id().clone()]];
    let memory = app.memory();
    let text = serde_json::to_string(&memory).unwrap();
    let mut next = self::app();
    next.recall(&serde_json::from_str(&text).unwrap());
    assert_eq!((next.memory(), next.browse.text()), (memory, "lr > 0.02"));
    update(&mut next, Msg::Runs(app.runs.clone().unwrap()));
    assert_eq!(next.browse.rows(), app.browse.rows());
    // What another version wrote is as at first.
    let mut next = self::app();
    next.recall(
        &serde_json::from_str("{\"columns\": [\"size\"], \"sort\": \"-size\", \"query\": \"(\"}").unwrap(),
    );
    assert_eq!(next.memory(), self::app().memory());
}

#[test]
fn predictions_of_the_selected_run_are_measured_against_the_first() {
    let (mut app, dirs) = (app(), [dir(1), dir(2), dir(3)]);
    app.compare = Some(Compare::new(&dirs, Smoothing::default()));
    app.screen = Screen::Compare;
    let pair = |other: usize| [dirs[0].clone(), dirs[other].clone()];
    assert_eq!(
        press(&mut app, &[Key::Char('p')]),
        [Effect::Predict(pair(1))],
        "the second where the first is"
    );
    assert_eq!(
        press(&mut app, &[Key::Esc, Key::End, Key::Down, Key::Down, Key::Char('p')]),
        [Effect::Predict(pair(2))]
    );
    let failed = |reason: &str| Box::new(Err(reason.to_owned()));
    update(&mut app, Msg::Predicted(pair(1), failed("of the pair before")));
    assert_eq!(app.predictions.as_ref().unwrap().answer, None);
    update(&mut app, Msg::Predicted(pair(2), failed("no")));
    assert_eq!(app.predictions.as_ref().unwrap().answer, Some(Err("no".to_owned())));
    press(&mut app, &[Key::Down, Key::Tab, Key::Esc]);
    assert_eq!(app.screen, Screen::Compare);
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
        let optimizer = Optimizer::Sgd { learning_rate: rate, momentum: 0.5 };
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
        assert_eq!(app.screen, Screen::Rates);
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

#[test]
fn a_run_that_has_not_begun_is_in_the_group_that_it_will_be_in() {
    let (mut app, _) = browsing();
    let with_data = |listed: &Listed, checksum: Option<&str>| {
        let mut run = listed.clone().run().unwrap();
        run.record.provenance.dataset = checksum.map(|checksum| DataInfo {
            description: String::new(),
            train: 1,
            test: 1,
            checksum: checksum.to_owned(),
            source: String::new(),
        });
        Listed::Run(Arc::new(run))
    };
    let sizes = |app: &App| -> Vec<usize> {
        let size = |row: &Row| match row {
            Row::Group(group) => group.runs,
            Row::Run { .. } => 0,
        };
        app.browse.rows().iter().map(size).collect()
    };
    type_text(&mut app, "v");
    let runs = app.runs.clone().unwrap();
    for (data, want) in [
        ([None, Some("a"), Some("a")], vec![2, 1]),
        ([Some("b"), Some("a"), None], vec![1, 1, 1]),
        ([None, None, None], vec![2, 1]),
    ] {
        update(&mut app, Msg::Runs(runs.iter().zip(data).map(|(run, data)| with_data(run, data)).collect()));
        assert_eq!(sizes(&app), want, "{data:?}");
    }
}

#[test]
fn what_is_thrown_away_is_not_marked_any_more() {
    let (mut app, dirs) = browsing();
    type_text(&mut app, "mm");
    update(&mut app, Msg::ThrownAway(vec![dirs[0].id().clone()]));
    assert_eq!(app.marked, [dirs[1].clone()]);
}
