//! The choice between the CPU and a GPU. A shell script stands in for the executable with CUDA support.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::process::{Ended, Process};
use crate::world::{PROGRAM, World};

const TRAIN: [&str; 7] = ["train", "--preset", "dnn", "--data", "built-in", "--epochs", "1"];

/// An installation of the program in `world`, beside a `cnn-tui-cuda` that is this shell script.
struct Installed<'a> {
    world: &'a World,
    program: PathBuf,
}

impl<'a> Installed<'a> {
    fn new(world: &'a World, script: &str) -> Self {
        let program = world.path().join("cnn-tui");
        fs::create_dir(world.path().join("alone")).unwrap();
        for copy in [&program, &world.path().join("alone/cnn-tui")] {
            fs::hard_link(PROGRAM, copy).or_else(|_| fs::copy(PROGRAM, copy).map(drop)).unwrap();
        }
        let neighbour = world.path().join("cnn-tui-cuda");
        fs::write(&neighbour, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&neighbour, Permissions::from_mode(0o755)).unwrap();
        Self { world, program }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.world.command(self.program.to_str().unwrap());
        command.args(arguments);
        Process::start(command).end()
    }
}

/// A GPU that works. The trainer is the program itself alone, which trains on the CPU.
const WORKS: &str = r#"
    if [ "$1" = probe ]; then echo '{"devices":["NVIDIA H100"]}'; exit; fi
    echo "$@" > "$HOME/started"
    exec "$HOME/alone/cnn-tui" "$@" --warning 'in the executable for a GPU'"#;

#[test]
fn without_cuda_support_a_gpu_is_refused_and_auto_trains_on_the_cpu() {
    let world = World::bare();
    let refused = world.process(&[&TRAIN[..], &["--headless", "--device", "cuda"]].concat()).end();
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{refused:?}");
    for part in ["has no CUDA support", "--features cuda", "--device cpu"] {
        assert!(refused.err.contains(part), "{part} in {refused:?}");
    }
    assert_eq!(world.runs().len(), 0);
    let trained = world.process(&[&TRAIN[..], &["--headless", "--device", "auto"]].concat()).end();
    assert_eq!((trained.code, trained.err.as_str()), (Some(0), ""), "{trained:?}");
}

#[test]
fn a_run_on_a_gpu_is_trained_by_the_executable_with_cuda_support() {
    for (mode, argument) in [("--foreground", "--foreground"), ("--headless", "")] {
        for device in ["cuda", "cuda:0", "auto"] {
            let world = World::bare();
            let installed = Installed::new(&world, WORKS);
            let ended = installed.run(&[&TRAIN[..], &[mode, "--device", device]].concat());
            assert_eq!(ended.code, Some(0), "{ended:?}");
            assert!(ended.out.contains("Accuracy: "), "{ended:?}");
            let started = fs::read_to_string(world.path().join("started")).unwrap();
            let run = world.run();
            let want = format!("trainer {} {argument}", run.dir().path().display());
            assert_eq!(started.trim_end(), want.trim_end());
            let shown = installed.run(&["runs", "show", run.id()]);
            assert!(shown.out.contains("in the executable for a GPU"), "{shown:?}");
        }
    }
}

#[test]
fn a_gpu_that_cannot_be_used_is_named_and_auto_trains_on_the_cpu() {
    let world = World::bare();
    let installed = Installed::new(&world, "kill -SEGV $$");
    let refused = installed.run(&[&TRAIN[..], &["--foreground", "--device", "cuda:1"]].concat());
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.err.contains("the test of the GPU failed (signal 11)"), "{refused:?}");
    assert_eq!(world.runs().len(), 0);

    let trained = installed.run(&[&TRAIN[..], &["--headless"]].concat());
    assert_eq!(trained.code, Some(0), "{trained:?}");
    let warning =
        "training on the CPU: the test of the GPU failed (signal 11); run `nvidia-smi` to check the driver";
    assert!(trained.err.contains(warning), "{trained:?}");
    let shown = installed.run(&["runs", "show", world.run().id()]);
    assert!(shown.out.contains(warning), "{shown:?}");
}

#[test]
fn a_run_that_began_on_a_gpu_resumes_without_one() {
    let world = World::bare();
    let installed = Installed::new(&world, WORKS);
    let ended =
        installed.run(&[&TRAIN[..], &["--foreground", "--device", "cuda", "--name", "moved"]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    fs::remove_file(world.path().join("cnn-tui-cuda")).unwrap();
    let ended = installed.run(&["fork", "moved", "--epochs", "2", "--headless"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.err.contains("training on the CPU: this installation has no CUDA support"), "{ended:?}");
}
