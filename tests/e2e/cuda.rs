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
    if [ "$1" = measure ]; then echo '{"measured":{"images_per_second":1500000,"difference":1e-6}}'; exit; fi
    echo "$@" > "$HOME/started"
    exec "$HOME/alone/cnn-tui" "$@" --warning 'in the executable for a GPU'"#;

#[test]
fn without_cuda_support_a_gpu_is_rejected_and_auto_trains_on_the_cpu() {
    let world = World::bare();
    let rejected = world.process(&[&TRAIN[..], &["--headless", "--device", "cuda"]].concat()).end();
    assert_eq!((rejected.code, rejected.out.as_str()), (Some(1), ""), "{rejected:?}");
    for part in ["has no CUDA support", "--features cuda", "--device cpu"] {
        assert!(rejected.err.contains(part), "{part} in {rejected:?}");
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
    let rejected = installed.run(&[&TRAIN[..], &["--foreground", "--device", "cuda:1"]].concat());
    assert_eq!((rejected.code, rejected.out.as_str()), (Some(1), ""), "{rejected:?}");
    assert!(rejected.err.contains("the test of the GPU failed (signal 11)"), "{rejected:?}");
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

/// A GPU that works, but trains slower than the CPU. Each measurement is counted.
const SLOW: &str = r#"
    if [ "$1" = probe ]; then echo '{"devices":["NVIDIA T4"]}'; exit; fi
    if [ "$1" = measure ]; then echo x >> "$HOME/measured"; echo '{"measured":{"images_per_second":10,"difference":0.5}}'; exit; fi
    exit 1"#;

#[test]
fn auto_takes_the_faster_device_and_measures_once() {
    let world = World::bare();
    let installed = Installed::new(&world, SLOW);
    for _ in 0..2 {
        let trained = installed.run(&[&TRAIN[..], &["--foreground", "--device", "auto"]].concat());
        assert_eq!(trained.code, Some(0), "{trained:?}");
        let warning = "training on the CPU, which is faster for this network: ";
        assert!(trained.err.contains(warning) && trained.err.contains("on NVIDIA T4 10"), "{trained:?}");
    }
    assert_eq!(fs::read_to_string(world.path().join("measured")).unwrap(), "x\n");
    // Another network has another speed.
    let cnn = ["train", "--preset", "cnn", "--data", "built-in", "--epochs", "1", "--foreground"];
    assert_eq!(installed.run(&cnn).code, Some(0));
    assert_eq!(fs::read_to_string(world.path().join("measured")).unwrap(), "x\nx\n");
}

#[test]
fn doctor_names_what_is_wrong() {
    let world = World::bare();
    let well = world.process(&["doctor"]).end();
    assert_eq!(well.code, Some(0), "{well:?}");
    for line in [
        "ok       cpu ",
        "ok       runs ",
        "ok       data ",
        "ok       cpu speed   cnn ",
        "ok       cuda        not used",
    ] {
        assert!(well.out.contains(line), "{line} in {well:?}");
    }
    let works = Installed::new(&world, WORKS).run(&["doctor"]);
    assert_eq!(works.code, Some(0), "{works:?}");
    for line in [
        "ok       cuda        NVIDIA H100 can be used",
        "ok       self-test   the GPU equals the CPU to a relative difference of 1.0e-6",
        "ok       cuda speed  cnn 1,500,000 images/s",
    ] {
        assert!(works.out.contains(line), "{line} in {works:?}");
    }
    let world = World::bare();
    let wrong = Installed::new(&world, SLOW).run(&["doctor", "--json"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.out.contains("trains to other weights than on the CPU"), "{wrong:?}");
    assert!(wrong.err.contains("found 1 problem"), "{wrong:?}");
}
