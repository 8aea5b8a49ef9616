"""Photographs into batches with torchvision, Pillow and TensorFlow, on the files that `cargo bench --bench pipeline` paints.

    cargo bench --bench pipeline -- --make photographs
    python benches/peers/pipeline.py torchvision|pillow|tensorflow photographs [--sizes 64,128,256,512] [--threads 1,2]

`torchvision`: `decode_jpeg`, then `resize`, with and without antialias, in one process, or in a `DataLoader` of as many workers
as threads; `pillow`: `Image.open().resize()` in the same way; `tensorflow`: the original's `tf.data`: `decode_jpeg`,
`tf.image.resize`, batched and prefetched, `warm` out of `.cache()`. Batches of 16. One line of JSON a measurement, as the bench
of this program prints them. TensorFlow and PyTorch do not have to be in one environment.
"""

import argparse
import glob
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import time

BATCH = 16


def processor_time():
    """Seconds of this process and of the workers of its loader."""
    workers = sum(sum(map(int, stat(worker.pid)[11:13])) for worker in multiprocessing.active_children())
    return time.process_time() + workers / os.sysconf("SC_CLK_TCK")


def stat(pid):
    """What Linux tells of a process, after its name."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


def say(a, who, case, images, one_pass):
    """Measures passes, as many as take the time asked for."""
    rounds = []
    for _ in range(a.rounds):
        began, processor, passes = time.perf_counter(), processor_time(), 0
        while not passes or time.perf_counter() - began < a.seconds:
            one_pass()
            passes += 1
        seconds, processor = time.perf_counter() - began, processor_time() - processor
        rounds.append((passes * images / seconds, passes * images / processor))
    clock, processor = zip(*rounds)
    line = {
        "bench": "pipeline",
        "who": who,
        "case": case,
        "threads": a.threads,
        "size": a.size,
        "images": images,
        "rounds": a.rounds,
        "images_per_second": statistics.median(clock),
        "images_per_second_low": min(clock),
        "images_per_second_high": max(clock),
        "images_per_processor_second": statistics.median(processor),
        "memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(line), flush=True)


class Photographs:
    """A dataset for PyTorch's loader."""

    def __init__(self, files, load):
        self.files, self.load = files, load

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.load(self.files[index])


def with_torch(a, files):
    import torch
    from torch.utils.data import DataLoader
    from torchvision.io import ImageReadMode, decode_jpeg, read_file
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional

    torch.set_num_threads(1)

    def torchvision(antialias):
        def load(file):
            photograph = decode_jpeg(read_file(file), mode=ImageReadMode.RGB)
            return functional.resize(photograph, [a.size] * 2, InterpolationMode.BILINEAR, antialias=antialias)

        return load

    def pillow(draft):
        import numpy
        from PIL import Image

        def load(file):
            with Image.open(file) as photograph:
                if draft:
                    photograph.draft("RGB", (a.size, a.size))
                resized = photograph.convert("RGB").resize((a.size, a.size), Image.Resampling.BILINEAR)
            return torch.from_numpy(numpy.array(resized))

        return load

    kinds = {
        "torchvision": [("torchvision, antialias", torchvision(True)), ("torchvision", torchvision(False))],
        "pillow": [("Pillow, antialias", pillow(False)), ("Pillow, antialias, draft", pillow(True))],
    }
    for who, load in kinds[a.peer]:
        # With one worker the batches are made in another process and sent over: slower on one core than none.
        workers = a.threads if a.threads > 1 else 0
        loader = DataLoader(Photographs(files, load), batch_size=BATCH, num_workers=workers, persistent_workers=workers > 0)

        def one_pass():
            for _ in loader:
                pass

        one_pass()
        say(a, who, "cold", len(files), one_pass)


def with_tensorflow(a, files):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(a.threads)
    tf.config.threading.set_intra_op_parallelism_threads(a.threads)

    def load(antialias):
        def load(path):
            photograph = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
            return tf.image.resize(photograph, [a.size] * 2, antialias=antialias) / 255.0

        return load

    def dataset(antialias, cached):
        options = tf.data.Options()
        options.threading.private_threadpool_size = a.threads
        options.threading.max_intra_op_parallelism = 1
        photographs = tf.data.Dataset.from_tensor_slices(files)
        photographs = photographs.map(load(antialias), num_parallel_calls=a.threads, deterministic=True)
        if cached:
            photographs = photographs.cache()
        return photographs.batch(BATCH).prefetch(2).with_options(options)

    for who, case, antialias, cached in [
        ("tf.data", "cold", False, False),
        ("tf.data, antialias", "cold", True, False),
        ("tf.data", "memory", False, True),
    ]:
        photographs = dataset(antialias, cached)

        def one_pass():
            for _ in photographs:
                pass

        one_pass()
        say(a, who, case, len(files), one_pass)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("peer", choices=["torchvision", "pillow", "tensorflow"])
    p.add_argument("folder")
    p.add_argument("--sizes", default="64,128,256,512")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--seconds", type=float, default=0.5)
    p.add_argument("--rounds", type=int, default=3)
    a = p.parse_args()
    sizes, threads = a.sizes.split(","), a.threads.split(",")
    if len(sizes) * len(threads) > 1:
        # The number of TensorFlow's threads is settled once a process.
        for count in threads:
            for size in sizes:
                command = [sys.executable, __file__, a.peer, a.folder, "--sizes", size, "--threads", count]
                subprocess.run(command + ["--seconds", str(a.seconds), "--rounds", str(a.rounds)], check=True)
        return
    a.size, a.threads = int(sizes[0]), int(threads[0])
    files = sorted(glob.glob(os.path.join(a.folder, "*.jpg")))
    if not files:
        sys.exit(f"no photographs in {a.folder}")
    with_tensorflow(a, files) if a.peer == "tensorflow" else with_torch(a, files)


if __name__ == "__main__":
    main()
