"""The encoder whose channels are the feature family "learned", and what it is taught by.

Layers of a depthwise 3 × 3 and a pointwise convolution with nothing between them are, for a graphics card, one dense
convolution; an engine for processors takes them apart again. No strides, no normalisation inside: every pixel gets the
same wherever a tile begins.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

LOCAL_SIGMA_PX, LOCAL_RADIUS_PX, LOCAL_FLOOR, LOCAL_MOST = 16.0, 48, 1e-6, 8.0
EXTRA_SIGMAS_PX = (0.0, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6)
"""What a forest knows anyway, so that the encoder learns what these lack: the image blurred, and its slopes."""
EXTRAS = 2 * len(EXTRA_SIGMAS_PX)


def gaussian_weights(sigma_px: float, radius_px: int) -> np.ndarray:
    """Return the weights of a Gaussian from -radius to radius; they add up to 1."""
    weights = np.exp(-0.5 * (np.arange(-radius_px, radius_px + 1) / sigma_px) ** 2)
    return weights / weights.sum()


def blurred(image: Tensor, sigma_px: float, radius_px: int) -> Tensor:
    """Return images (n, 1, h, w) blurred by a Gaussian, reflected at their edges."""
    weights = torch.as_tensor(gaussian_weights(sigma_px, radius_px), dtype=image.dtype, device=image.device)
    padded = functional.pad(image, (radius_px,) * 4, mode="reflect")
    return functional.conv2d(functional.conv2d(padded, weights.view(1, 1, -1, 1)), weights.view(1, 1, 1, -1))


def locally_standardised(image: Tensor) -> Tensor:
    """Return images less their local mean, over their local deviation (Gaussian of 16 px, cut off at 3 sigma)."""
    mean = blurred(image, LOCAL_SIGMA_PX, LOCAL_RADIUS_PX)
    square = blurred(image * image, LOCAL_SIGMA_PX, LOCAL_RADIUS_PX)
    variance = (square - mean * mean).clamp(min=0) + LOCAL_FLOOR
    return ((image - mean) / variance.sqrt()).clamp(-LOCAL_MOST, LOCAL_MOST)


def classical_planes(image: Tensor) -> Tensor:
    """Return (n, EXTRAS, h, w): images blurred by `EXTRA_SIGMAS_PX` and the slopes of these, standardised by image."""
    planes = []
    for sigma in EXTRA_SIGMAS_PX:
        plane = blurred(image, sigma, int(4 * sigma + 0.5)) if sigma else image
        padded = functional.pad(plane, (1, 1, 1, 1), mode="reflect")
        along_y, along_x = (
            padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1],
            padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2],
        )
        planes += [plane, (along_y**2 + along_x**2).sqrt()]
    stack = torch.cat(planes, 1)
    return (stack - stack.mean((2, 3), keepdim=True)) / (stack.std((2, 3), keepdim=True) + 1e-4)


class Encoder(nn.Module):
    """Maps locally standardised images (n, 1, h, w) to (n, planes, h, w), each within ±1."""

    def __init__(self, width: int, dilations: tuple[int, ...], planes: int) -> None:
        super().__init__()
        self.dilations, depth = dilations, len(dilations)
        self.stem = nn.Conv2d(1, width, 3)
        self.depth_w = nn.Parameter(torch.randn(depth, width, 3, 3) * 0.25)
        with torch.no_grad():
            self.depth_w[:, :, 1, 1] += 0.5
        self.point_w = nn.Parameter(torch.randn(depth, width, width) * (1.4 / width) ** 0.5)
        self.point_b = nn.Parameter(torch.zeros(depth, width))
        self.head = nn.Conv2d(width, planes, 1)

    def forward(self, image: Tensor) -> Tensor:
        x = functional.relu(self.stem(functional.pad(image, (1, 1, 1, 1), mode="reflect")))
        for index, dilation in enumerate(self.dilations):
            weights = self.point_w[index][:, :, None, None] * self.depth_w[index][None]
            padded = functional.pad(x, (dilation,) * 4, mode="reflect")
            x = x + functional.relu(functional.conv2d(padded, weights, self.point_b[index], dilation=dilation))
        return functional.softsign(self.head(x).float())

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights by name, float32, as the package reads them."""

        def plain(tensor: Tensor) -> np.ndarray:
            return tensor.detach().cpu().float().numpy()

        return {
            "stem_w": plain(self.stem.weight)[:, 0],
            "stem_b": plain(self.stem.bias),
            "depth_w": plain(self.depth_w),
            "point_w": plain(self.point_w),
            "point_b": plain(self.point_b),
            "dilations": np.array(self.dilations, np.int64),
            "head_w": plain(self.head.weight)[:, :, 0, 0],
            "head_b": plain(self.head.bias),
        }


class Judges(nn.Module):
    """Two simple classifiers that learn from an episode's labelled pixels: what they get wrong teaches the encoder.

    Ridge regression of the classes, solved exactly (Bertinetto et al. 2019); and neighbours weighted by exp(-distance),
    the sum of absolute differences, which is about what many random trees do. Planes are dropped at random, as trees
    look at few of them.
    """

    def __init__(self, planes: int) -> None:
        super().__init__()
        self.ridge = nn.Parameter(torch.tensor(0.0))
        self.sharpness = nn.Parameter(torch.tensor(1.5))
        self.scales = nn.Parameter(torch.cat([torch.full((planes,), 1.0), torch.full((EXTRAS,), -0.5)]))

    def forward(self, support: Tensor, classes: Tensor, query: Tensor, *, most: int) -> tuple[Tensor, Tensor]:
        """Return log-odds of both, (n, q, most), from support (n, s, f), its classes (n, s) with -1 for none."""
        known = functional.one_hot(classes.clamp(min=0), most).float() * (classes >= 0).unsqueeze(-1)
        counts = known.sum(1, keepdim=True)
        present = counts > 0
        weights = (known / counts.clamp(min=1)).sum(-1, keepdim=True)
        absent = torch.where(present, 0.0, -1e4)
        ones = torch.ones_like(support[..., :1])
        with_offset, asked = (
            torch.cat([support, ones], -1),
            torch.cat([query, ones[:, :1].expand(-1, query.shape[1], 1)], -1),
        )
        normal = with_offset.transpose(1, 2) @ (weights * with_offset)
        normal = normal + functional.softplus(self.ridge - 2) * torch.eye(normal.shape[-1], device=normal.device)
        solved = torch.linalg.solve(normal, with_offset.transpose(1, 2) @ (weights * known))
        linear = torch.exp(self.sharpness) * (asked @ solved) + absent
        scales = functional.softplus(self.scales)
        distance = torch.cdist(query * scales, support * scales, p=1.0)
        near = torch.softmax(-distance + torch.log(weights.transpose(1, 2).clamp(min=1e-9)), -1)
        neighbours = torch.log(near @ known + 1e-4) + absent
        return linear, neighbours
