#!/usr/bin/env python3
"""This program beside PyTorch, TensorFlow, torchvision and others on this machine: every contender in turn, several rounds.

    python3 benches/peers/run.py [--write] [--rounds 9] [--threads 2] [--kinds yuv fusion] [--only step] ...

`step` times training steps, beside the rate at which PyTorch multiplies matrices here: what a step takes in units of the time
that its convolutions would take at that rate is `times the floor`. `pipeline`, `features`, `predict` and `evaluate` time passes
over photographs.

Makes a virtual environment from requirements.txt in the user's cache (3.5 GB to download, once; `--python` takes another
interpreter), builds the benches, and has the contenders step in turn: each is a process of its own that waits while the
others compute. A contender that cannot be started or breaks down is named, and the others go on. Prints the tables in
Markdown; `--write` puts them into docs/performance.md, between the two comments that stand there.

Feature vectors are given to everybody. Ratios are the middle of those within each round, so that what else the machine did
weighs on both sides alike. The exit code is 1 when a contender failed.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import passes
import steps
from contenders import HERE, Failed, note

ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "performance.md"
SECTIONS = ["step", "pipeline", "features", "predict", "evaluate"]


def interpreter(a):
    """A Python with the peers: the one that was named, or that of a virtual environment in the user's cache."""
    if a.python:
        return a.python
    requirements = (HERE / "requirements.txt").read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("COLORIZE_CACHE") or caches / "colorize")
    folder = cache / f"peers-{hashlib.sha256(requirements).hexdigest()[:10]}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    note(f"making {folder}: several gigabytes are downloaded, once")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        note(f"warning: the peers could not be installed ({error}): only this program is timed")
        return None
    (folder / "complete").touch()
    return python


def built(a):
    """Builds the benches and the program, as far as they are needed; says where they lie."""
    features = ["--features", a.features] if a.features else []
    benches = {"step": ["step"], "pipeline": ["pipeline", "features", "predict"], "evaluate": ["evaluate"]}
    commands = {
        bench: ["bench", "--no-run", "--bench", bench] for bench, of in benches.items() if not set(of).isdisjoint(a.only)
    }
    if not {"features", "predict"}.isdisjoint(a.only):
        commands["program"] = ["build", "--release", "--bin", "colorize"]
    found = {"step": a.bench} if a.bench else {}
    for what, command in commands.items():
        if what in found:
            continue
        note(f"building `{what}`")
        command = ["cargo", *command, *features, "--message-format", "json"]
        messages = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        for message in map(json.loads, messages.splitlines()):
            if message.get("executable") and message["target"]["name"] == ("colorize" if what == "program" else what):
                found[what] = message["executable"]
    return found


def fill(page, section, text):
    """The page with `text` between the two comments of a section."""
    name = "peers" if section == "step" else f"peers, {section}"
    begin, end = f"<!-- {name}: written by benches/peers/run.py -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{PAGE} lacks the lines `{begin}` and `{end}`")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"


def processor():
    try:
        names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def said(*command):
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    p.add_argument("--json", help="keep every measurement here, a line of JSON each")
    p.add_argument("--only", nargs="*", default=SECTIONS, choices=SECTIONS)
    p.add_argument("--kinds", nargs="*", default=["instance", "yuv", "fusion"], choices=["instance", "yuv", "fusion"])
    p.add_argument("--devices", nargs="*", help="of this program, as `libtorch` or `libtorch:bf16`; all of the build unless given")
    p.add_argument("--peers", nargs="*", help="only those in whose names one of these words stands")
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("--turns", type=int, default=3, help="passes of each contender over photographs")
    p.add_argument("--pipeline-sizes", default="64,256", metavar="PIXELS")
    p.add_argument("--warm", type=int, default=2, help="steps before those that count")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--patience", type=float, default=900, help="seconds after which a contender that does not answer has failed")
    p.add_argument("--python", help="an interpreter that has the peers already")
    p.add_argument("--bench", help="a bench `step` that is built already")
    p.add_argument("--features", default="libtorch", help="cargo features of the benches; empty for none")
    a = p.parse_args()

    busy = os.getloadavg()[0]
    if busy > 0.5:
        note(f"warning: other programs are at work here (load average {busy:.1f}): the ratios will hold better than the seconds")
    build = built(a)
    if a.devices is None:
        devices = ["flex"] + (["libtorch", "libtorch:bf16"] if "libtorch" in a.features else [])
    else:
        devices = a.devices
    split = [(name.removesuffix(":bf16"), "bf16" if name.endswith(":bf16") else "f32") for name in devices]
    build["devices"] = split
    python = interpreter(a)

    def header(loads=()):
        commit = said("git", "rev-parse", "--short", "HEAD") + ("+" if said("git", "status", "--porcelain", "-uno") else "")
        rounds = f", in the rounds {min(loads):.1f} to {max(loads):.1f}" if loads else ""
        return (
            f"`{' '.join(['python3', 'benches/peers/run.py', *sys.argv[1:]])}`, {time.strftime('%Y-%m-%d')}, commit {commit}, "
            f"`{processor()}`, {os.cpu_count()} threads. Load average before {busy:.1f}{rounds}. "
        )

    measured, failed = [], False
    for section in [section for section in SECTIONS if section in a.only]:
        failures, loads = [], []
        if section == "step":
            rates = steps.products(a, python, failures, loads)
            finished = steps.steps(a, build, python, failures, loads)
            measured += steps.as_json(a, finished, rates)
            text = header(loads) + (
                f"{a.rounds} rounds after {a.warm} steps each; {a.size}x{a.size} pixels, batches of {a.batch}, {a.threads} threads."
            )
            parts = [text, steps.product_table(rates) if rates else "", steps.step_table(a, finished, rates) if finished else ""]
        else:
            try:
                rows = getattr(passes, section)(a, build, python, failures)
            except Failed as error:
                rows = []
                failures.append(f"{section}: {error}")
            measured += rows
            table = passes.pipeline_table if section == "pipeline" else passes.pass_table
            parts = [header() + f"{a.turns} turns, {a.threads} threads.", table(rows) if rows else ""]
        if failures:
            parts.append("Not timed:\n\n" + "\n".join(f"- {failure}" for failure in failures))
        text = "\n\n".join(part for part in parts if part)
        print(f"## {section}\n\n{text}\n", flush=True)
        failed = failed or bool(failures)
        if a.json:
            Path(a.json).write_text("".join(json.dumps(line) + "\n" for line in measured))
        if a.write:
            PAGE.write_text(fill(PAGE.read_text(), section, text))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
