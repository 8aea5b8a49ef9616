"""A training step in PyTorch: forward, backward and Adam on random input, as one would write it there.

    python torch_step.py eager|channels_last|compile [bf16] [--kind instance|fusion] [--threads 2] [--size 256] [--batch 8]

Takes a step for every line on its input; `run.py` sends them. `bf16` is autocast: weights, batch statistics and the loss stay
in 32 bits. Feature vectors are given, as they are to this program.
"""

import argparse

import torch
import torch.nn.functional as F

from torch_network import Network
from worker import serve

FEATURES = 2048


class Step:
    def __init__(self, a):
        torch.set_num_threads(a.threads)
        torch.manual_seed(0)
        self.a = a
        self.network = Network(feature_width=FEATURES if a.kind == "fusion" else None, instance=a.kind == "instance").train()
        if a.how == "channels_last":
            self.network = self.network.to(memory_format=torch.channels_last)
        self.forward = torch.compile(self.network) if a.how == "compile" else self.network
        self.adam = torch.optim.Adam(self.network.parameters(), lr=1e-3, eps=1e-7)

    def batch(self):
        count, size = self.a.batch, self.a.size
        features = [torch.rand(count, FEATURES)] if self.a.kind == "fusion" else []
        inputs, answers = (3, 3) if self.a.kind == "instance" else (1, 2)
        return torch.rand(count, answers, size, size) - 0.5, torch.rand(count, inputs, size, size), *features

    def __call__(self, chroma, *inputs):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.a.precision == "bf16"):
            predicted = self.forward(*inputs)
        loss = F.mse_loss(predicted.float(), chroma)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        return loss.item()


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("how", choices=["eager", "channels_last", "compile"])
    p.add_argument("precision", nargs="?", default="f32", choices=["f32", "bf16"])
    p.add_argument("--kind", default="yuv", choices=["instance", "yuv", "fusion"])
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--batch", type=int, default=8)
    step = Step(p.parse_args())
    serve(sum(p.numel() for p in step.network.parameters()), step)
