use cnn_tui::nn::{Backend, Cpu, Stack};

fn main() {
    Stack::new(Cpu::default(), Backend::best(), None).flatten::<784>().conv_block::<4, 5>("conv");
}
