//! The runs screen.

use super::*;
use crate::app::Form;

#[test]
fn a_query_filters_runs_and_the_selection_stays_on_its_run() {
    let mut app = app();
    app.screen = Screen::Runs;
    let ids: Vec<_> = (1..5).map(run_id).collect();
    let statuses = [RunStatus::Finished, RunStatus::Stopped, RunStatus::Finished, RunStatus::Failed];
    let runs: Vec<_> = ids.iter().zip(statuses).map(|(id, status)| listed(id, status)).collect();
    update(&mut app, Msg::Runs(runs.clone()));
    press(&mut app, &[Key::Down, Key::Down]);
    let shown = |app: &App| -> Vec<RunId> {
        let index = |row: &Row| match row {
            Row::Run { index, .. } => *index,
            Row::Group(group) => group.first(),
        };
        let listed = |row| app.shared.listed(index(row)).unwrap().clone();
        app.shared
            .table
            .rows()
            .iter()
            .filter_map(|row| listed(row).run())
            .map(|run| run.manifest.id)
            .collect()
    };
    let type_text = |app: &mut App, text: &str| {
        press(app, &text.chars().map(Key::Char).collect::<Vec<_>>());
    };
    type_text(&mut app, "/state = fin");
    // An incomplete condition filters nothing yet.
    assert_eq!(shown(&app).len(), 4);
    press(&mut app, &[Key::Tab]);
    assert_eq!(app.shared.table.text(), "state = finished ");
    assert_eq!(shown(&app), [ids[0].clone(), ids[2].clone()]);
    // Keys with actions elsewhere are text here; an invalid query leaves the table unchanged.
    type_text(&mut app, "and ");
    assert!(app.shared.table.error().is_some());
    assert_eq!(shown(&app).len(), 2);
    for _ in 0..4 {
        press(&mut app, &[Key::Backspace]);
    }
    type_text(&mut app, "q");
    press(&mut app, &[Key::Backspace, Key::Enter]);
    assert_eq!(app.dialog, None);

    // The query also filters a new list.
    update(&mut app, Msg::Runs(runs));
    assert_eq!(shown(&app).len(), 2);
    // Escape restores the query from before typing.
    type_text(&mut app, "/zzz");
    press(&mut app, &[Key::Esc]);
    assert_eq!((app.shared.table.text(), shown(&app).len()), ("state = finished ", 2));

    press(&mut app, &[Key::Down]);
    let selected = app.shared.selected().unwrap().manifest.id.clone();
    press(&mut app, &[Key::Char('O')]);
    assert_eq!(app.shared.selected().unwrap().manifest.id, selected);
}

/// The runs screen with three finished runs, the second with another seed, the third with another learning rate.
fn on_runs() -> (App, Vec<RunId>) {
    let mut app = app();
    app.screen = Screen::Runs;
    let ids: Vec<_> = (1..4).map(run_id).collect();
    let runs = ids.iter().zip([(0.01, 1), (0.01, 2), (0.1, 1)]).map(|(id, (learning_rate, seed))| {
        let Listing::Run(run) = listed(id, RunStatus::Finished) else { unreachable!() };
        let mut run = Arc::unwrap_or_clone(run);
        run.manifest.config.seed = seed;
        run.manifest.config.optimizer = OptimizerSettings::Sgd { learning_rate, momentum: 0.5 };
        run.manifest.summary.best_test_accuracy = Some(learning_rate + seed as f64);
        Listing::Run(Arc::new(run))
    });
    let runs = runs.collect();
    update(&mut app, Msg::Runs(runs));
    (app, ids)
}

fn form(app: &App) -> &Form {
    match &app.dialog {
        Some(Dialog::Form(form)) => form,
        other => panic!("{other:?}"),
    }
}

fn type_text(app: &mut App, text: &str) -> Vec<Effect> {
    press(app, &text.chars().map(Key::Char).collect::<Vec<_>>())
}

