use cnn_tui::nn::{Cpu, Kernels, Stack};

fn main() {
    Stack::new(Cpu::default(), Kernels::best(), None).linear::<10>("fc");
}
