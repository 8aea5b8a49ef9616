#!/usr/bin/env python3
"""Takes from the program what it takes for granted: room on the disk, permission to write, open files, threads, being alone.

    scripts/faults.py                                  target/release/colorize, flex
    scripts/faults.py --program target/release/colorize --device libtorch
    scripts/faults.py --only threads --only files

Each fault is laid on a small training; then it is lifted, the same command is given again, and the run has to end with the bits of
one that nothing happened to. Under a fault the program may end with 1 (failed) and say why, or not notice; it must not panic, not
call the request wrong (2), and not wait for ever. Nothing here goes by the clock: what has to happen first is waited for.

Needs Linux, Python 3.9, and for most faults root, which mounts small file systems and starts programs as another user; without it
those are left out, and said to be. Writes to a temporary folder, which is kept when something is wrong.
"""

import argparse
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = """
title = "Under faults"
dataset = { use = "world.toml", split = { validation = 0.25, seed = 0 } }
image.size = 16
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }
evaluate = { images = 4, batch_size = 4, samples = 2, batch_norm_batches = 2 }

[train]
steps = 30
batch_size = 4
optimizer = { kind = "adam", learning_rate = 1e-3 }
checkpoint_every = 5
evaluate_every = 10
sample_every = 15
flush_seconds = 0.001
"""
WORLD = 'kind = "synthetic"\ncount = 24\nseed = 5\nsize = 32\n'
# A classifier of random weights, whose vectors are cached.
FUSION = [f"--set=fusion.{key}" for key in ("extractor=resnet18", "weights=random", "size=32")] + ["--set=train.steps=5"]
NOBODY = 65534
# Nothing that is waited for takes longer.
PATIENCE = 300


class Wrong(Exception):
    """The program did not do what it says."""


def check(condition, text):
    if not condition:
        raise Wrong(text)


class Bench:
    """A folder with an experiment, and the program."""

    def __init__(self, options, folder):
        self.program, self.device, self.folder = options.program, options.device, folder
        (folder / "faults.toml").write_text(EXPERIMENT)
        (folder / "world.toml").write_text(WORLD)

    def start(self, *arguments, cache="cache", prepare=None, program=None):
        environment = dict(os.environ, COLORIZE_CACHE=str(self.folder / cache))
        environment["HOME"] = str(self.folder)
        return subprocess.Popen(
            [program or self.program, *arguments],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", preexec_fn=prepare,
        )

    def train(self, runs, *more, **how):
        return self.start("run", "faults.toml", "--runs", str(runs), "--device", self.device, *more, **how)

    def finish(self, runs, *more, **how):
        code, said = ends(self.train(runs, *more, **how))
        check(code == 0, f"the training into {runs} ended with {code}:\n{said}")
        return said

    def run_folder(self, runs):
        found = sorted((self.folder / runs / "faults").glob("s0-*"))
        check(len(found) == 1, f"one run was expected in {runs}, not {found}")
        return found[0]

    def same(self, runs):
        code, said = ends(self.start("verify", "equal", str(self.run_folder("whole")), str(self.run_folder(runs))))
        check(code == 0, f"{runs} differs from a training that nothing happened to:\n{said}")


def ends(process):
    """How a process ended, and what it said."""
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        raise Wrong(f"the program waits for something:\n{said}")
    check("panicked" not in said, f"the program panicked:\n{said}")
    check(process.returncode >= 0 or process.returncode == -signal.SIGKILL, f"signal {-process.returncode}:\n{said}")
    return process.returncode, said


def failed(process, *expected):
    """Whether it failed, with one of the reasons expected."""
    code, said = ends(process)
    check(code in (0, 1), f"the exit code is {code}:\n{said}")
    if code == 1:
        check("error" in said, f"it failed without a word:\n{said}")
        check(any(word in said for word in expected), f"it failed for another reason than {expected}:\n{said}")
    return code == 1


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, f"waited in vain until {what}")
        time.sleep(0.01)


def mounted(place, options):
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)


def unmount(place):
    subprocess.run(["umount", str(place)], check=True)


def full_disk(bench):
    """The folder of runs on a disk of 32 kB, then more and more, until the training fits."""
    place = bench.folder / "small"
    mounted(place, "size=32k")
    failures = 0
    try:
        for size in (32, 64, 96, 160, 256, 512, 1024, 8192):
            subprocess.run(["mount", "-o", f"remount,size={size}k", str(place)], check=True)
            failures += failed(bench.train("small"), "No space left")
        check(failures >= 3, f"only {failures} sizes were too small")
        bench.finish("small")
        bench.same("small")
    finally:
        unmount(place)


def full_cache(bench):
    """The cache on a full disk: a failure, and no wrong request."""
    place = bench.folder / "fullcache"
    mounted(place, "size=16k")
    try:
        check(failed(bench.train("fullcached", cache="fullcache"), "No space left"), "a full cache was not noticed")
    finally:
        unmount(place)


def read_only_cache(bench):
    """A cache that is complete and cannot be written is used; an empty one is a failure, and no wrong request."""
    bench.finish("fused", *FUSION)
    shutil.copytree(bench.folder / "cache", bench.folder / "sealed")
    for name, complete in (("sealed", True), ("hollow", False)):
        place = bench.folder / name
        place.mkdir(exist_ok=True)
        subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        try:
            if complete:
                bench.finish(f"from-{name}", cache=name)
                bench.same(f"from-{name}")
                bench.finish("fused-again", *FUSION, cache=name)
            else:
                check(failed(bench.train(f"from-{name}", cache=name), "Read-only"), "an empty cache was enough")
        finally:
            unmount(place)


