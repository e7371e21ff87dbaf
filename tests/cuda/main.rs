//! Training on a GPU, without one: the kernels run on the CPU, on a stand-in for the driver (`driver.cpp`). The tests
//! compare with the CPU's own code and with PyTorch.
//!
//! `cargo test --features cuda-stand-in --test cuda`

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

/// A network of these layers.
macro_rules! stack {
    ($($layer:tt)*) => {
        cnn_tui::nn::Stack::new(cnn_tui::nn::Cpu::default(), cnn_tui::nn::Backend::Composed, None) $($layer)* .build()
    };
}

mod failures;
#[path = "../parity/fixture.rs"]
mod fixture;
mod gradients;
mod networks;
mod parity;
mod sessions;
