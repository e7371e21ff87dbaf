use cnn_tui::nn::{Cpu, Kernels, Stack};

fn main() {
    Stack::new(Cpu::default(), Kernels::best(), None).flatten::<784>().conv_block::<4, 5>("conv");
}
