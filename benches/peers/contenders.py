"""Processes that take a step a line, and races of them: every contender steps in turn while the others wait."""

import json
import os
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Failed(Exception):
    pass


def note(text):
    print(text, file=sys.stderr, flush=True)


class Contender:
    """A process that takes a step a line: the protocol of src/timing/worker.rs."""

    def __init__(self, who, kind, command, threads=None):
        self.who, self.kind, self.command = who, kind, [str(part) for part in command]
        self.threads, self.steps, self.process = threads, [], None

    def start(self, a):
        # Threads that wait for work sleep, so that the next contender has the processors to itself.
        threads = {"OMP_NUM_THREADS": str(self.threads or a.threads), "OMP_WAIT_POLICY": "passive", "TF_CPP_MIN_LOG_LEVEL": "2"}
        self.errors, self.rest = tempfile.TemporaryFile(), b""
        pipe = subprocess.PIPE
        try:
            self.process = subprocess.Popen(
                self.command, stdin=pipe, stdout=pipe, stderr=self.errors, cwd=HERE, env={**os.environ, **threads}
            )
        except OSError as error:
            raise Failed(str(error)) from error
        self.read("ready", a.patience)

    def step(self, a, counts=True):
        try:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # It has ended, and reading tells how.
        step = self.read("step", a.patience)
        self.memory = step["memory_bytes"]
        if counts:
            self.steps.append(step)
        return step

    def read(self, wanted, patience):
        until = time.monotonic() + patience
        while b"\n" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise Failed(f"no answer within {patience} s")
            read = os.read(self.process.stdout.fileno(), 65536)
            if not read:
                raise Failed(self.last_words())
            self.rest += read
        line, self.rest = self.rest.split(b"\n", 1)
        try:
            answer = json.loads(line)
        except ValueError:
            raise Failed(f"answered {line[:200]!r}") from None
        if wanted not in answer:
            raise Failed(str(answer.get("refused", answer)))
        return answer[wanted]

    def last_words(self):
        code = self.process.wait()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors.read().decode(errors="replace").splitlines() if line.strip()]
        how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"{how}: {lines[-1]}" if lines else how

    def end(self):
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def median(self, what="seconds"):
        return statistics.median(step[what] for step in self.steps)

    def ratio(self, other):
        """The middle of the ratios within each round; None where there is nothing to hold it against."""
        pairs = list(zip(self.steps, other.steps)) if other else []
        return statistics.median(s["seconds"] / o["seconds"] for s, o in pairs) if pairs else None


def available():
    """Bytes of memory that could be had; without end where the system does not tell."""
    try:
        text = Path("/proc/meminfo").read_text()
    except OSError:
        return float("inf")
    found = re.search(r"MemAvailable: +(\d+)", text)
    return 1024 * int(found[1]) if found else float("inf")


def race(a, contenders, failures, loads, references=()):
    """Has all take their steps in turn. Where memory does not hold all, the references run again beside those that are left."""

    def failed(contender, error):
        failures.append(f"{contender.who}, {contender.kind}: {error}")
        note(f"  failed: {failures[-1]}")
        contender.end()

    def warm(contender, running):
        peak = max((other.memory for other in running), default=0)
        if running and available() < 1.5 * peak:
            return None
        note(f"  starting {contender.who}, {contender.kind}")
        try:
            contender.start(a)
            for _ in range(a.warm):
                contender.step(a, counts=False)
            return True
        except Failed as error:
            failed(contender, error)
            return False

    first = [contender for contender in contenders if contender.who in references]
    waiting = first + [contender for contender in contenders if contender not in first]
    done = []
    while waiting:
        running, left = [], []
        for contender in waiting:
            started = False if left else warm(contender, running)
            if started:
                running.append(contender)
            elif started is None or left:
                left.append(contender)
        for number in range(a.rounds):
            for contender in list(running):
                try:
                    contender.step(a)
                except Failed as error:
                    failed(contender, error)
                    running.remove(contender)
            loads.append(os.getloadavg()[0])
            note(f"  round {number + 1} of {a.rounds}, load average {loads[-1]:.1f}")
        for contender in running:
            contender.end()
        beside = [contender for contender in running if contender.who in references]
        for contender in running:
            contender.beside = beside
        done += running
        again = [Contender(r.who, r.kind, r.command, r.threads) for r in beside] if left else []
        for contender in again:
            contender.repeated = True
        if left and all(getattr(contender, "repeated", False) for contender in running):
            for contender in left:
                failures.append(f"{contender.who}, {contender.kind}: not enough memory")
            break
        waiting = again + left
    done = [contender for contender in done if not getattr(contender, "repeated", False)]
    return sorted(done, key=contenders.index)
