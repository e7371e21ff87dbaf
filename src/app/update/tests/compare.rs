//! The comparison screen and its curves.

use super::*;
use crate::app::Predictions;

fn comparison(app: &App) -> &Compare {
    match &app.screen {
        Screen::Compare(compare) => compare,
        other => panic!("{other:?}"),
    }
}

fn predictions_shown(app: &App) -> &Predictions {
    match &app.screen {
        Screen::Predictions(predictions) => predictions,
        other => panic!("{other:?}"),
    }
}

#[test]
fn marked_runs_are_compared_with_a_baseline() {
    let mut app = app();
    app.screen = Screen::Runs;
    let ids: Vec<_> = (1..4).map(run_id).collect();
    update(&mut app, Msg::Runs(ids.iter().map(|id| listed(id, RunStatus::Finished)).collect()));
    press(&mut app, &[Key::Char('m')]);
    assert_eq!(press(&mut app, &[Key::Char('c')]), []);
    assert!(app.shared.notice.as_ref().unwrap().text().contains("mark another"), "{:?}", app.shared.notice);
    // The same key removes a mark.
    press(&mut app, &[Key::Char('m'), Key::Up, Key::Char(' '), Key::Char('m')]);
    assert_eq!(app.shared.marked, [ids[0].clone(), ids[2].clone()]);
    let effects = press(&mut app, &[Key::Char('c')]);
    assert_eq!(effects, [Effect::Compare(vec![ids[0].clone(), ids[2].clone()])]);
    assert!(matches!(app.screen, Screen::Compare(_)));

    let names = |app: &App| -> Vec<RunId> { comparison(app).runs.iter().map(|run| run.id.clone()).collect() };
    // Another baseline leaves the order of the runs, and so their colours, unchanged.
    press(&mut app, &[Key::Down, Key::Char('b')]);
    assert_eq!(names(&app), [ids[0].clone(), ids[2].clone()]);
    let effects = press(&mut app, &[Key::Char('p')]);
    assert_eq!(effects, [Effect::Predict([ids[2].clone(), ids[0].clone()])]);
    press(&mut app, &[Key::Esc]);
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Follow(ids[2].clone())]);
    press(&mut app, &[Key::Esc, Key::Char('M')]);
    assert!(app.shared.marked.is_empty());
}

#[test]
fn the_x_axis_cycles_through_epochs_steps_and_time() {
    let mut app = app();
    let second = run_id(2);
    app.shared.marked = vec![run_id(1), second.clone()];
    app.screen = Screen::Runs;
    press(&mut app, &[Key::Char('c')]);
    let started = Event::started(0);
    let steps = |first, active_seconds| {
        Event::Steps(StepBatch {
            first,
            losses: vec![1.0; 10],
            learning_rate: 0.1,
            active_seconds,
            spent: None,
        })
    };
    let entries = [started, steps(1, 5.0), steps(11, 25.0)].map(|event| JournalEntry { time: 0.0, event });
    let change = Update { entries: entries.to_vec(), ..Update::default() };
    update(&mut app, Msg::Compared(second, Box::new(change)));
    let last = |app: &App| {
        let run = &comparison(app).runs[1];
        app.shared.charts.along.end(run)
    };
    let mut ends = Vec::new();
    for _ in 0..4 {
        ends.push(last(&app));
        press(&mut app, &[Key::Char('x')]);
    }
    assert!(ends.iter().zip([2.0, 20.0, 25.0]).all(|(end, want)| (end - want).abs() < 1e-9), "{ends:?}");
}

/// The comparison of two runs of two epochs of ten steps each, the second run half as fast as the first.
fn compared() -> App {
    let mut app = app();
    let ids = [run_id(1), run_id(2)];
    app.shared.marked = ids.to_vec();
    app.screen = Screen::Runs;
    press(&mut app, &[Key::Char('c')]);
    for (id, seconds) in ids.into_iter().zip([5.0, 10.0]) {
        let mut events = vec![Event::started(0)];
        for epoch in 1..=2_u32 {
            let step = u64::from(epoch) * 10;
            events.push(Event::Steps(StepBatch {
                first: step - 9,
                losses: vec![1.0 / epoch as f32; 10],
                learning_rate: 0.1,
                active_seconds: seconds * f64::from(epoch),
                spent: None,
            }));
            events.push(Event::Epoch(EpochReport {
                epoch,
                step,
                train_loss: 1.0,
                train_accuracy: 0.5,
                test_loss: 1.0,
                test_accuracy: 0.6 + 0.1 * f64::from(epoch),
                learning_rate: 0.1,
                active_seconds: seconds * f64::from(epoch),
                ..EpochReport::default()
            }));
        }
        let entries = events.into_iter().map(|event| JournalEntry { time: 0.0, event }).collect();
        let change = Update { entries, ..Update::default() };
        update(&mut app, Msg::Compared(id, Box::new(change)));
    }
    app
}

