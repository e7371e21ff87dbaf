use cnn_tui::nn::{Backend, Cpu, Stack};

fn main() {
    Stack::new(Cpu::default(), Backend::best(), None).conv_block::<10, 5>("conv").flatten::<1400>();
}
