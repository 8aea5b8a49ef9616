"""Writes event_file.hex: a small TensorBoard event file, made by TensorBoard's own code.

    pip install tensorboard==2.21.0 && python3 tests/golden/event_file.py

Events are serialized by the package's protocol buffers and framed by its record writer, with values that an export of this
program writes: a double for a metric, NaN, an infinity, a step beyond 32 bits.
"""

import io
import pathlib

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

stream = io.BytesIO()
writer = RecordWriter(stream)
writer.write(event_pb2.Event(wall_time=1_700_000_000.5, file_version="brain.Event:2").SerializeToString())
for step, value in [(1, 0.1), (300, float("nan")), (1 << 40, float("-inf"))]:
    metadata = summary_pb2.SummaryMetadata(data_class=summary_pb2.DATA_CLASS_SCALAR)
    metadata.plugin_data.plugin_name = "scalars"
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_DOUBLE,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(),
        double_val=[value],
    )
    summary = summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag="train/loss", tensor=tensor, metadata=metadata)]
    )
    writer.write(
        event_pb2.Event(wall_time=1_700_000_001.25, step=step, summary=summary).SerializeToString()
    )

data = stream.getvalue()
lines = [" ".join(f"{byte:02x}" for byte in data[at : at + 16]) for at in range(0, len(data), 16)]
(pathlib.Path(__file__).parent / "event_file.hex").write_text("\n".join(lines) + "\n")
