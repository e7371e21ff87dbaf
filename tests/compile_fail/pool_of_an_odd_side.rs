use cnn_tui::nn::Stack;
use dfdx::tensor::Cpu;

fn main() {
    let eleven_by_eleven = Stack::new(Cpu::default(), None).conv2d::<4, 7>("conv").max_pool2d();
    eleven_by_eleven.max_pool2d();
}
