//! A network as the kernels see it, read from the layers that its types describe.

use super::parameters::{ConvParams, LinearParams, MAX_CONVS, MAX_LINEARS};
use crate::nn::model::{LayerInfo, LayerKind};
use crate::nn::shape::SIDE;

/// Dropout behind a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DropoutSpec {
    /// Probability that a value is dropped.
    pub(super) rate: f32,
    /// Index of the dropout layer in the network, which selects its random stream.
    pub(super) layer: i32,
}

/// A layer with parameters and what follows it: sizes, and places in the vector of all parameters.
#[derive(Debug, Clone)]
pub(super) struct KernelLayer<Params> {
    /// Sizes and indices, without pointers and places in shared memory.
    pub(super) params: Params,
    /// Dropout, if there is any.
    pub(super) drop: Option<DropoutSpec>,
}

/// A network: convolutional blocks, then linear layers, the last of which gives the logits.
#[derive(Debug, Clone)]
pub(super) struct KernelNetwork {
    pub(super) convs: Vec<KernelLayer<ConvParams>>,
    pub(super) linears: Vec<KernelLayer<LinearParams>>,
    /// Parameters of all convolutions, which come first.
    pub(super) conv_parameters: usize,
    /// All parameters.
    pub(super) parameters: usize,
    /// Values of an image.
    pub(super) image_values: usize,
}

impl KernelNetwork {
    /// The network of these layers; `None` if the kernels cannot compute it.
    pub(super) fn of(layers: &[LayerInfo]) -> Option<Self> {
        let mut reader = Reader { layers, next: 0 };
        let mut network = Self {
            convs: Vec::new(),
            linears: Vec::new(),
            conv_parameters: 0,
            parameters: 0,
            image_values: SIDE * SIDE,
        };
        let side = int(SIDE)?;
        let mut input = [1, side, side];
        while let Some(conv) = reader.take(LayerKind::Conv2d) {
            let drop = reader.drop(LayerKind::Dropout2d);
            let pool = reader.take(LayerKind::MaxPool2d)?;
            reader.take(LayerKind::Relu)?;
            let output = shape(pool)?;
            network.add_conv(input, output, int(conv.window)?, int(pool.window)?, drop)?;
            input = output;
        }
        reader.take(LayerKind::Flatten)?;
        let mut inputs = product(&input)?;
        while let Some(linear) = reader.take(LayerKind::Linear) {
            let &[outputs] = linear.output.as_slice() else { return None };
            let outputs = int(outputs)?;
            let relu = reader.take(LayerKind::Relu).is_some();
            let drop = reader.drop(LayerKind::Dropout);
            network.add_linear(inputs, outputs, relu, drop)?;
            inputs = outputs;
        }
        let fits = network.convs.len() <= MAX_CONVS && (1..=MAX_LINEARS).contains(&network.linears.len());
        let is_plain =
            network.linears.last().is_some_and(|last| last.params.relu == 0 && last.drop.is_none());
        let declared: usize = layers.iter().map(|layer| layer.parameters).sum();
        (reader.next == layers.len() && fits && is_plain && declared == network.parameters).then_some(network)
    }

    fn add_conv(
        &mut self,
        [channels, height, width]: [i32; 3],
        [outputs, out_height, out_width]: [i32; 3],
        kernel: i32,
        pool: i32,
        drop: Option<DropoutSpec>,
    ) -> Option<()> {
        // The kernels pool 2 x 2, or not at all, and leave no pixel out.
        let pooled = |side: i32| (1..=2).contains(&pool) && (side - kernel + 1) % pool == 0;
        let fits = |side: i32, out: i32| pooled(side) && (side - kernel + 1) / pool == out && out > 0;
        if !fits(height, out_height) || !fits(width, out_width) {
            return None;
        }
        let weights = product(&[outputs, channels, kernel, kernel])?;
        let (weight, bias) = self.place(weights, outputs)?;
        let params = ConvParams {
            channels,
            height,
            width,
            outputs,
            kernel,
            pool,
            out_height,
            out_width,
            weight,
            bias,
            kept: 1.0,
            ..ConvParams::default()
        };
        self.convs.push(KernelLayer { params, drop });
        self.conv_parameters = self.parameters;
        Some(())
    }

    fn add_linear(&mut self, inputs: i32, outputs: i32, relu: bool, drop: Option<DropoutSpec>) -> Option<()> {
        let (weight, bias) = self.place(product(&[inputs, outputs])?, outputs)?;
        let relu = i32::from(relu);
        let params =
            LinearParams { inputs, outputs, weight, bias, relu, kept: 1.0, ..LinearParams::default() };
        self.linears.push(KernelLayer { params, drop });
        Some(())
    }

    /// Indices of the next weights and biases.
    fn place(&mut self, weights: i32, biases: i32) -> Option<(i32, i32)> {
        let weight = int(self.parameters)?;
        let bias = weight.checked_add(weights)?;
        self.parameters = usize::try_from(bias.checked_add(biases)?).ok()?;
        Some((weight, bias))
    }
}

/// Reads layers from the first to the last.
struct Reader<'a> {
    layers: &'a [LayerInfo],
    next: usize,
}

impl<'a> Reader<'a> {
    /// The next layer if it is of this kind.
    fn take(&mut self, kind: LayerKind) -> Option<&'a LayerInfo> {
        let layer = self.layers.get(self.next).filter(|layer| layer.kind == kind)?;
        self.next += 1;
        Some(layer)
    }

    /// Dropout of this kind, if it comes next. What cannot be computed stays unread, so that the network is rejected.
    fn drop(&mut self, kind: LayerKind) -> Option<DropoutSpec> {
        let layer = int(self.next).filter(|&layer| layer < 256)?;
        let next = self.layers.get(self.next).filter(|next| next.kind == kind)?;
        let rate = next.rate.filter(|rate| (0.0..1.0).contains(rate))?;
        self.next += 1;
        Some(DropoutSpec { rate, layer })
    }
}

fn shape(layer: &LayerInfo) -> Option<[i32; 3]> {
    let &[channels, height, width] = layer.output.as_slice() else { return None };
    Some([int(channels)?, int(height)?, int(width)?])
}

fn int(number: usize) -> Option<i32> {
    i32::try_from(number).ok()
}

fn product(factors: &[i32]) -> Option<i32> {
    factors.iter().try_fold(1, |product: i32, &factor| product.checked_mul(factor))
}