def read_only_runs(bench):
    """A folder of runs that cannot be written: what is done is reported as done, anything else fails."""
    bench.finish("sealedruns")
    place = bench.folder / "sealedruns"
    subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
    try:
        said = bench.finish("sealedruns")
        check("already done" in said, said)
        process = bench.start("run", "faults.toml", "--runs", "sealedruns", "--device", bench.device, "--seed", "1")
        check(failed(process, "Read-only"), "a training was written to a sealed folder")
        code, said = ends(bench.start("ls", "--runs", "sealedruns"))
        check(code == 0, said)
    finally:
        unmount(place)


def files(bench):
    """Open files: too few at first, then more and more."""
    failures = 0
    for most in (8, 12, 16, 24, 32, 48, 64, 128, 1024):
        def prepare(most=most):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

        failures += failed(bench.train("files", prepare=prepare), "Too many open files", "os error 24", "No file descriptors")
    check(failures >= 1, "no limit was too low")
    bench.finish("files")
    bench.same("files")


def threads(bench):
    """Threads, as a user who may have few."""
    place = bench.folder / "ofnobody"
    place.mkdir()
    program = place / "colorize"
    shutil.copy(bench.program, program)
    for name in ("faults.toml", "world.toml"):
        shutil.copy(bench.folder / name, place)
    inner = Bench(argparse.Namespace(program=str(program), device=bench.device), place)
    for path in [place, *place.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    for path in [bench.folder, *bench.folder.parents]:
        if path != Path("/") and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o001)
    failures = 0
    for most in (1, 2, 3, 4, 6, 8, 12, 16, 24, 64, 512):
        def prepare(most=most):
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))

        failures += failed(inner.train("runs", prepare=prepare), "ulimit -u", "Resource temporarily unavailable")
    check(failures >= 3, f"only {failures} limits were too low")


def races(bench):
    """Four programs on one run: one trains, the others leave it alone; then one is killed, and another one takes over."""
    processes = [bench.train("raced") for _ in range(4)]
    ended = [ends(process) for process in processes]
    check(all(code == 0 for code, _ in ended), f"{ended}")
    bench.same("raced")
    process = bench.train("taken")
    until("there is a checkpoint", lambda: list((bench.folder / "taken/faults").glob("s0-*/checkpoints/step-*")))
    process.kill()
    process.communicate()
    processes = [bench.train("taken") for _ in range(3)]
    ended = [ends(process) for process in processes]
    check(all(code == 0 for code, _ in ended), f"{ended}")
    bench.same("taken")


def links(bench):
    """Parts of a run folder that lead elsewhere are not written through."""
    bench.finish("linked")
    run = bench.run_folder("linked")
    precious = bench.folder / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    for name in ("checkpoints", "metrics", "samples"):
        record = (run / "run.json").read_text()
        (run / "run.json").write_text(re.sub(r'"status": "done"', '"status": "interrupted"', record))
        (run / name).rename(run / f"{name}.aside")
        (run / name).symlink_to(precious)
        check(failed(bench.train("linked"), "is a link"), f"`{name}` was followed")
        check([path.name for path in precious.iterdir()] == ["thesis.txt"], "somebody else's folder was written")
        (run / name).unlink()
        (run / f"{name}.aside").rename(run / name)
        (run / "run.json").write_text(record)


def moved(bench):
    """The folder of runs is moved away in the middle: an error, nothing in its place, and moved back it goes on."""
    process = bench.train("moving")
    until("there is a checkpoint", lambda: list((bench.folder / "moving/faults").glob("s0-*/checkpoints/step-*")))
    (bench.folder / "moving").rename(bench.folder / "elsewhere")
    code, said = ends(process)
    if code == 1:
        check("is gone" in said, said)
        check(not (bench.folder / "moving").exists(), "a folder was made in the place of the one that was moved")
    else:
        check(code == 0, said)
    (bench.folder / "elsewhere").rename(bench.folder / "moving")
    bench.finish("moving")
    bench.same("moving")


FAULTS = {
    "disk": (full_disk, True), "full-cache": (full_cache, True), "read-only-cache": (read_only_cache, True),
    "read-only-runs": (read_only_runs, True), "files": (files, False), "threads": (threads, True), "races": (races, False),
    "links": (links, False), "moved": (moved, False),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/colorize")
    parser.add_argument("--device", default="flex")
    parser.add_argument("--only", action="append", choices=FAULTS, help="only this fault; repeatable")
    options = parser.parse_args()
    options.program = str(Path(options.program).resolve())
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    bench = Bench(options, folder)
    wrong = 0
    try:
        bench.finish("whole")
        for name in options.only or FAULTS:
            fault, needs_root = FAULTS[name]
            if needs_root and os.geteuid() != 0:
                print(f"{name}: left out, as it needs root", flush=True)
                continue
            try:
                fault(bench)
                print(f"{name}: as it should be", flush=True)
            except Wrong as error:
                wrong += 1
                print(f"{name}: {error}", flush=True)
    except Wrong as error:
        wrong += 1
        print(error)
    if wrong:
        sys.exit(f"{wrong} went wrong; see {folder}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
