"""All families of features as scikit-image, SciPy and NumPy compute them, to compare speed and results with.

Each function takes an image of 8-bit levels and gives the planes of one family in the order of the feature stack. Where
there are several ways the fastest is taken: blurs are shared, wide kernels go by Fourier transform, ranks are counted
on bytes (so that they come in whole levels). Edges are not treated alike.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage, signal
from skimage import filters
from skimage.feature import structure_tensor_eigenvalues
from skimage.filters import rank
from skimage.morphology import disk

Planes = Iterator[np.ndarray]


@dataclass
class Subject:
    """An image as float32 of 0 to 1 and as levels, its scales, and the blurs that were needed so far."""

    image_yx: np.ndarray
    scales_px: tuple[float, ...]
    blurs: dict[float, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.levels_yx = np.round(self.image_yx * 255).astype(np.uint8)

    def blurred(self, scale_px: float) -> np.ndarray:
        """Return the image blurred by 0.4 of a scale."""
        if scale_px not in self.blurs:
            blurred_yx = filters.gaussian(self.image_yx, 0.4 * scale_px, mode="reflect", preserve_range=True)
            self.blurs[scale_px] = blurred_yx if scale_px else self.image_yx
        return self.blurs[scale_px]


def _identity(on: Subject) -> Planes:
    yield on.image_yx


def _gaussian(on: Subject) -> Planes:
    yield from map(on.blurred, on.scales_px)


def _sobel(on: Subject) -> Planes:
    yield from (filters.sobel(on.blurred(scale)) for scale in (0, *on.scales_px))


def _gradient_magnitude(on: Subject) -> Planes:
    yield from (np.hypot(*np.gradient(on.blurred(scale))) for scale in on.scales_px)


def _second_derivatives(image_yx: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gy, gx = np.gradient(image_yx)
    yy, yx = np.gradient(gy)
    return yy, yx, np.gradient(gx, axis=1)


def _hessian(on: Subject) -> Planes:
    for scale in (0, *on.scales_px):
        yy, yx, xx = _second_derivatives(on.blurred(scale))
        root = np.sqrt((yy - xx) ** 2 + 4 * yx**2)
        yield np.sqrt(yy**2 + yx**2 + xx**2)
        yield yy + xx
        yield yy * xx - yx**2
        yield (yy + xx + root) / 2
        yield (yy + xx - root) / 2


def _hessian_weka(on: Subject) -> Planes:
    for scale in (0, *on.scales_px):
        yy, yx, xx = _second_derivatives(on.blurred(scale))
        squared = (yy - xx) ** 2 + 4 * yx**2
        yield np.arctan2(2 * yx, xx - yy) / 2
        yield squared
        yield (yy + xx) ** 2 * squared


def _hessian_eigenvalues(on: Subject) -> Planes:
    for scale in on.scales_px:
        blurred_yx = on.blurred(scale)
        yy, xx = (ndimage.correlate1d(blurred_yx, [1, -2, 1], axis=axis) for axis in (0, 1))
        yx = np.gradient(np.gradient(blurred_yx, axis=0), axis=1)
        yield from structure_tensor_eigenvalues([yy, yx, xx])


def _difference_of_gaussians(on: Subject) -> Planes:
    pairs = sorted((coarse, fine) for fine, coarse in itertools.combinations(on.scales_px, 2))
    yield from (on.blurred(fine) - on.blurred(coarse) for coarse, fine in pairs)


def _difference_of_gaussians_ilastik(on: Subject) -> Planes:
    yield from (on.blurred(0.66 * scale) - on.blurred(scale) for scale in on.scales_px)


def _membrane(on: Subject) -> Planes:
    line = np.zeros((19, 19))
    line[:, 9] = 1
    kernels = (ndimage.rotate(line, 6 * index, reshape=False, order=1, mode="grid-constant") for index in range(30))
    responses = np.array([_convolved(on.image_yx, kernel / kernel.sum()) for kernel in kernels])
    yield from (project(responses, axis=0) for project in (np.mean, np.max, np.min, np.sum, np.std, np.median))


def _convolved(image_yx: np.ndarray, kernel_yx: np.ndarray) -> np.ndarray:
    pads = [(side // 2, side // 2) for side in kernel_yx.shape]
    padded_yx = np.pad(image_yx, pads, mode="symmetric")
    return signal.fftconvolve(padded_yx, kernel_yx.astype(np.float32), mode="valid")


def _of_ranks(function: str, on: Subject) -> Planes:
    yield from (getattr(rank, function)(on.levels_yx, disk(scale)) / np.float32(255) for scale in on.scales_px)


def _variance(on: Subject) -> Planes:
    for scale in on.scales_px:
        weights_yx = disk(scale) / disk(scale).sum()
        yield _convolved(on.image_yx**2, weights_yx) - _convolved(on.image_yx, weights_yx) ** 2


def _entropy(on: Subject) -> Planes:
    for scale in on.scales_px:
        for bins in (32, 64, 128, 256):
            yield rank.entropy(on.levels_yx // (256 // bins), disk(scale)) / math.log2(bins)


def _bilateral(on: Subject) -> Planes:
    for radius in (5, 10):
        for levels in (50, 100):
            yield rank.mean_bilateral(on.levels_yx, disk(radius), s0=levels, s1=levels) / np.float32(255)


def _kuwahara(on: Subject) -> Planes:
    image_yx = on.image_yx.astype(np.float64)
    for scale in map(int, on.scales_px):
        side = scale + 1
        means, variances = [], []
        for origin in itertools.product((scale - side // 2, -(side // 2)), repeat=2):
            mean = ndimage.uniform_filter(image_yx, side, origin=origin)
            means.append(mean)
            variances.append(ndimage.uniform_filter(image_yx**2, side, origin=origin) - mean**2)
        yield np.choose(np.argmin(variances, axis=0), means)


def _anisotropic_diffusion(on: Subject) -> Planes:
    for edge in (10, 30):
        now_yx = on.image_yx
        for step in range(1, 21):
            padded = np.pad(now_yx, 1, mode="edge")
            change = np.zeros_like(now_yx)
            for near_yx in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
                difference = near_yx - now_yx
                change += difference / (1 + (difference * np.float32(255 / edge)) ** 2)
            now_yx = now_yx + np.float32(0.2) * change
            if step in (5, 20):
                yield now_yx


def _lipschitz(on: Subject) -> Planes:
    for slope in (10, 25):
        for sign in (1, -1):
            cover_yx = np.pad(sign * on.image_yx, 26, mode="symmetric")
            for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
                step = 1
                while (step - 1) * slope < 255:
                    cost = np.float32(step * slope / 255 * math.hypot(dy, dx))
                    cover_yx = _lowered(cover_yx, step * dy, step * dx, cost)
                    step *= 2
            yield sign * cover_yx[26:-26, 26:-26]


def _lowered(cover_yx: np.ndarray, dy: int, dx: int, cost: np.float32) -> np.ndarray:
    height, width = cover_yx.shape
    here = np.s_[: height - dy, max(0, -dx) : width - max(0, dx)]
    there = np.s_[dy:, max(0, dx) : width - max(0, -dx)]
    lowered_yx = cover_yx.copy()
    np.minimum(lowered_yx[here], cover_yx[there] + cost, out=lowered_yx[here])
    np.minimum(lowered_yx[there], cover_yx[here] + cost, out=lowered_yx[there])
    return lowered_yx


def _laplacian(on: Subject) -> Planes:
    yield from (ndimage.laplace(on.blurred(scale)) for scale in on.scales_px)


def _derivatives(on: Subject) -> Planes:
    for scale in on.scales_px:
        blurred_yx = ndimage.gaussian_filter(on.image_yx.astype(np.float64), 0.4 * scale, truncate=6)
        for order in (2, 3, 4, 5):
            plane_yx = blurred_yx
            for axis in (0, 1):
                kernel = np.ones(1)
                for _ in range(order // 2):
                    kernel = np.convolve(kernel, [1, -2, 1])
                kernel = np.convolve(kernel, [-0.5, 0, 0.5]) if order % 2 else kernel
                plane_yx = ndimage.correlate1d(plane_yx, kernel, axis=axis)
            yield plane_yx


def _structure_tensor(integrations: tuple[float, ...], by_scale: bool, on: Subject) -> Planes:
    for scale in on.scales_px:
        gy, gx = np.gradient(on.blurred(scale))
        products = gy * gy, gy * gx, gx * gx
        for integration in integrations:
            sigma = integration * scale if by_scale else integration
            tensor = [filters.gaussian(product, sigma, mode="reflect", preserve_range=True) for product in products]
            yield from structure_tensor_eigenvalues(tensor)


def _gabor(on: Subject) -> Planes:
    for scale in on.scales_px:
        radius = int(3 * 3 / math.pi * math.sqrt(math.log(2) / 2) * 2 * scale + 0.5)
        magnitudes = []
        for index in range(8):
            kernel = filters.gabor_kernel(1 / (2 * scale), theta=index * math.pi / 8, bandwidth=1, n_stds=5)
            at = [side // 2 for side in kernel.shape]
            kernel = kernel[at[0] - radius : at[0] + radius + 1, at[1] - radius : at[1] + radius + 1]
            envelope = np.abs(kernel) / np.abs(kernel).sum()
            kernel = kernel / np.abs(kernel).sum() - envelope * (kernel.sum() / np.abs(kernel).sum())
            magnitudes.append(np.hypot(_convolved(on.image_yx, kernel.real), _convolved(on.image_yx, kernel.imag)))
        yield np.max(magnitudes, axis=0)
        yield np.mean(magnitudes, axis=0)


def _neighbours(on: Subject) -> Planes:
    height, width = on.image_yx.shape
    for scale in map(int, on.scales_px):
        padded_yx = np.pad(on.image_yx, scale, mode="symmetric")
        for dy, dx in itertools.product((0, scale, 2 * scale), repeat=2):
            if (dy, dx) != (scale, scale):
                yield padded_yx[dy : dy + height, dx : dx + width].copy()


FAMILIES = {
    "identity": _identity,
    "gaussian": _gaussian,
    "sobel": _sobel,
    "gradient_magnitude": _gradient_magnitude,
    "hessian": _hessian,
    "hessian_weka": _hessian_weka,
    "hessian_eigenvalues": _hessian_eigenvalues,
    "difference_of_gaussians": _difference_of_gaussians,
    "difference_of_gaussians_ilastik": _difference_of_gaussians_ilastik,
    "membrane": _membrane,
    "mean": functools.partial(_of_ranks, "mean"),
    "minimum": functools.partial(_of_ranks, "minimum"),
    "maximum": functools.partial(_of_ranks, "maximum"),
    "median": functools.partial(_of_ranks, "median"),
    "variance": _variance,
    "entropy": _entropy,
    "bilateral": _bilateral,
    "kuwahara": _kuwahara,
    "anisotropic_diffusion": _anisotropic_diffusion,
    "lipschitz": _lipschitz,
    "laplacian": _laplacian,
    "derivatives": _derivatives,
    "structure_tensor": functools.partial(_structure_tensor, (0.5,), True),
    "structure_tensor_weka": functools.partial(_structure_tensor, (1.0, 3.0), False),
    "gabor": _gabor,
    "neighbours": _neighbours,
}
"""By id; the families of colour and place need other images and are trivial."""