#[test]
fn a_new_run_has_the_settings_of_the_selected_one_and_what_is_typed() {
    let (mut app, _) = on_runs();
    press(&mut app, &[Key::Down, Key::Down, Key::Char('n')]);
    let effects = press(&mut app, &[Key::Enter]);
    let [Effect::Train(config)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!((config.optimizer.learning_rate() - 0.1).abs() < 1e-12);

    let effects = press(&mut app, &[Key::Char('n'), Key::Ctrl('n')]);
    assert!(matches!(effects.as_slice(), [Effect::Enqueue(configs)] if configs.len() == 1), "{effects:?}");
    assert!(matches!(app.screen, Screen::Runs));

    press(&mut app, &[Key::Char('n')]);
    let rate = form(&app).fields.iter().position(|field| field.name == "learning-rate");
    press(&mut app, &vec![Key::Down; rate.unwrap()]);
    type_text(&mut app, ", 0.2, 0.3");
    let effects = press(&mut app, &[Key::Enter]);
    let [Effect::Enqueue(configs)] = effects.as_slice() else { panic!("{effects:?}") };
    let rates: Vec<f64> = configs.iter().map(|config| config.optimizer.learning_rate()).collect();
    assert!(rates.iter().zip([0.1, 0.2, 0.3]).all(|(rate, want)| (rate - want).abs() < 1e-12), "{rates:?}");

    press(&mut app, &[Key::Char('n')]);
    type_text(&mut app, "x");
    assert_eq!(press(&mut app, &[Key::Enter]), []);
    assert_eq!(form(&app).problem.clone().unwrap(), "unknown preset 'cnnx'; the presets are cnn, dnn");
}

#[test]
fn undo_restores_the_last_deletion_first() {
    let (mut app, ids) = on_runs();
    assert_eq!(press(&mut app, &[Key::Char('d')]), [Effect::Delete(ids[0].clone())]);
    let [first, second] = [&ids[0], &ids[1]].map(Clone::clone);
    assert_eq!(press(&mut app, &[Key::Char('u')]), []);
    update(&mut app, Msg::Deleted(vec![first.clone()]));
    assert!(app.shared.notice.as_ref().unwrap().text().contains("u restores it"));
    update(&mut app, Msg::Deleted(vec![second.clone()]));
    assert_eq!(press(&mut app, &[Key::Char('u')]), [Effect::Restore(vec![second])]);
    assert_eq!(press(&mut app, &[Key::Char('u')]), [Effect::Restore(vec![first])]);
}

#[test]
fn groups_have_mean_and_spread_and_open() {
    let (mut app, ids) = on_runs();
    press(&mut app, &[Key::Down, Key::Char('v')]);
    let [Row::Group(one), Row::Group(other)] = app.shared.table.rows() else {
        panic!("{:?}", app.shared.table.rows())
    };
    assert_eq!((one.indices.len(), other.indices.len()), (2, 1));
    assert!((one.best.mean.unwrap() - 1.51).abs() < 1e-9 && one.best.deviation.is_some());
    press(&mut app, &[Key::Home, Key::Enter]);
    assert_eq!(app.shared.table.rows().len(), 4);
    press(&mut app, &[Key::Down]);
    assert_eq!(app.shared.selected().unwrap().manifest.id, ids[0]);
    // A new list keeps the group open and the run selected.
    let runs = app.shared.runs.clone().unwrap();
    update(&mut app, Msg::Runs(runs));
    assert_eq!((app.shared.table.rows().len(), &app.shared.selected().unwrap().manifest.id), (4, &ids[0]));
    press(&mut app, &[Key::Up, Key::Enter]);
    assert_eq!(app.shared.table.rows().len(), 2);
}

#[test]
fn runs_can_be_forked_from_the_table_and_from_the_live_screen() {
    let (mut app, ids) = on_runs();
    press(&mut app, &[Key::Char('F'), Key::Down, Key::Down, Key::Ctrl('u')]);
    type_text(&mut app, "60");
    let change = Change { epochs: Some(60), ..Change::default() };
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Fork(ids[0].clone(), CheckpointName::Last, change)]);
    let (mut app, id) = showing(RunStatus::Finished, Vec::new());
    // Its settings are unknown until its manifest has been read.
    app.shared.run.as_mut().unwrap().manifest = None;
    press(&mut app, &[Key::Char('F')]);
    assert_eq!(app.dialog, None);
    app.shared.run.as_mut().unwrap().manifest =
        listed(&id, RunStatus::Finished).run().map(|run| run.manifest);
    let effects = press(&mut app, &[Key::Char('F'), Key::Enter]);
    assert_eq!(effects, [Effect::Fork(id, CheckpointName::Last, Change::default())]);
}

