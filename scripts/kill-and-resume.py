#!/usr/bin/env python3
"""Kills a training with SIGKILL at random moments, again and again, and lets it go on each time.

After every kill: run.json and every table can be read, checkpoints are whole, and no row that a checkpoint stood
behind is lost or changed. In the end the run is held, bit for bit, against one that was left alone; a run that is done
before all kills are spent is compared too, and the next one begins.

    scripts/kill-and-resume.py                             200 kills, target/release/colorize, flex
    scripts/kill-and-resume.py --kills 20 --device libtorch --program target/release/colorize
    scripts/kill-and-resume.py --set evaluate.batch_norm=running

Needs Python 3.9 and nothing else. With pyarrow every value of every table is compared after every kill; without it,
that the tables' files are whole, and the values at the end, by `colorize verify equal`. Writes to a temporary folder,
which is kept when something is wrong. Exit code 0: nothing was lost.
"""

import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import pyarrow.parquet
except ImportError:
    pyarrow = None

EXPERIMENT = """
title = "Killed again and again"
dataset = {{ use = "world.toml", split = {{ validation = 0.25, seed = 0 }} }}
image.size = 16
color.space = "yuv"
network = {{ kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }}
evaluate = {{ images = 4, batch_size = 4, samples = 2, batch_norm_batches = 4 }}

[train]
steps = {steps}
batch_size = 4
optimizer = {{ kind = "adam", learning_rate = 1e-3 }}
schedule = "cosine"
checkpoint_every = 5
evaluate_every = 7
sample_every = 20
flush_seconds = 0.02
retain = {{ last = 2, best = "loss", every = 40 }}
"""

WORLD = 'kind = "synthetic"\ncount = 24\nseed = 5\nsize = 32\n'


class Lost(Exception):
    """Something was lost, or cannot be read."""


def check(condition, text):
    if not condition:
        raise Lost(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/colorize")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--steps", type=int, default=200, help="steps of the training (default 200)")
    parser.add_argument("--device", default="flex")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments; without it another one each time")
    parser.add_argument("--folder", default=None, help="where the temporary folder is made")
    return parser.parse_args()


