#!/usr/bin/env python3
"""Trains a matrix of 18 small trials and breaks it on the way: SIGKILL twice in the middle, then a full disk.

The same command is given each time. In the end all 18 trials are done, each once, `plan` has nothing left, and the trial
that was broken most often is, to the bit, the same as one that was left alone.

    scripts/matrix-test.py --program target/release/colorize
    scripts/matrix-test.py --program target/release/colorize --dataset coco-mini.toml --device libtorch --size 64

Needs Linux, Python 3.9 and nothing else. For the full disk a small file system in memory is mounted, which Linux lets root alone
do; elsewhere that part is left out, and says so. Writes to a temporary folder, which is kept when something is wrong.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = """
title = "Broken on the way"
seeds = [0, 1, 2]
dataset = {{ use = "{dataset}", split = {{ validation = 0.25, seed = 0 }} }}
image.size = {size}
color.space = "yuv"
network = {{ kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 0 }}
evaluate = {{ images = 8, batch_size = 4, samples = 2, batch_norm_batches = 2 }}

[train]
steps = {steps}
batch_size = 4
optimizer = {{ kind = "adam", learning_rate = 1e-3 }}
checkpoint_every = 5
evaluate_every = 10
sample_every = 20
flush_seconds = 0.1

[matrix]
network.norm = ["instance", "batch"]
network.scale = [2, 3, 4]
"""

WORLD = 'kind = "synthetic"\ncount = 24\nseed = 5\nsize = 64\n'
TRIALS = 18


class Wrong(Exception):
    """The program did not do what it says."""


def main():
    arguments = parse()
    folder = Path(tempfile.mkdtemp(prefix="matrix-test-"))
    runs = folder / "runs"
    runs.mkdir()
    is_small = mount(runs)
    try:
        test(arguments, folder, runs, is_small)
    except BaseException:
        print(f"left in {folder}", file=sys.stderr)
        raise
    if is_small:
        subprocess.run(["umount", runs], check=True)
    shutil.rmtree(folder)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", default="target/release/colorize", type=Path)
    parser.add_argument("--dataset", type=Path, help="a manifest; scenes of the synthetic world without it")
    parser.add_argument("--device", default="flex")
    parser.add_argument("--size", default=32, type=int, help="side of the pictures")
    parser.add_argument("--steps", default=20, type=int)
    parser.add_argument("--jobs", default=2, type=int)
    return parser.parse_args()


def mount(runs):
    """Gives the runs a disk of their own that can be filled."""
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "none", runs], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        print(f"no full disk: a file system in memory cannot be mounted here ({tried.stderr.strip()})")
    return tried.returncode == 0


def test(arguments, folder, runs, is_small):
    dataset = arguments.dataset.resolve() if arguments.dataset else folder / "world.toml"
    if not arguments.dataset:
        dataset.write_text(WORLD)
    file = folder / "broken.toml"
    file.write_text(EXPERIMENT.format(dataset=dataset, size=arguments.size, steps=arguments.steps))
    program = arguments.program.resolve()
    common = [file, "--device", arguments.device, "--runs"]
    run = [program, "run", *common, runs, "--jobs", str(arguments.jobs)]

    def plan():
        said = subprocess.run([program, "plan", *common, runs, "--json"], capture_output=True, text=True, check=False)
        if said.returncode != 0:
            raise Wrong(f"plan ended with {said.returncode}: {said.stderr}")
        return json.loads(said.stdout)

    def say(what):
        counts = plan()["counts"]
        print(f"{what}: {', '.join(f'{count} {state}' for state, count in counts.items() if count)}", flush=True)
        return counts

    expect(say("planned"), missing=TRIALS)
    for done in (4, 8):
        kill_when(run, runs, done)
        counts = say(f"killed with {done} done")
        if counts["done"] < done or counts["done"] == TRIALS or counts["running"]:
            raise Wrong(f"after a kill with {done} done the plan counts {counts}")
    if is_small:
        fill(run, runs)
        counts = say("the disk was full")
        if counts["done"] == TRIALS or counts["running"]:
            raise Wrong(f"after the full disk the plan counts {counts}")
    ended = subprocess.run(run, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise Wrong(f"the last run ended with {ended.returncode}: {ended.stderr}")
    expect(say("run again"), done=TRIALS)

    trials = plan()["trials"]
    folders = sorted(path for path in (runs / "broken").iterdir() if path.is_dir())
    if len(folders) != TRIALS or len({trial["identity"] for trial in trials}) != TRIALS:
        raise Wrong(f"{len(folders)} run folders for {TRIALS} trials")
    sessions = {path: len(json.loads((path / "run.json").read_text())["sessions"]) for path in folders}
    broken = max(folders, key=sessions.get)
    seed = broken.name[1:].split("-")[0]
    point = next(trial for trial in trials if trial["folder"].endswith(broken.name))["variant"]
    alone = folder / "alone"
    pinned = [part for key, value in point.items() for part in ("--set", f"{key}={value}")]
    # With as many threads: on libtorch the last bits depend on their number.
    jobs = ["--jobs", str(arguments.jobs)]
    subprocess.run([program, "run", *common, alone, *jobs, "--seed", seed, *pinned], capture_output=True, check=True)
    compared = subprocess.run(
        [program, "verify", "equal", broken, next((alone / "broken").iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    if compared.returncode != 0:
        raise Wrong(f"{broken} is not the same as one that was left alone: {compared.stdout}{compared.stderr}")
    print(f"{TRIALS} trials done in {sum(sessions.values())} sessions; {broken.name}, {sessions[broken]} sessions:")
    print(compared.stdout.strip())


def expect(counts, **expected):
    found = {state: count for state, count in counts.items() if count and state != "stale"}
    if found != expected:
        raise Wrong(f"the plan counts {found}, and should count {expected}")


def done(runs):
    """How many trials say that they are done."""
    count = 0
    for record in runs.glob("broken/*/run.json"):
        count += json.loads(record.read_text())["status"] == "done"
    return count


def kill_when(run, runs, wanted):
    """Starts the training and kills all of it once so many trials are done."""
    process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while done(runs) < wanted:
        if process.poll() is not None:
            raise Wrong(f"the training ended by itself with {process.returncode} and {done(runs)} trials done")
        time.sleep(0.02)
    # Those at work are processes of their own, which would write a checkpoint when the first one is gone.
    # Held still first, so that it starts no other meanwhile.
    os.kill(process.pid, signal.SIGSTOP)
    for number in [*children(process.pid), process.pid]:
        os.kill(number, signal.SIGKILL)
    process.wait()


def children(parent):
    """The processes that a process has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything.
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found


def fill(run, runs):
    """Lets the training run into a full disk, and makes room again."""
    filler = runs / "filler"
    with filler.open("wb") as file:
        free = os.statvfs(runs)
        file.truncate(0)
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - 96 * 1024)
    ended = subprocess.run(run, capture_output=True, text=True, check=False)
    filler.unlink()
    if ended.returncode != 1 or "panicked" in ended.stderr:
        raise Wrong(f"on a full disk the training ended with {ended.returncode}: {ended.stderr}")
    reason = next((line for line in ended.stderr.splitlines() if "space" in line), None)
    if reason is None:
        raise Wrong(f"nothing is said of a full disk: {ended.stderr}")
    print(f"on the full disk: {reason.strip()}")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"matrix-test.py: {wrong}")
