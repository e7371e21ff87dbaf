use cnn_tui::nn::Stack;
use dfdx::tensor::Cpu;

fn main() {
    let four_by_four =
        Stack::new(Cpu::default(), None).conv2d::<1, 5>("a").max_pool2d().conv2d::<1, 5>("b").max_pool2d();
    four_by_four.conv2d::<1, 5>("c");
}
