use cnn_tui::nn::{Cpu, Kernels, Stack};

fn main() {
    let eleven_by_eleven = Stack::new(Cpu::default(), Kernels::best(), None).conv_block::<4, 7>("a");
    eleven_by_eleven.conv_block::<4, 1>("b");
}
