//! Disks that are full or cannot be written, as small file systems of their own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use crate::process::{Ended, Process};
use crate::world::{PROGRAM, World, skip};

/// What lets `unshare` mount: being root, or being root in a world of one's own.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];

/// How to mount something that is gone with the process that mounted it; none if that cannot be done here.
fn unshare() -> Option<&'static [&'static str]> {
    let works = |way: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(**way).args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    WAYS.iter().find(works).copied()
}

/// Runs the program with its runs on a file system that is mounted with these options and prepared with this command;
/// none if that cannot be done here.
fn run_on(world: &World, options: &str, prepare: &str, arguments: &[&str]) -> Option<Ended> {
    let Some(way) = unshare() else {
        skip("a file system cannot be mounted here");
        return None;
    };
    fs::create_dir_all(world.runs_dir()).unwrap();
    let script = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && {prepare}; exec \"$@\"");
    let mut command = world.command("unshare");
    command.args(way).args(["sh", "-c", &script]).arg(world.runs_dir()).arg(PROGRAM).args(arguments);
    Some(Process::start(command).end())
}

const TRAIN: [&str; 8] = ["train", "--foreground", "--preset", "dnn", "--data", "built-in", "--epochs", "1"];

fn assert_told(ended: &Ended, says: &[&str]) {
    assert_eq!((ended.code, ended.err.lines().count()), (Some(1), 1), "{ended:?}");
    for part in says {
        assert!(ended.err.contains(part), "{part:?} is not in {ended:?}");
    }
}

#[test]
fn a_disk_that_is_full_is_told() {
    let world = World::bare();
    let fill = "{ cat /dev/zero > \"$0/filler\"; } 2> /dev/null";
    let Some(ended) = run_on(&world, "size=64k", fill, &TRAIN) else { return };
    let runs = world.runs_dir();
    assert_told(&ended, &["cnn-tui: ", runs.to_str().unwrap(), "No space left on device"]);
    assert_eq!(ended.out, "");
}

#[test]
fn a_disk_that_becomes_full_is_told() {
    let world = World::bare();
    // The network's weights and momentum are 1.9 MB.
    let Some(ended) = run_on(&world, "size=1m", "true", &TRAIN) else { return };
    let runs = world.runs_dir();
    assert_told(&ended, &["cnn-tui: ", runs.to_str().unwrap(), "No space left on device"]);
}

#[test]
fn a_disk_that_cannot_be_written_is_told() {
    let world = World::bare();
    let Some(ended) = run_on(&world, "ro", "true", &TRAIN) else { return };
    let runs = world.runs_dir();
    assert_told(&ended, &["cnn-tui: ", runs.to_str().unwrap(), "Read-only file system", "--runs"]);
    assert_eq!(ended.out, "");
}

#[test]
fn a_directory_without_permission_is_told() {
    if geteuid().is_root() {
        // Not even where skipping is forbidden can this be had.
        eprintln!("skipped: permissions do not bind root");
        return;
    }
    let world = World::bare();
    let runs = world.runs_dir();
    fs::create_dir(&runs).unwrap();
    fs::set_permissions(&runs, Permissions::from_mode(0o000)).unwrap();
    let ended = world.process(&TRAIN).end();
    assert_told(&ended, &["cnn-tui: ", runs.to_str().unwrap(), "Permission denied", "--runs"]);
    let listed = world.process(&["runs"]).end();
    assert!(listed.out.contains("cannot be read: Permission denied"), "{listed:?}");
    fs::set_permissions(&runs, Permissions::from_mode(0o700)).unwrap();
}
