//! Training with the kernels: the memory of a network on a device, and its steps.

use super::buffers::{Buffers, Sizes, SplitBuffers};
use super::driver::{Device, DeviceMemory};
use super::network::KernelNetwork;
use super::parameters::{Launch, Params, PrepareParams, StepState, StepTotals};
use super::plan::Plan;
use super::planner::PlanSettings;
use crate::nn::device_error::DeviceError;
use crate::nn::gpu::{GpuTask, GpuTrainer, LabelledImages, StepSettings, UpdateRule};
use crate::nn::model::{LayerInfo, Totals};
use crate::nn::rng::SeededRng;

/// The most images evaluated at once.
const EVALUATION_BATCH: usize = 1024;

/// Memory of a device that is left to others, when a batch is said to fit.
const SPARE: usize = 16 << 20;

/// A network with its data set in the memory of a device.
#[derive(Debug)]
pub(super) struct KernelTrainer {
    network: KernelNetwork,
    setting: PlanSettings,
    buffers: Buffers,
    plan: Plan,
    /// The batch of the epoch and the step of the run that are prepared.
    prepared: Option<(usize, u64)>,
    /// Whether the weights are those of a known step: not after an error.
    is_whole: bool,
    memory: DeviceMemory,
    device: Device,
}

impl KernelTrainer {
    /// Loads a network and its data set; `None` if the kernels cannot compute it. The weights are arbitrary until they
    /// are loaded.
    pub(super) fn start(ordinal: usize, task: &GpuTask<'_>) -> Result<Option<Self>, DeviceError> {
        let Some(network) = KernelNetwork::of(task.layers) else { return Ok(None) };
        let (train, test) = (task.train.labels.len(), task.test.labels.len());
        let batch = task.batch_size.clamp(1, train.max(1));
        let sizes = Sizes { train, test, batch, evaluated: EVALUATION_BATCH.clamp(1, test.max(1)) };
        let device = Device::open(ordinal)?;
        let setting = PlanSettings {
            sizes,
            key: SeededRng::new(task.seed).key(),
            update: task.update,
            multiprocessors: device.multiprocessors()?,
        };
        let bytes = |batch| Buffers::place(&network, Sizes { batch, ..sizes }, 0).1;
        let memory = device.allocate(bytes(batch)).map_err(|error| match error {
            DeviceError::OutOfMemory => too_large(batch, bytes),
            error => error,
        })?;
        let (buffers, _) = Buffers::place(&network, sizes, memory.base());
        let Some(plan) = Plan::new(&network, &buffers, &setting) else { return Ok(None) };
        memory.upload(buffers.levels, task.levels)?;
        upload_split(&memory, buffers.train, task.train)?;
        upload_split(&memory, buffers.test, task.test)?;
        Ok(Some(Self { network, setting, buffers, plan, prepared: None, is_whole: false, memory, device }))
    }

    /// Downloads one value per parameter.
    fn parameters(&self, from: u64) -> Result<Vec<f32>, DeviceError> {
        if !self.is_whole {
            return Err(DeviceError::Failed("its last steps have failed".to_owned()));
        }
        self.memory.download(from, self.network.parameters)
    }

    fn perform(
        &self,
        batch: usize,
        step: u64,
        settings: &[StepSettings],
    ) -> Result<Vec<Totals>, DeviceError> {
        let training = &self.buffers.training;
        if self.prepared != Some((batch, step)) {
            let state = StepState { step, batch: u32::try_from(batch).unwrap_or(u32::MAX), half: 0 };
            self.memory.upload(self.buffers.batch.state, &[state])?;
            self.device.launch(std::slice::from_ref(&self.plan.prepare))?;
        }
        self.memory.upload(element::<StepSettings>(training.settings, batch), settings)?;
        let last = self.setting.sizes.steps() - 1;
        for batch in (batch..).take(settings.len()) {
            self.device.launch(if batch == last { &self.plan.last_step } else { &self.plan.step })?;
        }
        let results: Vec<StepTotals> =
            self.memory.download(element::<StepTotals>(training.ring, batch), settings.len())?;
        Ok(results.into_iter().map(totals).collect())
    }
}

impl GpuTrainer for KernelTrainer {
    fn load(&mut self, weights: &[f32], slots: &[&[f32]]) -> Result<(), DeviceError> {
        self.is_whole = false;
        self.memory.upload(self.buffers.parameters, weights)?;
        for (buffer, values) in [self.buffers.first, self.buffers.second].into_iter().zip(slots) {
            self.memory.upload(buffer, values)?;
        }
        self.is_whole = true;
        Ok(())
    }

    fn weights(&self) -> Result<Vec<f32>, DeviceError> {
        self.parameters(self.buffers.parameters)
    }

    fn slot(&self, index: usize) -> Result<Vec<f32>, DeviceError> {
        self.parameters(if index == 0 { self.buffers.first } else { self.buffers.second })
    }

