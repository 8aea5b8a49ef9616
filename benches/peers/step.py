"""A training step of this program beside PyTorch's, in turn, on one machine.

    python3 -m venv peer && peer/bin/pip install -r benches/peers/requirements.txt
    cargo bench --no-run --features libtorch --bench step
    peer/bin/python benches/peers/step.py --bench target/release/deps/step-... [--rounds 9] [--threads 2]

Each contender is a program of its own that waits for its turn: forward, backward and Adam on random input, 256x256,
batches of 8, scale 16, five residual blocks. Prints a Markdown table: the median of a step by the clock, the middle of
the ratios to the first contender within each round, the processor time, and the peak of resident memory.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

SIDE, BATCH, FEATURES = 256, 8, 2048


def worker(how, kind, threads):
    """Takes a step for every line on its input, and says what it took."""
    import torch
    import torch.nn.functional as F
    from torch_network import Network

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = Network(feature_width=FEATURES if kind == "fusion" else None).train()
    if "nhwc" in how:
        network = network.to(memory_format=torch.channels_last)
    forward = torch.compile(network) if how.startswith("compile") else network
    short = how.endswith("bf16")
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7)
    for _ in sys.stdin:
        luma = torch.rand(BATCH, 1, SIDE, SIDE)
        chroma = torch.rand(BATCH, 2, SIDE, SIDE) - 0.5
        features = [torch.rand(BATCH, FEATURES)] if kind == "fusion" else []
        processor, began = time.process_time(), time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            predicted = forward(luma, *features)
        loss = F.mse_loss(predicted.float(), chroma)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        loss.item()
        took = time.perf_counter() - began, time.process_time() - processor
        print(*took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)


class Contender:
    def __init__(self, name, command, threads):
        self.name, self.times, self.processor, self.memory = name, [], [], 0
        # Threads that wait for work sleep, so that the next contender has the processors to itself.
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="passive")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)

    def step(self, counts):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 3:
            sys.exit(f"{self.name} ended: {self.process.wait()}")
        self.memory = int(answer[2])
        if counts:
            self.times.append(float(answer[0]))
            self.processor.append(float(answer[1]))


def race(a):
    contenders = []
    for kind in a.kinds:
        for device in a.devices:
            command = [a.bench, "--serve", kind, "--device", device, "--threads", str(a.threads)]
            contenders.append(Contender(f"colorize {device}, {kind}", command, a.threads))
            if a.bf16:
                contenders.append(Contender(f"colorize {device} bf16, {kind}", command + ["--bf16", "yes"], a.threads))
        for how in a.peers:
            command = [sys.executable, __file__, "--worker", how, kind, str(a.threads)]
            contenders.append(Contender(f"PyTorch {how}, {kind}", command, a.threads))
    for _ in range(a.warm):
        for contender in contenders:
            contender.step(counts=False)
    loads = []
    for _ in range(a.rounds):
        for contender in contenders:
            contender.step(counts=True)
        loads.append(os.getloadavg()[0])
    first = contenders[0]
    print(f"{a.rounds} rounds, {a.threads} threads, load average {min(loads):.1f} to {max(loads):.1f}\n")
    print(f"| step | seconds | times {first.name} | processor seconds | times | peak memory |")
    print("|---|---|---|---|---|---|")
    for contender in contenders:
        ratio = statistics.median(t / f for t, f in zip(contender.times, first.times))
        processor = statistics.median(contender.processor)
        print(
            f"| {contender.name} | {statistics.median(contender.times):.2f} | {ratio:.2f} | {processor:.2f} | "
            f"{processor / statistics.median(first.processor):.2f} | {contender.memory / 1e6:.2f} GB |"
        )
        contender.process.stdin.close()
        contender.process.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        p.add_argument("--bench", required=True)
        p.add_argument("--devices", nargs="*", default=["libtorch"])
        p.add_argument("--peers", nargs="*", default=["eager", "nhwc", "compile"])
        p.add_argument("--kinds", nargs="*", default=["yuv", "fusion"])
        p.add_argument("--bf16", action="store_true")
        p.add_argument("--rounds", type=int, default=9)
        p.add_argument("--warm", type=int, default=2)
        p.add_argument("--threads", type=int, default=2)
        race(p.parse_args())
