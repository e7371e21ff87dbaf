use cnn_tui::nn::{Backend, Cpu, Stack};

fn main() {
    Stack::new(Cpu::default(), Backend::best(), None).flatten::<784>().linear::<11>("fc").build();
}
