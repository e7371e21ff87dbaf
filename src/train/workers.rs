//! Worker threads: each has its own copy of the network and processes one part of a batch after another.
//!
//! A batch is split in the same way for any number of threads, and the gradients of the parts are summed in order. So a
//! run produces the same bits with 1 thread or with 16.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::TrainError;
use crate::data::{self, Dataset, PIXELS, Split, normalized_levels};
use crate::nn::{
    self, Backend, DeviceError, DeviceKind, Images, LayerInfo, Mode, Model, Parameter, Prediction, SeededRng,
    Totals,
};
use crate::run::StepTime;

/// Images per part of a batch on the CPU: few enough to keep 4 threads busy with the default batch of 64, and enough
/// that the overhead per part (packing weights, summing gradients) is small.
const PART_SIZE: usize = 16;

// `data` and `nn` are independent of each other; their constants must agree here.
const _: () = assert!(data::SIDE == nn::SIDE && data::CLASSES == nn::CLASSES);

/// Which network to build, and on which device.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSpec {
    /// Name of the preset.
    pub preset: String,
    /// Device to compute on.
    pub device: DeviceKind,
    /// Implementation on the CPU.
    pub backend: Backend,
    /// Replaces the preset's own dropout rates.
    pub dropout: Option<f32>,
}

/// A split of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ImageSet {
    Train,
    Test,
}

/// What to do with a part's images.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// Compute the gradient in this mode, times this scale.
    Train(Mode, f32),
    /// Compute loss and accuracy.
    Evaluate,
    /// Predict the class of each image.
    Predict,
}

/// One part of a batch.
#[derive(Debug)]
struct Job {
    index: usize,
    set: ImageSet,
    images: Vec<u32>,
    weights: Arc<Vec<f32>>,
    /// Version of the weights, so that a worker copies them only once per step.
    version: u64,
    work: Work,
    /// Buffer for the gradient, reused from step to step.
    gradient: Vec<f32>,
}

#[derive(Debug)]
struct JobResult {
    index: usize,
    totals: Totals,
    gradient: Vec<f32>,
    predictions: Vec<Prediction>,
    time: StepTime,
}

/// A pool of workers: the calling thread and helper threads, which end when this is dropped.
#[derive(Debug)]
pub struct Workers {
    own: Worker,
    helpers: Vec<JoinHandle<()>>,
    /// `None` once the helpers should end.
    jobs: Option<Sender<Job>>,
    queue: Receiver<Job>,
    outcomes: Receiver<Result<JobResult, TrainError>>,
    part_size: usize,
    version: u64,
    /// Unused gradient buffers.
    spare_gradients: Vec<Vec<f32>>,
}