#[test]
fn a_group_counts_what_is_finished_and_each_seed_once() {
    let (mut app, _) = on_runs();
    let changed = |listed: &Listing, seed, status| {
        let mut run = listed.clone().run().unwrap();
        run.manifest.config.seed = seed;
        run.manifest.config.optimizer = OptimizerSettings::SGD;
        run.state = state(status);
        Listing::Run(Arc::new(run))
    };
    let runs = app.shared.runs.clone().unwrap();
    let counts = |app: &mut App, states: [(u64, RunStatus); 3]| {
        let runs = runs.iter().zip(states).map(|(run, (seed, status))| changed(run, seed, status)).collect();
        update(app, Msg::Runs(runs));
        let [Row::Group(group)] = app.shared.table.rows() else { panic!("{:?}", app.shared.table.rows()) };
        (group.indices.len(), group.best.count)
    };
    type_text(&mut app, "v");
    let finished = RunStatus::Finished;
    assert_eq!(counts(&mut app, [(1, finished), (2, finished), (3, finished)]), (3, 3));
    assert_eq!(counts(&mut app, [(1, finished), (2, finished), (2, finished)]), (3, 2));
    assert_eq!(counts(&mut app, [(1, finished), (2, RunStatus::Stopped), (3, RunStatus::Running)]), (3, 1));
}

#[test]
fn an_invalid_query_stays_open_and_numbers_apply_as_they_are_typed() {
    let (mut app, ids) = on_runs();
    type_text(&mut app, "/lr > 0.0");
    assert_eq!(app.shared.table.rows().len(), 3);
    type_text(&mut app, "5");
    assert_eq!(
        app.shared.table.rows().len(),
        1,
        "{:?} applies although it could be continued",
        app.shared.table.text()
    );
    type_text(&mut app, " and bestacc > 1");
    press(&mut app, &[Key::Enter]);
    assert!(matches!(app.dialog, Some(Dialog::Search(_))));
    assert!(app.shared.table.error().unwrap().to_string().contains("unknown field 'bestacc'"));
    press(&mut app, &[Key::Ctrl('u')]);
    assert_eq!(app.shared.table.text(), "");
    press(&mut app, &[Key::Enter]);
    assert_eq!((&app.dialog, app.shared.table.rows().len()), (&None, ids.len()));
}

#[test]
fn a_run_is_labelled_as_it_is_typed() {
    let (mut app, ids) = on_runs();
    press(&mut app, &[Key::Char('e'), Key::Down]);
    type_text(&mut app, "good slow");
    let tags = Some(vec!["good".to_owned(), "slow".to_owned()]);
    let labels = RunLabels { tags, ..RunLabels::default() };
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Label(ids[0].clone(), labels)]);
    // Without a change, there is no effect.
    assert_eq!(press(&mut app, &[Key::Char('e'), Key::Enter]), []);
}

