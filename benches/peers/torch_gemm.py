"""A product of two square matrices in PyTorch: what this machine computes at best, for the steps to be compared with.

    python torch_gemm.py f32|bf16 [--threads 2] [--side 2048]

Computes one for every line on its input; `run.py` sends them.
"""

import argparse

import torch

from worker import serve


class Product:
    def __init__(self, a):
        torch.set_num_threads(a.threads)
        torch.manual_seed(0)
        precision = torch.bfloat16 if a.precision == "bf16" else torch.float32
        self.factors = [torch.rand(a.side, a.side).to(precision) for _ in range(2)]

    def batch(self):
        return self.factors

    def __call__(self, one, other):
        return torch.mm(one, other)[0, 0].item()


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("precision", choices=["f32", "bf16"])
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--side", type=int, default=2048)
    serve(0, Product(p.parse_args()))
