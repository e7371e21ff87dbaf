//! The threads that compute: each has a network of its own, and takes part after part of a batch.
//!
//! A batch is split in the same way whatever the number of threads, and the parts' gradients are
//! summed in the order of the parts. So the same run gives the same bits with 1 thread or with 16.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::TrainError;
use crate::data::{Dataset, Split};
use crate::nn::{
    self, Chance, DeviceError, DeviceKind, Images, Kernels, LayerInfo, Model, Parameter, Pass, Tally,
};

/// Images in a part of a batch on the CPU: few enough to keep 4 threads busy with the lecture's batch of
/// 64, enough that what each part costs by itself (weights laid out, gradients summed) counts little.
const PART: usize = 16;

/// Mean and standard deviation of the pixels, in 0 to 1, by which they are normalised. They are
/// MNIST's, and those that the tutorials for its successors keep to.
const MEAN: f32 = 0.1307;
const DEVIATION: f32 = 0.3081;

/// What network to compute, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// Name of the preset.
    pub preset: String,
    /// Where to.
    pub device: DeviceKind,
    /// What computes convolutions on the processor.
    pub kernels: Kernels,
    /// Replaces the preset's own dropout rates.
    pub dropout: Option<f32>,
}

/// Which images of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Train,
    Test,
}

/// A part of the work on some images.
#[derive(Debug)]
struct Job {
    index: usize,
    set: Set,
    images: Vec<u32>,
    weights: Arc<Vec<f32>>,
    /// Which weights they are: they change from step to step, and not from part to part.
    version: u64,
    /// How to train on them, and by what to scale the gradient; `None` to evaluate.
    train: Option<(Pass, f32)>,
    /// Room for the gradient, of any length.
    gradient: Vec<f32>,
}

#[derive(Debug)]
struct Outcome {
    index: usize,
    tally: Tally,
    gradient: Vec<f32>,
}

/// The threads. They end when this is dropped.
#[derive(Debug)]
pub struct Workers {
    jobs: Option<Sender<Job>>,
    outcomes: Receiver<Outcome>,
    threads: Vec<JoinHandle<()>>,
    part: usize,
    version: u64,
    /// Gradients' memory that is not in use.
    spare: Vec<Vec<f32>>,
    layers: Vec<LayerInfo>,
    parameters: Vec<Parameter>,
}

impl Workers {
    /// Starts the threads and builds their networks. A GPU is driven by one thread.
    pub fn start(blueprint: &Blueprint, threads: usize, data: &Arc<Dataset>) -> Result<Self, TrainError> {
        let (part, threads) = match blueprint.device {
            DeviceKind::Cpu => (PART, threads.max(1)),
            DeviceKind::Cuda => (usize::MAX, 1),
        };
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let (outcome_sender, outcomes) = channel();
        let (ready_sender, ready) = channel();
        let mut handles = Vec::with_capacity(threads);
        for number in 0..threads {
            let (blueprint, data, queue) = (blueprint.clone(), Arc::clone(data), Arc::clone(&queue));
            let (ready, outcomes) = (ready_sender.clone(), outcome_sender.clone());
            let handle = std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || work(&blueprint, &data, &queue, &ready, &outcomes))
                .map_err(TrainError::Thread)?;
            handles.push(handle);
        }
        drop((ready_sender, outcome_sender));
        let mut workers = Self {
            jobs: Some(jobs),
            outcomes,
            threads: handles,
            part,
            version: 0,
            spare: Vec::new(),
            layers: Vec::new(),
            parameters: Vec::new(),
        };
        for _ in 0..threads {
            (workers.layers, workers.parameters) = ready.recv().map_err(gone)??;
        }
        Ok(workers)
    }

    /// The network's layers.
    pub fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    /// The network's parameters.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many threads compute.
    pub fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Writes into `gradient` the gradient of the mean loss of these training images.
    pub fn train(
        &mut self,
        weights: &Arc<Vec<f32>>,
        images: &[u32],
        dropout: Option<(Chance, u64)>,
        gradient: &mut [f32],
    ) -> Result<Tally, TrainError> {
        let scale = 1.0 / images.len() as f32;
        let parts = images.chunks(self.part.min(images.len().max(1))).scan(0, |first, part| {
            let pass =
                dropout.map_or(Pass::Evaluate, |(chance, step)| Pass::Train { chance, step, first: *first });
            *first += part.len();
            Some((part.to_vec(), Some((pass, scale))))
        });
        let outcomes = self.run(Set::Train, weights, parts)?;
        gradient.fill(0.0);
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally += outcome.tally;
            for (sum, part) in gradient.iter_mut().zip(&outcome.gradient) {
                *sum += part;
            }
            self.spare.push(outcome.gradient);
        }
        Ok(tally)
    }

    /// Measures the network on these images of the test set.
    pub fn evaluate(&mut self, weights: &Arc<Vec<f32>>, images: Range<u32>) -> Result<Tally, TrainError> {
        let images: Vec<u32> = images.collect();
        let parts = images.chunks(self.part.min(EVALUATION)).map(|part| (part.to_vec(), None));
        let outcomes = self.run(Set::Test, weights, parts)?;
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally += outcome.tally;
        }
        Ok(tally)
    }

    /// Has the parts computed, and gives what came of them in their order.
    fn run(
        &mut self,
        set: Set,
        weights: &Arc<Vec<f32>>,
        parts: impl Iterator<Item = (Vec<u32>, Option<(Pass, f32)>)>,
    ) -> Result<Vec<Outcome>, TrainError> {
        let jobs = self.jobs.as_ref().ok_or(TrainError::Worker)?;
        self.version += 1;
        let mut count = 0;
        for (index, (images, train)) in parts.enumerate() {
            let gradient = train.and_then(|_| self.spare.pop()).unwrap_or_default();
            let weights = Arc::clone(weights);
            let job = Job { index, set, images, weights, version: self.version, train, gradient };
            jobs.send(job).map_err(gone)?;
            count += 1;
        }
        let mut outcomes = Vec::with_capacity(count);
        for _ in 0..count {
            outcomes.push(self.outcomes.recv().map_err(gone)?);
        }
        outcomes.sort_unstable_by_key(|outcome: &Outcome| outcome.index);
        Ok(outcomes)
    }
}

