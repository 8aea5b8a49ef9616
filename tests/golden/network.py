#!/usr/bin/env python3
"""Makes network.safetensors: the image transformation network in PyTorch, for `tests/suite/network.rs`.

Python 3.11, torch==2.9.0, numpy==2.3.4, safetensors==0.8.0. Run: python3 tests/golden/network.py

Everything is computed in float64 on the CPU and stored as float32, so what the test measures is this program's error and
not PyTorch's. Weights are random in all their parts, biases, scales and shifts too: zeros and ones would hide mistakes.
Names of tensors are `<case>/<what>/<name in the Rust structure>`. Kernels of transposed convolutions are
[in, out, height, width] in both libraries.
"""

import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

CASES = {
    # norm, input channels, output channels, scale, residual blocks, batch, height, width
    "batch_gray_to_chroma": ("batch", 1, 2, 2, 1, 2, 24, 24),
    "batch_rgb": ("batch", 3, 3, 3, 2, 2, 28, 24),
    "batch_without_blocks": ("batch", 1, 2, 2, 0, 3, 8, 12),
    "instance_gray_to_chroma": ("instance", 1, 2, 2, 1, 2, 24, 24),
    "instance_rgb": ("instance", 3, 3, 2, 2, 2, 24, 28),
}
EPSILON = 1e-3
KEPT = 0.99  # Keras's momentum
STATISTICS_UPDATES = 3
ADAM_STEPS = 5


