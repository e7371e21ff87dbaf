//! Where a pass keeps its data in shared memory.

use super::parameters::{ConvParams, HeadPassParams, ImagePassParams, LinearParams};

/// Bytes of dynamic shared memory that a block may have on every device from compute capability 7.5 on, if asked for.
pub(super) const SHARED_LIMIT: i32 = 64 << 10;

/// Floats that fit.
const FLOATS: i32 = SHARED_LIMIT / 4;

/// Hands out shared memory in units of floats, from its beginning on.
struct Places(i32);

impl Places {
    fn take(&mut self, floats: i32) -> i32 {
        let at = self.0;
        self.0 += round_up(floats, 4);
        at
    }
}

/// Lays out shared memory for the convolutions of a pass and its linear layers, and returns its size in bytes; `None` if it
/// does not fit.
pub(super) fn place_image_pass(pass: &mut ImagePassParams, threads: i32) -> Option<u32> {
    let ImagePassParams { conv, linear, convs, linears, forward, backward, .. } = pass;
    let (conv, linear) = (conv.get_mut(..index(*convs))?, linear.get_mut(..index(*linears))?);
    let (forward, backward) = (*forward != 0, *backward != 0);
    let mut places = Places(0);
    for conv in &mut *conv {
        place_input(conv, &mut places);
    }
    place_outputs(conv, forward, backward, &mut places);
    let output = conv.last()?.at_output;
    let layers = linear.len();
    for (number, linear) in linear.iter_mut().enumerate() {
        linear.at_input = if number == 0 { output } else { places.take(linear.inputs) };
        set_strides(linear);
        linear.at_slopes = places.take(linear.outputs);
        if number + 1 == layers {
            pass.at_logits = places.take(linear.outputs);
        }
    }
    pass.at_scratch = if layers > 0 { places.take(threads) } else { 0 };
    pass.loss.at_labels = places.take(1);

    // Staged weights (forward) and lists with frames (backward) share the rest.
    let start = places.0;
    let mut end = start;
    if forward {
        end = place_weights(conv, start)?;
    }
    if backward {
        for conv in conv {
            end = end.max(place_lists(conv, start)?);
        }
    }
    bytes(end)
}

/// Likewise for a pass over linear layers, in tiles of `pass.tile` images.
pub(super) fn place_head_pass(pass: &mut HeadPassParams, threads: i32) -> Option<u32> {
    let mut places = Places(0);
    let linears = pass.linear.get_mut(..index(pass.linears))?;
    let layers = linears.len();
    for (number, linear) in linears.iter_mut().enumerate() {
        set_strides(linear);
        linear.at_input = places.take(pass.tile * linear.input_stride);
        linear.at_slopes = places.take(pass.tile * linear.slope_stride);
        if number + 1 == layers {
            pass.at_logits = places.take(pass.tile * linear.slope_stride);
        }
    }
    pass.at_scratch = places.take(pass.tile * threads);
    pass.loss.at_labels = places.take(pass.tile);
    bytes(places.0)
}

fn set_strides(linear: &mut LinearParams) {
    linear.input_stride = round_up(linear.inputs, 4);
    linear.slope_stride = round_up(linear.outputs, 4);
}

fn place_input(conv: &mut ConvParams, places: &mut Places) {
    // Without pooling, outputs are computed in windows of 2 x 2 too.
    let windows = |out: i32| if conv.pool == 2 { out } else { ceil_div(out, 2) };
    let covered = |out: i32| 2 * windows(out) + conv.kernel - 1;
    conv.input_row = round_up(conv.width.max(covered(conv.out_width)), 2);
    conv.input_plane = conv.height.max(covered(conv.out_height)) * conv.input_row;
    // Four slices of a convolution read four channels at once: keep them in different banks.
    if conv.channels >= 4 {
        conv.input_plane = round_up(conv.input_plane + 8, 16) - 8;
    }
    conv.at_input = places.take(conv.channels * conv.input_plane + 2);
}