#[test]
fn the_queue_can_be_paused_and_reordered() {
    let (mut app, ids) = on_runs();
    assert_eq!(type_text(&mut app, "pKX"), []);
    let queue = Queue { runs: vec![ids[1].clone(), ids[0].clone()], ..Queue::default() };
    update(&mut app, Msg::Queue(queue.clone(), QueueWorker::Running));
    assert_eq!(type_text(&mut app, "p"), [Effect::Queue(QueueChange::Pause)]);
    assert_eq!(type_text(&mut app, "K"), [Effect::Queue(QueueChange::Shift(ids[0].clone(), -1))]);
    update(&mut app, Msg::Queue(Queue { paused: true, ..queue }, QueueWorker::Running));
    assert_eq!(type_text(&mut app, "p"), [Effect::Queue(QueueChange::Resume)]);
    assert_eq!(type_text(&mut app, "X"), [Effect::Queue(QueueChange::Empty)]);
}

#[test]
fn the_view_state_survives_a_restart() {
    let (mut app, _) = on_runs();
    type_text(&mut app, "/lr > 0.02");
    press(&mut app, &[Key::Enter]);
    type_text(&mut app, "ovC  ");
    press(&mut app, &[Key::Right, Key::Esc]);
    app.shared.charts.along = XAxis::ActiveTime;
    app.shared.undoable_deletions = vec![vec![run_id(9).clone()]];
    let state = app.shared.view_state();
    let text = serde_json::to_string(&state).unwrap();
    let mut next = self::app();
    next.shared.restore(&serde_json::from_str(&text).unwrap());
    assert_eq!((next.shared.view_state(), next.shared.table.text()), (state, "lr > 0.02"));
    assert!(
        next.shared.undoable_deletions.is_empty(),
        "u undoes only what was deleted since the dashboard was opened"
    );
    update(&mut next, Msg::Runs(app.shared.runs.clone().unwrap()));
    assert_eq!(next.shared.table.rows(), app.shared.table.rows());
    // A view state that cannot be read is replaced by the default.
    let mut next = self::app();
    next.shared.restore(
        &serde_json::from_str("{\"columns\": [\"size\"], \"sort\": \"-size\", \"query\": \"(\"}").unwrap(),
    );
    assert_eq!(next.shared.view_state(), self::app().shared.view_state());
}

