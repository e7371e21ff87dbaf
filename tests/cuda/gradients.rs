//! The gradients of the kernels beside finite differences of the loss that the same kernels compute.

use cnn_tui::data::{Dataset, normalized_levels};
use cnn_tui::nn::{
    GpuTask, GpuTrainer, LabelledImages, Model, SeededRng, StepSettings, UpdateRule, initial_weights,
    train_on_gpu,
};

const IMAGES: usize = 8;
const SEED: u64 = 5;
/// Half the distance of two weights. With less, the rounding of losses in single precision would show; with more, more
/// values would cross the kinks of rectification and pooling.
const STEP: f32 = 3e-4;
/// How far the gradient of a tensor may be from its finite differences, relative to their norm: some cross a kink.
const TOLERANCE: f64 = 0.03;
/// The most weights of a tensor that are moved.
const SAMPLE: usize = 24;

/// One step with plain gradient descent, always with the same images and masks: the loss before it, and the weights after.
fn step(trainer: &mut dyn GpuTrainer, weights: &[f32], rate: f32) -> (f64, Vec<f32>) {
    trainer.load(weights, &[&vec![0.0; weights.len()]]).unwrap();
    trainer.set_order(&(0..).take(IMAGES).collect::<Vec<_>>()).unwrap();
    let settings = StepSettings { rate, ..StepSettings::default() };
    let loss = trainer.train(0, 0, &[settings]).unwrap()[0].mean_loss();
    (loss, trainer.weights().unwrap())
}

fn check(model: &dyn Model) {
    cnn_tui::nn::cuda::enable();
    let data = Dataset::built_in().unwrap();
    let (pixels, labels) = (data.train.images()[..IMAGES].as_flattened(), &data.train.labels()[..IMAGES]);
    let images = LabelledImages { pixels, labels };
    let task = GpuTask {
        layers: model.layers(),
        train: images,
        test: images,
        levels: &normalized_levels(),
        batch_size: IMAGES,
        seed: SEED,
        update: UpdateRule::Sgd { momentum: 0.0 },
    };
    let mut trainer = train_on_gpu(0, &task).unwrap().unwrap();
    let weights = initial_weights(model.parameters(), SeededRng::new(SEED));
    let (_, after) = step(&mut *trainer, &weights, 1.0);
    let mut first = 0;
    for parameter in model.parameters() {
        let (mut apart, mut norm) = (0.0, 0.0);
        for index in (first..first + parameter.len()).step_by(parameter.len().div_ceil(SAMPLE)) {
            let mut loss_at = |distance: f32| {
                let mut moved = weights.clone();
                moved[index] += distance;
                step(&mut *trainer, &moved, 0.0).0
            };
            let difference = (loss_at(STEP) - loss_at(-STEP)) / f64::from(2.0 * STEP);
            let gradient = f64::from(weights[index] - after[index]);
            apart += (gradient - difference).powi(2);
            norm += difference.powi(2);
        }
        let apart = (apart / norm).sqrt();
        assert!(norm > 0.0 && apart < TOLERANCE, "{}: {apart} apart, norm {}", parameter.name, norm.sqrt());
        first += parameter.len();
    }
}

#[test]
fn gradients_of_linear_and_cross_entropy_are_finite_differences() {
    check(&*stack!(.flatten::<784>().linear::<10>("fc")));
}

#[test]
fn gradients_of_relu_and_dropout_are_finite_differences() {
    check(&*stack!(.flatten::<784>().linear::<40>("fc1").relu().dropout(0.4).linear::<10>("fc2")));
    check(&*stack!(.flatten::<784>().linear::<40>("fc1").dropout(0.4).linear::<10>("fc2")));
}

#[test]
fn gradients_of_a_convolution_with_pooling_are_finite_differences() {
    check(&*stack!(.conv_block::<3, 5>("conv").flatten::<432>().linear::<10>("fc")));
}

#[test]
fn gradients_of_convolutions_with_dropout_are_finite_differences() {
    check(&*stack!(
        .conv_block::<4, 5>("conv1").conv_block_with_dropout::<6, 3>("conv2", 0.3)
        .flatten::<150>().linear::<10>("fc")
    ));
}
