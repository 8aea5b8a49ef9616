#!/usr/bin/env python3
"""Makes optimizers.json: optimizers, schedules, clipping and losses in PyTorch, for the tests of `crates/training`.

Python 3.11, torch==2.9.0, numpy==2.4.6. Run: python3 tests/golden/optimizers.py

Everything is float64. The gradients are given and not computed, so what the tests measure is the update alone. PyTorch has no
Lion: that one is written from algorithm 2 of Chen et al. (2023), "Symbolic Discovery of Optimization Algorithms".
"""

import json
import pathlib

import torch
import torch.nn.functional as F

STEPS = 5
# A kernel and a bias.
SHAPES = [(2, 3), (3,)]
RATE = 0.05

CASES = {
    "adam": ("adam", {}),
    "adamw": ("adamw", {"weight_decay": 0.01}),
    "adamw decay": ("adamw", {"weight_decay": 0.5}),
    "sgd": ("sgd", {}),
    "sgd decay": ("sgd", {"weight_decay": 0.3}),
    "sgd momentum": ("sgd", {"momentum": 0.9}),
    "sgd nesterov": ("sgd", {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    "lion": ("lion", {}),
    "lion decay": ("lion", {"weight_decay": 0.5}),
}


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of the paper."""

    def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta_1, beta_2 = group["betas"]
            for value in group["params"]:
                state = self.state[value]
                momentum = state.setdefault("momentum", torch.zeros_like(value))
                update = torch.sign(beta_1 * momentum + (1 - beta_1) * value.grad)
                value.sub_(group["lr"] * (update + group["weight_decay"] * value))
                state["momentum"] = beta_2 * momentum + (1 - beta_2) * value.grad


def optimizer(kind, parameters, keys, rate=RATE):
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=rate, eps=1e-7, **keys)
    if kind == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, eps=1e-7, **keys)
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=rate, **keys)
    return Lion(parameters, lr=rate, **keys)


def flat(tensors):
    return [round(number, 10) for tensor in tensors for number in tensor.detach().flatten().tolist()]


def updates(start, gradients):
    """The values after every step, by case."""
    found = {}
    for name, (kind, keys) in CASES.items():
        values = [value.clone().requires_grad_() for value in start]
        stepped = optimizer(kind, values, keys)
        found[name] = []
        for of_step in gradients:
            for value, gradient in zip(values, of_step):
                value.grad = gradient.clone()
            stepped.step()
            found[name].append(flat(values))
    return found


def rates(steps=12, full=0.3):
    """The rate of every step, by schedule and steps of warm-up."""
    schedulers = torch.optim.lr_scheduler
    found = {}
    for warmup in [0, 4]:
        rest = steps - warmup
        for name, make in {
            "constant": lambda it: schedulers.ConstantLR(it, factor=1.0),
            "cosine": lambda it, rest=rest: schedulers.CosineAnnealingLR(it, T_max=rest),
            "step": lambda it: schedulers.StepLR(it, step_size=3, gamma=0.5),
            "exponential": lambda it, rest=rest: schedulers.ExponentialLR(it, gamma=0.1 ** (1 / rest)),
        }.items():
            of_schedule = []
            if warmup:
                stepped = torch.optim.SGD([torch.zeros(1)], lr=full)
                # Rises from 1 / n of the rate; the n-th step has all of it.
                rising = schedulers.LinearLR(stepped, start_factor=1 / warmup, total_iters=warmup - 1)
                for _ in range(warmup):
                    of_schedule.append(rising.get_last_lr()[0])
                    stepped.step()
                    rising.step()
            stepped = torch.optim.SGD([torch.zeros(1)], lr=full)
            scheduler = make(stepped)
            for _ in range(rest):
                of_schedule.append(scheduler.get_last_lr()[0])
                stepped.step()
                scheduler.step()
            found[f"{name} {warmup}"] = of_schedule
    return found


def clipped(gradients):
    """The gradients of a step, clipped; the largest norm is below and above that of the gradients."""
    found = {}
    for kind, most in [("norm", 0.5), ("norm", 100.0), ("value", 0.4)]:
        values = [torch.zeros_like(gradient).requires_grad_() for gradient in gradients]
        for value, gradient in zip(values, gradients):
            value.grad = gradient.clone()
        if kind == "norm":
            torch.nn.utils.clip_grad_norm_(values, most)
        else:
            torch.nn.utils.clip_grad_value_(values, most)
        found[f"{kind} {most}"] = flat(value.grad for value in values)
    return found


def losses():
    answer = torch.tensor([0.0, 0.02, 0.5, 0.9, -0.3], dtype=torch.float64)
    target = torch.tensor([0.0, 0.05, 0.45, 0.1, 0.4], dtype=torch.float64)
    of = {
        "mse": F.mse_loss,
        "l1": F.l1_loss,
        "huber 0.05": lambda *it, **keys: F.huber_loss(*it, delta=0.05, **keys),
        "huber 0.3": lambda *it, **keys: F.huber_loss(*it, delta=0.3, **keys),
        "smooth_l1 0.05": lambda *it, **keys: F.smooth_l1_loss(*it, beta=0.05, **keys),
        "smooth_l1 0.3": lambda *it, **keys: F.smooth_l1_loss(*it, beta=0.3, **keys),
    }
    shares = {name: flat([loss(answer, target, reduction="none")]) for name, loss in of.items()}
    return {"answer": answer.tolist(), "target": target.tolist(), "shares": shares}


def main():
    torch.manual_seed(0)
    draw = lambda: [torch.randn(shape, dtype=torch.float64).round(decimals=4) for shape in SHAPES]
    start = draw()
    gradients = [draw() for _ in range(STEPS)]
    # A gradient of zero, which has no sign.
    gradients[2][1][0] = 0.0
    golden = {
        "rate": RATE,
        "start": flat(start),
        "gradients": [flat(of_step) for of_step in gradients],
        "updates": updates(start, gradients),
        "rates": rates(),
        "clipped": clipped(gradients[0]),
        "losses": losses(),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
