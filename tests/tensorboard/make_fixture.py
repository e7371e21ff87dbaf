"""Make small.tfevents with TensorBoard's own classes: the bytes that the program must write.

    python make_fixture.py

Needs tensorboard.
"""

import math
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

# Wall time, step, and values under their tags, as in the test in src/run/tensorboard.rs.
EVENTS = [
    (1795528443.0335224, 1, {"loss/train": 2.3125}),
    (1795528443.0335224, 2, {"loss/train": 0.0, "learning_rate": 0.01}),
    (1795528443.5, 300, {"loss/train": math.nan}),
    (1795528443.75, 300, {"loss/test": 0.1, "accuracy/train": 0.5, "accuracy/test": 0.8869}),
    (1795528444.0, 70000, {"loss/train": math.inf, "learning_rate": 0.005}),
]


def main():
    with Path(__file__).with_name("small.tfevents").open("wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=1795528442.7995112, file_version="brain.Event:2").SerializeToString())
        for wall_time, step, scalars in EVENTS:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            event = Event(wall_time=wall_time, step=step, summary=Summary(value=values))
            writer.write(event.SerializeToString())


if __name__ == "__main__":
    main()
