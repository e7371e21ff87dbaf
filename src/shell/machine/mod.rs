//! Readings of the machine: CPU, memory, disk and GPUs.

mod gpus;
mod sampler;

pub(super) use sampler::{INTERVAL, MachineSampler};