/// A channel's other end is gone: the threads have ended.
fn gone<E>(_closed: E) -> TrainError {
    TrainError::Worker
}

/// Images that are evaluated at once: their patches take a few megabytes.
const EVALUATION: usize = 50;

impl Drop for Workers {
    fn drop(&mut self) {
        // Without a sender the queue ends, and with it the threads.
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // One that panicked was noticed when its outcome was missing.
            let _ = thread.join();
        }
    }
}

type Ready = Result<(Vec<LayerInfo>, Vec<Parameter>), DeviceError>;

/// The life of a thread.
fn work(
    blueprint: &Blueprint,
    data: &Dataset,
    queue: &Mutex<Receiver<Job>>,
    ready: &Sender<Ready>,
    outcomes: &Sender<Outcome>,
) {
    // dfdx multiplies matrices with as many threads as the current pool has. Here that is this one:
    // the parts are spread over threads already.
    let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let built = nn::build(&blueprint.preset, blueprint.device, blueprint.kernels, blueprint.dropout);
    let mut model = match built {
        Ok(model) => model,
        Err(error) => return drop(ready.send(Err(error))),
    };
    let size = model.parameters().iter().map(Parameter::len).sum();
    if ready.send(Ok((model.layers().to_vec(), model.parameters().to_vec()))).is_err() {
        return;
    }
    let normalised = normalised_levels();
    let mut pixels = Vec::new();
    let mut version = 0;
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if job.version != version {
            model.set_weights(&job.weights);
            version = job.version;
        }
        let outcome = compute(&*model, size, data, &normalised, &mut pixels, job);
        if outcomes.send(outcome).is_err() {
            return;
        }
    }
}

fn compute(
    model: &dyn Model,
    size: usize,
    data: &Dataset,
    normalised: &[f32; 256],
    pixels: &mut Vec<f32>,
    job: Job,
) -> Outcome {
    let split = match job.set {
        Set::Train => &data.train,
        Set::Test => &data.test,
    };
    let Job { index, images, train, mut gradient, .. } = job;
    let labels = assemble(split, &images, normalised, pixels);
    let images = Images { pixels, labels: &labels };
    let tally = match train {
        Some((pass, scale)) => {
            gradient.resize(size, 0.0);
            model.train(images, pass, scale, &mut gradient)
        }
        None => model.evaluate(images),
    };
    Outcome { index, tally, gradient }
}

/// Writes the pixels of the images with these numbers to `pixels`, and gives their labels.
fn assemble(split: &Split, images: &[u32], normalised: &[f32; 256], pixels: &mut Vec<f32>) -> Vec<u8> {
    let of = |&image: &u32| image as usize;
    pixels.clear();
    for image in images.iter().map(of) {
        pixels.extend(split.image(image).iter().map(|&level| normalised[usize::from(level)]));
    }
    images.iter().map(of).map(|image| split.label(image)).collect()
}

/// What each of the 256 levels of grey becomes.
fn normalised_levels() -> [f32; 256] {
    std::array::from_fn(|level| (level as f32 / 255.0 - MEAN) / DEVIATION)
}
