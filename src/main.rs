//! The program: see [`cnn_tui::cli`].

use std::process::ExitCode;

/// Training makes and drops the same few hundred tensors every millisecond. The system's allocator gives
/// their memory back and asks for it again; this one keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cnn_tui::cli::main()
}
