use cnn_tui::nn::{Kernels, Stack};
use dfdx::tensor::Cpu;

fn main() {
    Stack::new(Cpu::default(), Kernels::best(), None).linear::<10>("fc");
}
