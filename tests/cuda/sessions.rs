//! Sessions on the device beside the same sessions on the CPU.

use std::sync::Arc;

use cnn_tui::data::{Dataset, Source, Split};
use cnn_tui::run::{Change, Checkpoint, DeviceChoice, EpochReport, OptimizerSettings, RunConfig};
use cnn_tui::train::{Advance, Session};

/// The largest difference of weights from those of the CPU.
const TOLERANCE: f32 = 1e-4;

const PRESETS: [&str; 2] = ["cnn", "dnn"];

fn session(config: &RunConfig, device: DeviceChoice) -> Session {
    cnn_tui::nn::cuda::enable();
    let all = Dataset::built_in().unwrap();
    let few = |split: &Split, len: usize| {
        Split::new(split.images()[..len].as_flattened().to_vec(), split.labels()[..len].to_vec()).unwrap()
    };
    // The last batch has 22 images.
    let data = Dataset::new("few", Source::BuiltIn, few(&all.train, 150), few(&all.test, 60));
    Session::new(RunConfig { device, ..config.clone() }, Arc::new(data), 2).unwrap()
}

fn on_cpu(config: &RunConfig) -> Session {
    session(config, DeviceChoice::Cpu)
}

fn on_gpu(config: &RunConfig) -> Session {
    session(config, DeviceChoice::Cuda(None))
}

fn config(preset: &str, epochs: u32) -> RunConfig {
    let optimizer = OptimizerSettings::Sgd { learning_rate: 0.05, momentum: 0.5 };
    RunConfig { preset: preset.to_owned(), epochs, optimizer, ..RunConfig::default() }
}

/// What a session did.
#[derive(Debug, PartialEq)]
struct Done {
    losses: Vec<f32>,
    epochs: Vec<EpochReport>,
    end: Checkpoint,
}

fn finish(session: &mut Session) -> Done {
    let (mut losses, mut epochs) = (Vec::new(), Vec::new());
    loop {
        match session.advance().unwrap() {
            Advance::Steps(steps) => losses.extend(steps.iter().map(|step| step.loss)),
            Advance::Evaluating => {}
            Advance::Epoch(report) => epochs.push(report),
            Advance::Finished => return Done { losses, epochs, end: session.checkpoint(0.0).unwrap() },
        }
    }
}

