"""What training sees: crops of synthetic micrographs and, where allowed, of real ones, turned and flipped at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage as ndi

from training.generator import make_micrograph
from training.normalise import normalise
from training.targets import boundary_targets, touching

# The licence of these images is not verified: they may judge, but never teach.
NEVER_TAUGHT = ("uhcs", "stacks3d", "robustness", "samba_test_images")
QUIET_WEIGHT = 0.2


@dataclass(frozen=True)
class Sample:
    """A crop: image (1, s, s) normalised, targets and their weights (3, s, s); all float32."""

    image: NDArray[np.float32]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class RealImage:
    """A real micrograph with the regions that people drew; brightness 0 to 1."""

    data_set: str
    image_yx: NDArray[np.float32]
    regions_yx: NDArray[np.int32]


def read_grey(path: Path) -> NDArray[np.float32]:
    """Return the brightness of an image file between its 0.5 and 99.5 percentile, as float32 from 0 to 1."""
    pixels = np.asarray(Image.open(path)).astype(np.float32)
    plane = pixels[..., :3].mean(-1) if pixels.ndim == 3 else pixels
    low, high = np.percentile(plane, [0.5, 99.5])
    return np.clip((plane - low) / max(float(high - low), 1e-6), 0, 1).astype(np.float32)


def read_regions(folder: Path, stem: str) -> NDArray[np.int32]:
    """Return what people drew as labels: the class, and the instance where instances were drawn."""
    regions = np.asarray(Image.open(folder / "masks" / f"{stem}.png")).astype(np.int32)
    instances = folder / "instances" / f"{stem}.png"
    return regions + 256 * np.asarray(Image.open(instances)).astype(np.int32) if instances.exists() else regions


def read_real_images(data_dir: Path, *, left_out: tuple[str, ...]) -> list[RealImage]:
    """Return all images that may teach: none of the data sets `left_out` or `NEVER_TAUGHT`."""
    found = []
    for folder in sorted(p.parent for p in data_dir.glob("*/masks")):
        if folder.name in (*left_out, *NEVER_TAUGHT):
            continue
        found += [
            RealImage(folder.name, read_grey(path), read_regions(folder, path.stem))
            for path in sorted((folder / "images").iterdir())
        ]
    return found


@dataclass
class SampleStream:
    """Endless samples, the same for the same seed: synthetic ones, and real ones for a share of `real_share`."""

    seed: int | tuple[int, ...]
    crop_px: int
    real_images: list[RealImage] = field(default_factory=list)
    real_share: float = 0.5

    def __iter__(self) -> Iterator[Sample]:
        """Yield samples without end."""
        rng = np.random.default_rng(self.seed)
        names = sorted({image.data_set for image in self.real_images})
        while True:
            if names and rng.random() < self.real_share:
                name = names[rng.integers(len(names))]
                images = [image for image in self.real_images if image.data_set == name]
                yield _turned(rng, real_sample(rng, images[rng.integers(len(images))], self.crop_px))
            else:
                yield _turned(rng, synthetic_sample(rng, self.crop_px))


def synthetic_sample(rng: np.random.Generator, crop_px: int) -> Sample:
    """Return a crop of a fresh synthetic micrograph; every pixel counts."""
    micrograph = make_micrograph(int(rng.integers(2**62)))
    image = normalise(micrograph.image_yx)
    y, x = rng.integers(len(image) - crop_px + 1, size=2)
    window = np.s_[y : y + crop_px, x : x + crop_px]
    targets = micrograph.targets_cyx[(slice(None), *window)]
    return Sample(image[window][None], targets, np.ones_like(targets))


def real_sample(rng: np.random.Generator, real: RealImage, crop_px: int) -> Sample:
    """Return a zoomed crop of a real image; what lies far from drawn outlines counts less: not all is drawn."""
    zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(1.8))))
    reach = min(int(np.ceil(crop_px / zoom)), *real.image_yx.shape)
    y, x = (int(rng.integers(side - reach + 1)) for side in real.image_yx.shape)
    window = np.s_[y : y + reach, x : x + reach]
    at = (np.arange(crop_px) + 0.5) * (reach / crop_px) - 0.5
    grid = np.meshgrid(at, at, indexing="ij")
    image = ndi.map_coordinates(normalise(real.image_yx)[window], grid, order=1, mode="nearest")
    if rng.random() < 0.5:
        image = -image
    image = image * np.float32(np.exp(rng.normal(0, 0.2))) + np.float32(rng.normal(0, 0.2))
    regions = ndi.map_coordinates(real.regions_yx[window], grid, order=0, mode="nearest")
    targets = boundary_targets(regions)
    near = ndi.maximum_filter(touching(targets[:2].copy()), 9) > 0
    weights = np.broadcast_to(np.where(near, 1, QUIET_WEIGHT).astype(np.float32), targets.shape).copy()
    return Sample(image[None].astype(np.float32), targets, weights)


def _turned(rng: np.random.Generator, sample: Sample) -> Sample:
    """Return the sample turned and flipped at random; right and below change places or move by a pixel with it."""
    image, targets, weights = sample.image, sample.targets, sample.weights
    if rng.random() < 0.5:
        image, weights = image[:, :, ::-1], weights[:, :, ::-1]
        targets = targets[:, :, ::-1].copy()
        targets[0, :, :-1], targets[0, :, -1] = targets[0, :, 1:].copy(), 0
    if rng.random() < 0.5:
        image, weights = image[:, ::-1], weights[:, ::-1]
        targets = targets[:, ::-1].copy()
        targets[1, :-1], targets[1, -1] = targets[1, 1:].copy(), 0
    if rng.random() < 0.5:
        image, weights = image.transpose(0, 2, 1), weights.transpose(0, 2, 1)
        targets = targets.transpose(0, 2, 1)[[1, 0, 2]]
    return Sample(*(np.ascontiguousarray(a) for a in (image, targets, weights)))
