//! Builds a network layer by layer, with shapes checked at compile time.

use std::marker::PhantomData;

use dfdx::prelude::*;

use super::backend::Backend;
use super::layer::{Chain, ConvBlock, Dropout, Flatten, Identity, Layer, Linear, Relu};
use super::model::{LayerInfo, LayerKind, Model};
use super::network::Network;
use super::ops::{self, InputGradient, LayerDevice, Pooled, TensorDevice};
use super::shape::{FlatShape, Halve, ImageShape, InputShape, LogitsShape, Slide, check_block, check_flat};

/// A network under construction, with output shape `Out`.
///
/// ```
/// use cnn_tui::nn::{Backend, Stack};
///
/// let model = Stack::new(dfdx::tensor::Cpu::default(), Backend::best(), None)
///     .conv_block::<4, 5>("conv")
///     .flatten::<576>()
///     .linear::<10>("fc")
///     .build();
/// assert_eq!(model.parameters().iter().map(|p| p.len()).sum::<usize>(), 4 * 25 + 4 + 576 * 10 + 10);
/// ```
#[derive(Debug)]
pub struct Stack<D, Out, L> {
    device: D,
    backend: Backend,
    dropout: Option<f32>,
    layers: L,
    infos: Vec<LayerInfo>,
    out: PhantomData<Out>,
}

impl<D: TensorDevice<f32>> Stack<D, InputShape, Identity> {
    /// Starts a network without layers. `backend` is used if the device is the CPU; `dropout` replaces the rate of
    /// every dropout layer.
    pub fn new(device: D, backend: Backend, dropout: Option<f32>) -> Self {
        Self { device, backend, dropout, layers: Identity, infos: Vec::new(), out: PhantomData }
    }
}

impl<D: TensorDevice<f32>, Out: Shape, L> Stack<D, Out, L> {
    fn then<Next: Layer<Out, D>>(self, layer: Next, info: LayerInfo) -> Stack<D, Next::Out, Chain<L, Next>> {
        let Self { device, backend, dropout, layers, mut infos, .. } = self;
        infos.push(info);
        Stack {
            device,
            backend,
            dropout,
            layers: Chain { first: layers, second: layer },
            infos,
            out: PhantomData,
        }
    }

    /// Whether the next layer must compute the gradient of its input: only if an earlier layer has parameters.
    fn input_gradient(&self) -> InputGradient {
        let has_parameters = self.infos.iter().any(|layer| layer.parameters > 0);
        if has_parameters { InputGradient::Needed } else { InputGradient::Skipped }
    }

    fn dropout_layer(&self, rate: f32) -> Dropout {
        Dropout { rate: self.dropout.unwrap_or(rate), layer: self.infos.len() }
    }
}

