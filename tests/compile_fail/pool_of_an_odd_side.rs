use cnn_tui::nn::{Kernels, Stack};
use dfdx::tensor::Cpu;

fn main() {
    let eleven_by_eleven = Stack::new(Cpu::default(), Kernels::best(), None).conv_block::<4, 7>("a");
    eleven_by_eleven.conv_block::<4, 1>("b");
}
