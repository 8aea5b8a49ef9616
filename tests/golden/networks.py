#!/usr/bin/env python3
"""Makes networks.safetensors: every other network in PyTorch, for `tests/suite/network.rs`.

Python 3.11, torch==2.9.0, numpy==2.3.4, safetensors==0.8.0. Run: python3 tests/golden/networks.py

As network.py, whose layers and measures it uses. Each case names the section of an experiment file that describes its network.
"""

import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from network import Batch, Layer, fill, golden
from safetensors.torch import save_file

CLASSES = 5
CASES = {
    # section, outputs, whether they are classes, width of the features, height, width
    "unet": ({"kind": "unet", "norm": "batch", "scale": 2, "depth": 2, "upsampling": "nearest"}, 2, False, None, 16, 12),
    "unet_fused": ({"kind": "unet", "norm": "batch", "scale": 1, "depth": 4, "upsampling": "transposed"}, 3, False, 6, 16, 32),
    "unet_classes": ({"kind": "unet", "norm": "instance", "scale": 2, "depth": 3, "upsampling": "nearest"}, CLASSES, True, 4, 16, 24),
    "baldassarre": ({"kind": "baldassarre", "scale": 2}, 2, False, None, 16, 24),
    "baldassarre_fused": ({"kind": "baldassarre", "scale": 3}, 2, False, 7, 24, 16),
    "baldassarre_classes": ({"kind": "baldassarre", "scale": 2}, CLASSES, True, 3, 16, 16),
    "zhang": ({"kind": "zhang", "scale": 2}, 2, False, None, 16, 24),
    "zhang_classes": ({"kind": "zhang", "scale": 1}, CLASSES, True, 4, 24, 16),
    "iizuka": ({"kind": "iizuka", "scale": 2, "classification": 0}, 2, False, None, 16, 24),
    "iizuka_classes": ({"kind": "iizuka", "scale": 1, "classification": 0}, CLASSES, True, None, 24, 16),
    "iizuka_labels": ({"kind": "iizuka", "scale": 1, "classification": 0.5}, 2, False, None, 24, 40),
}
BATCH = 2
# Which of three categories each photograph shows; the second has no labels. Batch norm over the vectors of two photographs alone
# would say nothing but which is larger.
LABELS = {"iizuka_labels": [[1, 0, 0], [0, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1]]}
BATCHES = {"iizuka": 4, "iizuka_classes": 4, "iizuka_labels": 5}


