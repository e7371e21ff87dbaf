use cnn_tui::nn::Stack;
use dfdx::tensor::Cpu;

fn main() {
    Stack::new(Cpu::default(), None).linear::<10>("fc");
}
