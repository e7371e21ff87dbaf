"""Compare what TensorBoard reads from an event file with a run's journal, value by value, and with its settings.

    python check.py EVENT_FILE RUN_DIR

Needs tensorboard. Reads the file twice: event by event, and as TensorBoard's own pages get it.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.util import tensor_util


def number(value):
    """A float32 of the journal, where null stands for what is not a number."""
    return np.float32(math.nan if value is None else value)


def journal(run):
    """{tag: [(wall time, step, value)]}, as metrics.jsonl is documented in src/run/event.rs."""
    scalars = {}

    def add(tag, time, step, value):
        scalars.setdefault(tag, []).append((time, step, number(value)))

    for line in (run / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        time, ((kind, event),) = record["time"], record["event"].items()
        if kind == "steps":
            for step, loss in enumerate(event["losses"], event["first"]):
                add("loss/train", time, step, loss)
            if event["losses"]:
                add("learning_rate", time, event["first"] + len(event["losses"]) - 1, event["learning_rate"])
        elif kind == "epoch":
            for tag, name in [("loss/test", "test_loss"), ("accuracy/train", "train_accuracy"),
                              ("accuracy/test", "test_accuracy")]:
                add(tag, time, event["step"], event[name])
        elif kind == "rewound":
            for tag in scalars:
                scalars[tag] = [scalar for scalar in scalars[tag] if scalar[1] <= event["step"]]
    return {tag: values for tag, values in scalars.items() if values}


def by_event(path):
    scalars = {}
    last = 0
    for event in EventFileLoader(str(path)).Load():
        assert event.step >= last, f"step {event.step} after {last}"
        last = event.step
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == metadata.PLUGIN_NAME:
                continue
            scalar = np.float32(tensor_util.make_ndarray(value.tensor).item())
            scalars.setdefault(value.tag, []).append((event.wall_time, event.step, scalar))
    return scalars


def as_shown(events):
    assert events.file_version == 2.0, events.file_version
    return {
        tag: [(event.wall_time, event.step, np.float32(event.value)) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def compare_settings(events, run):
    """Compares the HPARAMS page's data with run.json."""
    contents = events.PluginTagToContent(metadata.PLUGIN_NAME)
    manifest = json.loads((run / "run.json").read_text())
    start = metadata.parse_session_start_info_plugin_data(contents[metadata.SESSION_START_INFO_TAG])
    assert start.start_time_secs == manifest["created"], start
    ((optimizer, parameters),) = manifest["config"]["optimizer"].items()
    expected = {"optimizer": optimizer, **parameters}
    expected |= {key: manifest["config"][key] for key in ["preset", "batch_size", "epochs", "seed"]}
    for key, value in expected.items():
        found = start.hparams[key]
        found = found.string_value if isinstance(value, str) else found.number_value
        assert found == value, f"{key} is {found}, not {value}"
    assert manifest["status"] == "finished", manifest["status"]
    end = metadata.parse_session_end_info_plugin_data(contents[metadata.SESSION_END_INFO_TAG])
    assert end.status == api_pb2.STATUS_SUCCESS, end


def compare(what, found, expected):
    assert sorted(found) == sorted(expected), f"{what}: {sorted(found)}, not {sorted(expected)}"
    for tag in expected:
        assert len(found[tag]) == len(expected[tag]), f"{what}: {len(found[tag])} of {len(expected[tag])} {tag}"
        for one, other in zip(found[tag], expected[tag]):
            same = one[:2] == other[:2] and np.array_equal(one[2], other[2], equal_nan=True)
            assert same, f"{what}: {tag} is {one}, not {other}"


def main():
    path, run = map(Path, sys.argv[1:])
    expected = journal(run)
    compare("by event", by_event(path), expected)
    events = EventAccumulator(str(path.parent), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    compare("as shown", as_shown(events), expected)
    compare_settings(events, run)
    counts = ", ".join(f"{len(values)} {tag}" for tag, values in sorted(expected.items()))
    print(f"as in the journal: {counts}")


if __name__ == "__main__":
    main()
