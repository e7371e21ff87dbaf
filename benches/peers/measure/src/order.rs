//! The order of the training images: reshuffled every epoch.

/// Batches of shuffled indices, epoch after epoch. The last batch of an epoch holds the rest.
#[derive(Debug)]
pub(crate) struct Order {
    indices: Vec<u32>,
    next: usize,
    batch: usize,
}

impl Order {
    pub(crate) fn new(images: usize, batch: usize) -> Self {
        Self { indices: (0..images as u32).collect(), next: images, batch }
    }

    /// Steps in an epoch.
    pub(crate) fn steps(&self) -> usize {
        self.indices.len().div_ceil(self.batch)
    }

    pub(crate) fn next_batch(&mut self) -> &[u32] {
        if self.next >= self.indices.len() {
            fastrand::shuffle(&mut self.indices);
            self.next = 0;
        }
        let start = self.next;
        self.next = (start + self.batch).min(self.indices.len());
        &self.indices[start..self.next]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_comes_once_an_epoch_and_the_last_batch_is_short() {
        let mut order = Order::new(10, 4);
        for _epoch in 0..3 {
            let batches: Vec<Vec<u32>> = (0..order.steps()).map(|_| order.next_batch().to_vec()).collect();
            assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
            let mut images = batches.concat();
            images.sort_unstable();
            assert_eq!(images, (0..10).collect::<Vec<_>>());
        }
    }
}
