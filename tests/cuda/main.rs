//! Training on a GPU, without one: the kernels run on the CPU, on a stand-in for the driver (`driver.cpp`). Every test
//! compares with the CPU's own code.
//!
//! `cargo test --features cuda-stand-in --test cuda`

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail")]

mod failures;
mod networks;
mod sessions;
