"""The network: a small U of convolutions from one grey plane to boundary logits at full resolution.

The finest features stand at half resolution (four neighbouring pixels become four channels), which keeps it fast on a
CPU; the last layer unfolds them again. There is no normalisation inside, so that tiles give what the whole gives.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

OUTPUTS = ("right", "below", "near")
WIDTHS: dict[str, tuple[int, int, int, int]] = {
    "tiny": (8, 12, 16, 24),
    "cpu": (24, 48, 96, 128),
    "full": (32, 64, 112, 144),
}


class _Residual(nn.Module):
    """Adds what `count` convolutions find to what comes in; starts close to passing it through."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(count))
        with torch.no_grad():
            self.convolutions[-1].weight *= 0.3

    def forward(self, x: Tensor) -> Tensor:
        found = x
        for convolution in self.convolutions:
            found = functional.relu(convolution(found))
        return x + found


class BoundaryNetwork(nn.Module):
    """Maps (n, 1, h, w) normalised images to (n, 3, h, w) logits in the order of `OUTPUTS`; h, w multiples of 16."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        first, *_ = widths
        self.stem = nn.Conv2d(4, first, 3, padding=1)
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in itertools.pairwise(widths))
        self.encoders = nn.ModuleList(_Residual(w, 1 if i == 0 else 2) for i, w in enumerate(widths))
        self.deepest = _Residual(widths[-1], 2)
        self.ups = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.decoders = nn.ModuleList(_Residual(w, 1) for w in widths[:-1])
        self.head = nn.Conv2d(first, 4 * len(OUTPUTS), 3, padding=1)
        with torch.no_grad():
            self.head.bias.fill_(-2.5)

    def forward(self, image: Tensor) -> Tensor:
        x = functional.relu(self.stem(functional.pixel_unshuffle(image, 2)))
        kept = []
        for index, encoder in enumerate(self.encoders):
            if index:
                x = functional.relu(self.downs[index - 1](x))
            x = encoder(x)
            kept.append(x)
        x = self.deepest(x)
        for index in reversed(range(len(self.ups))):
            x = functional.interpolate(self.ups[index](x), scale_factor=2.0, mode="nearest")
            x = self.decoders[index](x + kept[index])
        return functional.pixel_shuffle(self.head(x), 2)


def parameter_count(network: nn.Module) -> int:
    """Return how many numbers the network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
