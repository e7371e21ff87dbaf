//! Networks whose layers do not fit do not compile, and the compiler says why.
//!
//! `TRYBUILD=overwrite cargo test --test compile_fail` writes the messages anew. What only a full build finds stands with
//! [`Stack::flatten`](cnn_tui::nn::Stack::flatten).

use std::process::Command;

/// The compiler whose words the messages are. Another one may say the same in other words.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn layers_that_do_not_fit_do_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    if version.starts_with(COMPILER) {
        trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
    } else {
        assert!(std::env::var_os("CNN_TUI_NO_SKIP").is_none(), "write the messages anew with {version}");
        eprintln!("skipped: the messages are those of {COMPILER}x, not of {version}");
    }
}
