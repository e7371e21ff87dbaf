//! States of the dashboard, made from events as a trainer reports them.

use std::path::Path;
use std::sync::Arc;

use cnn_tui::app::{
    App, Effect, Guess, Key, Msg, PredictionDiff, PresetInfo, QueueWorker, Screen, Seeds, update,
};
use cnn_tui::data::Dataset;
use cnn_tui::metrics::Spread;
use cnn_tui::nn::{self, DeviceKind, LayerInfo, Parameter};
use cnn_tui::run::{
    Capacity, Change, Checkpoint, DataInfo, EpochReport, Event, Extra, GpuUse, Holder, JournalEntry,
    LayerRow, ListedRun, Listing, Liveness, MachineUse, NamedTensor, OptimizerSettings, Origin, PauseReason,
    Position, Provenance, Queue, Results, RunConfig, RunDir, RunId, RunManifest, RunState, RunStatus, SCHEMA,
    StepBatch, StepTime, TrainState, TrainerInfo, Update,
};
use jiff::Timestamp;

const CREATED: i64 = 1_795_500_000;
const STEPS_PER_EPOCH: u64 = 938;
const STEPS: u64 = 11 * STEPS_PER_EPOCH + 694;

/// A queued run that was created `seed` seconds after [`CREATED`].
fn new_run(seed: u64, config: RunConfig) -> (RunId, RunManifest) {
    let created = Timestamp::from_second(CREATED + i64::try_from(seed).unwrap()).unwrap();
    let id = RunId::new(created, seed);
    let provenance = Provenance {
        version: "0.1.0".to_owned(),
        host: "gpu-box".to_owned(),
        dataset: Some(data()),
        ..Provenance::default()
    };
    let manifest = RunManifest {
        schema: SCHEMA,
        name: id.name().to_owned(),
        id: id.clone(),
        notes: String::new(),
        tags: Vec::new(),
        parent: None,
        status: RunStatus::Queued,
        reason: None,
        created: created.as_duration().as_secs_f64(),
        config,
        changed: Change::default(),
        changes: Vec::new(),
        fork: None,
        provenance,
        summary: Results::default(),
        pauses: Vec::new(),
        extra: Extra::new(),
    };
    (id, manifest)
}

/// The run in the list of runs. Nothing reads its directory.
fn entry(id: RunId, manifest: RunManifest, origin: Origin) -> Listing {
    let state = state(manifest.status);
    Listing::Run(Arc::new(ListedRun { dir: RunDir::under(Path::new("/runs"), id), manifest, state, origin }))
}

fn data() -> DataInfo {
    DataInfo {
        description: "fashion-mnist 60,000".to_owned(),
        train: 60_000,
        test: 10_000,
        checksum: "14410854".to_owned(),
        source: "/usr/share/datasets/fashion-mnist".to_owned(),
    }
}

fn app() -> App {
    let preset = |name: &str, about: &str| PresetInfo { name: name.to_owned(), about: about.to_owned() };
    let presets = nn::PRESETS.iter().map(|offer| preset(offer.name, offer.about)).collect();
    let mut app = App::new(presets, RunConfig::default(), 8);
    update(&mut app, Msg::Time(CREATED as f64 + 3_600.0));
    app
}

pub(crate) fn at_home() -> App {
    let mut app = app();
    update(&mut app, Msg::Data("fashion-mnist 6,000 (built in)".to_owned()));
    update(&mut app, Msg::Runs(Vec::new()));
    app
}

/// A question before a run is created: its data set is damaged.
pub(crate) fn asked_about_data() -> App {
    let mut app = at_home();
    let reason = "The data set in the data directory cannot be used: /home/ada/.local/share/cnn-tui/fashion-mnist/\
                  train-images-idx3-ubyte.gz: the gzip stream ends early, after 4096 decompressed bytes; download or \
                  copy it again.";
    let instead = Box::new(Effect::Train(Box::default()));
    update(&mut app, Msg::DataUnusable { reason: reason.to_owned(), instead });
    app
}

fn state(status: RunStatus) -> RunState {
    let held = matches!(status, RunStatus::Running | RunStatus::Paused);
    let holder = Holder { pid: 4711, host: "gpu-box".to_owned(), trouble: None };
    RunState { status, liveness: if held { Liveness::Held(Some(holder)) } else { Liveness::Free } }
}