impl Workers {
    /// Starts the threads and builds a network on each. A GPU uses one thread.
    pub fn start(spec: &NetworkSpec, threads: usize, data: &Arc<Dataset>) -> Result<Self, TrainError> {
        let (part_size, threads) = match spec.device {
            DeviceKind::Cpu => (PART_SIZE, threads.max(1)),
            DeviceKind::Cuda(_) => (usize::MAX, 1),
        };
        // dfdx multiplies matrices on rayon's pool, but here the parts are already spread over threads. It is an error
        // if the pool exists, which means that this was done before.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
        let (jobs, queue) = unbounded::<Job>();
        let (outcome_sender, outcomes) = unbounded();
        let helpers = (1..threads).map(|number| {
            let (spec, data, queue) = (spec.clone(), Arc::clone(data), queue.clone());
            let outcomes = outcome_sender.clone();
            std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
                let mut worker = Worker::new(&spec, &data);
                for job in queue {
                    let outcome = match &mut worker {
                        Ok(worker) => worker.compute(job),
                        Err(_) => Err(TrainError::Worker),
                    };
                    if outcomes.send(outcome).is_err() {
                        return;
                    }
                }
            })
        });
        Ok(Self {
            helpers: helpers.collect::<Result<_, _>>().map_err(TrainError::Thread)?,
            own: Worker::new(spec, data)?,
            jobs: Some(jobs),
            queue,
            outcomes,
            part_size,
            version: 0,
            spare_gradients: Vec::new(),
        })
    }

    /// The network's layers.
    pub fn layers(&self) -> &[LayerInfo] {
        self.own.model.layers()
    }

    /// The network's parameters.
    pub fn parameters(&self) -> &[Parameter] {
        self.own.model.parameters()
    }

    /// Number of threads, the calling one included.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Writes the gradient of the mean loss over these training images to `gradient`, and returns their loss and
    /// accuracy and how long the threads worked. `dropout` is the random source and the step; `None` switches dropout
    /// off.
    pub fn train(
        &mut self,
        weights: &Arc<Vec<f32>>,
        images: &[u32],
        dropout: Option<(SeededRng, u64)>,
        gradient: &mut [f32],
    ) -> Result<(Totals, StepTime), TrainError> {
        let scale = 1.0 / images.len() as f32;
        let parts = images.chunks(self.part_size.min(images.len().max(1))).scan(0, |first, part| {
            let mode = dropout.map_or(Mode::Evaluate, |(rng, step)| Mode::Train { rng, step, first: *first });
            *first += part.len();
            Some((part.to_vec(), Work::Train(mode, scale)))
        });
        let outcomes = self.run(ImageSet::Train, weights, parts)?;
        let start = Instant::now();
        gradient.fill(0.0);
        let (mut totals, mut time) = (Totals::default(), StepTime::default());
        for outcome in outcomes {
            totals += outcome.totals;
            time += outcome.time;
            for (sum, part) in gradient.iter_mut().zip(&outcome.gradient) {
                *sum += part;
            }
            self.spare_gradients.push(outcome.gradient);
        }
        time.update += start.elapsed().as_secs_f32();
        Ok((totals, time))
    }

    /// Computes loss and accuracy on these images of the test set.
    pub fn evaluate(&mut self, weights: &Arc<Vec<f32>>, images: Range<u32>) -> Result<Totals, TrainError> {
        let mut totals = Totals::default();
        for outcome in self.run_on_test_set(weights, images, Work::Evaluate)? {
            totals += outcome.totals;
        }
        Ok(totals)
    }

    /// Predicts the class of each of these images of the test set.
    pub fn predict(
        &mut self,
        weights: &Arc<Vec<f32>>,
        images: Range<u32>,
    ) -> Result<Vec<Prediction>, TrainError> {
        let outcomes = self.run_on_test_set(weights, images, Work::Predict)?;
        Ok(outcomes.into_iter().flat_map(|outcome| outcome.predictions).collect())
    }

    fn run_on_test_set(
        &mut self,
        weights: &Arc<Vec<f32>>,
        images: Range<u32>,
        work: Work,
    ) -> Result<Vec<JobResult>, TrainError> {
        let images: Vec<u32> = images.collect();
        let parts = images.chunks(self.part_size.min(EVALUATION_PART_SIZE)).map(|part| (part.to_vec(), work));
        self.run(ImageSet::Test, weights, parts)
    }

    /// Processes the parts on all threads; returns their outcomes in order.
    fn run(
        &mut self,
        set: ImageSet,
        weights: &Arc<Vec<f32>>,
        parts: impl Iterator<Item = (Vec<u32>, Work)>,
    ) -> Result<Vec<JobResult>, TrainError> {
        let jobs = self.jobs.as_ref().ok_or(TrainError::Worker)?;
        self.version += 1;
        let mut count = 0;
        for (index, (images, work)) in parts.enumerate() {
            let gradient = match work {
                Work::Train(..) => self.spare_gradients.pop().unwrap_or_default(),
                Work::Evaluate | Work::Predict => Vec::new(),
            };
            let weights = Arc::clone(weights);
            let job = Job { index, set, images, weights, version: self.version, work, gradient };
            jobs.send(job).map_err(gone)?;
            count += 1;
        }
        let mut outcomes = Vec::with_capacity(count);
        while let Ok(job) = self.queue.try_recv() {
            outcomes.push(self.own.compute(job)?);
        }
        while outcomes.len() < count {
            outcomes.push(self.outcomes.recv().map_err(gone)??);
        }
        outcomes.sort_unstable_by_key(|outcome| outcome.index);
        Ok(outcomes)
    }
}

/// The error for a disconnected channel or a panic: the threads are gone.
fn gone<E>(_closed: E) -> TrainError {
    TrainError::Worker
}

/// Images evaluated at once where layers are composed; their im2col buffers take a few megabytes.
const EVALUATION_PART_SIZE: usize = 50;

impl Drop for Workers {
    fn drop(&mut self) {
        // Without a sender the queue is closed, which ends the helpers.
        self.jobs = None;
        for helper in self.helpers.drain(..) {
            // It cannot panic: `compute` catches panics.
            let _ = helper.join();
        }
    }
}