fn place_outputs(convs: &mut [ConvParams], forward: bool, backward: bool, places: &mut Places) {
    let inputs: Vec<_> =
        convs.iter().skip(1).map(|next| (next.at_input, next.input_row, next.input_plane)).collect();
    for (number, conv) in convs.iter_mut().enumerate() {
        let values = conv.outputs * conv.places();
        (conv.at_output, conv.output_row, conv.output_plane) = match inputs.get(number) {
            Some(&next) => next,
            None => (if forward { places.take(values) } else { 0 }, conv.out_width, conv.places()),
        };
        conv.at_winners = places.take(ceil_div(values, 4));
        conv.at_slopes = places.take(if backward { values } else { 0 });
        conv.at_kept = places.take(1 + conv.outputs);
        conv.at_taps = places.take(conv.taps());
        let frame = if conv.input_gradient != 0 { conv.channels * conv.side() * conv.side() } else { 0 };
        conv.at_frame = places.take(frame);
        conv.chunk = round_up(conv.outputs, 4);
    }
}

/// Places staged weights from `start` on, and returns where they end. If the weights of all outputs do not fit, they are
/// staged for fewer outputs at a time.
fn place_weights(convs: &mut [ConvParams], start: i32) -> Option<i32> {
    loop {
        let mut places = Places(start);
        for conv in &mut *convs {
            conv.at_weights = places.take(conv.staged_weights());
        }
        if places.0 <= FLOATS {
            return Some(places.0);
        }
        // `max_by_key` returns the last of equal items; `rev` makes that the first convolution.
        let largest = convs.iter_mut().rev().max_by_key(|conv| conv.staged_weights())?;
        if largest.chunk <= 4 {
            return None;
        }
        largest.chunk = round_up(largest.chunk / 2, 4);
    }
}

/// Places the lists and frames of a backward pass from `start` on, and returns where they end.
fn place_lists(conv: &mut ConvParams, start: i32) -> Option<i32> {
    let mut places = Places(start);
    conv.at_output_lists = places.take(2 * conv.outputs * conv.places());
    conv.at_output_counts = places.take(conv.outputs);
    conv.frame_channels = conv.channels;
    // Long lists of few taps would leave threads idle.
    conv.list_parts = if conv.taps() <= 32 && conv.places() >= 64 { 4 } else { 1 };
    let parts = if conv.list_parts > 1 { conv.list_parts * conv.outputs * (conv.taps() + 1) } else { 0 };
    conv.at_parts = places.take(parts);
    if conv.input_gradient != 0 {
        conv.at_place_lists = places.take(2 * conv.outputs * conv.places());
        conv.at_place_counts = places.take(conv.places());
        conv.at_frames = places.0;
        let channel = conv.side() * conv.side() * conv.places();
        let fit = (FLOATS - places.0) / channel;
        if fit < 1 {
            return None;
        }
        conv.frame_channels = ceil_div(conv.channels, ceil_div(conv.channels, fit));
        places.take(conv.frame_channels * channel);
    }
    Some(places.0)
}

impl ConvParams {
    /// Places of the map that it outputs, after pooling.
    pub(super) fn places(&self) -> i32 {
        self.out_height * self.out_width
    }

    /// Values that it outputs for an image.
    pub(super) fn values(&self) -> usize {
        index(self.outputs * self.places())
    }

    /// Weights of an output.
    pub(super) fn taps(&self) -> i32 {
        self.channels * self.kernel * self.kernel
    }

    /// Side of the window of the input that a pooling window covers.
    fn side(&self) -> i32 {
        self.kernel + self.pool - 1
    }

    /// Floats of shared memory for the staged weights of a chunk of outputs, as in `channel_stride` of `kernels.cu`.
    fn staged_weights(&self) -> i32 {
        let tap = 4 * (ceil_div(self.chunk, 4) | 1);
        let channel = self.kernel * self.kernel * tap;
        self.channels * (channel + if channel / 4 % 2 == 0 { 4 } else { 0 })
    }
}

/// The size in bytes, if it fits.
fn bytes(floats: i32) -> Option<u32> {
    (floats <= FLOATS).then(|| u32::try_from(4 * floats).ok())?
}

/// A number that is not negative, as an index.
pub(super) fn index(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

pub(super) fn ceil_div(number: i32, divisor: i32) -> i32 {
    (number + divisor - 1) / divisor
}

pub(super) fn round_up(number: i32, multiple: i32) -> i32 {
    ceil_div(number, multiple) * multiple
}
