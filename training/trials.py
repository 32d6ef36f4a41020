"""What is judged: images, the objects that people drew on them, and two clicks on each object."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage as ndi

from training.generator import FAMILIES, make_micrograph
from training.samples import read_grey

NOT_JUDGED = ("stacks3d",)


@dataclass(frozen=True)
class Target:
    """One object (h, w) and the two pixels (y, x) clicked for it: its middle, and anywhere well inside."""

    truth_yx: NDArray[np.bool_]
    clicks: tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Trial:
    """One image, brightness 0 to 1, and what to find on it."""

    data_set: str
    name: str
    grey_yx: NDArray[np.float32]
    objects: list[Target]


def synthetic_trials(*, images: int = 2, side_px: int = 128, seed: int = 10**6) -> Iterator[Trial]:
    """Yield `images` synthetic micrographs of each family, as one data set a family; their seeds never teach."""
    for family in FAMILIES:
        for index in range(images):
            micrograph = make_micrograph(seed + index, side_px=side_px, family=family)
            objects = _objects(micrograph.regions_yx, np.random.default_rng(seed + index))
            yield Trial(family, str(index), micrograph.image_yx, objects)


def _objects(regions_yx: NDArray[np.int32], rng: np.random.Generator, most: int = 12) -> list[Target]:
    """Return up to `most` regions of over 64 px and under a quarter of the image that are at least 4 px thick."""
    found = []
    for region in np.unique(regions_yx):
        truth = regions_yx == region
        distance = ndi.distance_transform_edt(np.pad(truth, 1))[1:-1, 1:-1]
        if not 64 < truth.sum() <= 0.25 * truth.size or distance.max() < 2:
            continue
        middle_y, middle_x = np.unravel_index(int(distance.argmax()), distance.shape)
        ys, xs = np.nonzero(distance >= 2)
        at = rng.integers(len(ys))
        found.append(Target(truth, ((int(middle_y), int(middle_x)), (int(ys[at]), int(xs[at])))))
    return [found[i] for i in sorted(rng.permutation(len(found))[:most])]


def _simulated_person(scoring_dir: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("simulated_person", scoring_dir / "simulated_person.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"simulated_person.py was expected in {scoring_dir}.")
    module = importlib.util.module_from_spec(spec)
    importlib.import_module("sys").modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def real_trials(data_dir: Path, scoring_dir: Path, *, most_images: int, most_objects: int = 30) -> Iterator[Trial]:
    """Yield the trials of every data set with masks, with the clicks of the shared scoring script."""
    person = _simulated_person(scoring_dir)
    for folder in sorted(p.parent for p in data_dir.glob("*/masks")):
        if folder.name in NOT_JUDGED:
            continue
        for path in sorted((folder / "images").iterdir())[:most_images]:
            mask = np.asarray(Image.open(folder / "masks" / f"{path.stem}.png"))
            instances = folder / "instances" / f"{path.stem}.png"
            ids = np.asarray(Image.open(instances)) if instances.exists() else None
            found = person.clicks_on_objects(mask, ids, most=most_objects)
            objects = [Target(truth, (click.middle_yx, click.inside_yx)) for click, truth in found]
            if objects:
                yield Trial(folder.name, path.stem, read_grey(path), objects)
