//! Comparison with PyTorch: replays the same batches and compares every loss and the final weights, and compares the
//! logits of exported weights.
//!
//! `README.md` describes how the fixtures were made.

#![expect(clippy::cast_possible_truncation, reason = "the fixtures hold f32")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

mod fixture;

use std::path::Path;
use std::sync::Arc;

use cnn_tui::data::Dataset;
use cnn_tui::nn::{self, Backend, DeviceKind, Images};
use cnn_tui::run::{self, Checkpoint};
use cnn_tui::train::{NetworkSpec, Optimizer, Workers};
use fixture::{BATCH, Fixture, LOSS_TOLERANCE, assert_weights};

/// Absolute tolerance of a logit.
const LOGIT_TOLERANCE: f32 = 1e-5;
fn workers(preset: &str, threads: usize) -> Workers {
    let spec = NetworkSpec {
        preset: preset.to_owned(),
        device: DeviceKind::Cpu,
        backend: Backend::best(),
        dropout: None,
    };
    Workers::start(&spec, threads, &Arc::new(Dataset::built_in().unwrap())).unwrap()
}

fn replay(fixture: &str, preset: &str, config: &run::OptimizerSettings) {
    let fixture = Fixture::read(fixture);
    let mut workers = workers(preset, 2);
    let parameters = workers.parameters().to_vec();
    let mut weights = Arc::new(fixture.all("initial", &parameters));
    let mut gradient = vec![0.0; weights.len()];
    let mut optimizer = Optimizer::new(config, weights.len());
    for (batch, want) in (0..).zip(fixture.tensor("losses")) {
        let images: Vec<u32> = (batch * BATCH..(batch + 1) * BATCH).collect();
        let totals = workers.train(&weights, &images, None, &mut gradient).unwrap();
        let loss = totals.0.mean_loss() as f32;
        assert!((loss - want).abs() < LOSS_TOLERANCE, "batch {batch}: loss {loss}, not {want}");
        let values: &mut Vec<f32> = Arc::make_mut(&mut weights);
        optimizer.step(values, &gradient, config.learning_rate(), u64::from(batch));
    }
    assert_weights(&weights, &fixture.all("final", &parameters), &parameters);

    let test = workers.evaluate(&weights, 0..1000).unwrap();
    let (loss, accuracy) = (fixture.tensor("test_loss")[0], fixture.tensor("test_accuracy")[0]);
    assert!((test.mean_loss() as f32 - loss).abs() < LOSS_TOLERANCE, "test loss {}", test.mean_loss());
    // One image in a thousand may fall to the other side of a tie.
    assert!((test.accuracy() as f32 * 100.0 - accuracy).abs() < 0.15, "test accuracy {}", test.accuracy());
}

#[test]
fn cnn_with_sgd_matches_pytorch() {
    replay("cnn-sgd.safetensors", "cnn", &run::OptimizerSettings::SGD);
}

#[test]
fn cnn_with_adamw_matches_pytorch() {
    replay("cnn-adamw.safetensors", "cnn", &run::OptimizerSettings::ADAMW);
}

#[test]
fn dnn_with_sgd_matches_pytorch() {
    replay("dnn-sgd.safetensors", "dnn", &run::OptimizerSettings::SGD);
}

#[test]
fn first_gradient_matches_pytorch() {
    let fixture = Fixture::read("cnn-sgd.safetensors");
    let mut workers = workers("cnn", 1);
    let parameters = workers.parameters().to_vec();
    let weights = Arc::new(fixture.all("initial", &parameters));
    let mut gradient = vec![0.0; weights.len()];
    let images: Vec<u32> = (0..BATCH).collect();
    workers.train(&weights, &images, None, &mut gradient).unwrap();
    assert_weights(&gradient, &fixture.all("gradient", &parameters), &parameters);
}

/// Test images, normalised as PyTorch's tutorials do.
fn images(count: usize) -> Images {
    let test = Dataset::built_in().unwrap().test;
    let pixels = test.images()[..count].iter().flatten();
    Images {
        pixels: pixels.map(|&level| (f32::from(level) / 255.0 - 0.1307) / 0.3081).collect(),
        labels: test.labels()[..count].to_vec(),
    }
}

/// The weights as `runs weights` writes them for PyTorch give the scores that PyTorch had of them.
#[test]
fn exported_weights_give_pytorchs_logits() {
    let fixture = Fixture::read("logits.safetensors");
    for (preset, run) in [("cnn", "20261124-135334-fleet-lemur"), ("dnn", "20261124-135402-grand-ocelot")] {
        let best = format!("runs/{run}/checkpoints/best.safetensors");
        let checkpoint = Checkpoint::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(best)).unwrap();
        let exported = Fixture(checkpoint.encode_weights().unwrap());
        for kernels in Backend::all() {
            let mut model = nn::build(preset, DeviceKind::Cpu, kernels, None).unwrap();
            let weights: Vec<f32> =
                model.parameters().iter().flat_map(|parameter| exported.tensor(&parameter.name)).collect();
            model.set_weights(&weights);
            let want = fixture.tensor(preset);
            let got = model.logits(images(want.len() / 10));
            assert_eq!(got.len(), want.len());
            let apart = got.iter().zip(&want).map(|(a, b)| (a - b).abs()).max_by(f32::total_cmp).unwrap();
            println!("{preset}, {kernels}: logits at most {apart:.1e} apart");
            assert!(apart <= LOGIT_TOLERANCE, "{preset}, {kernels}: {apart} apart");
        }
    }
}