/// The state of one thread.
#[derive(Debug)]
struct Worker {
    model: Box<dyn Model>,
    data: Arc<Dataset>,
    /// Length of the gradient.
    size: usize,
    /// The network input for each pixel value.
    levels: [f32; 256],
    /// Version of the weights that the model has.
    version: u64,
}

impl Worker {
    fn new(spec: &NetworkSpec, data: &Arc<Dataset>) -> Result<Self, DeviceError> {
        let model = nn::build(&spec.preset, spec.device, spec.backend, spec.dropout)?;
        Ok(Self {
            size: model.parameters().iter().map(Parameter::len).sum(),
            model,
            data: Arc::clone(data),
            levels: normalized_levels(),
            version: 0,
        })
    }

    /// Processes a part. A panic becomes an error, so that the caller does not wait for an outcome that never arrives.
    fn compute(&mut self, job: Job) -> Result<JobResult, TrainError> {
        catch_unwind(AssertUnwindSafe(|| self.process(job))).map_err(gone)
    }

    fn process(&mut self, job: Job) -> JobResult {
        let Job { index, set, images, weights, version, work, mut gradient } = job;
        if self.version != version {
            self.model.set_weights(&weights);
            self.version = version;
        }
        // The optimizer can update the weights in place only if no worker still holds them.
        drop(weights);
        let start = Instant::now();
        let split = match set {
            ImageSet::Train => &self.data.train,
            ImageSet::Test => &self.data.test,
        };
        let images = assemble(split, &images, &self.levels);
        let mut time = StepTime { data: start.elapsed().as_secs_f32(), ..StepTime::default() };
        let (mut totals, mut predictions) = (Totals::default(), Vec::new());
        match work {
            Work::Train(mode, scale) => {
                gradient.resize(self.size, 0.0);
                let trained = self.model.train(images, mode, scale, &mut gradient);
                time.forward = trained.forward.as_secs_f32();
                time.backward = trained.backward.as_secs_f32();
                totals = trained.totals;
            }
            Work::Evaluate => totals = self.model.evaluate(images),
            Work::Predict => predictions = self.model.predict(images),
        }
        JobResult { index, totals, gradient, predictions, time }
    }
}

/// Normalises the images with these indices.
fn assemble(split: &Split, indices: &[u32], levels: &[f32; 256]) -> Images {
    let indices = || indices.iter().map(|&index| index as usize);
    let mut pixels = Vec::with_capacity(indices().len() * PIXELS);
    for index in indices() {
        pixels.extend(split.image(index).iter().map(|&level| levels[usize::from(level)]));
    }
    Images { pixels, labels: indices().map(|index| split.label(index)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_in_a_worker_is_an_error_and_does_not_hang() {
        let data = Arc::new(Dataset::built_in().unwrap());
        let spec = NetworkSpec {
            preset: "dnn".to_owned(),
            device: DeviceKind::Cpu,
            backend: Backend::best(),
            dropout: None,
        };
        for threads in [1, 3] {
            let mut workers = Workers::start(&spec, threads, &data).unwrap();
            let size = workers.parameters().iter().map(Parameter::len).sum();
            let weights = Arc::new(vec![0.0; size]);
            // These images do not exist.
            let error = workers.evaluate(&weights, 999_900..1_000_000).unwrap_err();
            assert!(matches!(error, TrainError::Worker), "{error}");
        }
    }
    /// The sums of an evaluation depend on where it is split, in their last digits.
    #[test]
    fn evaluation_is_split_in_the_same_parts_for_any_number_of_threads() {
        let data = Arc::new(Dataset::built_in().unwrap());
        let spec = NetworkSpec {
            preset: "dnn".to_owned(),
            device: DeviceKind::Cpu,
            backend: Backend::best(),
            dropout: None,
        };
        for threads in [1, 2, 3, 8] {
            let mut workers = Workers::start(&spec, threads, &data).unwrap();
            let size = workers.parameters().iter().map(Parameter::len).sum();
            let weights = Arc::new(vec![0.01; size]);
            let parts = workers.run_on_test_set(&weights, 0..100, Work::Evaluate).unwrap();
            let images: Vec<_> = parts.iter().map(|part| part.totals.images).collect();
            assert_eq!(images, [16, 16, 16, 16, 16, 16, 4], "{threads} threads");
        }
    }
}
