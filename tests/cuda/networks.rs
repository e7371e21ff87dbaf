//! Networks of other shapes than the presets, which need every kernel: a few steps beside those of dfdx on the CPU.

use cnn_tui::data::{Dataset, normalized_levels};
use cnn_tui::nn::{
    GpuTask, Images, LabelledImages, Mode, Model, Parameter, SeededRng, StepSettings, UpdateRule,
    initial_weights, train_on_gpu,
};

const IMAGES: usize = 40;
const BATCH: usize = 16;
const RATE: f32 = 0.05;
const MOMENTUM: f32 = 0.9;
/// The largest difference of weights from those of the CPU.
const TOLERANCE: f32 = 1e-5;

/// Trains an epoch on both, and evaluates.
fn compare(mut model: Box<dyn Model>, what: &str) {
    cnn_tui::nn::cuda::enable();
    let data = Dataset::built_in().unwrap();
    let (pixels, labels) = (data.train.images()[..IMAGES].as_flattened(), &data.train.labels()[..IMAGES]);
    let labelled = LabelledImages { pixels, labels };
    let (levels, rng) = (normalized_levels(), SeededRng::new(3));
    let task = GpuTask {
        layers: model.layers(),
        train: labelled,
        test: labelled,
        levels: &levels,
        batch_size: BATCH,
        seed: 3,
        update: UpdateRule::Sgd { momentum: MOMENTUM },
    };
    let mut trainer = train_on_gpu(0, &task).unwrap().unwrap();
    let mut weights = initial_weights(model.parameters(), rng);
    let mut velocity = vec![0.0; weights.len()];
    // From the last image to the first.
    let order: Vec<u32> = (0..).take(IMAGES).collect::<Vec<_>>().into_iter().rev().collect();
    trainer.load(&weights, &[&velocity]).unwrap();
    trainer.set_order(&order).unwrap();
    let steps = IMAGES.div_ceil(BATCH);
    let settings = vec![StepSettings { rate: RATE, ..StepSettings::default() }; steps];
    let results = trainer.train(0, 0, &settings).unwrap();

    let images = |order: &[u32]| Images {
        pixels: order
            .iter()
            .flat_map(|&image| data.train.image(image as usize).map(|level| levels[usize::from(level)]))
            .collect(),
        labels: order.iter().map(|&image| labels[image as usize]).collect(),
    };
    let mut gradient = vec![0.0; model.parameters().iter().map(Parameter::len).sum()];
    for (step, (batch, totals)) in (0..).zip(order.chunks(BATCH).zip(&results)) {
        model.set_weights(&weights);
        let mode = Mode::Train { rng, step, first: 0 };
        let want = model.train(images(batch), mode, 1.0 / batch.len() as f32, &mut gradient).totals;
        assert_eq!((totals.images, totals.correct), (want.images, want.correct), "{what}, step {step}");
        assert!((totals.loss - want.loss).abs() < 1e-3, "{what}, step {step}: {totals:?}, {want:?}");
        for ((weight, velocity), gradient) in weights.iter_mut().zip(&mut velocity).zip(&gradient) {
            *velocity = MOMENTUM * *velocity + gradient;
            *weight -= RATE * *velocity;
        }
    }
    model.set_weights(&weights);
    let (got, want) = (trainer.evaluate().unwrap(), model.evaluate(images(&order)));
    assert_eq!((got.images, got.correct), (want.images, want.correct), "{what}");
    assert!((got.loss - want.loss).abs() < 1e-3, "{what}: {got:?}, {want:?}");
    let differences =
        trainer.weights().unwrap().into_iter().zip(&weights).map(|(got, want)| (got - want).abs());
    let largest = differences.fold(0.0, f32::max);
    assert!(largest < TOLERANCE, "{what}: weights differ by {largest}");
}

#[test]
fn a_convolution_alone() {
    compare(stack!(.conv_block::<3, 5>("conv").flatten::<432>().linear::<10>("fc")), "one convolution");
}

#[test]
fn three_convolutions_with_kernels_of_other_sizes() {
    let model = stack!(
        .conv_block::<4, 5>("conv1").conv_block_with_dropout::<6, 3>("conv2", 0.3).conv_block::<5, 2>("conv3")
        .flatten::<20>().linear::<10>("fc")
    );
    compare(model, "three convolutions");
}

#[test]
fn a_convolution_below_a_large_linear_layer() {
    let model = stack!(
        .conv_block_with_dropout::<8, 5>("conv1", 0.4).flatten::<1152>()
        .linear::<128>("fc1").relu().dropout(0.3).linear::<10>("fc2")
    );
    compare(model, "a large linear layer");
}

#[test]
fn convolutions_that_do_not_fit_together() {
    let model = stack!(
        .conv_block::<20, 5>("conv1").conv_block_with_dropout::<24, 5>("conv2", 0.5)
        .flatten::<384>().linear::<10>("fc")
    );
    compare(model, "many channels");
}

#[test]
fn linear_layers_without_relu() {
    let model = stack!(
        .flatten::<784>().linear::<96>("fc1").dropout(0.4).linear::<33>("fc2").dropout(0.2).linear::<10>("fc3")
    );
    compare(model, "no ReLU");
}

#[test]
fn a_linear_layer_alone() {
    compare(stack!(.flatten::<784>().linear::<10>("fc")), "one linear layer");
}

#[test]
fn what_the_kernels_cannot_do_is_left_to_dfdx() {
    cnn_tui::nn::cuda::enable();
    let levels = normalized_levels();
    let image = LabelledImages { pixels: &[0; 784], labels: &[0] };
    let is_rejected = |model: Box<dyn Model>| {
        let update = UpdateRule::Sgd { momentum: 0.0 };
        let layers = model.layers();
        let task =
            GpuTask { layers, train: image, test: image, levels: &levels, batch_size: 1, seed: 1, update };
        train_on_gpu(0, &task).unwrap().is_none()
    };
    // Too many linear layers; ReLU or dropout behind the last; a ReLU on its own.
    let five = stack!(
        .flatten::<784>().linear::<10>("1").linear::<10>("2").linear::<10>("3").linear::<10>("4").linear::<10>("5")
    );
    assert!(is_rejected(five));
    assert!(is_rejected(stack!(.flatten::<784>().linear::<10>("fc").relu())));
    assert!(is_rejected(stack!(.flatten::<784>().linear::<10>("fc").dropout(0.5))));
    assert!(is_rejected(stack!(.flatten::<784>().relu().linear::<10>("fc"))));
    // Too many channels for shared memory.
    assert!(is_rejected(stack!(.conv_block::<400, 5>("conv").flatten::<57600>().linear::<10>("fc"))));
}