class Batch(nn.Module):
    """Keras's batch norm: the running variance takes in the biased variance of the batch."""

    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(channels))
        self.beta = nn.Parameter(torch.empty(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        if not self.training:
            return F.batch_norm(x, self.running_mean, self.running_var, self.gamma, self.beta, False, 0.0, EPSILON)
        with torch.no_grad():
            mean = x.mean((0, 2, 3))
            variance = x.var((0, 2, 3), correction=0)
            self.running_mean.mul_(KEPT).add_(mean * (1 - KEPT))
            self.running_var.mul_(KEPT).add_(variance * (1 - KEPT))
        return F.batch_norm(x, None, None, self.gamma, self.beta, True, 0.0, EPSILON)


class Instance(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(channels))
        self.beta = nn.Parameter(torch.empty(channels))

    def forward(self, x):
        return F.instance_norm(x, None, None, self.gamma, self.beta, True, 0.0, EPSILON)


class Layer(nn.Module):
    def __init__(self, norm, convolution):
        super().__init__()
        self.convolution = convolution
        self.norm = {"batch": Batch, "instance": Instance}[norm](convolution.out_channels)

    def forward(self, x):
        stride = self.convolution.stride[0]
        if isinstance(self.convolution, nn.ConvTranspose2d):
            height, width = stride * x.shape[2], stride * x.shape[3]
            return self.norm(self.convolution(x)[:, :, :height, :width])
        if stride == 2:  # TensorFlow's `same`
            x = F.pad(x, (0, 1, 0, 1))
        return self.norm(self.convolution(x))


class Block(nn.Module):
    def __init__(self, norm, channels):
        super().__init__()
        self.first = Layer(norm, nn.Conv2d(channels, channels, 3))
        self.second = Layer(norm, nn.Conv2d(channels, channels, 3))

    def forward(self, x):
        return self.second(F.relu(self.first(x))) + x[:, :, 2:-2, 2:-2]


class Network(nn.Module):
    def __init__(self, norm, inputs, outputs, scale, blocks):
        super().__init__()
        self.padding = 8 * blocks
        self.encode_1 = Layer(norm, nn.Conv2d(inputs, scale, 9, padding=4))
        self.encode_2 = Layer(norm, nn.Conv2d(scale, 2 * scale, 3, stride=2))
        self.encode_3 = Layer(norm, nn.Conv2d(2 * scale, 4 * scale, 3, stride=2))
        self.residual_blocks = nn.ModuleList(Block(norm, 4 * scale) for _ in range(blocks))
        self.decode_1 = Layer(norm, nn.ConvTranspose2d(4 * scale, 2 * scale, 3, stride=2))
        self.decode_2 = Layer(norm, nn.ConvTranspose2d(2 * scale, scale, 3, stride=2))
        self.decode_3 = Layer(norm, nn.ConvTranspose2d(scale, outputs, 9, padding=4))

    def forward(self, x):
        if self.padding:
            x = F.pad(x, (self.padding,) * 4, mode="reflect")
        for layer in (self.encode_1, self.encode_2, self.encode_3):
            x = F.relu(layer(x))
        for block in self.residual_blocks:
            x = block(x)
        for layer in (self.decode_1, self.decode_2):
            x = F.relu(layer(x))
        return self.decode_3(x)


def fill(network):
    """Random weights near those of training."""
    for name, parameter in network.named_parameters():
        with torch.no_grad():
            if parameter.ndim > 1:
                fans = (parameter.shape[0] + parameter.shape[1]) * parameter[0, 0].numel()
                limit = (6 / fans) ** 0.5
                parameter.uniform_(-limit, limit)
            elif name.endswith("gamma"):
                parameter.uniform_(0.5, 1.5)
            else:
                parameter.uniform_(-0.3, 0.3)
            # Exactly what the file will say.
            parameter.copy_(parameter.float().double())


def golden(network, images, target, features=None, beside=None):
    """What PyTorch makes of a filled network: outputs after tanh, gradients, statistics, and losses of Adam's first steps.

    `beside` is what the loss has beside the squared error, of the network that has just answered.
    """

    def stored(prefix, items):
        return {f"{prefix}/{name}": value.detach().float().contiguous().clone() for name, value in items}

    def answer(images):
        return torch.tanh(network(images) if features is None else network(images, features))

    def loss_of(output):
        loss = F.mse_loss(output, target)
        return loss if beside is None else loss + beside(network)

    start = {name: value.clone() for name, value in network.state_dict().items()}
    file = stored("weight", network.named_parameters())
    file.update({"input": images.float(), "target": target.float()})
    if features is not None:
        file["features"] = features.float()

    network.train()
    output = answer(images)
    loss = loss_of(output)
    loss.backward()
    file.update({"output": output.detach().float(), "loss": loss.detach().float().reshape(1)})
    # A bias in front of a norm has no gradient; what float64 leaves of it is noise.
    for name, parameter in network.named_parameters():
        gradient = parameter.grad
        file[f"gradient/{name}"] = torch.where(gradient.abs() < 1e-14, 0.0, gradient).float()

    # Other images, so that the statistics are not those of one batch.
    for update in range(1, STATISTICS_UPDATES):
        answer(images * (1 - 0.2 * update))
    file.update(stored("statistic", network.named_buffers()))
    network.eval()
    file["output_after_training"] = answer(images).detach().float()

    # PyTorch's Adam with Keras's constants; Burn's has the same form.
    network.load_state_dict(start)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-7)
    losses = []
    for _ in range(ADAM_STEPS):
        optimizer.zero_grad()
        loss = loss_of(answer(images))
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    file["adam_losses"] = torch.stack(losses).float()
    return file


def main():
    torch.manual_seed(20250101)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    tensors, cases = {}, {}
    for case, (norm, inputs, outputs, scale, blocks, batch, height, width) in CASES.items():
        network = Network(norm, inputs, outputs, scale, blocks)
        fill(network)
        # Values that a float holds, as the test reads them.
        images = torch.rand(batch, inputs, height, width).float().double()
        target = (2 * torch.rand(batch, outputs, height, width) - 1).float().double()
        for name, value in golden(network, images, target).items():
            tensors[f"{case}/{name}"] = value.contiguous()
        cases[case] = dict(norm=norm, input_channels=inputs, output_channels=outputs, scale=scale, residual_blocks=blocks)
    # The number of parameters of the original, against the program's own count.
    parameters = sum(p.numel() for p in Network("batch", 1, 2, 16, 5).parameters())
    description = {"cases": cases, "parameters_at_scale_16": parameters, "torch": torch.__version__}
    target = pathlib.Path(__file__).with_suffix(".safetensors")
    # One key: the library writes several in an order that changes from run to run.
    save_file(tensors, target, {"description": json.dumps(description)})
    print(f"{target}: {target.stat().st_size} bytes, {len(tensors)} tensors, torch {torch.__version__}")


if __name__ == "__main__":
    main()
