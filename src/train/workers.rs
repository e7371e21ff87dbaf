//! The threads that compute: each has a network of its own, and takes part after part of a batch.
//!
//! A batch is split in the same way whatever the number of threads, and the parts' gradients are
//! summed in the order of the parts. So the same run gives the same bits with 1 thread or with 16.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::TrainError;
use crate::data::{Dataset, PIXELS, Split};
use crate::nn::{
    self, Backend, DeviceError, DeviceKind, Images, LayerInfo, Mode, Model, Parameter, Prediction, SeededRng,
    Totals,
};
use crate::run::StepTime;

/// Images in a part of a batch on the CPU: few enough to keep 4 threads busy with the lecture's batch of
/// 64, enough that what each part costs by itself (weights laid out, gradients summed) counts little.
const PART: usize = 16;

/// Mean and standard deviation of the pixels, in 0 to 1, by which they are normalised. They are
/// MNIST's, and those that the tutorials for its successors keep to.
const MEAN: f32 = 0.1307;
const DEVIATION: f32 = 0.3081;

/// What network to compute, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSpec {
    /// Name of the preset.
    pub preset: String,
    /// Where to.
    pub device: DeviceKind,
    /// What computes convolutions on the processor.
    pub kernels: Backend,
    /// Replaces the preset's own dropout rates.
    pub dropout: Option<f32>,
}

/// Which images of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ImageSet {
    Train,
    Test,
}

/// What is to be done with images.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// Find the gradient in this pass, scaled by this.
    Train(Mode, f32),
    /// Measure the network on them.
    Evaluate,
    /// Say what it takes each of them for.
    Predict,
}

/// A part of the work on some images.
#[derive(Debug)]
struct Job {
    index: usize,
    set: ImageSet,
    images: Vec<u32>,
    weights: Arc<Vec<f32>>,
    /// Which weights they are: they change from step to step, and not from part to part.
    version: u64,
    work: Work,
    /// Room for the gradient, of any length.
    gradient: Vec<f32>,
}

#[derive(Debug)]
struct Outcome {
    index: usize,
    tally: Totals,
    gradient: Vec<f32>,
    predictions: Vec<Prediction>,
    time: StepTime,
}

/// The threads: the one that calls, and helpers, which end when this is dropped.
#[derive(Debug)]
pub struct Workers {
    own: Worker,
    helpers: Vec<JoinHandle<()>>,
    /// `None` once the helpers are to end.
    jobs: Option<Sender<Job>>,
    queue: Receiver<Job>,
    outcomes: Receiver<Result<Outcome, TrainError>>,
    part: usize,
    version: u64,
    /// Gradients' memory that is not in use.
    spare: Vec<Vec<f32>>,
}