impl<D, H, W, const C: usize, L> Stack<D, ImageShape<H, W, C>, L>
where
    D: LayerDevice,
    H: ConstDim,
    W: ConstDim,
{
    /// Appends a convolutional block: convolution with `O` output channels and `K` x `K` kernels, 2 x 2 max-pooling,
    /// `ReLU`.
    #[expect(clippy::type_complexity, reason = "the type is the network's shape")]
    pub fn conv_block<const O: usize, const K: usize>(
        self,
        name: &str,
    ) -> Stack<D, Pooled<H, W, O, K>, Chain<L, ConvBlock<H, W, C, O, K, D>>>
    where
        H: Slide<K, Out: Halve>,
        W: Slide<K, Out: Halve>,
    {
        const { check_block::<H, W, K>() };
        self.block(name, None)
    }

    /// Like [`conv_block`](Self::conv_block), with channel dropout between convolution and pooling, at `rate` unless
    /// the run overrides it.
    #[expect(clippy::type_complexity, reason = "the type is the network's shape")]
    pub fn conv_block_with_dropout<const O: usize, const K: usize>(
        self,
        name: &str,
        rate: f32,
    ) -> Stack<D, Pooled<H, W, O, K>, Chain<L, ConvBlock<H, W, C, O, K, D>>>
    where
        H: Slide<K, Out: Halve>,
        W: Slide<K, Out: Halve>,
    {
        const { check_block::<H, W, K>() };
        self.block(name, Some(rate))
    }

    #[expect(clippy::type_complexity, reason = "the type is the network's shape")]
    fn block<const O: usize, const K: usize>(
        mut self,
        name: &str,
        rate: Option<f32>,
    ) -> Stack<D, Pooled<H, W, O, K>, Chain<L, ConvBlock<H, W, C, O, K, D>>>
    where
        H: Slide<K, Out: Halve>,
        W: Slide<K, Out: Halve>,
    {
        let input_gradient = self.input_gradient();
        let maps = [O, H::Out::SIZE, W::Out::SIZE];
        let pooled = [O, <H::Out as Halve>::Out::SIZE, <W::Out as Halve>::Out::SIZE];
        self.infos.push(
            LayerInfo::new(LayerKind::Conv2d, name)
                .setting(format!("{K}×{K}, {C}→{O}"))
                .output(&maps)
                .parameters(O * C * K * K + O)
                .window(K),
        );
        let dropout = rate.map(|rate| self.dropout_layer(rate));
        self.infos.extend(dropout.map(|dropout| {
            LayerInfo::new(LayerKind::Dropout2d, "dropout2d")
                .setting(format!("p {}", dropout.rate))
                .output(&maps)
                .rate(dropout.rate)
        }));
        self.infos
            .push(LayerInfo::new(LayerKind::MaxPool2d, "max pool").setting("2×2").output(&pooled).window(2));
        let layer = ConvBlock::new(&self.device, self.backend, name, dropout, input_gradient);
        self.then(layer, LayerInfo::new(LayerKind::Relu, "relu").output(&pooled))
    }

    /// Appends a flatten layer; `N` must be height x width x channels.
    ///
    /// ```compile_fail
    /// # use cnn_tui::nn::{Backend, Stack};
    /// # use dfdx::tensor::Cpu;
    /// // 28 x 28 pixels are 784 values.
    /// Stack::new(Cpu::default(), Backend::best(), None).flatten::<783>().linear::<10>("fc").build();
    /// ```
    pub fn flatten<const N: usize>(self) -> Stack<D, FlatShape<N>, Chain<L, Flatten<N, D>>> {
        const { check_flat([H::SIZE, W::SIZE, C], N) };
        let input_gradient = self.input_gradient();
        let flatten = ops::FlattenOp::new(&self.device, self.backend, [H::SIZE, W::SIZE, C], input_gradient);
        self.then(Flatten(flatten), LayerInfo::new(LayerKind::Flatten, "flatten").output(&[N]))
    }
}

impl<D: LayerDevice, const N: usize, L> Stack<D, FlatShape<N>, L> {
    /// Appends a fully connected layer with `O` outputs.
    pub fn linear<const O: usize>(self, name: &str) -> Stack<D, FlatShape<O>, Chain<L, Linear<N, O, D>>> {
        let layer = Linear::new(&self.device, self.backend, name, self.input_gradient());
        let info = LayerInfo::new(LayerKind::Linear, name)
            .setting(format!("{N}→{O}"))
            .output(&[O])
            .parameters(O * N + O);
        self.then(layer, info)
    }

    /// Appends a `ReLU`.
    pub fn relu(self) -> Stack<D, FlatShape<N>, Chain<L, Relu>> {
        self.then(Relu, LayerInfo::new(LayerKind::Relu, "relu").output(&[N]))
    }

    /// Appends dropout of single values, at `rate` unless the run overrides it.
    pub fn dropout(self, rate: f32) -> Stack<D, FlatShape<N>, Chain<L, Dropout>> {
        let layer = self.dropout_layer(rate);
        let info = LayerInfo::new(LayerKind::Dropout, "dropout")
            .setting(format!("p {}", layer.rate))
            .output(&[N])
            .rate(layer.rate);
        self.then(layer, info)
    }
}

impl<D, L> Stack<D, LogitsShape, L>
where
    D: TensorDevice<f32> + 'static,
    L: Layer<InputShape, D, Out = LogitsShape> + 'static,
{
    /// Finishes the network, with all parameters zero.
    pub fn build(self) -> Box<dyn Model> {
        Box::new(Network::new(self.device, self.layers, self.infos))
    }
}
