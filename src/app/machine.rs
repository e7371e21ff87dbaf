//! Readings of a machine over time.

use std::collections::VecDeque;

use crate::run::MachineUse;

/// Readings kept for the charts of the machine pane.
const KEPT: usize = 500;

/// The last readings of a machine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MachineView {
    /// The last reading; `None` if there is none.
    pub last: Option<MachineUse>,
    /// Use of the CPU, from 0 to 1, oldest first; NaN where it could not be read.
    pub cpu: VecDeque<f64>,
    /// The same of each GPU.
    pub gpus: Vec<VecDeque<f64>>,
}

impl MachineView {
    /// Adds a reading.
    pub(super) fn add(&mut self, reading: MachineUse) {
        push(&mut self.cpu, reading.cpu);
        self.gpus.resize_with(reading.gpus.len(), VecDeque::new);
        for (values, gpu) in self.gpus.iter_mut().zip(&reading.gpus) {
            push(values, gpu.busy);
        }
        self.last = Some(reading);
    }
}

fn push(values: &mut VecDeque<f64>, value: Option<f32>) {
    values.push_back(value.map_or(f64::NAN, f64::from));
    if values.len() > KEPT {
        values.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::GpuUse;

    #[test]
    fn the_newest_readings_are_kept() {
        let mut view = MachineView::default();
        for number in 0..=KEPT {
            let gpus = vec![GpuUse::default(); usize::from(number > 0)];
            let cpu = Some(number as f32);
            view.add(MachineUse { cpu, gpus, ..MachineUse::default() });
        }
        assert_eq!((view.cpu.len(), view.cpu[0], view.cpu.back()), (KEPT, 1.0, Some(&(KEPT as f64))));
        assert!(view.gpus.len() == 1 && view.gpus[0].iter().all(|busy| busy.is_nan()));
        assert_eq!(view.last.unwrap().cpu, Some(KEPT as f32));
    }
}
