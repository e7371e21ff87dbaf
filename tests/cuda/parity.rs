//! Comparison with PyTorch: the fixtures of `tests/parity`, replayed by the kernels.

#![expect(clippy::cast_possible_truncation, reason = "the fixtures hold f32")]

use cnn_tui::data::{Dataset, Split, normalized_levels};
use cnn_tui::nn::{self, Backend, DeviceKind, GpuTask, LabelledImages, train_on_gpu};
use cnn_tui::run::OptimizerSettings;
use cnn_tui::train::Optimizer;

use crate::fixture::{BATCH, Fixture, LOSS_TOLERANCE, assert_weights};

fn labelled(split: &Split) -> LabelledImages<'_> {
    LabelledImages { pixels: split.images().as_flattened(), labels: split.labels() }
}

fn replay(fixture: &str, preset: &str, settings: &OptimizerSettings) {
    nn::cuda::enable();
    let fixture = Fixture::read(fixture);
    let data = Dataset::built_in().unwrap();
    // The fixtures were made without dropout.
    let model = nn::build(preset, DeviceKind::Cpu, Backend::Composed, Some(0.0)).unwrap();
    let parameters = model.parameters();
    let initial = fixture.all("initial", parameters);
    let optimizer = Optimizer::new(settings, 0);
    let task = GpuTask {
        layers: model.layers(),
        train: labelled(&data.train),
        test: labelled(&data.test),
        levels: &normalized_levels(),
        batch_size: BATCH as usize,
        seed: 0,
        update: optimizer.rule(),
    };
    let mut trainer = train_on_gpu(0, &task).unwrap().unwrap();
    let zeros = vec![0.0; initial.len()];
    trainer.load(&initial, &[&zeros, &zeros]).unwrap();
    trainer.set_order(&(0..).take(data.train.len()).collect::<Vec<_>>()).unwrap();
    let losses = fixture.tensor("losses");
    let steps = (0..).take(losses.len());
    let steps: Vec<_> = steps.map(|step| optimizer.step_settings(settings.learning_rate(), step)).collect();
    let totals = trainer.train(0, 0, &steps).unwrap();
    for (batch, (totals, want)) in totals.iter().zip(&losses).enumerate() {
        let loss = totals.mean_loss() as f32;
        assert!((loss - want).abs() < LOSS_TOLERANCE, "{preset}, batch {batch}: loss {loss}, not {want}");
    }
    assert_weights(&trainer.weights().unwrap(), &fixture.all("final", parameters), parameters);

    let test = trainer.evaluate().unwrap();
    assert_eq!(test.images, 1000);
    let (loss, accuracy) = (fixture.tensor("test_loss")[0], fixture.tensor("test_accuracy")[0]);
    assert!((test.mean_loss() as f32 - loss).abs() < LOSS_TOLERANCE, "test loss {}", test.mean_loss());
    // One image in a thousand may fall to the other side of a tie.
    assert!((test.accuracy() as f32 * 100.0 - accuracy).abs() < 0.15, "test accuracy {}", test.accuracy());
}

#[test]
fn kernels_for_cnn_with_sgd_match_pytorch() {
    replay("cnn-sgd.safetensors", "cnn", &OptimizerSettings::SGD);
}

#[test]
fn kernels_for_cnn_with_adamw_match_pytorch() {
    replay("cnn-adamw.safetensors", "cnn", &OptimizerSettings::ADAMW);
}

#[test]
fn kernels_for_dnn_with_sgd_match_pytorch() {
    replay("dnn-sgd.safetensors", "dnn", &OptimizerSettings::SGD);
}
