//! Disks that are full or cannot be written, as small file systems of their own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use cnn_tui::run::{
    Checkpoint, CheckpointName, Event, Listing, PauseReason, RecordedStatus, StepBatch, Store,
};
use rustix::process::geteuid;

use crate::process::{Ended, Process};
use crate::world::{PROGRAM, World, skip, wait_for};

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
    run_and(world, options, prepare, arguments, "exec \"$@\"")
}

/// The same, by these words of a shell: `$0` is where the runs are, `$@` the program.
fn run_and(world: &World, options: &str, prepare: &str, arguments: &[&str], words: &str) -> Option<Ended> {
    let Some(way) = unshare() else {
        skip("a file system cannot be mounted here");
        return None;
    };
    fs::create_dir_all(world.runs_dir()).unwrap();
    let script = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && {prepare}; {words}");
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

/// Shell words that start the program, wait until it waits for the disk, and make room again.
const MAKE_ROOM: &str = r#"
    "$@" 2> "$HOME/errors" & program=$!
    until grep -q "training waits" "$HOME/errors"; do sleep 0.05; done
    "$1" runs > "$HOME/listed"
    cat "$0"/*/lock > "$HOME/lock"
    rm "$0/filler"
    wait $program; ended=$?
    cp -r "$0" "$HOME/saved"
    exit $ended"#;

#[test]
fn training_waits_for_a_disk_that_is_full_and_goes_on() {
    let world = World::bare();
    // The network's weights and momentum are 1.9 MB, and up to five checkpoints of them are there at once.
    let fill = "head -c 13000000 /dev/zero > \"$0/filler\"";
    let train = [&TRAIN[..6], &["--epochs", "6", "--checkpoint-space", "2"]].concat();
    let Some(ended) = run_and(&world, "size=16m", fill, &train, MAKE_ROOM) else { return };
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let read = |name| fs::read_to_string(world.path().join(name)).unwrap();
    let errors = read("errors");
    assert!(
        ["No space left on device", "; training waits until it can be written"]
            .iter()
            .all(|part| errors.contains(part)),
        "{errors}"
    );
    // Anyone who looked was told, although nothing else could be written.
    assert!(read("lock").contains("No space left on device"), "{}", read("lock"));
    assert!(read("listed").contains("waiting"), "{}", read("listed"));

    let runs = Store::open(world.path().join("saved")).list();
    let run = runs.into_iter().find_map(Listing::run).unwrap();
    assert_eq!((run.record.status, run.record.summary.epoch), (RecordedStatus::Finished, 6));
    assert!(run.record.pauses.iter().any(|pause| pause.reason == PauseReason::Disk && pause.to.is_some()));
    let mut next = 1;
    for record in run.dir.journal_reader().poll().unwrap().records {
        if let Event::Steps(StepBatch { first, losses, .. }) = record.event {
            assert_eq!(first, next, "no step is lost, and none told twice");
            next += losses.len() as u64;
        }
    }
    assert_eq!(next, 6 * 94 + 1);
    let oldest = CheckpointName::Epoch(1);
    assert!(!run.dir.checkpoint_path(oldest).exists(), "the oldest made room");
    Checkpoint::read(&run.dir.checkpoint_path(CheckpointName::Last)).unwrap();
}

#[test]
fn a_stop_does_not_wait_for_a_full_disk() {
    let world = World::bare();
    let fill = "head -c 7000000 /dev/zero > \"$0/filler\"";
    let stop = MAKE_ROOM.replace("rm \"$0/filler\"", "kill -TERM $program");
    let Some(ended) = run_and(&world, "size=10m", fill, &TRAIN, &stop) else { return };
    assert_eq!(ended.code, Some(1), "{ended:?}");
}

#[test]
fn training_waits_for_a_directory_that_is_moved_away_and_goes_on() {
    let world = World::new();
    let process = world.process(&["train", "--foreground"]);
    let run = world.run();
    run.wait_for_step_after(0);
    let elsewhere = world.path().join("elsewhere");
    fs::rename(run.dir().path(), &elsewhere).unwrap();
    let lock = elsewhere.join("lock");
    let trouble = || fs::read_to_string(&lock).ok().filter(|text| text.contains("trouble"));
    let told = wait_for("the trouble", trouble);
    assert!(told.contains("No such file or directory"), "{told}");
    fs::rename(&elsewhere, run.dir().path()).unwrap();
    run.wait_for("the pause", |event| matches!(event, Event::Paused { reason: PauseReason::Disk, .. }));
    run.wait_for("it going on", |event| matches!(event, Event::Resumed { .. }));
    run.wait_for_step_after(run.step());
    assert!(trouble().is_none());
    drop(process);
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
