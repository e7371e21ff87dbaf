use cnn_tui::nn::{Kernels, Stack};
use dfdx::tensor::Cpu;

fn main() {
    Stack::new(Cpu::default(), Kernels::best(), None).flatten::<784>().linear::<11>("fc").build();
}
