//! Training on a GPU, without one: the kernels run on the CPU, on a stand-in for the driver (`driver.cpp`). The tests
//! compare with the CPU's own code and with PyTorch.
//!
//! `cargo test --features cuda-stand-in --test cuda`

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

mod failures;
#[path = "../parity/fixture.rs"]
mod fixture;
mod networks;
mod parity;
mod sessions;
