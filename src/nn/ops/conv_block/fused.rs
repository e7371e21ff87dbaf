//! The block as a single operation on dfdx's tape, for the CPU.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use dfdx::prelude::*;
use fearless_simd::Level;

use super::composed::Pooled;
use super::geometry::{Block, Geometry};
use super::workspace::Workspace;
use crate::nn::ops::InputGradient;
use crate::nn::ops::lanes::PAD;
use crate::nn::shape::{Halve, ImageShape, Slide};

/// The fused block with its buffers.
pub(super) struct Fused<H, W, const C: usize, const O: usize, const K: usize>(
    Rc<RefCell<Workspace<Block<H, W, C, O, K>>>>,
);

impl<H, W, const C: usize, const O: usize, const K: usize> fmt::Debug for Fused<H, W, C, O, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fused").finish_non_exhaustive()
    }
}

impl<H, W, const C: usize, const O: usize, const K: usize> Fused<H, W, C, O, K>
where
    H: Slide<K, Out: Halve>,
    W: Slide<K, Out: Halve>,
{
    /// Creates the block for this level of vector instructions.
    pub(super) fn new(level: Level) -> Self {
        Self(Rc::new(RefCell::new(Workspace::new(level))))
    }

    /// Applies the block, recording it on the images' tape. `factors` is the mask of
    /// [`dropout2d`](crate::nn::ops::dropout2d), `[image, channel]`, without negative values.
    pub(super) fn forward<T: Tape<f32, Cpu>>(
        &self,
        images: Tensor<ImageShape<H, W, C>, f32, Cpu, T>,
        weight: &Tensor<Rank4<O, C, K, K>, f32, Cpu>,
        bias: &Tensor<Rank1<O>, f32, Cpu>,
        factors: Option<&[f32]>,
        input_gradient: InputGradient,
    ) -> Tensor<Pooled<H, W, O, K>, f32, Cpu, T> {
        let (images, mut tape) = images.split_tape();
        let len = images.shape().0;
        let shape = (len, Default::default(), Default::default(), Const::<O>);
        let mut workspace = self.0.borrow_mut();
        let pixels = images.shape().num_elements();
        let mut batch = workspace.batch(len);
        images.copy_into(&mut batch.images[..pixels]);
        weight.copy_into(&mut workspace.parameters.weight);
        bias.copy_into(&mut workspace.parameters.bias);

        let mut output = vec![0.0; len * Block::<H, W, C, O, K>::OUTPUT];
        workspace.forward(&mut batch, factors, &mut output);
        let maps = images.device().tensor_from_vec(output, shape);
        if !T::OWNS_TAPE {
            workspace.take_back(batch);
            return maps.put_tape(tape);
        }
        let (images, weight, bias, maps_ghost) = (images.ghost(), weight.ghost(), bias.ghost(), maps.ghost());
        let workspace = Rc::clone(&self.0);
        tape.add_backward_op(move |gradients: &mut Gradients<f32, Cpu>| {
            let workspace = &mut *workspace.borrow_mut();
            // Taken out, instead of copied, while other gradients are borrowed.
            let output_gradient = std::mem::take(&mut **gradients.get_or_alloc_mut(&maps_ghost)?);
            if input_gradient == InputGradient::Needed {
                let image_gradient: &mut Vec<f32> = gradients.get_or_alloc_mut(&images)?;
                let len = image_gradient.len();
                image_gradient.resize(len + PAD, 0.0);
                workspace.backward(&batch, &output_gradient, Some(image_gradient));
                image_gradient.truncate(len);
            } else {
                workspace.backward(&batch, &output_gradient, None);
            }
            **gradients.get_or_alloc_mut(&maps_ghost)? = output_gradient;
            workspace.take_back(batch);
            workspace.take_weight_gradient(gradients.get_or_alloc_mut(&weight)?);
            workspace.take_bias_gradient(gradients.get_or_alloc_mut(&bias)?);
            Ok(())
        });
        maps.put_tape(tape)
    }
}