class Head(nn.Module):
    """A 1x1 convolution, its kernel stored as a matrix."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return F.conv2d(x, self.weight[:, :, None, None], self.bias)


class Fusion(nn.Module):
    """A 1x1 convolution over the map and the vector at every place of it."""

    def __init__(self, channels, width):
        super().__init__()
        self.map = nn.Parameter(torch.empty(channels, channels))
        self.features = nn.Parameter(torch.empty(width, channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x, features):
        everywhere = features[:, :, None, None].expand(-1, -1, *x.shape[2:])
        kernel = torch.cat([self.map, self.features.T], 1)
        return F.conv2d(torch.cat([x, everywhere], 1), kernel[:, :, None, None], self.bias)


class Double(nn.Module):
    """A layer that doubles the sides."""

    def __init__(self, norm, inputs, outputs, upsampling):
        super().__init__()
        repeats = upsampling == "nearest"
        layer = Layer(norm, nn.ConvTranspose2d(inputs, outputs, 3, stride=1 if repeats else 2, padding=1 if repeats else 0))
        self.repeats, self.convolution, self.norm = repeats, layer.convolution, layer.norm

    def forward(self, x):
        if self.repeats:
            x = F.interpolate(x, scale_factor=2)
        return Layer.forward(self, x)


class Unet(nn.Module):
    def __init__(self, outputs, classes, width, norm, scale, depth, upsampling):
        super().__init__()
        channels = [scale * min(2**level, 8) for level in range(depth + 1)]

        def conv(inputs, outputs, stride=1):
            return Layer(norm, nn.Conv2d(inputs, outputs, 3, stride=stride, padding=2 - stride))

        self.encode = nn.ModuleList()
        for level, here in enumerate(channels):
            step = nn.Module()
            step.first = conv(channels[level - 1], here, 2) if level else conv(1, here)
            step.second = conv(here, here)
            self.encode.append(step)
        last = 2 if classes else 0
        self.decode = nn.ModuleList()
        for level in reversed(range(last, depth)):
            step = nn.Module()
            step.enlarge = Double(norm, channels[level + 1], channels[level], upsampling)
            step.join = conv(2 * channels[level], channels[level])
            self.decode.append(step)
        self.head = Head(channels[last], outputs)
        if width:
            self.fusion = Fusion(channels[-1], width)

    def forward(self, x, features=None):
        passed = []
        for step in self.encode:
            x = F.relu(step.second(F.relu(step.first(x))))
            passed.append(x)
        passed.pop()
        if features is not None:
            x = self.fusion(x, features)
        for step in self.decode:
            x = F.relu(step.join(torch.cat([F.relu(step.enlarge(x)), passed.pop()], 1)))
        return self.head(x)


class Baldassarre(nn.Module):
    def __init__(self, outputs, classes, width, scale):
        super().__init__()
        s = scale
        sizes = [(1, s, 2), (s, 2 * s, 1), (2 * s, 2 * s, 2), (2 * s, 4 * s, 1), (4 * s, 4 * s, 2), (4 * s, 8 * s, 1)]
        sizes += [(8 * s, 8 * s, 1), (8 * s, 4 * s, 1)]
        # Keras's `same`: what stride 2 pads stands at the bottom and the right.
        self.encode = nn.ModuleList(nn.Conv2d(i, o, 3, stride, padding=2 - stride) for i, o, stride in sizes)
        self.decode = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in [(4 * s, 2 * s), (2 * s, s), (s, s)])
        if classes:
            self.classes = Head(s, outputs)
        else:
            self.decode.append(nn.Conv2d(s, max(s // 2, 1), 3, padding=1))
            self.last = nn.Conv2d(max(s // 2, 1), outputs, 3, padding=1)
        self.is_classes = classes
        if width:
            self.fusion = Fusion(4 * s, width)

    def forward(self, x, features=None):
        for layer in self.encode:
            if layer.stride[0] == 2:
                x = F.pad(x, (0, 1, 0, 1))
            x = F.relu(layer(x))
        if features is not None:
            x = F.relu(self.fusion(x, features))
        x = F.interpolate(F.relu(self.decode[0](x)), scale_factor=2)
        x = F.relu(self.decode[2](F.relu(self.decode[1](x))))
        if self.is_classes:
            return self.classes(x)
        x = F.relu(self.decode[3](F.interpolate(x, scale_factor=2)))
        return F.interpolate(self.last(x), scale_factor=2)


class Zhang(nn.Module):
    """As in the authors' eccv16.py, but with this program's constants of batch norm, and values where there are no classes."""

    def __init__(self, outputs, classes, width, scale):
        super().__init__()
        s = scale
        blocks = [(s, 2, 2, 1), (2 * s, 2, 2, 1), (4 * s, 3, 2, 1), (8 * s, 3, 1, 1), (8 * s, 3, 1, 2), (8 * s, 3, 1, 2), (8 * s, 3, 1, 1)]
        self.blocks = nn.ModuleList()
        inputs = 1
        for channels, count, stride, dilation in blocks:
            block = nn.Module()
            block.convolutions = nn.ModuleList()
            for number in range(1, count + 1):
                last = stride if number == count else 1
                block.convolutions.append(nn.Conv2d(inputs, channels, 3, last, padding=dilation, dilation=dilation))
                inputs = channels
            block.norm = Batch(channels)
            self.blocks.append(block)
        self.enlarge = nn.ConvTranspose2d(8 * s, 4 * s, 4, stride=2, padding=1)
        self.last = nn.ModuleList(nn.Conv2d(4 * s, 4 * s, 3, padding=1) for _ in range(2))
        self.head = Head(4 * s, outputs)
        self.is_classes = classes
        if width:
            self.fusion = Fusion(8 * s, width)

    def forward(self, x, features=None):
        for block in self.blocks:
            for layer in block.convolutions:
                x = F.relu(layer(x))
            x = block.norm(x)
        if features is not None:
            x = self.fusion(x, features)
        x = F.relu(self.enlarge(x))
        for layer in self.last:
            x = F.relu(layer(x))
        x = self.head(x)
        return x if self.is_classes else F.interpolate(x, scale_factor=4, mode="bilinear", align_corners=False)


class Around(Layer):
    """A convolution that pads all sides, its norm and a relu."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__("batch", nn.Conv2d(inputs, outputs, 3, stride, padding=1))

    def forward(self, x):
        return F.relu(self.norm(self.convolution(x)))


