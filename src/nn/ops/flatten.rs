//! Flattening of images to vectors.

use dfdx::prelude::*;
use fearless_simd::{Level, dispatch};

use super::gather::{IndexTable, TensorDevice, gather, table};
use super::input_gradient::InputGradient;
use super::lanes::{Matrix, transpose};
use crate::nn::backend::Backend;
use crate::nn::shape::{FlatShape, ImageShape, check_flat};

/// The state of a flatten layer: the indices of the pixels of a channels-last image, channel by channel, and the
/// backend.
#[derive(Debug, Clone)]
pub struct FlattenOp<D: Storage<usize>> {
    indices: IndexTable<D>,
    backend: Backend,
    input_gradient: InputGradient,
}

impl<D: Storage<usize> + TensorFromVec<usize>> FlattenOp<D> {
    /// Creates the layer for images `[height, width, channels]`.
    pub fn new(
        device: &D,
        backend: Backend,
        [height, width, channels]: [usize; 3],
        input_gradient: InputGradient,
    ) -> Self {
        let indices = (0..channels)
            .flat_map(|channel| (0..height * width).map(move |pixel| pixel * channels + channel))
            .collect();
        Self { indices: table(device, indices), backend, input_gradient }
    }

    /// Flattens every image channel by channel, so that the weights of the following linear layer are in PyTorch's order.
    ///
    /// `N` must be `H * W * C`; anything else does not compile.
    pub fn compose<H, W, const C: usize, const N: usize, E, T>(
        &self,
        images: Tensor<ImageShape<H, W, C>, E, D, T>,
    ) -> Tensor<FlatShape<N>, E, D, T>
    where
        H: ConstDim,
        W: ConstDim,
        E: Dtype,
        D: TensorDevice<E>,
        T: Tape<E, D>,
    {
        const { check_flat([H::SIZE, W::SIZE, C], N) };
        let batch = images.shape().0;
        gather(images.reshape_like(&(batch, N)), &self.indices).reshape_like(&(batch, Const::<N>))
    }
}

impl FlattenOp<Cpu> {
    /// The same by transposing every image, which is faster than dfdx's gather.
    pub(super) fn apply<H, W, const C: usize, const N: usize, T>(
        &self,
        images: Tensor<ImageShape<H, W, C>, f32, Cpu, T>,
    ) -> Tensor<FlatShape<N>, f32, Cpu, T>
    where
        H: ConstDim,
        W: ConstDim,
        T: Tape<f32, Cpu>,
    {
        const { check_flat([H::SIZE, W::SIZE, C], N) };
        let Backend::Fused(level) = self.backend else { return self.compose(images) };
        let (images, mut tape) = images.split_tape();
        let mut values = vec![0.0; images.shape().num_elements()];
        images.copy_into(&mut values);
        let shape = (images.shape().0, Const::<N>);
        let turned = turn(level, values, [N / C, C]);
        let vectors = images.device().tensor_from_vec(turned, shape);
        if self.input_gradient == InputGradient::Skipped {
            return vectors.put_tape(tape);
        }
        let (images, vectors_ghost) = (images.ghost(), vectors.ghost());
        tape.add_backward_op(move |gradients: &mut Gradients<f32, Cpu>| {
            let vectors_gradient = gradients.get_or_alloc_mut(&vectors_ghost)?.clone();
            let images_gradient: &mut Vec<f32> = gradients.get_or_alloc_mut(&images)?;
            let turned = turn(level, vectors_gradient.to_vec(), [C, N / C]);
            for (to, from) in images_gradient.iter_mut().zip(turned) {
                *to += from;
            }
            Ok(())
        });
        vectors.put_tape(tape)
    }
}

/// Transposes consecutive matrices.
fn turn(level: Level, from: Vec<f32>, [rows, columns]: [usize; 2]) -> Vec<f32> {
    if rows == 1 || columns == 1 {
        return from;
    }
    let mut to = vec![0.0; from.len()];
    let shape = Matrix { rows, columns, stride: columns };
    for (from, to) in from.chunks_exact(rows * columns).zip(to.chunks_exact_mut(rows * columns)) {
        dispatch!(level, simd => transpose(simd, from, shape, to, rows));
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::rng::{SeededRng, StreamId};

    fn random(seed: u64, len: usize) -> Vec<f32> {
        let mut stream = SeededRng::new(seed).stream(StreamId::Weights(0), 0);
        (0..len).map(|_| stream.symmetric(1.0)).collect()
    }

    #[test]
    fn transposing_equals_gathering() {
        let device = Cpu::default();
        let shape = (3, Const::<4>, Const::<4>, Const::<20>);
        let images = device.tensor_from_vec(random(3, 3 * 320), shape);
        let loss = device.tensor_from_vec(random(4, 3 * 320), (3, Const::<320>));
        let flatten = FlattenOp::new(&device, Backend::best(), [4, 4, 20], InputGradient::Needed);
        let turned = flatten.apply::<_, _, 20, 320, _>(images.clone().leaky_traced());
        let composed: Tensor<FlatShape<320>, f32, Cpu, _> = flatten.compose(images.clone().leaky_traced());
        assert_eq!(turned.as_vec(), composed.as_vec());
        let gradient = |vectors: Tensor<FlatShape<320>, f32, Cpu, OwnedTape<f32, Cpu>>| {
            (vectors * loss.clone()).sum::<Rank0, _>().backward().get(&images).as_vec()
        };
        assert_eq!(gradient(turned), gradient(composed));
    }
}
