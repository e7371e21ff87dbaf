use cnn_tui::nn::{Backend, Cpu, Stack};

fn main() {
    let eleven_by_eleven = Stack::new(Cpu::default(), Backend::best(), None).conv_block::<4, 7>("a");
    eleven_by_eleven.conv_block::<4, 1>("b");
}
