#!/usr/bin/env python3
"""Copies what a report's statistics need of finished runs, so that it can be committed: numbers and texts, no picture and no weight.

    scripts/keep-tables.py RUNS TO EXPERIMENT...

Of every finished run of these experiments: `run.json` and `experiment.toml`, the log, the last scores of single images, and the
list of photographs; and the scores of the baselines. Folders of the machine are cut off file names.
"""

import json
import re
import shutil
import sys
from pathlib import Path


def without_folders(text):
    """Absolute paths in JSON or TOML strings become file names."""
    return re.sub(r'"/(?:[^"/]*/)+([^"/]*)"', r'"\1"', text)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    runs, to = Path(sys.argv[1]), Path(sys.argv[2])
    if (runs / "baselines").is_dir():
        shutil.copytree(runs / "baselines", to / "baselines", dirs_exist_ok=True)
    for experiment in sys.argv[3:]:
        for run in sorted((runs / experiment).iterdir()):
            record = json.loads((run / "run.json").read_text())
            if record["status"] != "done":
                print(f"{run}: {record['status']}, left out")
                continue
            kept = to / experiment / run.name
            shutil.rmtree(kept, ignore_errors=True)
            (kept / "images").mkdir(parents=True)
            last = f"images/step-{record['step']:06}.parquet"
            shutil.copy(run / last, kept / last)
            shutil.copy(run / "photographs.parquet", kept)
            shutil.copytree(run / "metrics", kept / "metrics")
            for text in ("run.json", "experiment.toml"):
                (kept / text).write_text(without_folders((run / text).read_text()))
            print(kept)


if __name__ == "__main__":
    main()
