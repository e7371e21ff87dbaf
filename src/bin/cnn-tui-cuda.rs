//! The program with CUDA support: the same commands, linked with CUDA's libraries. `cnn-tui` starts it where a run is to
//! be trained on a GPU.

use std::process::ExitCode;

/// As in `cnn-tui`: training makes and drops the same few hundred tensors every millisecond.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cnn_tui::nn::cuda::enable();
    cnn_tui::cli::main()
}
