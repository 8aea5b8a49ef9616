"""What `colorize predict` and `colorize features` do, in PyTorch, as one would write it there.

    python torch_photographs.py predict|features FOLDER --out DIR [--threads 2] [--size 256] [--batch 16]

`predict` decodes with torchvision, colors with the network of stage 3 and writes PNG, in a pool of threads; `features` is
torchvision's ResNet-50 without its last layer, at 224 pixels. Weights are random, which costs the same. Prints a line of JSON;
what is loaded before the first photograph does not count.
"""

import argparse
import glob
import json
import os
import resource
import time
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torchvision.io import ImageReadMode, decode_jpeg, read_file, write_png
from torchvision.models import resnet50

from torch_network import Network

FROM_RGB = torch.tensor([[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]])
TO_RGB = torch.tensor([[1.0, 1.0, 1.0], [0.0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0.0]])


def read(file):
    return decode_jpeg(read_file(file), mode=ImageReadMode.RGB)


def small(photograph, size):
    return F.interpolate(photograph[None].float() / 255, [size, size], mode="bilinear")[0]


def write(photograph, chroma, path):
    yuv = torch.einsum("chw,ck->khw", photograph.float() / 255, FROM_RGB)
    yuv[1:] = F.interpolate(chroma[None], photograph.shape[1:], mode="bilinear")[0]
    rgb = torch.einsum("chw,ck->khw", yuv, TO_RGB)
    write_png((rgb.clamp(0, 1) * 255).round().to(torch.uint8), path)


def predict(a, files, pool):
    network = Network().eval()
    for begin in range(0, len(files), a.batch):
        photographs = list(pool.map(read, files[begin : begin + a.batch]))
        yuv = torch.einsum("bchw,ck->bkhw", torch.stack([small(it, a.size) for it in photographs]), FROM_RGB)
        chroma = network(yuv[:, :1])
        paths = [os.path.join(a.out, f"{begin + at}.png") for at in range(len(photographs))]
        list(pool.map(write, photographs, chroma, paths))


def features(a, files, pool):
    classifier = resnet50(weights=None).eval()
    classifier.fc = torch.nn.Identity()
    for begin in range(0, len(files), a.batch):
        photographs = pool.map(lambda file: small(read(file), 224), files[begin : begin + a.batch])
        classifier(torch.stack(list(photographs)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["predict", "features"])
    p.add_argument("folder")
    p.add_argument("--out", default=".")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--batch", type=int, default=16)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.set_grad_enabled(False)
    files = sorted(glob.glob(os.path.join(a.folder, "*.jpg")))
    with ThreadPoolExecutor(a.threads) as pool:
        work = {"predict": predict, "features": features}[a.what]
        began = time.perf_counter()
        work(a, files, pool)
        seconds = time.perf_counter() - began
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"who": "PyTorch", "images": len(files), "seconds": seconds, "memory_bytes": peak}))


if __name__ == "__main__":
    main()
