#!/usr/bin/env python3
"""This program beside PyTorch, TensorFlow and torchvision on this machine: every contender in turn, several rounds.

    python3 benches/peers/run.py [--write] [--rounds 9] [--threads 2] [--kinds yuv fusion] [--only step] ...

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
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- peers: written by benches/peers/run.py -->", "<!-- peers: end -->"

# Name, script and arguments.
PEERS = [
    ("PyTorch eager", "torch_step.py", ["eager"]),
    ("PyTorch compile", "torch_step.py", ["compile"]),
    ("PyTorch channels_last", "torch_step.py", ["channels_last"]),
    ("PyTorch eager bf16", "torch_step.py", ["eager", "bf16"]),
    ("PyTorch compile bf16", "torch_step.py", ["compile", "bf16"]),
    ("TensorFlow", "keras_step.py", ["f32"]),
    ("TensorFlow bf16", "keras_step.py", ["bf16"]),
]
# What the others are held against; those of bfloat16 only what computes in it as well.
REFERENCES = ["PyTorch eager", "PyTorch compile", "PyTorch eager bf16", "PyTorch compile bf16"]
PIPELINE_PEERS = ["torchvision", "pillow", "tensorflow"]


class Failed(Exception):
    pass


def note(text):
    print(text, file=sys.stderr, flush=True)


class Contender:
    """A process that takes a step a line: the protocol of src/timing/worker.rs."""

    def __init__(self, who, kind, command):
        self.who, self.kind, self.command = who, kind, [str(part) for part in command]
        self.steps, self.process = [], None

    def start(self, a):
        # Threads that wait for work sleep, so that the next contender has the processors to itself.
        threads = {"OMP_NUM_THREADS": str(a.threads), "OMP_WAIT_POLICY": "passive", "TF_CPP_MIN_LOG_LEVEL": "2"}
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


def race(a, contenders, failures, loads):
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

    references = [contender for contender in contenders if contender.who in REFERENCES]
    waiting = references + [contender for contender in contenders if contender not in references]
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
        beside = [contender for contender in running if contender.who in REFERENCES]
        for contender in running:
            contender.beside = beside
        done += running
        again = [Contender(r.who, r.kind, r.command) for r in beside] if left else []
        for contender in again:
            contender.repeated = True
        if left and all(getattr(contender, "repeated", False) for contender in running):
            for contender in left:
                failures.append(f"{contender.who}, {contender.kind}: not enough memory")
            break
        waiting = again + left
    done = [contender for contender in done if not getattr(contender, "repeated", False)]
    return sorted(done, key=contenders.index)


def steps(a, build, python, failures, loads):
    """The contenders of every kind, with what their steps took."""
    arguments = ["--threads", a.threads, "--size", a.size, "--batch", a.batch]
    finished = []
    for kind in a.kinds:
        contenders = []
        for device, precision in build["devices"]:
            who = f"colorize {device}" + (" bf16" if precision == "bf16" else "")
            sets = [f"image.size={a.size}", f"train.batch_size={a.batch}", f"train.precision={precision}"]
            command = [build["step"], "--serve", kind, "--device", device, "--threads", a.threads]
            for assignment in sets:
                command += ["--set", assignment]
            contenders.append(Contender(who, kind, command))
        for who, script, how in PEERS if python else []:
            if not a.peers or any(word.lower() in who.lower() for word in a.peers):
                contenders.append(Contender(who, kind, [python, HERE / script, *how, "--kind", kind, *arguments]))
        note(f"steps, {kind}: {a.size}x{a.size}, batches of {a.batch}, {a.threads} threads")
        finished += race(a, contenders, failures, loads)
    return finished


def step_table(finished):
    held = [who for who in REFERENCES if any(contender.who == who for contender in finished)]
    header = ["step", "seconds", "from", "to", *(f"times {who}" for who in held), "times own YUV", "processor s", "peak memory"]
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    number = lambda value, digits=2: "" if value is None else f"{value:.{digits}f}"
    for contender in finished:
        beside = {other.who: other for other in contender.beside}
        short = contender.who.endswith("bf16")
        against = [
            contender.ratio(beside.get(who)) if who != contender.who and (short or not who.endswith("bf16")) else None
            for who in held
        ]
        own = [o for o in finished if o.who == contender.who and o.kind == "yuv" and contender.kind != "yuv"]
        seconds = [step["seconds"] for step in contender.steps]
        cells = [
            f"{contender.who}, {contender.kind}",
            number(contender.median(), 3),
            number(min(seconds), 3),
            number(max(seconds), 3),
            *map(number, against),
            number(contender.median() / own[0].median() if own else None),
            number(contender.median("processor_seconds")),
            f"{contender.memory / 1e9:.2f} GB",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def pipeline(a, build, python, failures):
    """Photographs into batches: this program's bench and pipeline.py in turn. One JSON object for each measurement of each turn."""
    script = HERE / "pipeline.py"
    if not script.exists() or "pipeline" not in build:
        return []
    rows, broken = [], set()
    with tempfile.TemporaryDirectory() as photographs:
        made = subprocess.run([build["pipeline"], "--make", photographs], stdout=subprocess.DEVNULL)
        if made.returncode != 0:
            failures.append(f"pipeline: no photographs, code {made.returncode}")
            return []
        choice = ["--sizes", a.pipeline_sizes, "--threads", ",".join(map(str, sorted({1, a.threads})))]
        commands = {"colorize": [build["pipeline"], "--photographs", photographs, *choice]}
        if python:
            commands |= {peer: [python, script, peer, photographs, *choice] for peer in PIPELINE_PEERS}
        for turn in range(a.turns):
            for who, command in commands.items():
                if who in broken:
                    continue
                note(f"pipeline, turn {turn + 1} of {a.turns}: {who}")
                result = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=HERE)
                rows += [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
                if result.returncode != 0:
                    broken.add(who)
                    words = (result.stderr.strip().splitlines() or [""])[-1]
                    failures.append(f"pipeline, {who}: ended with code {result.returncode}: {words}")
                    note(f"  failed: {failures[-1]}")
    return [row for row in rows if row.get("images_per_second") and "size" in row]


def pipeline_table(rows):
    """The middle of the turns, and of this program what it is to the fastest peer in the same case."""
    keys = ["case", "size", "threads", "who"]
    turns = {}
    for row in rows:
        turns.setdefault(tuple(row[key] for key in keys), []).append(row)
    middle = lambda key, what: statistics.median(row.get(what) or float("nan") for row in turns[key])
    lines = [
        "| batches of | who | images a second | per second of the processor | times the fastest peer |",
        "|---|---|---|---|---|",
    ]
    for key in sorted(turns, key=lambda key: (key[0], key[1], key[2])):
        case, size, threads, who = key
        peers = [middle(other, "images_per_second") for other in turns if other[:3] == key[:3] and not ours(other[3])]
        rate = middle(key, "images_per_second")
        ratio = f"{rate / max(peers):.2f}" if peers and ours(who) else ""
        what = f"{size}x{size}, {case}, {threads} thread{'s' if threads != 1 else ''}"
        lines.append(f"| {what} | {who} | {rate:.0f} | {middle(key, 'images_per_processor_second'):.0f} | {ratio} |")
    return "\n".join(lines)


def ours(who):
    return who.startswith("colorize")


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
    """Builds the benches; says where they lie and which devices they have."""
    features = ["--features", a.features] if a.features else []
    found = {}
    for bench in ["step", "pipeline"]:
        if bench not in a.only or (bench == "pipeline" and not (ROOT / "benches" / "pipeline.rs").exists()):
            continue
        note(f"building the bench `{bench}`")
        command = ["cargo", "bench", "--no-run", "--bench", bench, *features, "--message-format", "json"]
        messages = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        for message in map(json.loads, messages.splitlines()):
            target = message.get("target", {})
            if message.get("executable") and target.get("name") == bench and "bench" in target.get("kind", []):
                found[bench] = message["executable"]
    return found


def fill(page, text):
    """The page with `text` between the two comments."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} lacks the lines `{BEGIN}` and `{END}`")
    return f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}"


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
    p.add_argument("--only", nargs="*", default=["step", "pipeline"], choices=["step", "pipeline"])
    p.add_argument("--kinds", nargs="*", default=["yuv", "fusion"], choices=["yuv", "fusion"])
    p.add_argument("--devices", nargs="*", help="of this program, as `libtorch` or `libtorch:bf16`; all of the build unless given")
    p.add_argument("--peers", nargs="*", help="only those in whose names one of these words stands")
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("--turns", type=int, default=3, help="passes of each contender of the pipeline")
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
    build = {"step": a.bench} if a.bench else built(a)
    if a.devices is None:
        devices = ["flex"] + (["libtorch", "libtorch:bf16"] if "libtorch" in a.features else [])
    else:
        devices = a.devices
    split = [(name.removesuffix(":bf16"), "bf16" if name.endswith(":bf16") else "f32") for name in devices]
    build["devices"] = split
    python = interpreter(a)

    failures, loads = [], []
    finished = steps(a, build, python, failures, loads) if "step" in a.only and "step" in build else []
    rows = pipeline(a, build, python, failures) if "pipeline" in a.only else []

    commit = said("git", "rev-parse", "--short", "HEAD") + ("+" if said("git", "status", "--porcelain", "-uno") else "")
    words = (
        f"`{' '.join(['python3', 'benches/peers/run.py', *sys.argv[1:]])}`, {time.strftime('%Y-%m-%d')}, commit {commit}, "
        f"`{processor()}`, {os.cpu_count()} threads. Load average before {busy:.1f}"
        + (f", in the rounds {min(loads):.1f} to {max(loads):.1f}" if loads else "")
        + f". {a.rounds} rounds after {a.warm} steps each; {a.size}x{a.size} pixels, batches of {a.batch}, {a.threads} threads."
    )
    parts = [words]
    if finished:
        parts.append(step_table(finished))
    if rows:
        parts.append(pipeline_table(rows))
    if failures:
        parts.append("Not timed:\n\n" + "\n".join(f"- {failure}" for failure in failures))
    text = "\n\n".join(parts)
    print(text)
    if a.json:
        keep(a, finished, rows)
    if a.write:
        PAGE.write_text(fill(PAGE.read_text(), text))
    sys.exit(1 if failures else 0)


def keep(a, finished, rows):
    """Every measurement as a line of JSON, in the form of `colorize bench --json`."""
    lines = []
    for contender in finished:
        lines.append({
            "bench": "step",
            "who": contender.who,
            "case": f"{contender.kind} {a.size} b{a.batch}",
            "threads": a.threads,
            "size": a.size,
            "batch": a.batch,
            "steps": len(contender.steps),
            "seconds": contender.median(),
            "seconds_low": min(step["seconds"] for step in contender.steps),
            "seconds_high": max(step["seconds"] for step in contender.steps),
            "images_per_second": a.batch / contender.median(),
            "processor_seconds": contender.median("processor_seconds"),
            "memory_bytes": contender.memory,
        })
    Path(a.json).write_text("".join(json.dumps(line) + "\n" for line in lines + rows))


if __name__ == "__main__":
    main()