fn started(step: u64) -> Event {
    let model = nn::build("cnn", DeviceKind::Cpu, nn::Backend::best(), None).unwrap();
    let row = |layer: &LayerInfo| LayerRow {
        name: layer.name.clone(),
        kind: layer.kind.name().to_owned(),
        setting: layer.setting.clone(),
        output: layer.output.clone(),
        parameters: layer.parameters,
    };
    Event::Started(TrainerInfo {
        position: None,
        instruction_set: "avx2".to_owned(),
        step,
        device: "cpu".to_owned(),
        threads: 2,
        data: data(),
        steps_per_epoch: STEPS_PER_EPOCH,
        total_steps: 40 * STEPS_PER_EPOCH,
        parameters: model.parameters().iter().map(Parameter::len).sum(),
        layers: model.layers().iter().map(row).collect(),
    })
}

/// Losses that fall as the lecture's do, with the scatter of its batches.
fn loss(step: u64) -> f32 {
    let epochs = step as f64 / STEPS_PER_EPOCH as f64;
    let scatter = ((step * 7919 % 1009) as f64 / 1009.0 - 0.5) * 0.3;
    #[expect(clippy::cast_possible_truncation, reason = "a loss")]
    let loss = (0.55 + 1.7 * (-1.4 * epochs).exp() - 0.008 * epochs + scatter) as f32;
    loss
}

/// Every event of a run up to `STEPS`, with a pause in epoch 5.
fn events() -> Vec<Event> {
    let mut events = vec![started(0)];
    let seconds = |step: u64| step as f64 * 0.0009;
    for first in (1..=STEPS).step_by(67) {
        let last = (first + 66).min(STEPS);
        events.push(Event::Steps(StepBatch {
            first,
            losses: (first..=last).map(loss).collect(),
            learning_rate: 0.01,
            active_seconds: seconds(last),
            spent: Some(spent(last + 1 - first)),
        }));
        for epoch in 1..=40_u32 {
            let step = u64::from(epoch) * STEPS_PER_EPOCH;
            if (first..=last).contains(&step) {
                let learned = 1.0 - (-f64::from(epoch) / 4.0).exp();
                events.push(Event::Epoch(EpochReport {
                    epoch,
                    step,
                    train_loss: 0.95 - 0.35 * learned,
                    train_accuracy: 0.62 + 0.17 * learned,
                    test_loss: 0.70 - 0.33 * learned,
                    test_accuracy: 0.74 + 0.125 * learned - if epoch == 11 { 0.01 } else { 0.0 },
                    learning_rate: 0.01,
                    active_seconds: seconds(step),
                }));
            }
        }
        if first == 67 * 70 + 1 {
            events.push(Event::Paused { step: last, reason: PauseReason::Command, position: None });
            events.push(Event::Resumed { step: last, position: None });
        }
    }
    events
}

/// The events as they happened, with four seconds for each pause.
fn timed(events: Vec<Event>) -> Vec<JournalEntry> {
    let (mut active, mut paused) = (0.0, 0.0);
    let entry = |event| {
        match &event {
            Event::Steps(StepBatch { active_seconds, .. })
            | Event::Epoch(EpochReport { active_seconds, .. }) => {
                active = *active_seconds;
            }
            Event::Resumed { .. } => paused += 4.0,
            _ => {}
        }
        JournalEntry { time: CREATED as f64 + active + paused, event }
    };
    events.into_iter().map(entry).collect()
}

/// Readings of a machine with two cores and two GPUs, one of which tells less.
fn readings() -> impl Iterator<Item = MachineUse> {
    let gigabytes =
        |used: u64, total: u64| Some(Capacity { used: used * 100_000_000, total: total * 100_000_000 });
    (0..60_u16).map(move |second| {
        let wave = f32::from(second % 12) / 11.0;
        let busy = Some(0.2 + 0.6 * wave);
        let first = GpuUse {
            name: "NVIDIA H100 80GB HBM3".to_owned(),
            busy,
            memory: gigabytes(41, 856),
            celsius: Some(43),
            watts: Some(213.4),
            watts_limit: Some(700.0),
            megahertz: Some(1980),
            processes: Some(1),
        };
        let second = GpuUse { name: "NVIDIA T4".to_owned(), memory: gigabytes(3, 161), ..GpuUse::default() };
        MachineUse {
            cpu: Some(0.5 + 0.45 * wave),
            cores: vec![0.98, 0.02 + 0.9 * wave],
            load: Some(2.01),
            memory: gigabytes(31, 257),
            disk: gigabytes(1_204, 5_000),
            gpus: vec![first, second],
        }
    })
}

