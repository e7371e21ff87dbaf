use cnn_tui::nn::{Backend, Cpu, Stack};

fn main() {
    let four_by_four =
        Stack::new(Cpu::default(), Backend::best(), None).conv_block::<1, 5>("a").conv_block::<1, 5>("b");
    four_by_four.conv_block::<1, 5>("c");
}