impl Workers {
    /// Starts the threads and builds their networks. A GPU is driven by one thread.
    pub fn start(blueprint: &NetworkSpec, threads: usize, data: &Arc<Dataset>) -> Result<Self, TrainError> {
        let (part, threads) = match blueprint.device {
            DeviceKind::Cpu => (PART, threads.max(1)),
            DeviceKind::Cuda => (usize::MAX, 1),
        };
        // dfdx multiplies matrices with as many threads as rayon's pool has, but here the parts are spread
        // over threads already. An error means that this was done before.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
        let (jobs, queue) = unbounded::<Job>();
        let (outcome_sender, outcomes) = unbounded();
        let helpers = (1..threads).map(|number| {
            let (blueprint, data, queue) = (blueprint.clone(), Arc::clone(data), queue.clone());
            let outcomes = outcome_sender.clone();
            std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
                let mut worker = Worker::new(&blueprint, &data);
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
            own: Worker::new(blueprint, data)?,
            jobs: Some(jobs),
            queue,
            outcomes,
            part,
            version: 0,
            spare: Vec::new(),
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

    /// How many threads compute.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Writes into `gradient` the gradient of the mean loss of these training images, and says how long
    /// the threads worked.
    pub fn train(
        &mut self,
        weights: &Arc<Vec<f32>>,
        images: &[u32],
        dropout: Option<(SeededRng, u64)>,
        gradient: &mut [f32],
    ) -> Result<(Totals, StepTime), TrainError> {
        let scale = 1.0 / images.len() as f32;
        let parts = images.chunks(self.part.min(images.len().max(1))).scan(0, |first, part| {
            let pass =
                dropout.map_or(Mode::Evaluate, |(chance, step)| Mode::Train { chance, step, first: *first });
            *first += part.len();
            Some((part.to_vec(), Work::Train(pass, scale)))
        });
        let outcomes = self.run(ImageSet::Train, weights, parts)?;
        let start = Instant::now();
        gradient.fill(0.0);
        let (mut tally, mut time) = (Totals::default(), StepTime::default());
        for outcome in outcomes {
            tally += outcome.tally;
            time += outcome.time;
            for (sum, part) in gradient.iter_mut().zip(&outcome.gradient) {
                *sum += part;
            }
            self.spare.push(outcome.gradient);
        }
        time.update += start.elapsed().as_secs_f32();
        Ok((tally, time))
    }

    /// Measures the network on these images of the test set.
    pub fn evaluate(&mut self, weights: &Arc<Vec<f32>>, images: Range<u32>) -> Result<Totals, TrainError> {
        let mut tally = Totals::default();
        for outcome in self.test(weights, images, Work::Evaluate)? {
            tally += outcome.tally;
        }
        Ok(tally)
    }

    /// What the network takes each of these images of the test set for.
    pub fn predict(
        &mut self,
        weights: &Arc<Vec<f32>>,
        images: Range<u32>,
    ) -> Result<Vec<Prediction>, TrainError> {
        let outcomes = self.test(weights, images, Work::Predict)?;
        Ok(outcomes.into_iter().flat_map(|outcome| outcome.predictions).collect())
    }

    fn test(
        &mut self,
        weights: &Arc<Vec<f32>>,
        images: Range<u32>,
        work: Work,
    ) -> Result<Vec<Outcome>, TrainError> {
        let images: Vec<u32> = images.collect();
        let parts = images.chunks(self.part.min(EVALUATION)).map(|part| (part.to_vec(), work));
        self.run(ImageSet::Test, weights, parts)
    }

    /// Has the parts computed, and gives what came of them in their order.
    fn run(
        &mut self,
        set: ImageSet,
        weights: &Arc<Vec<f32>>,
        parts: impl Iterator<Item = (Vec<u32>, Work)>,
    ) -> Result<Vec<Outcome>, TrainError> {
        let jobs = self.jobs.as_ref().ok_or(TrainError::Worker)?;
        self.version += 1;
        let mut count = 0;
        for (index, (images, work)) in parts.enumerate() {
            let gradient = match work {
                Work::Train(..) => self.spare.pop().unwrap_or_default(),
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

/// A channel's other end is gone: the threads have ended.
fn gone<E>(_closed: E) -> TrainError {
    TrainError::Worker
}

/// Images that are evaluated at once: their patches take a few megabytes.
const EVALUATION: usize = 50;

impl Drop for Workers {
    fn drop(&mut self) {
        // Without a sender the queue ends, and with it the helpers.
        self.jobs = None;
        for helper in self.helpers.drain(..) {
            // They do not panic: `compute` catches that.
            let _ = helper.join();
        }
    }
}

/// What a thread computes with.
#[derive(Debug)]
struct Worker {
    model: Box<dyn Model>,
    data: Arc<Dataset>,
    /// How many numbers a gradient has.
    size: usize,
    normalised: [f32; 256],
    version: u64,
}

impl Worker {
    fn new(blueprint: &NetworkSpec, data: &Arc<Dataset>) -> Result<Self, DeviceError> {
        let model = nn::build(&blueprint.preset, blueprint.device, blueprint.kernels, blueprint.dropout)?;
        Ok(Self {
            size: model.parameters().iter().map(Parameter::len).sum(),
            model,
            data: Arc::clone(data),
            normalised: normalised_levels(),
            version: 0,
        })
    }

    /// Does a job. What panics is an error here, so that nobody waits for an outcome that never comes.
    fn compute(&mut self, job: Job) -> Result<Outcome, TrainError> {
        catch_unwind(AssertUnwindSafe(|| self.do_job(job))).map_err(gone)
    }

    fn do_job(&mut self, job: Job) -> Outcome {
        let Job { index, set, images, weights, version, work, mut gradient } = job;
        if self.version != version {
            self.model.set_weights(&weights);
            self.version = version;
        }
        // Nobody else may hold them when the optimizer changes them.
        drop(weights);
        let start = Instant::now();
        let split = match set {
            ImageSet::Train => &self.data.train,
            ImageSet::Test => &self.data.test,
        };
        let images = assemble(split, &images, &self.normalised);
        let mut time = StepTime { data: start.elapsed().as_secs_f32(), ..StepTime::default() };
        let (mut tally, mut predictions) = (Totals::default(), Vec::new());
        match work {
            Work::Train(pass, scale) => {
                gradient.resize(self.size, 0.0);
                let trained = self.model.train(images, pass, scale, &mut gradient);
                time.forward = trained.forward.as_secs_f32();
                time.backward = trained.backward.as_secs_f32();
                tally = trained.tally;
            }
            Work::Evaluate => tally = self.model.evaluate(images),
            Work::Predict => predictions = self.model.predict(images),
        }
        Outcome { index, tally, gradient, predictions, time }
    }
}

/// The images with these numbers.
fn assemble(split: &Split, numbers: &[u32], normalised: &[f32; 256]) -> Images {
    let numbers = || numbers.iter().map(|&number| number as usize);
    let mut pixels = Vec::with_capacity(numbers().len() * PIXELS);
    for number in numbers() {
        pixels.extend(split.image(number).iter().map(|&level| normalised[usize::from(level)]));
    }
    Images { pixels, labels: numbers().map(|number| split.label(number)).collect() }
}

/// What each of the 256 levels of grey becomes.
fn normalised_levels() -> [f32; 256] {
    std::array::from_fn(|level| (level as f32 / 255.0 - MEAN) / DEVIATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_panics_is_an_error_and_nobody_waits() {
        let data = Arc::new(Dataset::built_in().unwrap());
        let blueprint = NetworkSpec {
            preset: "dnn".to_owned(),
            device: DeviceKind::Cpu,
            kernels: Backend::best(),
            dropout: None,
        };
        for threads in [1, 3] {
            let mut workers = Workers::start(&blueprint, threads, &data).unwrap();
            let size = workers.parameters().iter().map(Parameter::len).sum();
            let weights = Arc::new(vec![0.0; size]);
            // There is no such image.
            let error = workers.evaluate(&weights, 999_900..1_000_000).unwrap_err();
            assert!(matches!(error, TrainError::Worker), "{error}");
        }
    }
}
