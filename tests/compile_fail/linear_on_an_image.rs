use cnn_tui::nn::{Backend, Cpu, Stack};

fn main() {
    Stack::new(Cpu::default(), Backend::best(), None).linear::<10>("fc");
}