#[test]
fn the_crosshair_walks_from_point_to_point() {
    let mut app = compared();
    let at = |app: &App| app.shared.charts.crosshair;
    press(&mut app, &[Key::Right]);
    assert_eq!(at(&app), Some(2.0), "it begins at the end");
    press(&mut app, &[Key::Left, Key::Left]);
    assert_eq!(at(&app), Some(1.8), "two steps of a tenth of an epoch");
    // Accuracies have one point per epoch.
    press(&mut app, &[Key::Tab, Key::Left]);
    assert_eq!(at(&app), Some(1.0));
    press(&mut app, &[Key::Left]);
    assert_eq!(at(&app), Some(1.0), "there is none before");
    press(&mut app, &[Key::End]);
    assert_eq!(at(&app), Some(2.0));
    // The first escape hides the crosshair, the second leaves the screen.
    press(&mut app, &[Key::Esc]);
    assert!(at(&app).is_none() && matches!(app.screen, Screen::Compare(_)));
    press(&mut app, &[Key::Esc]);
    assert!(matches!(app.screen, Screen::Runs));
}

#[test]
fn charts_zoom_pan_and_reset() {
    let mut app = compared();
    let shown = |app: &App| (app.axis().low(), app.axis().high());
    press(&mut app, &[Key::Char('+')]);
    assert_eq!(shown(&app), (1.0, 2.0));
    press(&mut app, &[Key::Char('<'), Key::Char('<')]);
    assert_eq!(shown(&app), (0.5, 1.5));
    // The window follows the crosshair.
    press(&mut app, &[Key::Home]);
    assert_eq!(shown(&app), (0.1, 1.1));
    press(&mut app, &[Key::Char('0')]);
    assert_eq!(shown(&app), (0.0, 2.0));
    press(&mut app, &[Key::Esc, Key::Char('+'), Key::Left, Key::Left, Key::Char('x')]);
    let read = app.crosshair().unwrap();
    assert_eq!(shown(&app), (10.0, 20.0), "the same steps along another axis");
    assert!((read - 19.0).abs() < 1e-6, "{read}");
    // A crosshair outside the window shows no values.
    press(&mut app, &[Key::Char('<'), Key::Char('<')]);
    assert_eq!(app.crosshair(), None);
}

#[test]
fn a_pause_takes_wall_time_and_no_active_time() {
    let steps = |first: u64, active_seconds| {
        Event::Steps(StepBatch {
            first,
            losses: vec![1.0; 10],
            learning_rate: 0.1,
            active_seconds,
            spent: None,
        })
    };
    let entries = [
        (100.0, Event::started(0)),
        (105.0, steps(1, 5.0)),
        (105.0, Event::Paused { step: 10, reason: PauseReason::Command, position: None }),
        (165.0, Event::Resumed { step: 10, position: None }),
        (170.0, steps(11, 10.0)),
    ];
    let mut run = RunView::new(run_id(1), Smoothing::default());
    let entries = entries.map(|(time, event)| JournalEntry { time, event }).to_vec();
    run.update(Update { entries, ..Update::default() });
    let positions =
        |along: XAxis| [10.0, 11.0, 20.0].map(|step| format!("{:.0}", along.x_scale(&run).position(step)));
    assert_eq!(positions(XAxis::ActiveTime), ["5", "6", "10"]);
    assert_eq!(positions(XAxis::WallTime), ["5", "65", "70"]);
}

#[test]
fn repeated_steps_are_drawn_once() {
    let steps = |first: u64, losses: &[f32], active_seconds| {
        Event::Steps(StepBatch {
            first,
            losses: losses.to_vec(),
            learning_rate: 0.1,
            active_seconds,
            spent: None,
        })
    };
    let started = |step| Event::started(step);
    let view = |events| showing(RunStatus::Running, events).0.shared.run.unwrap();
    let killed = [started(0), steps(1, &[3.0, 2.0, 1.0], 3.0), started(1)];
    // Repeats up to step 3 with the same results, then continues.
    let run = view([&killed[..], &[steps(4, &[0.5], 4.0)]].concat());
    assert_eq!((run.loss.raw().points().len(), run.timeline.step), (4, 4));
    // Repeats with other results.
    let run = view([&killed[..], &[Event::Rewound { step: 1 }, steps(2, &[2.5], 2.0)]].concat());
    assert_eq!((run.loss.raw().points().len(), run.timeline.step), (2, 2));
}

#[test]
fn predictions_compare_the_selected_run_with_the_baseline() {
    let (mut app, ids) = (app(), [run_id(1), run_id(2), run_id(3)]);
    app.screen = Screen::Compare(Box::new(Compare::new(&ids, Smoothing::default())));
    let pair = |other: usize| [ids[0].clone(), ids[other].clone()];
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
    assert_eq!(predictions_shown(&app).answer, None);
    update(&mut app, Msg::Predicted(pair(2), failed("no")));
    assert_eq!(predictions_shown(&app).answer, Some(Err("no".to_owned())));
    press(&mut app, &[Key::Down, Key::Tab, Key::Esc]);
    assert!(matches!(app.screen, Screen::Compare(_)));
}

#[test]
fn opening_another_run_resets_the_zoom() {
    let (mut app, run) = showing(RunStatus::Running, with_steps());
    press(&mut app, &[Key::Char('+'), Key::Char('+')]);
    let zoomed = app.shared.charts.window;
    assert_ne!(zoomed, crate::app::Window::All);
    update(&mut app, Msg::Started(run));
    assert_eq!(app.shared.charts.window, zoomed, "it was resumed");
    update(&mut app, Msg::Started(run_id(2)));
    assert_eq!(app.shared.charts.window, crate::app::Window::All);
}