#[test]
fn a_run_that_has_not_begun_is_in_the_group_that_it_will_be_in() {
    let (mut app, _) = on_runs();
    let with_data = |listed: &Listing, checksum: Option<&str>| {
        let mut run = listed.clone().run().unwrap();
        run.manifest.provenance.dataset = checksum.map(|checksum| DataInfo {
            description: String::new(),
            train: 1,
            test: 1,
            checksum: checksum.to_owned(),
            source: String::new(),
        });
        Listing::Run(Arc::new(run))
    };
    let sizes = |app: &App| -> Vec<usize> {
        let size = |row: &Row| match row {
            Row::Group(group) => group.indices.len(),
            Row::Run { .. } => 0,
        };
        app.shared.table.rows().iter().map(size).collect()
    };
    type_text(&mut app, "v");
    let runs = app.shared.runs.clone().unwrap();
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
fn deleted_runs_are_unmarked() {
    let (mut app, ids) = on_runs();
    type_text(&mut app, "mm");
    update(&mut app, Msg::Deleted(vec![ids[0].clone()]));
    assert_eq!(app.shared.marked, [ids[1].clone()]);
}

#[test]
fn a_held_key_deletes_one_run() {
    let (mut app, ids) = on_runs();
    let hold =
        |app: &mut App| (0..20).flat_map(|_| update(app, Msg::Repeat(Key::Char('d')))).collect::<Vec<_>>();
    assert_eq!(press(&mut app, &[Key::Char('d')]), [Effect::Delete(ids[0].clone())]);
    assert_eq!(hold(&mut app), []);
    update(&mut app, Msg::Deleted(vec![ids[0].clone()]));
    assert_eq!(hold(&mut app), []);
    assert!(app.shared.notice.as_ref().unwrap().text().contains("u restores it"), "the notice stays");
    // Other keys repeat.
    update(&mut app, Msg::Repeat(Key::Down));
    assert_eq!(app.shared.selected().unwrap().manifest.id, ids[2]);
}

#[test]
fn a_run_is_deleted_once_however_late_the_list_is() {
    let (mut app, ids) = on_runs();
    let runs = app.shared.runs.clone().unwrap();
    assert_eq!(press(&mut app, &[Key::Char('d')]), [Effect::Delete(ids[0].clone())]);
    assert_eq!(press(&mut app, &[Key::Char('d')]), []);
    update(&mut app, Msg::Deleted(vec![ids[0].clone()]));
    assert_eq!(app.shared.selected().unwrap().manifest.id, ids[1], "it has left the list");
    // A list that was read before the deletion.
    update(&mut app, Msg::Runs(runs.clone()));
    assert_eq!(app.shared.runs.as_ref().unwrap().len(), runs.len() - 1);
    assert_eq!(app.shared.selected().unwrap().manifest.id, ids[1]);
    update(&mut app, Msg::Runs(runs[1..].to_vec()));
    // The run is restored.
    update(&mut app, Msg::Runs(runs.clone()));
    assert_eq!(app.shared.runs.as_ref().unwrap().len(), runs.len());

    // A run that could not be deleted stays.
    press(&mut app, &[Key::Home, Key::Char('d')]);
    update(&mut app, Msg::Failed("it trains".to_owned()));
    update(&mut app, Msg::Runs(runs.clone()));
    assert_eq!(app.shared.runs.as_ref().unwrap().len(), runs.len());
}

#[test]
fn pasted_text_is_typed_into_text_fields_and_ignored_elsewhere() {
    let (mut app, _) = on_runs();
    assert_eq!(update(&mut app, Msg::Paste("new name\nd\r".to_owned())), []);
    assert!(app.shared.notice.as_ref().unwrap().text().starts_with("pasted text is ignored"));
    press(&mut app, &[Key::Char('e'), Key::Ctrl('u')]);
    assert_eq!(update(&mut app, Msg::Paste("two\r\nlines\tof\u{1b}[A text\n".to_owned())), []);
    let Some(Dialog::Form(form)) = &app.dialog else { panic!("{:?}", app.dialog) };
    assert_eq!(form.fields[0].text, "two lines of[A text");
    press(&mut app, &[Key::Esc, Key::Char('/')]);
    update(&mut app, Msg::Paste("preset = cnn\n".to_owned()));
    assert_eq!(app.shared.table.text(), "preset = cnn");
}

#[test]
fn marking_a_group_marks_its_runs() {
    let (mut app, ids) = on_runs();
    press(&mut app, &[Key::Char('v'), Key::Home, Key::Char('m')]);
    assert_eq!(app.shared.marked, [ids[0].clone(), ids[1].clone()]);
    press(&mut app, &[Key::Home, Key::Char('m')]);
    assert_eq!(app.shared.marked, []);
}

#[test]
fn the_first_line_of_the_menu_is_the_last_run_unless_one_is_live() {
    let (mut app, ids) = on_runs();
    press(&mut app, &[Key::Esc]);
    assert!(matches!(app.screen, Screen::Home), "{:?}", app.screen);
    app.shared.menu_row = 0;
    let first = |app: &App| match app.shared.menu()[0] {
        MenuItem::Attach(run) => ("attach", run.manifest.id.clone()),
        MenuItem::Last(run) => ("last", run.manifest.id.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(first(&app), ("last", ids[0].clone()));
    let mut opened = app.clone();
    assert_eq!(press(&mut opened, &[Key::Enter]), [Effect::Follow(ids[0].clone())], "nothing trains");

    let mut runs = app.shared.runs.clone().unwrap();
    let set = |runs: &mut Vec<Listing>, index: usize, status| {
        let Listing::Run(run) = &mut runs[index] else { panic!() };
        Arc::make_mut(run).state = state(status);
    };
    set(&mut runs, 0, RunStatus::Interrupted);
    update(&mut app, Msg::Runs(runs.clone()));
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Resume(ids[0].clone())]);
    set(&mut runs, 1, RunStatus::Running);
    update(&mut app, Msg::Runs(runs));
    assert_eq!(first(&app), ("attach", ids[1].clone()));
}
