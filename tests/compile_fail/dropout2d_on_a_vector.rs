use cnn_tui::nn::Stack;
use dfdx::tensor::Cpu;

fn main() {
    Stack::new(Cpu::default(), None).flatten::<784>().dropout2d(0.5);
}
