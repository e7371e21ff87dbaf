use cnn_tui::nn::{Cpu, Kernels, Stack};

fn main() {
    Stack::new(Cpu::default(), Kernels::best(), None).conv_block::<10, 5>("conv").flatten::<1400>();
}