fn checkpoint() -> Checkpoint {
    let tensor = |name: &str, shape: [usize; 4]| NamedTensor {
        name: name.to_owned(),
        values: (0..shape.iter().product()).map(|index: usize| (index as f32 * 0.7).sin() * 0.4).collect(),
        shape: shape.to_vec(),
    };
    Checkpoint {
        progress: TrainState { step: STEPS, ..TrainState::default() },
        weights: vec![tensor("conv1.weight", [10, 1, 5, 5]), tensor("conv2.weight", [20, 10, 5, 5])],
        optimizer: Vec::new(),
    }
}

fn log() -> Vec<String> {
    let line = |epoch: u32| {
        [
            format!("Train Epoch: {epoch} [0/60000 (0%)]\tLoss: 0.512345"),
            format!("[{epoch}] Test Loss: 0.3817, Accuracy: 85.97%"),
        ]
    };
    (1..=12).flat_map(line).collect()
}

/// A run on the screen, with these events and in this state.
fn live(status: RunStatus, events: Vec<Event>, reason: Option<&str>) -> App {
    live_with(RunConfig { seed: 7, ..RunConfig::default() }, status, events, reason)
}

fn live_with(config: RunConfig, status: RunStatus, events: Vec<Event>, reason: Option<&str>) -> App {
    let (id, mut manifest) = new_run(7, config);
    for event in &events {
        manifest.apply(0.0, event);
    }
    (manifest.status, manifest.reason) = (status, reason.map(str::to_owned));
    let begun = !events.is_empty();
    let time = CREATED as f64 + 3_400.0;
    let change = Update {
        manifest: Some(manifest),
        state: Some(state(status)),
        entries: events.into_iter().map(|event| JournalEntry { time, event }).collect(),
        caught_up: true,
        checkpoint: begun.then(checkpoint),
        log: if begun { log() } else { Vec::new() },
        ..Update::default()
    };
    let mut app = app();
    update(&mut app, Msg::Started(id.clone()));
    update(&mut app, Msg::Run(id, Box::new(change)));
    app
}

pub(crate) fn queued() -> App {
    live(RunStatus::Queued, Vec::new(), None)
}

pub(crate) fn training() -> App {
    let mut app = live(RunStatus::Running, events(), None);
    for reading in readings() {
        update(&mut app, Msg::Machine(Box::new(reading)));
    }
    app
}

/// A run whose threads wait for data most of the time, without a GPU.
pub(crate) fn starved() -> App {
    let spent = StepTime { data: 0.7, forward: 0.1, backward: 0.15, update: 0.05 };
    let slow = |event| match event {
        Event::Steps(batch) => Event::Steps(StepBatch { spent: Some(spent), ..batch }),
        event => event,
    };
    let readings = readings()
        .map(|reading| Event::Machine(MachineUse { cores: Vec::new(), gpus: Vec::new(), ..reading }));
    live(RunStatus::Interrupted, events().into_iter().map(slow).chain(readings).collect(), None)
}

pub(crate) fn diverged() -> App {
    let steps = Event::Steps(StepBatch {
        first: STEPS + 1,
        losses: vec![3.1, 40.0, f32::NAN],
        learning_rate: 0.5,
        active_seconds: STEPS as f64 * 0.0009,
        spent: None,
    });
    let rate = Change { learning_rate: Some(0.5), ..Change::default() };
    let changed = Event::Changed { step: STEPS, change: rate, total_steps: 40 * STEPS_PER_EPOCH };
    let paused = Event::Paused { step: STEPS + 3, reason: PauseReason::Diverged, position: None };
    live(RunStatus::Paused, events().into_iter().chain([changed, steps, paused]).collect(), None)
}

pub(crate) fn paused() -> App {
    let weights_hash = "3f9a12bc77d0e1f2".repeat(4);
    let position = Some(Position { epoch: 11, batch: 694, weights_hash });
    let paused = Event::Paused { step: STEPS, reason: PauseReason::Command, position };
    live(RunStatus::Paused, events().into_iter().chain([paused]).collect(), None)
}

pub(crate) fn finished() -> App {
    let ended = Event::Ended { step: STEPS, status: RunStatus::Finished, reason: None, position: None };
    live(RunStatus::Finished, events().into_iter().chain([ended]).collect(), None)
}

