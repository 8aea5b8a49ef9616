"""Passes over photographs: the input pipeline, feature vectors, `predict` and the scoring of pictures, each in turn with peers."""

import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from contenders import HERE, Failed, note

PIPELINE_PEERS = ["torchvision", "pillow", "tensorflow"]
# Photographs that are colorized: how many of which size.
PREDICTED = [(12, 1200, 900), (4, 4000, 3000), (2, 6000, 4000)]
ROOT = HERE.parents[1]


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


def paint(build, folder, count, width=640, height=480):
    command = [build["pipeline"], "--make", folder, "--count", count, "--of", f"{width}x{height}"]
    made = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if made.returncode != 0:
        raise Failed(f"no photographs: {made.stderr.strip()[-200:]}")


def said(command, **environment):
    """What a program printed and took: seconds by the clock and of the processor, and its peak memory."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        command = [str(part) for part in command]
        process = subprocess.Popen(command, stdout=out, stderr=errors, cwd=ROOT, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        for file in [out, errors]:
            file.seek(0)
        text, trouble = out.read().decode(), errors.read().decode(errors="replace").strip()
    if process.returncode != 0:
        raise Failed(f"ended with code {process.returncode}: {(trouble.splitlines() or [''])[-1]}")
    return text, {"seconds": seconds, "processor_seconds": usage.ru_utime + usage.ru_stime, "memory_bytes": 1024 * usage.ru_maxrss}


def told(command, **environment):
    """The line of JSON that a peer printed."""
    text, _ = said(command, **environment)
    return json.loads(text.strip().splitlines()[-1])


def threads(a):
    return {"OMP_NUM_THREADS": str(a.threads), "RAYON_NUM_THREADS": str(a.threads), "OMP_WAIT_POLICY": "passive"}


def turns(a, what, contenders, failures):
    """Has each contender, a function by name, take its turns: what it measured, with the case and its name."""
    rows = []
    for turn in range(a.turns):
        for (case, who), work in list(contenders.items()):
            note(f"{what}, turn {turn + 1} of {a.turns}: {who}, {case}")
            try:
                rows.append({"bench": what, **work(), "who": who, "case": case, "threads": a.threads})
            except (Failed, ValueError, IndexError) as error:
                failures.append(f"{what}, {who}, {case}: {error}")
                note(f"  failed: {failures[-1]}")
                del contenders[case, who]
    return rows


def predict(a, build, python, failures):
    """Photographs of several sizes colorized into PNG files, by a network that has hardly been trained."""
    with tempfile.TemporaryDirectory() as folder:
        folder, contenders = Path(folder), {}
        base = {"COLORIZE_CACHE": str(folder / "cache"), **threads(a)}
        for count, width, height in PREDICTED:
            paint(build, folder / f"{width}", count, width, height)
        (folder / "photographs.toml").write_text(f'kind = "folder"\npath = "{PREDICTED[0][1]}"\n')
        for device in sorted({device for device, _ in build["devices"]}):
            runs = ["--runs", folder / f"runs-{device}"]
            sets = ["color.space=yuv", "train.steps=1", "train.batch_size=2", "evaluate.images=1", "evaluate.samples=1"]
            sets += ["evaluate.batch_norm_batches=1"]
            trained = [build["program"], "run", "experiments/01-batchnorm.toml", "--dataset", folder / "photographs.toml"]
            trained += ["--device", device, "--quiet", *runs, *(word for it in sets for word in ("--set", it))]
            said(trained, **base)
            for count, width, height in PREDICTED:
                command = [build["program"], "predict", "01-batchnorm", folder / f"{width}", "--out", folder / "out", "--force"]
                command += ["--device", device, *runs]
                contenders[f"{width}x{height}", f"colorize {device}"] = (
                    lambda command=command, count=count: {**said(command, **base)[1], "images": count}
                )
        for count, width, height in PREDICTED if python else []:
            (folder / "torch").mkdir(exist_ok=True)
            command = [python, HERE / "torch_photographs.py", "predict", folder / f"{width}", "--out", folder / "torch"]
            command += ["--threads", a.threads]
            contenders[f"{width}x{height}", "PyTorch"] = lambda command=command: told(command, **threads(a))
        return turns(a, "predict", contenders, failures)


def features(a, build, python, failures):
    """Feature vectors of ResNet-50 with random weights, every photograph decoded."""
    with tempfile.TemporaryDirectory() as folder:
        folder, contenders = Path(folder), {}
        paint(build, folder / "photographs", 48)
        (folder / "photographs.toml").write_text('kind = "folder"\npath = "photographs"\n')

        def own(device):
            with tempfile.TemporaryDirectory() as cache:
                sets = ["fusion.extractor=resnet50", "fusion.weights=random", "image.cache_disk=false"]
                command = [build["program"], "features", "experiments/01-batchnorm.toml", "--device", device]
                command += ["--dataset", folder / "photographs.toml", *(word for it in sets for word in ("--set", it))]
                text, usage = said(command, COLORIZE_CACHE=cache, **threads(a))
                seconds = re.search(r"in ([\d.]+) s$", text.strip())
                if not seconds:
                    raise Failed(f"said {text!r}")
                # Its own clock: what was decoded to look the photographs over does not count.
                return {**usage, "seconds": float(seconds[1]), "images": 48}

        for device in sorted({device for device, _ in build["devices"]}):
            contenders["ResNet-50", f"colorize {device}"] = lambda device=device: own(device)
        if python:
            command = [python, HERE / "torch_photographs.py", "features", folder / "photographs", "--threads", a.threads]
            contenders["ResNet-50", "PyTorch"] = lambda: told(command, **threads(a))
        return turns(a, "features", contenders, failures)


def evaluate(a, build, python, failures):
    """Pictures of 256x256 scored, on one thread."""
    case = "256x256, one thread"
    contenders = {(case, "colorize"): lambda: told([build["evaluate"], "--json"])}
    if python:
        contenders[case, "scikit-image: PSNR, SSIM, CIEDE2000"] = lambda: told([python, HERE / "scikit_scores.py"], OMP_NUM_THREADS="1")
    return turns(a, "evaluate", contenders, failures)


def pass_table(rows):
    """The middle of the turns, and of this program what it is to the fastest peer in the same case."""
    found = {}
    for row in rows:
        found.setdefault((row["case"], row["who"]), []).append(row)
    rate = {key: statistics.median(row["images"] / row["seconds"] for row in of) for key, of in found.items()}
    lines = ["| photographs | who | per second | peak memory | times the fastest peer |", "|---|---|---|---|---|"]
    for (case, who), of in found.items():
        peers = [rate[other] for other in found if other[0] == case and not ours(other[1])]
        ratio = f"{rate[case, who] / max(peers):.2f}" if peers and ours(who) else ""
        memory = max(row["memory_bytes"] for row in of) / 1e9
        lines.append(f"| {case} | {who} | {rate[case, who]:.3g} | {memory:.2f} GB | {ratio} |")
    return "\n".join(lines)
