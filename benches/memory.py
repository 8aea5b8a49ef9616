#!/usr/bin/env python3
"""Peak memory of every phase of a run at full size, as a table in Markdown.

    python3 benches/memory.py --program target/release/colorize --dataset photos.toml [--device flex] [--device libtorch] ...
                              [--steps 6] [--images 64] [--size 256] [--batch 16] [--write]

Each command is a process of its own; its peak is the most memory that it was resident in, as the operating system counts it
at its end. Within a training the diary (`log.txt`) says the peak after every part, so a part's number is the process's peak
up to its end: a part that needs less than what came before shows the same number. Caches are empty at first.

`libtorch:bf16` stands for libtorch with `train.precision = "bf16"`. `--write` puts the table into docs/performance.md between
the two comments that stand there. The exit code is 1 when a phase needs more than 1.25 times the training step.
"""

import argparse
import json
import os
import platform
import re
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- memory: written by benches/memory.py -->", "<!-- memory: end -->"
# Of the training step, which no phase may exceed.
LIMIT = 1.25
# A photograph of 24 megapixels.
LARGE = (6000, 4000)


def png(path, width, height):
    """A picture of that size: gradients with a grain, so that it neither compresses to nothing nor takes long to write."""
    grain = os.urandom(3 * width)
    rows = bytearray()
    for y in range(height):
        level = 200 * y // height
        rows.append(0)
        shift = 3 * (y * 37 % width)
        line = grain[shift:] + grain[:shift]
        rows += bytes(level + (value & 31) for value in line) if y % 64 == 0 else rows[-3 * width:]
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 1)) + chunk(b"IEND", b"")
    )


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.environment = dict(os.environ, COLORIZE_CACHE=str(folder / "cache"))
        if arguments.weights_from:
            (folder / "cache").mkdir()
            (folder / "cache" / "weights").symlink_to(arguments.weights_from)

    def call(self, *words):
        """Peak bytes and seconds of the program with these arguments."""
        command = [str(Path(self.arguments.program).resolve()), *map(str, words)]
        begun = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT, env=self.environment)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                output.seek(0)
                sys.stderr.write(output.read().decode(errors="replace"))
                raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}")
        return 1024 * usage.ru_maxrss, time.monotonic() - begun

    def phases(self, device):
        a = self.arguments
        bf16 = device.endswith(":bf16")
        device = device.removesuffix(":bf16")
        runs = self.folder / f"runs-{device.replace(':', '-')}{'-bf16' if bf16 else ''}"
        small = ["--set", f"image.size={a.size}", "--set", f"train.batch_size={a.batch}", "--dataset", a.dataset, "--runs", runs]
        if bf16:
            small += ["--set", "train.precision=bf16"]
        yield "inspection (`dataset stats --inspect`)", *self.call("dataset", "stats", a.dataset, "--inspect")
        least = ["network.scale=1", "network.residual_blocks=0", "train.batch_size=1", "train.steps=1", "evaluate.batch_norm_batches=1"]
        least = [word for value in [*least, f"evaluate.images={a.images}"] for word in ("--set", value)]
        yield "baselines (`run`, one step of the least network)", *self.call(
            "run", "experiments/01-batchnorm.toml", "--device", device, "--dataset", a.dataset, "--runs", f"{runs}-least", *least
        )
        features = ["experiments/04-fusion.toml", "--device", device, "--dataset", a.dataset, "--set", "fusion.weights=random"]
        yield "feature extraction, ResNet-50 (`features`)", *self.call("features", *features, "--set", 'dataset.categories=["stop sign"]')
        every = max(1, a.steps // 2)
        cadence = [f"train.{key}_every={every}" for key in ("evaluate", "sample", "checkpoint")]
        sets = [word for value in [*cadence, f"train.steps={a.steps}", f"evaluate.images={a.images}"] for word in ("--set", value)]
        whole, seconds = self.call("run", "experiments/01-batchnorm.toml", "--device", device, *small, *sets)
        run, = (runs / "01-batchnorm").iterdir()
        for line in (run / "log.txt").read_text().splitlines():
            found = re.search(r"costs up to step (\d+): (.*); peak memory after each (.*) GB", line)
            if not found:
                continue
            names = [part.rsplit(" ", 2) for part in found[2].split(", ")]
            for (part, spent, _), peak in zip(names, found[3].split(", ")):
                yield f"run: {part}, step {found[1]}", 1e9 * float(peak), float(spent)
        yield "run: the whole process", whole, seconds
        yield f"`evaluate`, {a.images} images", *self.call("evaluate", run, "--device", device, "--dataset", a.dataset)
        large = self.folder / "large.png"
        if not large.exists():
            png(large, *LARGE)
        out = self.folder / f"colored-{device.replace(':', '-')}-{bf16}"
        yield "`predict`, a photograph of 24 megapixels", *self.call("predict", run, large, "--device", device, "--out", out)
        report = self.folder / "report.toml"
        report.write_text('title = "Memory"\n[[runs]]\nexperiment = "01-batchnorm"\n[[figures]]\nkind = "curves"\nmetrics = ["psnr"]\n')
        yield "`report`", *self.call("report", report, "--runs", runs, "--out", self.folder / f"report-{device}-{bf16}")


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "target/release/colorize")
    parser.add_argument("--dataset", default="datasets/synthetic.toml")
    parser.add_argument("--device", action="append", dest="devices")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--weights-from", help="a folder of weights to use")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    arguments.dataset = str(Path(arguments.dataset).resolve())
    devices = arguments.devices or ["flex"]
    columns = {}
    for device in devices:
        with tempfile.TemporaryDirectory() as folder:
            columns[device] = []
            for name, peak, seconds in Bench(arguments, Path(folder)).phases(device):
                print(f"{device}: {name}: {peak / 1e9:.2f} GB, {seconds:.1f} s", file=sys.stderr, flush=True)
                columns[device].append((name, peak, seconds))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    words = " ".join(f"--device {device}" for device in devices)
    lines = [
        f"`python3 benches/memory.py {words} --dataset {Path(arguments.dataset).name} --steps {arguments.steps} "
        f"--images {arguments.images} --write`, {time.strftime('%Y-%m-%d')}, commit {commit}, "
        f"`{processor()}`, {os.cpu_count()} threads: {arguments.size}x{arguments.size} pixels, batches of {arguments.batch}, "
        f"{arguments.images} held-out images. GB, and the share of the training step's.",
        "",
        "| phase | " + " | ".join(devices) + " |",
        "|---|" + "---|" * len(devices),
    ]
    exceeded = []
    steps = {device: next(peak for name, peak, _ in rows if name.startswith("run: training")) for device, rows in columns.items()}
    for index, (name, _, _) in enumerate(columns[devices[0]]):
        cells = []
        for device in devices:
            _, peak, _ = columns[device][index]
            share = peak / steps[device]
            cells.append(f"{peak / 1e9:.2f} ({share:.2f})")
            if share > LIMIT:
                exceeded.append(f"{device}: {name}: {share:.2f} times the training step")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    table = "\n".join(lines)
    print(table)
    if arguments.write:
        page = PAGE.read_text()
        before, rest = page.split(BEGIN)
        _, after = rest.split(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")
    for line in exceeded:
        print(line, file=sys.stderr)
    sys.exit(1 if exceeded else 0)


if __name__ == "__main__":
    main()
