//! The parts of a training step, each on its own: `cargo bench --bench steps`.

#![expect(clippy::unwrap_used, reason = "a benchmark, run by hand")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cnn_tui::data::Dataset;
use cnn_tui::nn::ops::{ConvBlockOp, InputGradient, LayerDevice};
use cnn_tui::nn::shape::{Halve, ImageShape, Slide};
use cnn_tui::nn::{self, Backend, DeviceKind, Images, Mode, Parameter, SeededRng, StreamId};
use cnn_tui::run::{DeviceChoice, RunConfig};
use cnn_tui::train::{Advance, Session};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dfdx::prelude::*;

/// Images per part of a batch, as in the workers.
const PART: usize = 16;

fn random(len: usize) -> Vec<f32> {
    let mut stream = SeededRng::new(1).stream(StreamId::Weights(0), 0);
    (0..len).map(|_| stream.symmetric(0.1)).collect()
}

/// A convolutional block, forward and backward.
fn block<H, W, const C: usize, const O: usize, const K: usize>(
    criterion: &mut Criterion,
    name: &str,
    input_gradient: InputGradient,
) where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
{
    let device = Cpu::default();
    let shape: ImageShape<H, W, C> = (PART, H::default(), W::default(), Const::<C>);
    let images = device.tensor_from_vec(random(PART * H::SIZE * W::SIZE * C), shape);
    let weight = device.tensor_from_vec(random(O * C * K * K), <Rank4<O, C, K, K>>::default());
    let bias = device.tensor_from_vec(random(O), <Rank1<O>>::default());
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(PART as u64));
    for backend in Backend::all() {
        let block = ConvBlockOp::<H, W, C, O, K, Cpu>::new(&device, backend, input_gradient);
        group.bench_function(format!("{backend}, forward"), |bencher| {
            bencher.iter(|| black_box(Cpu::conv_block(images.clone(), &block, &weight, &bias, None)));
        });
        group.bench_function(format!("{backend}, forward and backward"), |bencher| {
            bencher.iter(|| {
                let maps = Cpu::conv_block(images.clone().leaky_traced(), &block, &weight, &bias, None);
                black_box(maps.sum::<Rank0, _>().backward())
            });
        });
    }
}

fn blocks(criterion: &mut Criterion) {
    block::<Const<28>, Const<28>, 1, 10, 5>(criterion, "conv1", InputGradient::Skipped);
    block::<Const<12>, Const<12>, 10, 20, 5>(criterion, "conv2", InputGradient::Needed);
}

/// Training and evaluating one part of a batch.
fn networks(criterion: &mut Criterion) {
    let data = Dataset::built_in().unwrap();
    let pixels: Vec<f32> =
        data.train.images()[..PART].as_flattened().iter().map(|&level| f32::from(level) / 255.0).collect();
    let images = Images { pixels, labels: data.train.labels()[..PART].to_vec() };
    for preset in ["cnn", "dnn"] {
        let mut group = criterion.benchmark_group(preset);
        group.throughput(Throughput::Elements(PART as u64));
        for backend in [Backend::Composed, Backend::best()] {
            let mut model = nn::build(preset, DeviceKind::Cpu, backend, None).unwrap();
            model.set_weights(&nn::initial_weights(model.parameters(), SeededRng::new(1)));
            let mut gradient = vec![0.0; model.parameters().iter().map(Parameter::len).sum()];
            let pass = Mode::Train { rng: SeededRng::new(1), step: 0, first: 0 };
            group.bench_function(format!("{backend}, train"), |bencher| {
                bencher.iter(|| black_box(model.train(images.clone(), pass, 1.0, &mut gradient)));
            });
            group.bench_function(format!("{backend}, evaluate"), |bencher| {
                bencher.iter(|| black_box(model.evaluate(images.clone())));
            });
        }
    }
}

/// A whole step: batch assembly, forward, backward, update, and communication between threads.
fn steps(criterion: &mut Criterion) {
    let data = Arc::new(Dataset::built_in().unwrap());
    let mut group = criterion.benchmark_group("step");
    group.throughput(Throughput::Elements(64));
    for threads in [1, 2] {
        let config = RunConfig { epochs: u32::MAX, device: DeviceChoice::Cpu, ..RunConfig::default() };
        let mut session = Session::new(config, Arc::clone(&data), threads).unwrap();
        group.bench_function(format!("cnn, threads: {threads}"), |bencher| {
            // Evaluations between epochs do not count.
            bencher.iter_custom(|steps| {
                let (mut done, mut time) = (0, Duration::ZERO);
                while done < steps {
                    let before = Instant::now();
                    if let Advance::Steps(steps) = session.advance().unwrap() {
                        time += before.elapsed();
                        done += steps.len() as u64;
                    }
                }
                time
            });
        });
    }
}

criterion_group!(benches, blocks, networks, steps);
criterion_main!(benches);
