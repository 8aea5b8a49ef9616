#!/usr/bin/env python3
"""Makes perceptual.json: LPIPS, DISTS, the FID and the perceptual loss, for the tests of `crates/training`.

Python 3.11, torch==2.9.0, torchvision==0.24.0, lpips==0.1.4, pytorch-fid==0.3.0, scipy, numpy.
Run: python3 tests/golden/perceptual.py

The weights of AlexNet, VGG-16 and Inception-v3 are not the published ones, which have hundreds of megabytes, but numbers
that a formula makes, here and in Rust. What LPIPS and DISTS learned for their maps is theirs: perceptual/lpips_alex.pth,
lpips_vgg.pth and dists.pt, from the packages `lpips` (BSD-2-Clause) and `DISTS-pytorch` (MIT); see perceptual/LICENSE.
LPIPS is computed by its own package; DISTS is written after its own, which looks for its weights where pip no longer puts them.
"""

import json
import pathlib

import lpips
import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F
import torchvision
from pytorch_fid import inception

HERE = pathlib.Path(__file__).parent
SIDE = 48
torch.set_default_dtype(torch.float64)


def unit(seed, count):
    """`count` numbers in [-1, 1), as `unit` in crates/training/src/perceptual/golden.rs makes them."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed * 40503 % 2**32)
        x ^= x >> np.uint32(16)
        x *= np.uint32(2246822519)
        x ^= x >> np.uint32(13)
        x *= np.uint32(3266489917)
        x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float64) / 2.0**23 - 1.0


def tensor(seed, shape, scale=1.0, offset=0.0):
    values = (unit(seed, int(np.prod(shape))) * scale + offset).astype(np.float32)
    return torch.tensor(values.reshape(shape), dtype=torch.float64)


def kernel(seed, shape):
    return tensor(seed, shape, np.sqrt(6.0 / np.prod(shape[1:])))


def picture_bytes(seed, count, side):
    """Red, green and blue by pixel."""
    return ((unit(seed, count * side * side * 3) + 1.0) * 127.99).astype(np.uint8).reshape(count, side, side, 3)


def rgb(pixels):
    return torch.tensor(pixels.transpose(0, 3, 1, 2).astype(np.float64) / 255.0)


def filled(features):
    """torchvision's convolutions with the formula's weights, each tensor with its number as the seed."""
    seed = 0
    for layer in features:
        if isinstance(layer, torch.nn.Conv2d):
            layer.weight.data = kernel(seed, layer.weight.shape)
            layer.bias.data = tensor(seed + 1, layer.bias.shape, 0.1)
            seed += 2
    return features


def stack(name):
    return filled(getattr(torchvision.models, name)(weights=None).features.double()).eval()


def lpips_distances(net, backbone, one, other):
    model = lpips.LPIPS(net=net, pnet_rand=True, verbose=False).double().eval()
    convolutions = [it for it in stack(backbone) if isinstance(it, torch.nn.Conv2d)]
    own = [it for it in model.net.modules() if isinstance(it, torch.nn.Conv2d)]
    assert len(own) == len(convolutions)
    for to, source in zip(own, convolutions):
        to.load_state_dict(source.state_dict())
    with torch.no_grad():
        return model(one, other, normalize=True).flatten().tolist()


def dists_distances(one, other):
    learned = torch.load(HERE / "perceptual/dists.pt", map_location="cpu")
    alpha, beta = learned["alpha"].double().detach(), learned["beta"].double().detach()
    features = stack("vgg16")
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    window = np.hanning(5)[1:-1]
    window = torch.tensor(np.outer(window, window))
    window = window / window.sum()

    def pooled(x):
        channels = x.shape[1]
        weights = window.expand(channels, 1, 3, 3)
        return (F.conv2d(x**2, weights, stride=2, padding=1, groups=channels) + 1e-12).sqrt()

    def maps(x):
        found, h = [x], (x - mean) / deviation
        for place, layer in enumerate(features[:30]):
            h = pooled(h) if isinstance(layer, torch.nn.MaxPool2d) else layer(h)
            if place in [3, 8, 15, 22, 29]:
                found.append(h)
        return found

    with torch.no_grad():
        similarity, start, total = 0, 0, alpha.sum() + beta.sum()
        for x, y in zip(maps(one), maps(other)):
            width = x.shape[1]
            a, b = alpha[0, start : start + width, 0, 0], beta[0, start : start + width, 0, 0]
            start += width
            mx, my = x.mean([2, 3]), y.mean([2, 3])
            vx, vy = x.var([2, 3], correction=0), y.var([2, 3], correction=0)
            covariance = (x * y).mean([2, 3]) - mx * my
            means = (2 * mx * my + 1e-6) / (mx**2 + my**2 + 1e-6)
            covariances = (2 * covariance + 1e-6) / (vx + vy + 1e-6)
            similarity = similarity + (a * means + b * covariances).sum(1) / total
        return (1 - similarity).tolist()


def inception_features(one):
    # The network of `fid_inception_v3`, without its download.
    net = inception._inception_v3(num_classes=1008, aux_logits=False, weights=None)
    net.Mixed_5b = inception.FIDInceptionA(192, pool_features=32)
    net.Mixed_5c = inception.FIDInceptionA(256, pool_features=64)
    net.Mixed_5d = inception.FIDInceptionA(288, pool_features=64)
    net.Mixed_6b = inception.FIDInceptionC(768, channels_7x7=128)
    net.Mixed_6c = inception.FIDInceptionC(768, channels_7x7=160)
    net.Mixed_6d = inception.FIDInceptionC(768, channels_7x7=160)
    net.Mixed_6e = inception.FIDInceptionC(768, channels_7x7=192)
    net.Mixed_7b = inception.FIDInceptionE_1(1280)
    net.Mixed_7c = inception.FIDInceptionE_2(2048)
    net = net.double().eval()
    makers = {
        "conv.weight": kernel,
        "bn.weight": lambda seed, shape: tensor(seed, shape, 0.2, 1.0),
        "bn.bias": lambda seed, shape: tensor(seed, shape, 0.1),
        "bn.running_mean": lambda seed, shape: tensor(seed, shape, 0.1),
        "bn.running_var": lambda seed, shape: tensor(seed, shape, 0.5, 1.0),
    }
    state = net.state_dict()
    for name, values in state.items():
        for ending, make in makers.items():
            if name.endswith(ending):
                state[name] = make(sum(name.encode()), values.shape)
    net.load_state_dict(state)
    # The blocks of `InceptionV3` in its file, whose constructor would download weights.
    with torch.no_grad():
        x = 2 * F.interpolate(one, size=(299, 299), mode="bilinear", align_corners=False) - 1
        for name in ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"]:
            x = getattr(net, name)(x)
        x = F.max_pool2d(x, 3, 2)
        for name in ["Conv2d_3b_1x1", "Conv2d_4a_3x3"]:
            x = getattr(net, name)(x)
        x = F.max_pool2d(x, 3, 2)
        for name in "5b 5c 5d 6a 6b 6c 6d 6e 7a 7b 7c".split():
            x = getattr(net, f"Mixed_{name}")(x)
        return F.adaptive_avg_pool2d(x, 1).flatten(1)


def frechet(one, other):
    """pytorch-fid's formula, by SciPy's root of a matrix."""
    mean = ((one.mean(0) - other.mean(0)) ** 2).sum()
    c1, c2 = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = scipy.linalg.sqrtm(c1 @ c2)
    return float(mean + np.trace(c1) + np.trace(c2) - 2 * np.trace(root).real)


def frechet_of_few(one, other):
    """The same where there are fewer vectors than features and SciPy's root loses its digits: the trace of the root is the
    sum of the singular values of the product of the centered clouds."""
    mean = ((one.mean(0) - other.mean(0)) ** 2).sum()
    a, b = one - one.mean(0), other - other.mean(0)
    n, m = len(a) - 1, len(b) - 1
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum() / np.sqrt(n * m)
    return float(mean + (a**2).sum() / n + (b**2).sum() / m - 2 * root)


def cloud(seed, count, width):
    # Features that are not independent of each other.
    values = unit(seed, count * width).reshape(count, width)
    return (values + 0.5 * np.roll(values, 1, axis=1)).astype(np.float32).astype(np.float64)


TO_RGB = torch.tensor([[1.0, 1.0, 1.0], [0.0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0.0]])
FROM_RGB = torch.tensor(
    [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]]
)
XYZ_FROM_RGB = torch.tensor(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
LAB_UNIT = 128
WHITE = torch.tensor([0.95047, 1.0, 1.08883]).view(1, 3, 1, 1)


def times(pixels, rows):
    return torch.einsum("bihw,ij->bjhw", pixels, rows)


def to_lab(pixels):
    light = torch.where(pixels <= 0.04045, pixels / 12.92, ((pixels.clamp(min=0) + 0.055) / 1.055) ** 2.4)
    xyz = times(light, XYZ_FROM_RGB.T) / WHITE
    f = torch.where(xyz <= 0.008856, 7.787 * xyz + 16 / 116, xyz.clamp(min=1e-9) ** (1 / 3))
    x, y, z = f[:, 0:1], f[:, 1:2], f[:, 2:3]
    return torch.cat([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def from_lab(lab):
    y = (lab[:, 0:1] + 16) / 116
    f = torch.cat([y + lab[:, 1:2] / 500, y, y - lab[:, 2:3] / 200], 1)
    xyz = torch.where(f <= 0.008856 ** (1 / 3), (f - 16 / 116) / 7.787, f**3).clamp(min=0)
    light = times(xyz * WHITE, torch.linalg.inv(XYZ_FROM_RGB).T).clamp(min=0)
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.clamp(min=1e-9) ** (1 / 2.4) - 0.055)


def perceptual_loss(space, layer, weight, pixel):
    """The loss of each picture, and the gradient of their mean by the network's last map."""
    photograph = rgb(picture_bytes(31, 2, 16))
    channels = 3 if space == "rgb" else 2
    last = tensor(32, (2, channels, 16, 16)).requires_grad_()
    if space == "rgb":
        target, answer = photograph, (torch.tanh(last) + 1) / 2
        picture = answer
    elif space == "yuv":
        yuv = times(photograph, FROM_RGB)
        # The range of the original's head, in which colors are that do not exist.
        target, answer = yuv[:, 1:], torch.tanh(last) / 2
        picture = times(torch.cat([yuv[:, :1], answer], 1), TO_RGB)
    else:
        lab = to_lab(photograph)
        target, answer = lab[:, 1:] / LAB_UNIT, torch.tanh(last) / 2
        picture = from_lab(torch.cat([lab[:, :1], answer * LAB_UNIT], 1))
    features = stack("vgg16")[: {"relu1_2": 4, "relu3_3": 16}[layer]]
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    maps = [features((it - mean) / deviation) for it in (picture, photograph)]
    losses = pixel * ((answer - target) ** 2).mean([1, 2, 3]) + weight * ((maps[0] - maps[1]) ** 2).mean([1, 2, 3])
    losses.mean().backward()
    return {
        "space": space,
        "layer": layer,
        "weight": weight,
        "pixel": pixel,
        "losses": losses.tolist(),
        "gradient": [float(f"{it:.9g}") for it in last.grad.flatten().tolist()[::7]],
    }


