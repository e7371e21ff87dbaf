//! Exports for TensorBoard and PyTorch.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::process::Ended;
use crate::world::{self, World, skip};

/// Runs the program with these arguments, separated by spaces.
fn program(world: &World, arguments: &str) -> Ended {
    world.process(&arguments.split(' ').collect::<Vec<_>>()).end()
}

fn printed(world: &World, arguments: &str) -> String {
    let ended = program(world, arguments);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments}: {ended:?}");
    ended.out
}

/// A run `one` of one epoch, and `two`, a fork of it that trains a second.
fn trained() -> World {
    let world = World::bare();
    printed(&world, "train --foreground --preset dnn --data built-in --epochs 1 --name one");
    printed(&world, "fork one --epochs 2 --name two --foreground");
    world
}

#[test]
fn tensorboard_export_has_a_directory_per_run() {
    let world = trained();
    let out = printed(&world, "runs tensorboard one two one --to board");
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 3, "{out}");
    assert!(lines[0].starts_with("one: board/one/events.out.tfevents."), "{out}");
    assert_eq!(lines[2], "run `tensorboard --logdir board` to view them");
    let files = |name: &str| fs::read_dir(world.path().join("board").join(name)).unwrap().count();
    assert_eq!((files("one"), files("two")), (1, 1));

    // Again, there is nothing new to append. The rest of the journal is appended.
    let file = world.path().join(lines[0].split(": ").nth(1).unwrap());
    let whole = fs::read(&file).unwrap();
    assert_eq!(printed(&world, "runs tensorboard one two --to board"), out);
    assert_eq!(fs::read(&file).unwrap(), whole);
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    printed(&world, "runs tensorboard one --to board");
    assert_eq!(fs::read(&file).unwrap(), whole);

    // Event files of another run stay unchanged, and nothing else is written.
    let foreign = world.path().join("board/cnn-reference/events.out.tfevents.1.host");
    fs::create_dir(foreign.parent().unwrap()).unwrap();
    fs::write(&foreign, "").unwrap();
    let rejected = program(&world, "runs tensorboard dnn-reference cnn-reference --to board");
    assert_eq!((rejected.code, rejected.out.as_str()), (Some(1), ""));
    let path = "board/cnn-reference/events.out.tfevents.1.host";
    assert_eq!(rejected.err, format!("cnn-tui: {path}: already exists; choose another path\n"));
    assert!(!world.path().join("board/dnn-reference").exists());

    // Lines that cannot be read are counted.
    let run = world.runs().into_iter().find(|run| run.manifest().name == "one").unwrap();
    let mut journal = fs::OpenOptions::new().append(true).open(run.dir().journal_path()).unwrap();
    journal.write_all(b"{torn\n").unwrap();
    let ended = program(&world, "runs tensorboard one --to board");
    assert_eq!(ended.code, Some(0));
    assert!(ended.err.contains("metrics.jsonl: 1 line could not be read"), "{ended:?}");

    let json = printed(&world, "runs tensorboard two --to other --json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(world.path().join(json["file"].as_str().unwrap()).is_file(), "{json}");
    assert_eq!(program(&world, "runs tensorboard one").code, Some(2), "--to is required");
}

#[test]
fn tensorboard_directories_fall_back_to_run_ids() {
    let world = trained();
    for name in ["same", "same", "../up"] {
        printed(&world, &format!("fork one --epochs 2 --name {name} --foreground"));
    }
    let runs = world.runs();
    let others = runs.iter().filter(|run| !["one", "two"].contains(&run.manifest().name.as_str()));
    let ids: Vec<&str> = others.map(world::Run::id).collect();
    printed(&world, &format!("runs tensorboard {} --to board", ids.join(" ")));
    for id in ids {
        assert!(world.path().join("board").join(id).is_dir(), "{id}");
    }
}

#[test]
fn weights_export_contains_only_the_weights() {
    let world = World::bare();
    let tensors = |file: &str| {
        let bytes = fs::read(world.path().join(file)).unwrap();
        let mut names: Vec<_> =
            SafeTensors::deserialize(&bytes).unwrap().names().into_iter().map(str::to_owned).collect();
        names.sort();
        names.join(" ")
    };
    let output = printed(&world, "runs weights cnn-reference --to cnn.safetensors");
    let end = "cnn-reference (cnn) after epoch 40, 21,840 parameters in 8 tensors\n";
    assert_eq!(output, format!("cnn.safetensors: {end}"));
    let cnn = "conv1.bias conv1.weight conv2.bias conv2.weight fc1.bias fc1.weight fc2.bias fc2.weight";
    assert_eq!(tensors("cnn.safetensors"), cnn);
    let output = printed(&world, "runs weights dnn-reference --from last --to dnn.safetensors --json");
    let output: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((&output["epoch"], &output["preset"]), (&json!(40), &json!("dnn")));
    assert_eq!(tensors("dnn.safetensors"), "fc1.bias fc1.weight fc2.bias fc2.weight fc3.bias fc3.weight");

    for (arguments, code, says) in [
        ("cnn-reference --to dnn.safetensors", 1, "dnn.safetensors: already exists; choose another path"),
        (
            "cnn-reference --from epoch-7 --to new.safetensors",
            1,
            "epoch-007.safetensors; the run has last, best",
        ),
        ("cnn-reference --from first --to new.safetensors", 2, "use last, best or epoch-N"),
        ("cnn-reference --to none/new.safetensors", 1, "none/new.safetensors: No such file"),
        ("cnn-reference --to w.pt", 2, "w.pt: weights are written as safetensors"),
        ("cnn-reference", 2, "--to <FILE>"),
    ] {
        let ended = program(&world, &format!("runs weights {arguments}"));
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments}: {ended:?}");
        assert!(ended.err.contains(says), "{says} in {ended:?}");
    }
    assert!(!world.path().join("new.safetensors").exists());
}

#[test]
fn tensorboard_reads_the_values_of_the_journal() {
    let python = std::env::var_os("CNN_TUI_PYTHON").unwrap_or_else(|| "python3".into());
    let has_it = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if !has_it.is_ok_and(|output| output.status.success()) {
        return skip("there is no Python with tensorboard; CNN_TUI_PYTHON can name one");
    }
    let world = trained();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let json = printed(&world, "runs tensorboard cnn-reference dnn-reference two --to board --json");
    for (line, steps) in json.lines().zip([37_520, 37_520, 188]) {
        let json: Value = serde_json::from_str(line).unwrap();
        let id = json["run"].as_str().unwrap();
        let runs = if steps == 188 { world.runs_dir() } else { root.join("runs") };
        let mut check = Command::new(&python);
        check.arg(root.join("tests/tensorboard/check.py"));
        check.arg(world.path().join(json["file"].as_str().unwrap())).arg(runs.join(id));
        let output = check.output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{id}: {err}");
        assert!(out.contains(&format!(", {steps} loss/train")), "{id}: {out}");
    }
}
