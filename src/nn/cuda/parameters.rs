//! The parameters of the kernels, as in `kernels.h`, which describes every field. Both files must have the same fields in the
//! same order.

use std::ffi::c_void;
use std::ptr::from_ref;

use crate::nn::gpu::StepSettings;

/// A pointer to device memory; 0 is null.
pub(super) type DevicePointer = u64;

/// The most convolutional blocks of a network.
pub(super) const MAX_CONVS: usize = 4;
/// The most linear layers of a network.
pub(super) const MAX_LINEARS: usize = 4;
/// The most dropout masks of a network.
pub(super) const MAX_MASKS: usize = MAX_CONVS + MAX_LINEARS;

/// Declares structs with C's layout and checks their sizes, which `kernels.h` checks too.
macro_rules! c_structs {
    ($($(#[$doc:meta])* $name:ident, $size:literal: { $($field:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            #[derive(Debug, Clone, Copy, Default)]
            pub(super) struct $name {
                $(pub(super) $field: $type,)*
            }
            const _: () = assert!(size_of::<$name>() == $size);
        )*
    };
}

const _: () = assert!(size_of::<StepSettings>() == 16);

c_structs! {
    /// `State`: the position of the run.
    StepState, 16: { step: u64, batch: u32, half: u32 }

    /// `StepTotals`: the results of a step.
    StepTotals, 16: { loss: f64, correct: u32, images: u32 }

    /// `Mask`: a dropout mask.
    Mask, 24: { flags: DevicePointer, values: i32, layer: i32, rate: f32 }

    /// `Prepare`: draws the masks and gathers the images of a step.
    PrepareParams, 312: {
        state: DevicePointer,
        pixels: DevicePointer,
        labels: DevicePointer,
        order: DevicePointer,
        order_length: i32,
        batch_size: i32,
        image_values: i32,
        levels: DevicePointer,
        images: DevicePointer,
        halves: i32,
        batch_labels: DevicePointer,
        key: [u32; 8],
        masks: i32,
        mask: [Mask; MAX_MASKS],
    }

    /// `Conv`: a convolutional block.
    ConvParams, 160: {
        channels: i32,
        height: i32,
        width: i32,
        outputs: i32,
        kernel: i32,
        pool: i32,
        out_height: i32,
        out_width: i32,
        weight: i32,
        bias: i32,
        mask: DevicePointer,
        kept: f32,
        at_input: i32,
        input_row: i32,
        input_plane: i32,
        at_output: i32,
        output_row: i32,
        output_plane: i32,
        at_winners: i32,
        at_slopes: i32,
        at_kept: i32,
        at_weights: i32,
        chunk: i32,
        at_taps: i32,
        at_frame: i32,
        at_output_lists: i32,
        at_output_counts: i32,
        at_place_lists: i32,
        at_place_counts: i32,
        at_frames: i32,
        frame_channels: i32,
        at_parts: i32,
        list_parts: i32,
        input_gradient: i32,
        stored_output: DevicePointer,
        stored_winners: DevicePointer,
    }

    /// `Linear`: a linear layer of a pass.
    LinearParams, 72: {
        inputs: i32,
        outputs: i32,
        weight: i32,
        bias: i32,
        relu: i32,
        mask: DevicePointer,
        kept: f32,
        stored_input: DevicePointer,
        stored_slope: DevicePointer,
        at_input: i32,
        at_slopes: i32,
        input_stride: i32,
        slope_stride: i32,
    }

    /// `Below`: the layer below the lowest of a backward pass.
    Below, 24: { relu: i32, mask: DevicePointer, kept: f32 }

    /// `Loss`: softmax and cross-entropy.
    LossParams, 56: {
        labels: DevicePointer,
        scale: f32,
        losses: DevicePointer,
        correct: DevicePointer,
        logits: DevicePointer,
        state: DevicePointer,
        at_labels: i32,
    }

    /// `ImagePass`: the whole network, or some of its convolutional blocks, image by image.
    ImagePassParams, 1088: {
        parameters: DevicePointer,
        images: DevicePointer,
        count: i32,
        convs: i32,
        linears: i32,
        conv: [ConvParams; MAX_CONVS],
        linear: [LinearParams; MAX_LINEARS],
        forward: i32,
        backward: i32,
        output_slope: DevicePointer,
        input_slope: DevicePointer,
        below: Below,
        loss: LossParams,
        slabs: DevicePointer,
        slab_stride: i32,
        at_logits: i32,
        at_scratch: i32,
    }

    /// `HeadPass`: the last linear layers and the loss.
    HeadPassParams, 432: {
        parameters: DevicePointer,
        inputs: DevicePointer,
        halves: DevicePointer,
        half_stride: i32,
        count: i32,
        tile: i32,
        linears: i32,
        linear: [LinearParams; MAX_LINEARS],
        backward: i32,
        input_slope: DevicePointer,
        below: Below,
        loss: LossParams,
        at_logits: i32,
        at_scratch: i32,
    }

    /// `LinearForward`: a large linear layer as a matrix product.
    LinearForwardParams, 88: {
        parameters: DevicePointer,
        inputs: DevicePointer,
        halves: DevicePointer,
        half_stride: i32,
        outputs_to: DevicePointer,
        count: i32,
        inputs_length: i32,
        outputs: i32,
        weight: i32,
        bias: i32,
        relu: i32,
        mask: DevicePointer,
        kept: f32,
        tile: i32,
        column_blocks: i32,
    }

    /// `LinearInputGradient`: the gradient of its input.
    LinearInputGradientParams, 80: {
        parameters: DevicePointer,
        slopes: DevicePointer,
        inputs: DevicePointer,
        input_slope: DevicePointer,
        count: i32,
        inputs_length: i32,
        outputs: i32,
        weight: i32,
        below: Below,
        tile: i32,
        column_blocks: i32,
    }

    /// `Optimizer`: its settings and its state.
    OptimizerParams, 72: {
        kind: i32,
        momentum: f32,
        old1: f32,
        new1: f32,
        old2: f32,
        new2: f32,
        epsilon: f32,
        parameters: DevicePointer,
        first: DevicePointer,
        second: DevicePointer,
        gradients: DevicePointer,
        settings: DevicePointer,
    }

    /// `WeightProduct`: the gradient of a linear layer's weights.
    WeightProduct, 48: {
        slopes: DevicePointer,
        inputs: DevicePointer,
        half_stride: i32,
        outputs: i32,
        inputs_length: i32,
        weight: i32,
        bias: i32,
        tile: i32,
        column_blocks: i32,
        blocks: i32,
    }

    /// `Update`: the end of a step.
    UpdateParams, 648: {
        state: DevicePointer,
        optimizer: OptimizerParams,
        count: i32,
        products: i32,
        product: [WeightProduct; MAX_LINEARS],
        slabs: DevicePointer,
        slab_stride: i32,
        slab_count: i32,
        slab_blocks: i32,
        losses: DevicePointer,
        correct: DevicePointer,
        ring: DevicePointer,
        ring_length: i32,
        prepare_blocks: i32,
        prepare: PrepareParams,
    }

    /// `AddTotals`: adds up the losses of an evaluated batch.
    AddTotalsParams, 40: {
        losses: DevicePointer,
        correct: DevicePointer,
        count: i32,
        totals: DevicePointer,
        state: DevicePointer,
    }
}

/// A launch of a kernel with its parameters.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    /// The kernel's parameters, which name it.
    pub(super) params: Params,
    pub(super) blocks: u32,
    pub(super) threads: u32,
    /// Bytes of dynamic shared memory.
    pub(super) shared: u32,
}