class Trainer:
    """Starts the program on the experiment."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder

    def start(self, runs):
        command = [self.options.program, "run", "crash.toml", "--runs", runs, "--device", self.options.device]
        for assignment in self.options.set:
            command += ["--set", assignment]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=dict(os.environ, COLORIZE_CACHE=str(self.folder / "cache")),
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "output.txt").open("wb"),
            stderr=subprocess.STDOUT,
        )

    def said(self):
        return (self.folder / "output.txt").read_text(errors="replace")[-3000:]

    def finish(self, runs):
        process = self.start(runs)
        check(process.wait() == 0, f"the training in {runs} ended with {process.returncode}:\n{self.said()}")

    def run_folder(self, runs):
        found = sorted((self.folder / runs / "crash").glob("s0-*"))
        return found[0] if found else None


def rows_of(path):
    """Every row of a table, by step, split and metric, or the length of the file where nothing reads it."""
    if pyarrow is None:
        data = path.read_bytes()
        whole = len(data) > 12 and data[:4] == b"PAR1" and data[-4:] == b"PAR1"
        check(whole and int.from_bytes(data[-8:-4], "little") + 12 <= len(data), f"{path} is not a whole table")
        return {}
    try:
        return pyarrow.parquet.read_table(path).to_pydict()
    except Exception as error:
        raise Lost(f"{path} cannot be read: {error}") from error


def look(run):
    """Reads all that a killed run has left: the step of its newest checkpoint, and the rows before it, file by file."""
    record = run / "run.json"
    if record.exists():
        try:
            assert json.loads(record.read_text())["steps"] > 0
        except (ValueError, KeyError) as error:
            raise Lost(f"{record} cannot be read: {error}") from error
    newest = 0
    for checkpoint in run.glob("checkpoints/step-*"):
        listed = json.loads((checkpoint / "checkpoint.json").read_text())
        for name in listed["parts"]:
            check((checkpoint / name).is_file(), f"{checkpoint} lacks {name}")
        check(checkpoint.name == f"step-{listed['step']:06}", f"{checkpoint} is that of step {listed['step']}")
        newest = max(newest, listed["step"])
    committed, losses = {}, []
    for path in sorted(run.glob("metrics/from-*.parquet")):
        table = rows_of(path)
        columns = [table.get(name, []) for name in ("step", "split", "metric", "value", "seconds")]
        rows = [tuple(map(repr, row)) for row in zip(*columns)]
        losses += [row[0] for row in zip(*columns) if row[1:3] == ("train", "loss")]
        # What begins before a checkpoint ends there, and is never written again.
        if int(path.stem.removeprefix("from-")) < newest:
            committed[path.name] = rows or path.read_bytes()
    check(len(losses) == len(set(losses)), f"{run}: a step is logged twice")
    for path in run.glob("images/*.parquet"):
        rows_of(path)
    for path in run.glob("samples/*.png"):
        data = path.read_bytes()
        check(data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND", f"{path} is not a whole picture")
    for step in range(1, newest + 1) if pyarrow else ():
        check(step in losses, f"the log lacks step {step}, and a checkpoint stands at {newest}")
    return newest, committed


def compare(trainer, runs):
    one, other = trainer.run_folder("alone"), trainer.run_folder(runs)
    command = [trainer.options.program, "verify", "equal", str(one), str(other)]
    compared = subprocess.run(command, capture_output=True, text=True)
    check(compared.returncode == 0, f"{runs}: {compared.stdout}{compared.stderr}")
    return compared.stdout


def main():
    options = arguments()
    options.program = str(Path(options.program).resolve())
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    chance = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="colorize-killed-", dir=options.folder))
    (folder / "crash.toml").write_text(EXPERIMENT.format(steps=options.steps))
    (folder / "world.toml").write_text(WORLD)
    trainer = Trainer(options, folder)
    trainer.finish("alone-first")
    begun = time.monotonic()
    trainer.finish("alone")
    whole = time.monotonic() - begun
    print(f"left alone the training takes {whole:.2f} s; seed of the moments: {seed}; reading with "
          f"{'pyarrow ' + pyarrow.__version__ if pyarrow else 'no library'}", flush=True)

    kills, finished, equal = 0, 0, ""
    where = collections.Counter()
    number = 1
    committed, newest = {}, 0
    while kills < options.kills:
        runs = f"killed-{number}"
        process = trainer.start(runs)
        try:
            # Long enough to get past the start, and too short to do much.
            process.wait(timeout=chance.uniform(0, max(1.0, whole / 12)))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        if process.returncode == 0:
            equal = compare(trainer, runs)
            finished += 1
            number += 1
            committed, newest = {}, 0
            continue
        check(process.returncode == -signal.SIGKILL, f"the training ended with {process.returncode}:\n{trainer.said()}")
        kills += 1
        run = trainer.run_folder(runs)
        if run is None:
            where["before there was a run folder"] += 1
            continue
        halves = list(run.rglob(".partial-*"))
        where["while a file was written" if halves else "between two writes"] += 1
        now, rows = look(run)
        check(now >= newest, f"the newest checkpoint was that of step {newest}, and is that of step {now}")
        for name, before in committed.items():
            check(rows.get(name) == before, f"rows of {name} were written before the last checkpoint, and are others now")
        committed, newest = rows, now
        if kills % 20 == 0:
            print(f"{kills} kills: run {number} stands at step {newest} of {options.steps}", flush=True)
    runs = f"killed-{number}"
    trainer.finish(runs)
    equal = compare(trainer, runs)
    print(f"{kills} kills in {number} runs: " + ", ".join(f"{count} {what}" for what, count in where.most_common()))
    print(f"every one of the {number} runs ended equal to the bit to the one that was left alone")
    print(equal, end="")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Lost as lost:
        print(f"lost: {lost}", file=sys.stderr)
        sys.exit(1)
