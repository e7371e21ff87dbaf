use cnn_tui::nn::{Cpu, Kernels, Stack};

fn main() {
    let four_by_four =
        Stack::new(Cpu::default(), Kernels::best(), None).conv_block::<1, 5>("a").conv_block::<1, 5>("b");
    four_by_four.conv_block::<1, 5>("c");
}