    fn configure(&mut self, layers: &[LayerInfo], update: UpdateRule) -> Result<(), DeviceError> {
        let setting = PlanSettings { update, ..self.setting };
        let network = KernelNetwork::of(layers);
        let plan = network.as_ref().and_then(|network| Plan::new(network, &self.buffers, &setting));
        let (Some(network), Some(plan)) = (network, plan) else {
            return Err(DeviceError::Failed("the network has changed".to_owned()));
        };
        (self.network, self.setting, self.plan) = (network, setting, plan);
        // The masks that are drawn have other rates.
        self.prepared = None;
        Ok(())
    }

    fn set_order(&mut self, order: &[u32]) -> Result<(), DeviceError> {
        self.prepared = None;
        self.memory.upload(self.buffers.training.order, order)
    }

    fn train(
        &mut self,
        batch: usize,
        step: u64,
        settings: &[StepSettings],
    ) -> Result<Vec<Totals>, DeviceError> {
        let whole = std::mem::replace(&mut self.is_whole, false);
        if batch.saturating_add(settings.len()) > self.setting.sizes.steps() || !whole {
            return Err(DeviceError::Failed("there are no such steps".to_owned()));
        }
        let totals = self.perform(batch, step, settings)?;
        self.prepared = Some((batch + settings.len(), step + settings.len() as u64));
        self.is_whole = true;
        Ok(totals)
    }

    fn evaluate(&mut self) -> Result<Totals, DeviceError> {
        let (buffers, sizes) = (&self.buffers, self.setting.sizes);
        self.memory.upload(buffers.evaluated.state, &[StepState::default()])?;
        self.memory.upload(buffers.totals, &[StepTotals::default()])?;
        let batches = sizes.test.div_ceil(sizes.evaluated);
        for batch in 1..=batches {
            let is_last = batch == batches;
            self.device.launch(if is_last { &self.plan.last_evaluation } else { &self.plan.evaluation })?;
        }
        let results: Vec<StepTotals> = self.memory.download(buffers.totals, 1)?;
        Ok(results.into_iter().map(totals).next().unwrap_or_default())
    }
}

/// Tests a device with a kernel of training: it gathers an image.
pub(super) fn probe(ordinal: usize) -> Result<(), DeviceError> {
    const PIXELS: [u8; 4] = [3, 0, 255, 1];
    const SPACE: u64 = 1024;
    let device = Device::open(ordinal)?;
    let memory = device.allocate(8 * 1024)?;
    let place = |number: u64| memory.base() + number * SPACE;
    let [state, pixels, labels, levels, images, batch_labels] = [0, 1, 2, 3, 4, 5].map(place);
    memory.upload(state, &[StepState::default()])?;
    memory.upload(pixels, &PIXELS)?;
    memory.upload(labels, &[7u8])?;
    let values: [f32; 256] = std::array::from_fn(|level| level as f32 / 255.0);
    memory.upload(levels, &values)?;
    let params = PrepareParams {
        state,
        pixels,
        labels,
        order_length: 1,
        batch_size: 1,
        image_values: 4,
        levels,
        images,
        halves: 1,
        batch_labels,
        ..PrepareParams::default()
    };
    let params = Params::Prepare(Box::new(params));
    device.launch(&[Launch { params, blocks: 1, threads: 256, shared: 0 }])?;
    let computed: Vec<f32> = memory.download(images, PIXELS.len())?;
    let want = PIXELS.map(|pixel| f32::from(pixel) / 255.0);
    if computed == want { Ok(()) } else { Err(DeviceError::Failed(format!("it computed {computed:?}"))) }
}

/// The error that says which batch would have fit. `bytes` is the memory for a batch of some size.
fn too_large(batch: usize, bytes: impl Fn(usize) -> usize) -> DeviceError {
    let free = Device::free_memory().unwrap_or_default().saturating_sub(SPARE);
    let halves = std::iter::successors(Some(batch / 2), |batch| Some(batch / 2));
    let mut sizes = halves.take_while(|batch| *batch > 0);
    match sizes.find(|&batch| bytes(batch) <= free) {
        Some(fits) => DeviceError::BatchTooLarge { batch, fits },
        None => DeviceError::OutOfMemory,
    }
}

fn upload_split(
    memory: &DeviceMemory,
    to: SplitBuffers,
    from: LabelledImages<'_>,
) -> Result<(), DeviceError> {
    memory.upload(to.pixels, from.pixels)?;
    memory.upload(to.labels, from.labels)
}

/// The place of an element of an array.
fn element<T>(array: u64, index: usize) -> u64 {
    array + (index * size_of::<T>()) as u64
}

fn totals(StepTotals { loss, correct, images }: StepTotals) -> Totals {
    Totals { images: images as usize, loss, correct: correct as usize }
}
