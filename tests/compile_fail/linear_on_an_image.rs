use cnn_tui::nn::{Cpu, Backend, Stack};

fn main() {
    Stack::new(Cpu::default(), Backend::best(), None).linear::<10>("fc");
}
