"""Writes event_file.hex: a small TensorBoard event file, made by TensorBoard's own code.

    pip install tensorboard==2.21.0 && python3 tests/golden/event_file.py

Events are serialized by the package's protocol buffers and framed by its record writer, with what an export of this program
writes: the columns of the dashboard for hyperparameters, a run's keys, values of a metric (the first with a description, then
NaN, and an infinity at a step beyond 32 bits), and how the run ended.
"""

import io
import pathlib

from google.protobuf import struct_pb2
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

BEGAN = 1_700_000_000.5

stream = io.BytesIO()
writer = RecordWriter(stream)


def write(**fields):
    writer.write(event_pb2.Event(**fields).SerializeToString())


def write_plugin_data(tag, **data):
    content = plugin_data_pb2.HParamsPluginData(**data)
    value = summary_pb2.Summary.Value(
        tag=tag, tensor=metadata.NULL_TENSOR, metadata=metadata.create_summary_metadata(content)
    )
    write(wall_time=BEGAN, summary=summary_pb2.Summary(value=[value]))


write(wall_time=BEGAN, file_version="brain.Event:2")

texts = struct_pb2.ListValue(values=[struct_pb2.Value(string_value=it) for it in ("batch", "instance")])
flags = struct_pb2.ListValue(values=[struct_pb2.Value(bool_value=True)])
write_plugin_data(
    metadata.EXPERIMENT_TAG,
    experiment=api_pb2.Experiment(
        hparam_infos=[
            api_pb2.HParamInfo(
                name="augment.flip", type=api_pb2.DATA_TYPE_BOOL, domain_discrete=flags
            ),
            api_pb2.HParamInfo(
                name="network.norm",
                type=api_pb2.DATA_TYPE_STRING,
                domain_discrete=texts,
                differs=True,
            ),
            api_pb2.HParamInfo(
                name="network.scale",
                type=api_pb2.DATA_TYPE_FLOAT64,
                domain_interval=api_pb2.Interval(min_value=8, max_value=16),
                differs=True,
            ),
        ],
        metric_infos=[
            api_pb2.MetricInfo(
                name=api_pb2.MetricName(tag="validation/psnr"),
                display_name="PSNR (dB)",
                description="Mean of the decibels of each image; higher is better. In dB.",
                dataset_type=api_pb2.DATASET_VALIDATION,
            ),
            api_pb2.MetricInfo(
                name=api_pb2.MetricName(tag="train/loss"),
                display_name="Training loss",
                description="Mean of the loss, in the network's own space; lower is better.",
                dataset_type=api_pb2.DATASET_TRAINING,
            ),
        ],
    ),
)
write_plugin_data(
    metadata.SESSION_START_INFO_TAG,
    session_start_info=plugin_data_pb2.SessionStartInfo(
        hparams={"network.scale": struct_pb2.Value(number_value=0.1)}, start_time_secs=BEGAN
    ),
)

for step, value in [(1, 0.1), (300, float("nan")), (1 << 40, float("-inf"))]:
    described = None
    if step == 1:
        described = summary_pb2.SummaryMetadata(
            summary_description="Mean of the loss, in the network's own space; lower is better.",
            data_class=summary_pb2.DATA_CLASS_SCALAR,
        )
        described.plugin_data.plugin_name = "scalars"
    value = summary_pb2.Summary.Value(tag="train/loss", simple_value=value, metadata=described)
    write(wall_time=1_700_000_001.25, step=step, summary=summary_pb2.Summary(value=[value]))

write_plugin_data(
    metadata.SESSION_END_INFO_TAG,
    session_end_info=plugin_data_pb2.SessionEndInfo(
        status=api_pb2.STATUS_SUCCESS, end_time_secs=BEGAN
    ),
)

data = stream.getvalue()
lines = [" ".join(f"{byte:02x}" for byte in data[at : at + 16]) for at in range(0, len(data), 16)]
(pathlib.Path(__file__).parent / "event_file.hex").write_text("\n".join(lines) + "\n")