/// Parameters of one of the kernels.
#[derive(Debug, Clone)]
pub(super) enum Params {
    Prepare(Box<PrepareParams>),
    ImagePass(Box<ImagePassParams>),
    HeadPass(Box<HeadPassParams>),
    LinearForward(Box<LinearForwardParams>),
    LinearInputGradient(Box<LinearInputGradientParams>),
    Update(Box<UpdateParams>),
    AddTotals(Box<AddTotalsParams>),
}

impl Params {
    /// The names of all kernels, in the order of [`kernel`](Self::kernel).
    pub(super) const KERNELS: [&'static str; 7] = [
        "prepare",
        "image_pass",
        "head_pass",
        "linear_forward",
        "linear_input_gradient",
        "update",
        "add_totals",
    ];

    /// The indices of those with dynamic shared memory.
    pub(super) const DYNAMIC: [usize; 2] = [1, 2];

    /// The index of the kernel.
    pub(super) fn kernel(&self) -> usize {
        match self {
            Self::Prepare(_) => 0,
            Self::ImagePass(_) => 1,
            Self::HeadPass(_) => 2,
            Self::LinearForward(_) => 3,
            Self::LinearInputGradient(_) => 4,
            Self::Update(_) => 5,
            Self::AddTotals(_) => 6,
        }
    }

    /// Where the parameters are.
    pub(super) fn pointer(&self) -> *const c_void {
        match self {
            Self::Prepare(params) => from_ref(&**params).cast(),
            Self::ImagePass(params) => from_ref(&**params).cast(),
            Self::HeadPass(params) => from_ref(&**params).cast(),
            Self::LinearForward(params) => from_ref(&**params).cast(),
            Self::LinearInputGradient(params) => from_ref(&**params).cast(),
            Self::Update(params) => from_ref(&**params).cast(),
            Self::AddTotals(params) => from_ref(&**params).cast(),
        }
    }
}