class Dense(nn.Module):
    """A fully connected layer, its norm and a relu."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.norm = Batch(outputs)

    def forward(self, x):
        x = F.linear(x, self.weight, self.bias)
        return F.relu(self.norm(x[:, :, None, None]).flatten(1))


class Iizuka(nn.Module):
    """The paper's table 1, with batch norm everywhere but at both ends, and the mean over parts where the paper sees 7x7 places."""

    def __init__(self, outputs, classes, width, scale, classification=None, categories=None):
        super().__init__()
        s = scale

        def layers(inputs, *sizes):
            layers = nn.ModuleList()
            for units, stride in sizes:
                layers.append(Around(inputs, units * s, stride))
                inputs = units * s
            return layers

        self.low = layers(1, (1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1))
        self.middle = layers(8 * s, (8, 1), (4, 1))
        self.add_module("global", layers(8 * s, (8, 2), (8, 1), (8, 2), (8, 1)))  # a keyword
        self.vectors = nn.ModuleList([Dense(8 * s * 49, 16 * s), Dense(16 * s, 8 * s), Dense(8 * s, 4 * s)])
        self.fusion = Fusion(4 * s, 4 * s)
        self.fused = Batch(4 * s)
        self.decode = layers(4 * s, (2, 1), (1, 1), (1, 1))
        least = max(s // 2, 1)
        if classes:
            self.classes = Head(s, outputs)
        else:
            self.decode.append(Around(s, least))
            self.last = nn.Conv2d(least, outputs, 3, padding=1)
        self.is_classes = classes
        if categories:
            self.classifier = nn.Module()
            self.classifier.hidden = Dense(8 * s, 4 * s)
            self.classifier.head = Head(4 * s, categories)
        self.logits = None

    def forward(self, x):
        for layer in self.low:
            x = layer(x)
        vector = x
        for layer in getattr(self, "global"):
            vector = layer(vector)
        vector = F.adaptive_avg_pool2d(vector, 7).flatten(1)
        vector = self.vectors[1](self.vectors[0](vector))
        if hasattr(self, "classifier"):
            self.logits = self.classifier.head(self.classifier.hidden(vector)[:, :, None, None]).flatten(1)
        vector = self.vectors[2](vector)
        for layer in self.middle:
            x = layer(x)
        x = F.relu(self.fused(self.fusion(x, vector)))
        x = F.interpolate(self.decode[0](x), scale_factor=2)
        x = self.decode[2](self.decode[1](x))
        if self.is_classes:
            return self.classes(x)
        x = self.decode[3](F.interpolate(x, scale_factor=2))
        return F.interpolate(self.last(x), scale_factor=2)


def of_labels(labels, weight):
    """The weighted loss of labels: photographs without any add nothing, and the mean is over all photographs."""

    def beside(network):
        errors = F.binary_cross_entropy_with_logits(network.logits, labels, reduction="none").mean(1)
        return weight * (errors * labels.amax(1)).sum() / len(labels)

    return beside


KINDS = {"unet": Unet, "baldassarre": Baldassarre, "zhang": Zhang, "iizuka": Iizuka}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def main():
    torch.manual_seed(20261130)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    tensors, cases = {}, {}
    for case, (section, outputs, classes, width, high, wide) in CASES.items():
        keys = {key: value for key, value in section.items() if key != "kind"}
        labels = torch.tensor(LABELS[case], dtype=torch.float64) if case in LABELS else None
        if labels is not None:
            keys["categories"] = labels.shape[1]
        network = KINDS[section["kind"]](outputs, classes, width, **keys)
        fill(network)
        batch = BATCHES.get(case, BATCH)
        images = torch.rand(batch, 1, high, wide).float().double()
        sides = [high // 4, wide // 4] if classes else [high, wide]
        target = (2 * torch.rand(batch, outputs, *sides) - 1).float().double()
        features = torch.rand(batch, width).float().double() if width else None
        beside = None if labels is None else of_labels(labels, section["classification"])
        for name, value in golden(network, images, target, features, beside).items():
            tensors[f"{case}/{name}"] = value.contiguous()
        if labels is not None:
            tensors[f"{case}/labels"] = labels.float()
        cases[case] = {"section": section, "output_channels": outputs, "classes": classes, "features": width}
    # At the papers' sizes, with a thousand features for Baldassarre et al.
    parameters = {
        "baldassarre": count(Baldassarre(2, False, 1000, 64)),
        "zhang": count(Zhang(313, True, None, 64)),
        "unet": count(Unet(2, False, None, "batch", 16, 4, "nearest")),
        # With the 80 categories of COCO.
        "iizuka": count(Iizuka(2, False, None, 64, categories=80)),
    }
    description = {"cases": cases, "parameters": parameters, "torch": torch.__version__}
    target = pathlib.Path(__file__).with_suffix(".safetensors")
    save_file(tensors, target, {"description": json.dumps(description)})
    print(f"{target}: {target.stat().st_size} bytes, {len(tensors)} tensors, torch {torch.__version__}, {parameters}")


if __name__ == "__main__":
    main()
