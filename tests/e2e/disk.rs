//! Full, read-only and inaccessible disks, as small mounted file systems.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use cnn_tui::run::{Checkpoint, CheckpointName, Event, Listing, PauseReason, RunStatus, StepBatch, Store};
use rustix::process::geteuid;

use crate::process::{Ended, Process};
use crate::world::{PROGRAM, World, skip, wait_for};

/// Arguments with which `unshare` may mount: as root, or as root of a user namespace.
const UNSHARE_ARGUMENTS: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];

/// The arguments for a mount that disappears with its process; `None` if mounting is impossible here.
fn unshare() -> Option<&'static [&'static str]> {
    let works = |arguments: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(**arguments).args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    UNSHARE_ARGUMENTS.iter().find(works).copied()
}

/// Runs the program with its runs on a file system mounted with these options and prepared with this command; `None` if
/// mounting is impossible here.
fn run_on(world: &World, options: &str, prepare: &str, arguments: &[&str]) -> Option<Ended> {
    run_script(world, options, prepare, arguments, "exec \"$@\"")
}

/// Like [`run_on`], with a shell script in which `$0` is the runs directory and `$@` the program.
fn run_script(world: &World, options: &str, prepare: &str, arguments: &[&str], body: &str) -> Option<Ended> {
    let Some(unshare_arguments) = unshare() else {
        skip("a file system cannot be mounted here");
        return None;
    };
    fs::create_dir_all(world.runs_dir()).unwrap();
    let script = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && {prepare}; {body}");
    let mut command = world.command("unshare");
    command
        .args(unshare_arguments)
        .args(["sh", "-c", &script])
        .arg(world.runs_dir())
        .arg(PROGRAM)
        .args(arguments);
    Some(Process::start(command).end())
}

/// User and group id of `nobody` on most systems.
const NOBODY: u32 = 65534;

const TRAIN: [&str; 8] = ["train", "--foreground", "--preset", "dnn", "--data", "built-in", "--epochs", "1"];

fn assert_error(ended: &Ended, says: &[&str]) {
    assert_eq!((ended.code, ended.err.lines().count()), (Some(1), 1), "{ended:?}");
    for part in says {
        assert!(ended.err.contains(part), "{part:?} is not in {ended:?}");
    }
}

#[test]
fn full_disk_at_start_is_an_error() {
    let world = World::bare();
    let fill = "{ cat /dev/zero > \"$0/filler\"; } 2> /dev/null";
    let Some(ended) = run_on(&world, "size=64k", fill, &TRAIN) else { return };
    let runs = world.runs_dir();
    assert_error(&ended, &["cnn-tui: ", runs.to_str().unwrap(), "No space left on device"]);
    assert_eq!(ended.out, "");
}

