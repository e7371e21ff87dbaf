//! Max-pool 2x2 for training. The gradient of candle's own comes out at a quarter of what it should be.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

/// The maximum over 2x2 windows. Equal maxima of a window share its gradient.
pub(crate) fn max_pool(x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(MaxPool)
}

struct MaxPool;

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool-2x2"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, channels, height, width) = layout.shape().dims4()?;
        let (CpuStorage::F32(values), Some((start, end))) = (storage, layout.contiguous_offsets()) else {
            bail!("contiguous 32-bit floats are expected");
        };
        if height % 2 != 0 || width % 2 != 0 {
            bail!("even sizes are expected, not {height}x{width}");
        }
        let mut pooled = Vec::with_capacity((end - start) / 4);
        for rows in values[start..end].chunks_exact(2 * width) {
            let (upper, lower) = rows.split_at(width);
            let windows = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            pooled.extend(windows.map(|(upper, lower)| upper[0].max(upper[1]).max(lower[0].max(lower[1]))));
        }
        Ok((CpuStorage::F32(pooled), Shape::from((batch, channels, height / 2, width / 2))))
    }

    fn bwd(&self, x: &Tensor, pooled: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, _, height, width) = x.dims4()?;
        let is_maximum = x.eq(&pooled.upsample_nearest2d(height, width)?)?.to_dtype(x.dtype())?;
        let maxima = (is_maximum.avg_pool2d(2)? * 4.0)?;
        let share = (gradient / maxima)?.upsample_nearest2d(height, width)?;
        Ok(Some((share * is_maximum)?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn the_gradient_goes_to_the_maxima() -> Result<()> {
        let values = vec![1f32, 2., 3., 4., 8., 7., 6., 8.];
        let x = Var::from_vec(values, (1, 2, 2, 2), &Device::Cpu)?;
        let pooled = max_pool(&x)?;
        assert_eq!(pooled.flatten_all()?.to_vec1::<f32>()?, [4., 8.]);
        assert_eq!(
            pooled.flatten_all()?.to_vec1::<f32>()?,
            x.max_pool2d(2)?.flatten_all()?.to_vec1::<f32>()?
        );

        let gradients = pooled.sum_all()?.backward()?;
        let gradient =
            gradients.get(&x).map(|gradient| gradient.flatten_all()?.to_vec1::<f32>()).transpose()?;
        assert_eq!(gradient, Some(vec![0., 0., 0., 1., 0.5, 0., 0., 0.5]));
        Ok(())
    }
}