/// A run of 500 epochs that ended after 31 of them, five after its best one.
pub(crate) fn out_of_patience() -> App {
    let mut begin = started(0);
    if let Event::Started(trainer) = &mut begin {
        trainer.total_steps = 500 * STEPS_PER_EPOCH;
    }
    let epochs = (1..=31_u32).flat_map(|epoch| {
        let step = u64::from(epoch) * STEPS_PER_EPOCH;
        let active_seconds = step as f64 * 0.0009;
        let steps = Event::Steps(StepBatch {
            first: step - STEPS_PER_EPOCH + 1,
            losses: vec![0.5; usize::try_from(STEPS_PER_EPOCH).unwrap()],
            learning_rate: 0.01,
            active_seconds,
            spent: None,
        });
        let test_accuracy = 0.8 + 0.001 * f64::from(epoch.min(26));
        [
            steps,
            Event::Epoch(EpochReport {
                epoch,
                step,
                test_accuracy,
                active_seconds,
                ..EpochReport::default()
            }),
        ]
    });
    let reason = "test accuracy has not improved for 5 epochs";
    let ended = Event::Ended {
        step: 31 * STEPS_PER_EPOCH,
        status: RunStatus::Finished,
        reason: Some(reason.to_owned()),
        position: None,
    };
    let config = RunConfig { epochs: 500, patience: 5, ..RunConfig::default() };
    let events = [begin].into_iter().chain(epochs).chain([ended]).collect();
    live_with(config, RunStatus::Finished, events, Some(reason))
}

/// A run that trains, with another dropout since the last step.
pub(crate) fn changed_dropout() -> App {
    let change = Change { dropout: Some(0.35), ..Change::default() };
    let changed = Event::Changed { step: STEPS, change, total_steps: 40 * STEPS_PER_EPOCH };
    live(RunStatus::Running, events().into_iter().chain([changed]).collect(), None)
}

pub(crate) fn interrupted() -> App {
    live(RunStatus::Interrupted, events(), None)
}

/// A run whose loss is no number from some step on.
pub(crate) fn failed() -> App {
    let gone = Event::Steps(StepBatch {
        first: STEPS + 1,
        losses: vec![f32::NAN; 400],
        learning_rate: 0.01,
        active_seconds: 60.0,
        spent: None,
    });
    let reason = "cannot write metrics.jsonl: no space left on device";
    live(RunStatus::Failed, events().into_iter().chain([gone]).collect(), Some(reason))
}

pub(crate) fn runs() -> App {
    let run = |nonce: u64, preset: &str, status: RunStatus, epochs: u32, best: Option<f64>| {
        let config = RunConfig { preset: preset.to_owned(), ..RunConfig::default() };
        let (id, mut manifest) = new_run(nonce, config);
        manifest.status = status;
        manifest.summary.epoch = epochs;
        manifest.summary.best_test_accuracy = best;
        manifest.summary.best_epoch = best.map(|_| epochs);
        manifest.summary.last_test_loss = best.map(|best| 1.2 - best);
        if status == RunStatus::Running {
            let position = |batch| Some(Position { epoch: 2, batch, weights_hash: "3f9a".repeat(16) });
            let now = CREATED as f64 + 3600.0;
            let reason = PauseReason::Command;
            manifest.apply(now, &Event::Paused { step: 2000, reason, position: position(124) });
            manifest.apply(now + 240.0, &Event::Resumed { step: 2000, position: position(124) });
            manifest.begin_pause(PauseReason::Crash, now + 300.0, 8043, None);
            manifest.apply(now + 309.0, &Event::Resumed { step: 7504, position: position(0) });
        }
        let origin = if nonce == 1 { Origin::Reference } else { Origin::Own };
        entry(id, manifest, origin)
    };
    let mut app = app();
    app.screen = Screen::Runs;
    let broken = Listing::Broken {
        name: "20261120-070000-odd-owl".to_owned(),
        reason: "run.json: invalid run.json: expected value at line 1 column 1; restore it from a copy"
            .to_owned(),
    };
    let listed = vec![
        run(3_000, "cnn", RunStatus::Running, 12, Some(0.8597)),
        run(2_000, "dnn", RunStatus::Stopped, 3, Some(0.8321)),
        run(1, "cnn", RunStatus::Finished, 40, Some(0.8868)),
        broken,
    ];
    update(&mut app, Msg::Data("fashion-mnist 60,000".to_owned()));
    update(&mut app, Msg::Runs(listed));
    app
}

