use cnn_tui::nn::{Cpu, Backend, Stack};

fn main() {
    Stack::new(Cpu::default(), Backend::best(), None).flatten::<784>().linear::<11>("fc").build();
}
