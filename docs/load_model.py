"""A model of `colorize export model` in PyTorch; docs/models.md explains it. Python 3.11 or newer with torch, and Pillow and
numpy to run it:    python3 docs/load_model.py MODEL.safetensors PHOTO OUT.png
"""

import json
import sys
import tomllib

import torch
import torch.nn.functional as F

FROM_RGB = torch.tensor([[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]])
TO_RGB = torch.tensor([[1.0, 1.0, 1.0], [0.0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0.0]])


def load(path):
    """The experiment's keys, and the tensors by name."""
    file = open(path, "rb").read()
    start = 8 + int.from_bytes(file[:8], "little")
    header = json.loads(file[8:start])
    experiment = tomllib.loads(header.pop("__metadata__")["experiment"])
    data = torch.frombuffer(bytearray(file[start:]), dtype=torch.float32)

    def tensor(shape, data_offsets, dtype):
        first, end = (offset // 4 for offset in data_offsets)
        return data[first:end].reshape(shape)

    return experiment, {name: tensor(**it) for name, it in header.items()}



def network(experiment, t, x, features=None):
    """The last linear map. `x` is [batch, channels, size, size]; `features`, with fusion, [batch, width].

    Of the kind `image_transformation`; tests/golden/networks.py describes the others.
    """
    if experiment["network"]["kind"] != "image_transformation":
        raise ValueError(f"no layers for a network of kind {experiment['network']['kind']} are written here")

    def norm(name, x):
        scale, shift = t[f"{name}.norm.weight"], t[f"{name}.norm.bias"]
        if experiment["network"]["norm"] == "instance":
            return F.instance_norm(x, weight=scale, bias=shift, eps=1e-3)
        return F.batch_norm(x, t[f"{name}.norm.running_mean"], t[f"{name}.norm.running_var"], scale, shift, eps=1e-3)

    def down(name, x, **options):
        return norm(name, F.conv2d(x, t[f"{name}.convolution.weight"], t[f"{name}.convolution.bias"], **options))

    def up(name, x, **options):
        height, width = (side * options["stride"] for side in x.shape[2:])
        x = F.conv_transpose2d(x, t[f"{name}.convolution.weight"], t[f"{name}.convolution.bias"], **options)
        return norm(name, x[:, :, :height, :width])

    blocks = experiment["network"]["residual_blocks"]
    x = F.pad(x, [8 * blocks] * 4, mode="reflect") if blocks else x
    x = F.relu(down("encode_1", x, padding=4))
    # TensorFlow's `same`: what does not divide evenly goes to the bottom and the right.
    x = F.relu(down("encode_2", F.pad(x, (0, 1, 0, 1)), stride=2))
    x = F.relu(down("encode_3", F.pad(x, (0, 1, 0, 1)), stride=2))
    for block in (f"residual_blocks.{number}" for number in range(blocks)):
        x = down(f"{block}.second", F.relu(down(f"{block}.first", x))) + x[:, :, 2:-2, 2:-2]
    if "fusion.weight" in t:
        everywhere = features[:, :, None, None].expand(-1, -1, *x.shape[2:])
        x = F.conv2d(torch.cat([x, everywhere], 1), t["fusion.weight"], t["fusion.bias"])
    for name in ("decode_1", "decode_2"):
        if experiment["network"].get("upsampling") == "nearest":
            x = F.relu(up(name, F.interpolate(x, scale_factor=2), stride=1, padding=1))
        else:
            x = F.relu(up(name, x, stride=2))
    return up("decode_3", x, stride=1, padding=4)


@torch.no_grad()
def colorize(experiment, tensors, rgb, features=None):
    """Photographs on [0, 1], [batch, 3, height, width], in the network's colors and with their own luma."""
    convert = lambda picture, matrix: torch.einsum("bihw,ij->bjhw", picture, matrix)
    color, side = experiment["color"], experiment["image"]["size"]
    small = rgb
    if rgb.shape[2:] != (side, side):
        smooth = experiment["image"]["resize"] == "bilinear_antialias"
        small = F.interpolate(rgb, (side, side), mode="bilinear", antialias=smooth)
        small = (small * 255).round() / 255
    luma = convert(small, FROM_RGB)[:, :1]
    if color["space"] == "yuv":
        answer = network(experiment, tensors, luma, features).tanh()
        reach = torch.tensor([0.43601035, 0.61497538]) if color["head"] == "exact" else torch.tensor([0.5, 0.5])
        chroma = answer * reach[:, None, None]
    elif color["space"] == "rgb":
        gray = small.mean(1, keepdim=True) if color["gray"] == "mean" else luma
        answer = network(experiment, tensors, gray.repeat(1, 3, 1, 1), features).tanh()
        chroma = convert(((answer + 1) / 2).clamp(0, 1), FROM_RGB)[:, 1:]
    else:
        raise ValueError("conversions to and from L*a*b* are left out here: see crates/picture/src/color/lab.rs")
    if chroma.shape[2:] != rgb.shape[2:]:
        chroma = F.interpolate(chroma, rgb.shape[2:], mode="bilinear", antialias=True)
    return convert(torch.cat([convert(rgb, FROM_RGB)[:, :1], chroma], 1), TO_RGB).clamp(0, 1)


if __name__ == "__main__":
    import numpy
    from PIL import Image

    experiment, tensors = load(sys.argv[1])
    pixels = torch.from_numpy(numpy.array(Image.open(sys.argv[2]).convert("RGB"))).float() / 255
    colored = colorize(experiment, tensors, pixels.permute(2, 0, 1)[None])[0]
    Image.fromarray((colored * 255).round().byte().permute(1, 2, 0).numpy()).save(sys.argv[3])
