#!/usr/bin/env python3
"""Reads damaged inputs through everything that reads files and texts of others, for as long as you have time.

    scripts/hostile.py                              10 minutes, all surfaces in turn
    scripts/hostile.py --minutes 60 --seed 7
    scripts/hostile.py --surface coco --inputs 100000

The inputs are those of `tests/suite/hostile`, which reads the first few hundred of seed 0 in every test run. They are the same for
the same seed and number, on every machine. Each surface has a process of its own; one that ends in the middle (an abort, out of
memory) or that says nothing for a minute is noted with the number of its input, and another one continues after it. A process
may take 8 GB of address space.

Builds the tests first (`cargo test --release --no-run`). Needs Linux, Python 3.9 and nothing else. Writes to a temporary folder.
Prints a line for every surface and for everything that went wrong; exit code 0: nothing did.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SURFACES = [
    "experiment", "set", "report", "manifest", "coco", "picture", "model", "weights", "filter", "log", "scores", "run.json",
    "checkpoint",
]
# An input is tried this long, and what comes before the first one: the surface of logs trains a run.
PATIENCE = 60
PATIENCE_BEFORE = 600
ADDRESS_SPACE = 8 << 30


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--inputs", type=int, default=10**9, help="at most so many of each surface")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--surface", action="append", choices=SURFACES, help="only this one; repeatable")
    parser.add_argument("--tests", help="the built tests; otherwise cargo builds them")
    return parser.parse_args()


def build():
    """The binary of the integration tests."""
    command = ["cargo", "test", "--release", "--workspace", "--locked", "--no-run", "--message-format=json"]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    for line in said.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "suite" and message.get("executable"):
            return message["executable"]
    sys.exit("hostile.py: cargo built no tests")


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


class Campaign:
    """One surface."""

    def __init__(self, options, tests, folder, surface, seconds):
        self.options, self.tests, self.folder, self.surface = options, tests, folder, surface
        self.end = time.monotonic() + seconds
        self.note = folder / "note"
        self.done, self.longest, self.faults = 0, 0.0, []

    def at(self):
        try:
            return int(self.note.read_text())
        except (OSError, ValueError):
            return None

    def run(self):
        while self.done < self.options.inputs and time.monotonic() < self.end:
            self.note.unlink(missing_ok=True)
            begun, process, said = self.done, self.start(), self.folder / "said"
            silent_since, seen, silent = time.monotonic(), None, False
            while process.poll() is None:
                time.sleep(0.2)
                if (now := self.at()) != seen:
                    silent_since, seen = time.monotonic(), now
                elif time.monotonic() - silent_since > (PATIENCE_BEFORE if now is None else PATIENCE):
                    process.kill()
                    silent = True
            finished = False
            for line in said.read_text(errors="replace").splitlines():
                # The harness of the tests writes before the first line.
                line = line[line.find("fault "):] if "fault " in line else line[line.find("done "):]
                if line.startswith("fault "):
                    self.faults.append(line[6:])
                elif line.startswith("done ") and " longest " in line:
                    _, count, _, longest = line.split()[:4]
                    self.done, self.longest, finished = begun + int(count), max(self.longest, float(longest)), True
            if not finished:
                at = self.at()
                if at is None:
                    self.faults.append(f"{begun} nothing was read: exit code {process.returncode}, {said.read_text()[-400:]}")
                    return
                what = f"silent for {PATIENCE} s" if silent else f"ended with {process.returncode}"
                self.faults.append(f"{at} {what}")
                self.done = at + 1

    def start(self):
        environment = dict(
            os.environ,
            HOSTILE_SURFACE=self.surface,
            HOSTILE_SEED=str(self.options.seed),
            HOSTILE_FROM=str(self.done),
            HOSTILE_COUNT=str(self.options.inputs - self.done),
            HOSTILE_SECONDS=str(max(1, int(self.end - time.monotonic()))),
            HOSTILE_NOTE=str(self.note),
            TMPDIR=str(self.folder),
        )
        command = [self.tests, "--ignored", "--exact", "--nocapture", "hostile::campaign"]
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, preexec_fn=limit
            )


def main():
    options = parse()
    tests = options.tests or build()
    surfaces = options.surface or SURFACES
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        for surface in surfaces:
            campaign = Campaign(options, tests, Path(folder), surface, options.minutes * 60 / len(surfaces))
            begun = time.monotonic()
            campaign.run()
            seconds = time.monotonic() - begun
            print(
                f"{surface:<12} {campaign.done:>8} inputs in {seconds:6.1f} s, longest {campaign.longest:7.3f} s, "
                f"{len(campaign.faults)} wrong",
                flush=True,
            )
            for fault in campaign.faults:
                print(f"    input {fault}", flush=True)
            wrong += len(campaign.faults)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