/// The home screen after these runs of one's own, the newest first.
pub(crate) fn at_home_after(last: &[RunStatus]) -> App {
    let run = |(place, status): (usize, &RunStatus)| {
        let (id, mut manifest) = new_run(3_000 - 100 * place as u64, RunConfig::default());
        manifest.status = *status;
        manifest.summary.epoch = if *status == RunStatus::Finished { 40 } else { 12 };
        manifest.summary.best_test_accuracy = Some(0.8597);
        entry(id, manifest, Origin::Own)
    };
    let mut app = app();
    update(&mut app, Msg::Data("fashion-mnist 60,000".to_owned()));
    update(&mut app, Msg::Runs(last.iter().enumerate().map(run).collect()));
    app
}

/// Two groups of repeated runs, a fork, and a queue.
pub(crate) fn repeated() -> App {
    let mut app = app();
    app.screen = Screen::Runs;
    let mut listed = Vec::new();
    let mut queue = Queue { jobs: 1, ..Queue::default() };
    let mut first = None;
    let mut last = None;
    let settings = [(0.01, 1), (0.01, 2), (0.01, 3), (0.03, 1), (0.03, 2), (0.03, 3), (0.005, 1), (0.002, 1)];
    for (place, (rate, seed)) in settings.into_iter().enumerate() {
        let config = RunConfig { seed, ..config_with(rate) };
        let (id, mut manifest) = new_run(9_000 - 60 * place as u64, config);
        let ended = ![4, 5].contains(&place);
        manifest.status = if ended { RunStatus::Finished } else { RunStatus::Queued };
        if ended {
            let best = 0.88 + place as f64 * 0.003;
            manifest.summary.epoch = 40;
            manifest.summary.best_test_accuracy = Some(best);
            manifest.summary.last_test_loss = Some(1.2 - best);
            manifest.summary.curve = (1..=40).map(|epoch| (epoch, best - 0.3 / f64::from(epoch))).collect();
        } else {
            queue.runs.push(id.clone());
        }
        manifest.tags = if place == 0 { vec!["baseline".to_owned(), "good".to_owned()] } else { Vec::new() };
        // The last two are forks: one of the first run, and one of that fork.
        manifest.parent = match place {
            6 => first.clone(),
            7 => last.clone(),
            _ => None,
        };
        last = Some(id.clone());
        first = first.or_else(|| last.clone());
        listed.push(entry(id, manifest, Origin::Own));
    }
    update(&mut app, Msg::Queue(queue, QueueWorker::Running));
    update(&mut app, Msg::Runs(listed));
    app
}

/// Three runs beside each other.
pub(crate) fn comparing() -> App {
    let mut app = runs();
    let rates = [0.01, 0.05, 0.002];
    let ids: Vec<RunId> = rates
        .iter()
        .enumerate()
        .map(|(place, rate)| new_run(5_000 + place as u64, config_with(*rate)).0)
        .collect();
    app.shared.marked.clone_from(&ids);
    update(&mut app, Msg::Key(Key::Char('c')));
    for (place, (id, rate)) in ids.into_iter().zip(rates).enumerate() {
        let (_, mut manifest) = new_run(5_000 + place as u64, config_with(rate));
        ["baseline", "large-steps", "small-steps"][place].clone_into(&mut manifest.name);
        let shift = place as f64 * 0.02;
        let entries: Vec<_> = events()
            .into_iter()
            .map(|event| match event {
                Event::Steps(StepBatch { first, losses, learning_rate, active_seconds, spent }) => {
                    Event::Steps(StepBatch {
                        first,
                        losses: losses.into_iter().map(|loss| loss + place as f32 * 0.2).collect(),
                        learning_rate,
                        active_seconds: active_seconds * (1.0 + shift * 10.0),
                        spent,
                    })
                }
                Event::Epoch(EpochReport {
                    epoch,
                    step,
                    train_loss,
                    train_accuracy,
                    test_loss,
                    test_accuracy,
                    learning_rate,
                    active_seconds,
                }) => Event::Epoch(EpochReport {
                    epoch,
                    step,
                    train_loss,
                    train_accuracy,
                    test_loss: test_loss + shift,
                    test_accuracy: test_accuracy - shift,
                    learning_rate,
                    active_seconds: active_seconds * (1.0 + shift * 10.0),
                }),
                other => other,
            })
            .collect();
        let entries = timed(entries);
        let change = Update {
            manifest: Some(manifest),
            entries,
            state: Some(state(RunStatus::Stopped)),
            ..Update::default()
        };
        update(&mut app, Msg::Compared(id, Box::new(change)));
    }
    app
}

