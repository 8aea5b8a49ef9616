"""The network of src/network/image_transformation.rs in PyTorch, as one would write it there."""

import torch
import torch.nn.functional as F
from torch import nn


def batch_norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def instance_norm(channels):
    return nn.InstanceNorm2d(channels, eps=1e-3, affine=True)


def same(x):
    """Keras's padding for a 3x3 kernel of stride 2 over even sizes."""
    return F.pad(x, (0, 1, 0, 1))


class Block(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(channels, channels, 3), norm(channels)
        self.c2, self.n2 = nn.Conv2d(channels, channels, 3), norm(channels)

    def forward(self, x):
        return self.n2(self.c2(F.relu(self.n1(self.c1(x))))) + x[:, :, 2:-2, 2:-2]


class Network(nn.Module):
    def __init__(self, scale=16, blocks=5, feature_width=None, instance=False):
        """With `instance` it is that of stage 0: three gray channels in, red, green and blue out, and instance norm."""
        super().__init__()
        norm = instance_norm if instance else batch_norm
        channels, answers = (3, 3) if instance else (1, 2)
        self.padding = 8 * blocks
        self.c1, self.n1 = nn.Conv2d(channels, scale, 9, padding=4), norm(scale)
        self.c2, self.n2 = nn.Conv2d(scale, 2 * scale, 3, stride=2), norm(2 * scale)
        self.c3, self.n3 = nn.Conv2d(2 * scale, 4 * scale, 3, stride=2), norm(4 * scale)
        self.blocks = nn.Sequential(*[Block(4 * scale, norm) for _ in range(blocks)])
        self.fusion = nn.Conv2d(4 * scale + feature_width, 4 * scale, 1) if feature_width else None
        self.c4, self.n4 = nn.ConvTranspose2d(4 * scale, 2 * scale, 3, stride=2), norm(2 * scale)
        self.c5, self.n5 = nn.ConvTranspose2d(2 * scale, scale, 3, stride=2), norm(scale)
        self.c6, self.n6 = nn.ConvTranspose2d(scale, answers, 9, padding=4), norm(answers)

    def forward(self, x, features=None):
        x = F.pad(x, (self.padding,) * 4, mode="reflect")
        x = F.relu(self.n1(self.c1(x)))
        x = F.relu(self.n2(self.c2(same(x))))
        x = F.relu(self.n3(self.c3(same(x))))
        x = self.blocks(x)
        if self.fusion is not None:
            everywhere = features[:, :, None, None].expand(-1, -1, *x.shape[2:])
            x = self.fusion(torch.cat([x, everywhere], 1))
        x = F.relu(self.n4(self.c4(x)[:, :, :-1, :-1]))
        x = F.relu(self.n5(self.c5(x)[:, :, :-1, :-1]))
        return torch.tanh(self.n6(self.c6(x))) / 2
