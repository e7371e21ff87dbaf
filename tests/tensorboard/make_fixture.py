"""Make small.tfevents with TensorBoard's own classes: the bytes that the program must write.

    python make_fixture.py

Needs tensorboard.
"""

import math
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

# Wall time, step, and values under their tags, as in the test in src/run/export/event_file.rs.
EVENTS = [
    (1795528443.0335224, 1, {"loss/train": 2.3125}),
    (1795528443.0335224, 2, {"loss/train": 0.0, "learning_rate": 0.01}),
    (1795528443.5, 300, {"loss/train": math.nan}),
    (1795528443.75, 300, {"loss/test": 0.1, "accuracy/train": 0.5, "accuracy/test": 0.8869}),
    (1795528444.0, 70000, {"loss/train": math.inf, "learning_rate": 0.005}),
]


CREATED = 1795528442.7995112

# The numbers of HPARAMS are doubles; a greater integer is text.
SETTINGS = {"preset": "cnn", "learning_rate": 0.01, "patience": 0, "seed": str(2**64 - 1)}


def hparams(tag, data):
    described = metadata.create_summary_metadata(data)
    # The order of a map is not defined; the program sorts it.
    content = plugin_data_pb2.HParamsPluginData.FromString(described.plugin_data.content)
    described.plugin_data.content = content.SerializeToString(deterministic=True)
    return Summary(value=[Summary.Value(tag=tag, tensor=metadata.NULL_TENSOR, metadata=described)])


def start():
    info = plugin_data_pb2.SessionStartInfo(start_time_secs=CREATED)
    for name, value in SETTINGS.items():
        if isinstance(value, str):
            info.hparams[name].string_value = value
        else:
            info.hparams[name].number_value = value
    return hparams(metadata.SESSION_START_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_start_info=info))


def end():
    info = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_FAILURE, end_time_secs=EVENTS[-1][0])
    return hparams(metadata.SESSION_END_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_end_info=info))


def main():
    with Path(__file__).with_name("small.tfevents").open("wb") as file:
        writer = RecordWriter(file)

        def write(**fields):
            writer.write(Event(**fields).SerializeToString(deterministic=True))

        write(wall_time=CREATED, file_version="brain.Event:2")
        write(wall_time=CREATED, session_log=SessionLog(status=SessionLog.START))
        write(wall_time=CREATED, summary=start())
        for wall_time, step, scalars in EVENTS:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            write(wall_time=wall_time, step=step, summary=Summary(value=values))
        write(wall_time=EVENTS[-1][0], step=EVENTS[-1][1], summary=end())


if __name__ == "__main__":
    main()
