//! Device memory of a network: which buffers, how large, and where in one piece of memory.

use super::network::{DropoutSpec, KernelNetwork};
use super::parameters::{DevicePointer, StepState, StepTotals};
use super::shared_memory::index;
use crate::nn::gpu::StepSettings;

/// Alignment of every buffer, as of memory from the driver.
const ALIGNMENT: usize = 256;

/// Sizes that buffers depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Images of the training set.
    pub(super) train: usize,
    /// Images of the test set.
    pub(super) test: usize,
    /// Images of a training batch.
    pub(super) batch: usize,
    /// Images of a batch in evaluation.
    pub(super) evaluated: usize,
}

impl Sizes {
    /// Batches of an epoch.
    pub(super) fn steps(self) -> usize {
        self.train.div_ceil(self.batch)
    }
}

/// Images with their labels.
#[derive(Debug, Clone, Copy)]
pub(super) struct SplitBuffers {
    pub(super) pixels: DevicePointer,
    pub(super) labels: DevicePointer,
}

/// What the passes over a batch fill.
#[derive(Debug, Clone)]
pub(super) struct BatchBuffers {
    pub(super) state: DevicePointer,
    pub(super) images: DevicePointer,
    pub(super) labels: DevicePointer,
    pub(super) losses: DevicePointer,
    pub(super) correct: DevicePointer,
    /// Inputs of each linear layer.
    pub(super) inputs: Vec<DevicePointer>,
    /// Outputs of each convolution, and which members won its pooling windows.
    pub(super) conv_outputs: Vec<DevicePointer>,
    pub(super) winners: Vec<DevicePointer>,
}

/// What only training fills.
#[derive(Debug, Clone)]
pub(super) struct TrainingBuffers {
    pub(super) order: DevicePointer,
    pub(super) settings: DevicePointer,
    pub(super) ring: DevicePointer,
    pub(super) slabs: DevicePointer,
    /// Slopes and masks of each layer; a mask is null where there is no dropout.
    pub(super) slopes: Vec<DevicePointer>,
    pub(super) conv_slopes: Vec<DevicePointer>,
    pub(super) masks: Vec<DevicePointer>,
    pub(super) conv_masks: Vec<DevicePointer>,
}

/// All buffers of a network.
#[derive(Debug, Clone)]
pub(super) struct Buffers {
    pub(super) parameters: DevicePointer,
    pub(super) first: DevicePointer,
    pub(super) second: DevicePointer,
    pub(super) levels: DevicePointer,
    /// Totals of an evaluation.
    pub(super) totals: DevicePointer,
    pub(super) train: SplitBuffers,
    pub(super) test: SplitBuffers,
    pub(super) batch: BatchBuffers,
    pub(super) evaluated: BatchBuffers,
    pub(super) training: TrainingBuffers,
}

impl Buffers {
    /// Places all buffers from `base` on, and returns them with the bytes that they take.
    pub(super) fn place(network: &KernelNetwork, sizes: Sizes, base: DevicePointer) -> (Self, usize) {
        let mut arena = Arena { base, length: 0 };
        let buffers = Self {
            parameters: arena.take::<f32>(network.parameters),
            first: arena.take::<f32>(network.parameters),
            second: arena.take::<f32>(network.parameters),
            levels: arena.take::<f32>(256),
            totals: arena.take::<StepTotals>(1),
            train: arena.split(network, sizes.train),
            test: arena.split(network, sizes.test),
            batch: arena.batch(network, sizes.batch),
            evaluated: arena.batch(network, sizes.evaluated),
            training: arena.training(network, sizes),
        };
        (buffers, arena.length)
    }
}

/// A piece of device memory that is handed out from its beginning on.
struct Arena {
    base: DevicePointer,
    length: usize,
}

impl Arena {
    /// Space for this many values.
    fn take<T>(&mut self, count: usize) -> DevicePointer {
        let at = self.base.saturating_add(self.length as u64);
        self.length = self.length.saturating_add(count.saturating_mul(size_of::<T>()));
        self.length = self.length.checked_next_multiple_of(ALIGNMENT).unwrap_or(usize::MAX);
        at
    }

    fn split(&mut self, network: &KernelNetwork, images: usize) -> SplitBuffers {
        SplitBuffers {
            pixels: self.take::<u8>(images * network.image_values),
            labels: self.take::<u8>(images),
        }
    }

    fn batch(&mut self, network: &KernelNetwork, images: usize) -> BatchBuffers {
        let of_convs = |arena: &mut Self, width: usize| {
            let values = network.convs.iter().map(|conv| conv.params.values());
            values.map(|values| arena.take::<u8>(width * images * values)).collect()
        };
        BatchBuffers {
            state: self.take::<StepState>(1),
            // In halves, if the first layer is linear.
            images: self.take::<f32>(2 * images * network.image_values),
            labels: self.take::<u8>(images),
            losses: self.take::<f32>(images),
            correct: self.take::<u8>(images),
            inputs: network
                .linears
                .iter()
                .map(|linear| self.take::<f32>(images * index(linear.params.inputs)))
                .collect(),
            conv_outputs: of_convs(self, size_of::<f32>()),
            winners: of_convs(self, size_of::<u8>()),
        }
    }

    fn training(&mut self, network: &KernelNetwork, sizes: Sizes) -> TrainingBuffers {
        let images = sizes.batch;
        let (convs, linears) = (&network.convs, &network.linears);
        let mut mask = |drop: Option<_>, outputs: i32| {
            drop.map_or(0, |_: DropoutSpec| self.take::<u8>(images * index(outputs)))
        };
        let conv_masks = convs.iter().map(|conv| mask(conv.drop, conv.params.outputs)).collect();
        let masks = linears.iter().map(|linear| mask(linear.drop, linear.params.outputs)).collect();
        TrainingBuffers {
            conv_masks,
            masks,
            order: self.take::<u32>(sizes.train),
            settings: self.take::<StepSettings>(sizes.steps()),
            ring: self.take::<StepTotals>(sizes.steps()),
            slabs: self.take::<f32>(images * network.conv_parameters),
            slopes: linears
                .iter()
                .map(|linear| self.take::<f32>(images * index(linear.params.outputs)))
                .collect(),
            conv_slopes: convs.iter().map(|conv| self.take::<f32>(images * conv.params.values())).collect(),
        }
    }
}