/// Starts the program, waits until it waits for the disk, and frees space again.
const MAKE_ROOM: &str = r#"
    "$@" 2> "$HOME/errors" & program=$!
    until grep -q "training pauses" "$HOME/errors"; do sleep 0.05; done
    "$1" runs > "$HOME/listed"
    cat "$0"/*/lock > "$HOME/lock"
    rm "$0/filler"
    wait $program; ended=$?
    cp -r "$0" "$HOME/saved"
    exit $ended"#;

#[test]
fn training_waits_for_a_full_disk_and_continues() {
    let world = World::bare();
    // The network's weights and momentum are 1.9 MB, and up to five checkpoints of them exist at once.
    let fill = "head -c 13000000 /dev/zero > \"$0/filler\"";
    let train = [&TRAIN[..6], &["--epochs", "6", "--checkpoint-space", "2"]].concat();
    let Some(ended) = run_script(&world, "size=16m", fill, &train, MAKE_ROOM) else { return };
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let read = |name| fs::read_to_string(world.path().join(name)).unwrap();
    let errors = read("errors");
    assert!(
        ["No space left on device", "; training pauses until the run directory can be written again"]
            .iter()
            .all(|part| errors.contains(part)),
        "{errors}"
    );
    // The lock and `runs` show the reason, although nothing else could be written.
    assert!(read("lock").contains("No space left on device"), "{}", read("lock"));
    assert!(read("listed").contains("waiting"), "{}", read("listed"));

    let runs = Store::open(world.path().join("saved")).list();
    let run = runs.into_iter().find_map(Listing::run).unwrap();
    assert_eq!((run.manifest.status, run.manifest.summary.epoch), (RunStatus::Finished, 6));
    assert!(run.manifest.pauses.iter().any(|pause| pause.reason == PauseReason::Disk && pause.to.is_some()));
    let mut next = 1;
    for entry in run.dir.journal_reader().poll().unwrap().entries {
        if let Event::Steps(StepBatch { first, losses, .. }) = entry.event {
            assert_eq!(first, next, "each step once");
            next += losses.len() as u64;
        }
    }
    assert_eq!(next, 6 * 94 + 1);
    let oldest = CheckpointName::Epoch(1);
    assert!(!run.dir.checkpoint_path(oldest).exists(), "the oldest was deleted");
    Checkpoint::read(&run.dir.checkpoint_path(CheckpointName::Last)).unwrap();
}

#[test]
fn stop_does_not_wait_for_a_full_disk() {
    let world = World::bare();
    let fill = "head -c 7000000 /dev/zero > \"$0/filler\"";
    let stop = MAKE_ROOM.replace("rm \"$0/filler\"", "kill -TERM $program");
    let Some(ended) = run_script(&world, "size=10m", fill, &TRAIN, &stop) else { return };
    assert_eq!(ended.code, Some(1), "{ended:?}");
}

#[test]
fn training_waits_for_a_moved_directory_and_continues() {
    let world = World::new();
    let process = world.process(&["train", "--foreground"]);
    let run = world.run();
    run.wait_for_step_after(0);
    let elsewhere = world.path().join("elsewhere");
    fs::rename(run.dir().path(), &elsewhere).unwrap();
    let lock = elsewhere.join("lock");
    let trouble = || fs::read_to_string(&lock).ok().filter(|text| text.contains("trouble"));
    let message = wait_for("the trouble", trouble);
    assert!(message.contains("No such file or directory"), "{message}");
    fs::rename(&elsewhere, run.dir().path()).unwrap();
    run.wait_for("the pause", |event| matches!(event, Event::Paused { reason: PauseReason::Disk, .. }));
    run.wait_for("it going on", |event| matches!(event, Event::Resumed { .. }));
    run.wait_for_step_after(run.step());
    assert!(trouble().is_none());
    drop(process);
}

#[test]
fn read_only_disk_is_an_error() {
    let world = World::bare();
    let Some(ended) = run_on(&world, "ro", "true", &TRAIN) else { return };
    let runs = world.runs_dir();
    assert_error(&ended, &["cnn-tui: ", runs.to_str().unwrap(), "Read-only file system", "--runs"]);
    assert_eq!(ended.out, "");
}

#[test]
fn directory_without_permission_is_an_error() {
    let world = World::bare();
    // Permissions do not apply to root, so root runs the program as another user.
    fs::set_permissions(world.path(), Permissions::from_mode(0o755)).unwrap();
    let program = |arguments: &[&str]| {
        let mut command = world.command(PROGRAM);
        command.args(arguments);
        if geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    };
    if program(&["--version"]).output().is_err() {
        return skip("root cannot run the program as another user here");
    }
    let runs = world.runs_dir();
    fs::create_dir(&runs).unwrap();
    fs::set_permissions(&runs, Permissions::from_mode(0o000)).unwrap();
    let ended = Process::start(program(&TRAIN)).end();
    assert_error(&ended, &["cnn-tui: ", runs.to_str().unwrap(), "Permission denied", "--runs"]);
    let listed = Process::start(program(&["runs"])).end();
    assert!(listed.out.contains(": Permission denied"), "{listed:?}");
    fs::set_permissions(&runs, Permissions::from_mode(0o700)).unwrap();
}