fn config_with(learning_rate: f64) -> RunConfig {
    RunConfig { optimizer: OptimizerSettings::Sgd { learning_rate, momentum: 0.5 }, ..RunConfig::default() }
}

/// The time that two threads spent on these steps.
fn spent(steps: u64) -> StepTime {
    let seconds = steps as f32 * 0.0017;
    StepTime {
        data: 0.03 * seconds,
        forward: 0.45 * seconds,
        backward: 0.48 * seconds,
        update: 0.04 * seconds,
    }
}

/// The first and the last of three compared runs, while their predictions are computed.
pub(crate) fn predicting() -> App {
    let mut app = comparing();
    for key in [Key::Down, Key::Char('p')] {
        update(&mut app, Msg::Key(key));
    }
    app
}

/// The same when that is done: real images, and guesses that err here and there.
pub(crate) fn predicted() -> App {
    let first: &[f64] = &[0.8612, 0.8655, 0.8590, 0.8671];
    let second: &[f64] = &[0.8597];
    answered(Ok(prediction_diff([first, second])))
}

/// The same where no run was repeated with another seed.
pub(crate) fn predicted_once() -> App {
    answered(Ok(prediction_diff([&[0.8612], &[0.8597]])))
}

/// The same where it cannot be done.
pub(crate) fn not_predicted() -> App {
    let problem = "predictions are compared on one test set, but these runs have two: baseline on fashion-mnist 60,000 \
                   (sha256 14410854), large-steps on fashion-mnist 6,000 (built in) (sha256 85f8f7ec)";
    answered(Err(problem.to_owned()))
}

fn answered(answer: Result<PredictionDiff, String>) -> App {
    let mut app = predicting();
    let Screen::Predictions(predictions) = &app.screen else { unreachable!() };
    let runs = predictions.runs.clone();
    update(&mut app, Msg::Predicted(runs, Box::new(answer)));
    app
}

fn prediction_diff(groups: [&[f64]; 2]) -> PredictionDiff {
    let data = Dataset::built_in().unwrap();
    let labels = data.test.labels();
    let guesses = |every: usize| -> Vec<Guess> {
        let guess = |(image, label): (usize, &u8)| Guess {
            class: if image % every == 3 { (label + 2) % 10 } else { *label },
            confidence: 0.5 + (image * 37 % 50) as f32 / 100.0,
        };
        labels.iter().enumerate().map(guess).collect()
    };
    let seeds = Seeds {
        groups: groups.map(|group| Spread::of(group.iter().copied())),
        same: false,
        command: "`cnn-tui sweep --learning-rate 0.05 --epochs 12 seed=1..3`".to_owned(),
    };
    let names = data.classes.to_vec();
    let described = ("best".to_owned(), data.describe());
    let pixels = |image| Box::from(data.test.image(image).as_slice());
    let called = ["baseline", "large-steps"].map(str::to_owned);
    PredictionDiff::new(called, described, names, labels, [&guesses(7), &guesses(8)], pixels, seeds)
}

/// A search for a learning rate after so many steps, with the losses of one that was really made, roughly.
fn searching_for(steps: u32) -> App {
    let mut app = at_home();
    update(&mut app, Msg::Key(Key::Char('f')));
    for step in 0..steps {
        let x = -6.0 + 7.0 * f64::from(step) / 349.0;
        let fallen = 1.1 / (1.0 + (-4.0 * (x + 1.4)).exp());
        let run_away = if x > -0.4 { 9.0 * (x + 0.4) } else { 0.0 };
        let scatter = (f64::from(step * 7919 % 101) / 101.0 - 0.5) * 0.2;
        update(&mut app, Msg::RangeTestLoss(0, 2.3 - fallen + run_away + scatter));
    }
    app
}

pub(crate) fn searching() -> App {
    searching_for(230)
}

pub(crate) fn searched() -> App {
    searching_for(350)
}

/// A search in vain.
pub(crate) fn not_searched() -> App {
    let mut app = searching_for(3);
    let problem = "cannot open /data/letters: No such file or directory (os error 2); \
                   `cnn-tui data show` lists what there is";
    update(&mut app, Msg::RangeTestFailed(0, problem.to_owned()));
    app
}
