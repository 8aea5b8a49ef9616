#!/usr/bin/env python3
"""Makes extractor.safetensors: features and logits of the classifiers in PyTorch, for `tests/suite/extractor.rs`, and
the small checkpoints extractor_*.pth on which reading is tried.

Python 3.11, torch==2.9.0, torchvision==0.24.0, numpy==2.3.4, safetensors==0.8.0, efficientnet-lite-pytorch==0.1.0.
Run: python3 -P tests/golden/extractor.py

A classifier's weights are too large to be committed. So they come from a formula of the tensor's name and the number's
index, which the test has too. Statistics of the norms are not 0 and 1: that would hide mistakes. Everything is computed
in float64 on the CPU and stored as float32, so what the test measures is this program's error and not PyTorch's. The
picture is neither square nor of sides that 32 divides, so that padding and the order of sides matter.
"""

import pathlib

import numpy
import torch
from efficientnet_lite_pytorch import EfficientNet
from safetensors.torch import save_file
from torchvision import models

FOLDER = pathlib.Path(__file__).parent
PICTURE = (1, 3, 70, 50)


def units(name, count):
    """Numbers on [0, 1) from a name: FNV-1a, then the last steps of MurmurHash3."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = (numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)) ^ numpy.uint32(seed)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> numpy.uint32(16)
    return x / 2.0**32


def numbers(name, shape):
    """The weights `name`, as float32."""
    count = int(numpy.prod(shape))
    unit = units(name, count)
    if len(shape) > 1:
        values = (2 * unit - 1) * numpy.sqrt(6.0 / (count // shape[0]))
    elif name.endswith("running_var"):
        values = 0.5 + unit
    elif name.endswith(".weight"):
        values = 0.5 + 0.75 * unit
    else:
        values = 0.4 * (2 * unit - 1)
    return torch.from_numpy(values.reshape(shape).astype(numpy.float32))


def fill(network):
    state = {
        name: tensor if name.endswith("num_batches_tracked") else numbers(name, tuple(tensor.shape))
        for name, tensor in network.state_dict().items()
    }
    network.load_state_dict(state)
    return network.double().eval()


def resnet_map(network, x):
    x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    return network.layer4(network.layer3(network.layer2(network.layer1(x))))


def lite():
    # Without a size, its padding follows the picture, as TensorFlow's does.
    return EfficientNet.from_name("efficientnet-lite0", image_size=None)


CLASSIFIERS = {
    "resnet18": (models.resnet18, resnet_map),
    "resnet34": (models.resnet34, resnet_map),
    "resnet50": (models.resnet50, resnet_map),
    "efficientnet_lite0": (lite, lambda network, x: network.extract_features(x)),
}


@torch.no_grad()
def answers():
    x = 6 * torch.from_numpy(units("picture", int(numpy.prod(PICTURE))).reshape(PICTURE)) - 3
    x = x.float().double()
    tensors = {}
    for kind, (make, last_map) in CLASSIFIERS.items():
        network = fill(make())
        features = last_map(network, x)
        tensors[f"{kind}/max"] = features.amax((2, 3))
        tensors[f"{kind}/average"] = features.mean((2, 3))
        tensors[f"{kind}/logits"] = network(x)
        for name in ("max", "average", "logits"):
            print(kind, name, float(tensors[f"{kind}/{name}"].abs().max()))
    return {name: tensor.float().contiguous() for name, tensor in tensors.items()}


def checkpoints():
    """A state dict of a network that is none of ours, as PyTorch writes it now and as it did until 2020."""
    state = {
        "conv1.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3, 1, 1) / 4,
        "bn1.num_batches_tracked": torch.tensor(3),
        "fc.bias": torch.tensor([-1.0, 2.5]),
    }
    torch.save(state, FOLDER / "extractor_small.pth")
    torch.save(state, FOLDER / "extractor_small_until_2020.pth", _use_new_zipfile_serialization=False)
    halves = {name: tensor.half() for name, tensor in state.items()}
    torch.save(halves, FOLDER / "extractor_halves.pth")


save_file(answers(), FOLDER / "extractor.safetensors")
checkpoints()
