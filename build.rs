//! Tells the program which commit it was built from, for the provenance of its runs, and compiles its CUDA kernels.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The kernels, and what they include.
const KERNELS: [&str; 2] = ["src/nn/cuda/kernels.cu", "src/nn/cuda/kernels.h"];

/// Architectures to compile for, as far as the compiler knows them; each serves all devices with the same first digits.
/// Other devices compile [`OLDEST`] when they load it.
const ARCHITECTURES: [&str; 5] = ["sm_75", "sm_80", "sm_90", "sm_100", "sm_120"];
/// The virtual architecture of the oldest devices that can be used.
const OLDEST: &str = "compute_75";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=.git/HEAD");
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let commit = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    if let Ok(output) = commit
        && output.status.success()
    {
        println!("cargo::rustc-env=CNN_TUI_COMMIT={}", String::from_utf8_lossy(&output.stdout).trim());
    }
    let is_set = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    if is_set("CUDA") {
        for file in KERNELS {
            println!("cargo::rerun-if-changed={file}");
        }
        let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
        let compiled = out.join("kernels.fatbin");
        let outcome = if is_set("CUDA_CHECK") {
            fs::write(&compiled, [0]).map_err(|error| format!("cannot write {}: {error}", compiled.display()))
        } else {
            compile(&compiled)
        };
        let outcome = outcome.and_then(|()| if is_set("CUDA_STAND_IN") { stand_in(&out) } else { Ok(()) });
        if let Err(message) = outcome {
            println!("cargo::error={message}");
        }
    }
}

/// Compiles the stand-in for the CUDA driver, and links it instead of CUDA's libraries.
fn stand_in(out: &Path) -> Result<(), String> {
    const SOURCES: [&str; 2] = ["tests/cuda/driver.cpp", "tests/cuda/host.h"];
    for file in SOURCES {
        println!("cargo::rerun-if-changed={file}");
    }
    let library = out.join("libcuda.so.1");
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    // As on a GPU, products and sums are fused only where `fmaf` says so.
    let options = [
        "-std=c++17",
        "-O2",
        "-ffp-contract=off",
        "-fno-strict-aliasing",
        "-fPIC",
        "-shared",
        "-fvisibility=hidden",
        "-DHOST_SHIM",
        "-Isrc/nn/cuda",
        "-Itests/cuda",
        "-Wno-unknown-pragmas",
        "-Wl,-soname,libcuda.so.1",
    ];
    let fused = (env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("x86_64")).then_some("-mfma");
    let status =
        Command::new(&compiler).args(options).args(fused).arg(SOURCES[0]).arg("-o").arg(&library).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("{compiler} failed with {} ({status})", SOURCES[0])),
        Err(error) => {
            return Err(format!("cannot run {compiler}: {error}; install a C++ compiler, or set CXX"));
        }
    }
    for argument in [library.display().to_string(), format!("-Wl,-rpath,{}", out.display())] {
        println!("cargo::rustc-link-arg-bin=cnn-tui-cuda={argument}");
        println!("cargo::rustc-link-arg-tests={argument}");
    }
    Ok(())
}

/// Compiles the kernels for all known architectures.
fn compile(to: &Path) -> Result<(), String> {
    for variable in ["CUDA_PATH", "CUDA_HOME", "NVCC"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let nvcc = nvcc();
    let run = |arguments: &[String]| {
        let output = Command::new(&nvcc).args(arguments).output().map_err(|error| {
            format!(
                "cannot run {}: {error}; the feature `cuda` needs the CUDA toolkit: install it, and add its `bin` to PATH or \
                 set CUDA_PATH",
                nvcc.display()
            )
        })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let words = text(&output.stderr).replace('\n', " ");
        Err(format!("{} failed with {KERNELS:?}: {words}", nvcc.display()))
    };
    let known = run(&["--list-gpu-code".to_owned()])?;
    let mut arguments = vec![format!("-gencode=arch={OLDEST},code={OLDEST}")];
    for code in ARCHITECTURES.into_iter().filter(|code| known.lines().any(|line| line.trim() == *code)) {
        arguments.push(format!("-gencode=arch={},code={code}", code.replace("sm_", "compute_")));
    }
    let options = ["-std=c++17", "-O3", "--threads=0", "-fatbin", "-o"].map(str::to_owned);
    arguments.extend(options);
    arguments.extend([to.display().to_string(), KERNELS[0].to_owned()]);
    run(&arguments).map(drop)
}

/// The CUDA compiler: `$NVCC`, that of `$CUDA_PATH` or `$CUDA_HOME`, or the first in `$PATH`.
fn nvcc() -> PathBuf {
    let roots = ["CUDA_PATH", "CUDA_HOME"].into_iter().filter_map(env::var_os);
    let in_roots = roots.map(|root| Path::new(&root).join("bin/nvcc")).find(|nvcc| nvcc.is_file());
    env::var_os("NVCC").map(PathBuf::from).or(in_roots).unwrap_or_else(|| PathBuf::from("nvcc"))
}