def main():
    truth = picture_bytes(21, 2, SIDE)
    noise = picture_bytes(22, 2, SIDE)
    picture = ((3 * truth.astype(np.uint16) + noise) // 4).astype(np.uint8)
    one, other = rgb(truth), rgb(picture)
    clouds = {}
    for name, (count, of_other, width), of in [
        ("many", (60, 45, 12), frechet),
        ("few", (9, 7, 12), frechet_of_few),
    ]:
        clouds[name] = {
            "counts": [count, of_other],
            "width": width,
            "distance": of(cloud(41, count, width), cloud(42, of_other, width) * 1.5 + 0.25),
        }
    # Where both can say it, they say the same.
    many = cloud(41, 60, 12), cloud(42, 45, 12)
    assert abs(frechet(*many) - frechet_of_few(*many)) < 1e-9
    golden = {
        "lpips_alex": lpips_distances("alex", "alexnet", one, other),
        "lpips_vgg": lpips_distances("vgg", "vgg16", one, other),
        "dists": dists_distances(one, other),
        "inception": [float(f"{it:.9g}") for it in inception_features(one[:1])[0].tolist()[::16]],
        "frechet": clouds,
        "loss": [
            perceptual_loss("rgb", "relu3_3", 0.5, 1.0),
            perceptual_loss("yuv", "relu3_3", 0.25, 2.0),
            perceptual_loss("yuv", "relu1_2", 1.0, 0.0),
            perceptual_loss("lab", "relu3_3", 0.5, 1.0),
        ],
    }
    (HERE / "perceptual.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