/// The largest difference between the values of two checkpoints: weights and the optimizer's state.
fn distance(one: &Checkpoint, other: &Checkpoint) -> f32 {
    let tensors = |checkpoint: &Checkpoint| {
        let all = checkpoint.weights.iter().chain(&checkpoint.optimizer);
        all.flat_map(|tensor| tensor.values.clone()).collect::<Vec<_>>()
    };
    let (one, other) = (tensors(one), tensors(other));
    assert_eq!(one.len(), other.len());
    one.iter().zip(&other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

fn assert_close(gpu: &Done, cpu: &Done, what: &str) {
    assert_eq!(gpu.losses.len(), cpu.losses.len(), "{what}");
    for (step, (gpu, cpu)) in gpu.losses.iter().zip(&cpu.losses).enumerate() {
        assert!((gpu - cpu).abs() < TOLERANCE, "{what}: loss of step {step}: {gpu}, on the CPU {cpu}");
    }
    for (gpu, cpu) in gpu.epochs.iter().zip(&cpu.epochs) {
        let hits = |report: &EpochReport| [report.train_accuracy, report.test_accuracy].map(f64::to_bits);
        assert_eq!(hits(gpu), hits(cpu), "{what}: {gpu:?}, on the CPU {cpu:?}");
        assert!((gpu.test_loss - cpu.test_loss).abs() < f64::from(TOLERANCE), "{what}: {gpu:?}, {cpu:?}");
    }
    let distance = distance(&gpu.end, &cpu.end);
    assert!(distance < TOLERANCE, "{what}: weights differ by {distance}");
}

/// Masks and batches are those of the CPU: others would change losses in their first digits.
#[test]
fn two_epochs_equal_those_on_the_cpu() {
    for preset in PRESETS {
        for optimizer in [config(preset, 1).optimizer, OptimizerSettings::ADAMW] {
            let config = RunConfig { optimizer: optimizer.clone(), ..config(preset, 2) };
            let (gpu, cpu) = (finish(&mut on_gpu(&config)), finish(&mut on_cpu(&config)));
            assert_eq!((gpu.losses.len(), gpu.epochs.len()), (6, 2));
            assert_close(&gpu, &cpu, &format!("{preset}, {optimizer:?}"));
        }
    }
}

#[test]
fn batches_of_any_size_equal_those_on_the_cpu() {
    for preset in PRESETS {
        // One image; one more than the last; more than there are.
        for batch_size in [37, 149, 1000] {
            let config = RunConfig { batch_size, ..config(preset, 1) };
            let (gpu, cpu) = (finish(&mut on_gpu(&config)), finish(&mut on_cpu(&config)));
            assert_close(&gpu, &cpu, &format!("{preset}, batches of {batch_size}"));
        }
    }
}

#[test]
fn a_session_repeats_itself_bit_for_bit() {
    for preset in PRESETS {
        let config = config(preset, 1);
        assert_eq!(finish(&mut on_gpu(&config)), finish(&mut on_gpu(&config)), "{preset}");
    }
}

#[test]
fn a_restored_session_continues_bit_for_bit() {
    for (preset, optimizer) in [("cnn", OptimizerSettings::ADAMW), ("dnn", OptimizerSettings::SGD)] {
        let config = RunConfig { optimizer, batch_size: 40, ..config(preset, 2) };
        let whole = finish(&mut on_gpu(&config)).end;
        // Steps, evaluations, or blocks of them: never more than the steps and evaluations of the run.
        for units in 1..10 {
            let mut before = on_gpu(&config);
            for _ in 0..units {
                before.advance().unwrap();
            }
            let bytes = before.checkpoint(0.0).unwrap().encode().unwrap();
            let mut after = on_gpu(&config);
            after.restore(&Checkpoint::decode(&bytes).unwrap()).unwrap();
            assert_eq!(finish(&mut after).end, whole, "{preset}, after {units} units");
        }
    }
}

#[test]
fn a_run_moves_from_the_cpu_to_the_gpu_and_back() {
    for preset in PRESETS {
        let config = config(preset, 3);
        let want = finish(&mut on_cpu(&config));
        let mut checkpoint = None;
        for (device, epochs) in
            [(DeviceChoice::Cpu, 1), (DeviceChoice::Cuda(None), 2), (DeviceChoice::Cpu, 3)]
        {
            let mut session = session(&config, device);
            if let Some(checkpoint) = &checkpoint {
                session.restore(checkpoint).unwrap();
            }
            while session.progress().epoch < epochs {
                session.advance().unwrap();
            }
            checkpoint = Some(session.checkpoint(0.0).unwrap());
        }
        let distance = distance(&checkpoint.unwrap(), &want.end);
        assert!(distance < TOLERANCE, "{preset}: weights differ by {distance}");
    }
}

#[test]
fn changes_take_effect_as_on_the_cpu() {
    let rate = Change { learning_rate: Some(0.2), ..Change::default() };
    let momentum = Change { momentum: Some(0.1), ..Change::default() };
    let dropout = |rate| Change { dropout: Some(rate), ..Change::default() };
    for preset in PRESETS {
        for change in [rate, momentum, dropout(0.0), dropout(0.7)] {
            let config = config(preset, 2);
            let train = |mut session: Session| {
                while session.progress().epoch < 1 {
                    session.advance().unwrap();
                }
                session.change(change).unwrap();
                finish(&mut session)
            };
            let (gpu, cpu) = (train(on_gpu(&config)), train(on_cpu(&config)));
            assert_close(&gpu, &cpu, &format!("{preset}, {change}"));
        }
    }
}

#[test]
fn a_range_test_equals_that_on_the_cpu() {
    let config = config("cnn", 1);
    let (mut gpu, mut cpu) = (on_gpu(&config), on_cpu(&config));
    for step in 0..5 {
        let rate = 0.001 * f64::from(1 << step);
        let (gpu, cpu) = (gpu.step_with_rate(rate).unwrap(), cpu.step_with_rate(rate).unwrap());
        assert!((gpu - cpu).abs() < f64::from(TOLERANCE), "step {step}: {gpu}, on the CPU {cpu}");
    }
}

#[test]
fn a_run_that_diverges_shows_it() {
    let optimizer = OptimizerSettings::Sgd { learning_rate: 1e30, momentum: 0.0 };
    for preset in PRESETS {
        let done = finish(&mut on_gpu(&RunConfig { optimizer: optimizer.clone(), ..config(preset, 1) }));
        assert!(!done.losses.last().unwrap().is_finite() && !done.end.is_finite(), "{preset}");
    }
}
