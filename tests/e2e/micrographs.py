"""Micrographs whose phases are known: a sample, and synthetic ones of any size, as slices of a stack too."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from sambaseg.samples import find_sample

TRUTH = Path(__file__).parent / "data/superalloy-truth.png"
ISLAND = 2
PRECIPITATE = 2
GENERATOR = Path(__file__).parents[2] / "bench/make_large.py"
TILED = {"tile": (256, 256), "compression": "zlib", "photometric": "minisblack", "metadata": None}

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@cache
def generator() -> ModuleType:
    """Return the module that writes the synthetic micrographs of the benchmarks."""
    spec = importlib.util.spec_from_file_location("make_large", GENERATOR)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_large"] = module
    spec.loader.exec_module(module)
    return module


def superalloy() -> tuple[Grey, Mask]:
    """Return the sample of a nickel superalloy, dark islands in a bright matrix, and where the islands are."""
    image_yx = np.asarray(Image.open(find_sample("superalloy").path).convert("L"))
    return image_yx, np.asarray(Image.open(TRUTH)) == ISLAND


def alloy(shape_yx: tuple[int, int], *, z: int = 0) -> tuple[Grey, Mask]:
    """Return a synthetic image of bright precipitates in grains (slice `z` of them), and where the precipitates are."""
    height, width = shape_yx
    bands = [generator().paint_band(top, min(256, height - top), width, z=z) for top in range(0, height, 256)]
    return np.concatenate(bands), generator().phases(0, 0, height, width, z=z) == PRECIPITATE


def write_slices(folder: Path, count: int, shape_yx: tuple[int, int]) -> list[Mask]:
    """Write `slice 1.tif`, `slice 2.tif` and so on, and return where their precipitates are."""
    folder.mkdir()
    drawn = [alloy(shape_yx, z=z) for z in range(count)]
    for z, (image_yx, _) in enumerate(drawn):
        tifffile.imwrite(folder / f"slice {z + 1}.tif", image_yx)
    return [bright_yx for _, bright_yx in drawn]


def write_stack(path: Path, count: int, shape_yx: tuple[int, int]) -> list[Mask]:
    """Write one TIFF file of several pages, in tiles, and return where their precipitates are."""
    drawn = [alloy(shape_yx, z=z) for z in range(count)]
    with tifffile.TiffWriter(path) as file:
        for image_yx, _ in drawn:
            file.write(image_yx, **TILED)
    return [bright_yx for _, bright_yx in drawn]


def deepest_places(mask_yx: Mask, count: int) -> list[tuple[int, int]]:
    """Return (x, y) of the places farthest from the mask's border, well apart from each other."""
    depth_yx = ndimage.distance_transform_edt(np.pad(mask_yx, 1))[1:-1, 1:-1]
    places = []
    for _ in range(count):
        y, x = np.unravel_index(depth_yx.argmax(), depth_yx.shape)
        places.append((int(x), int(y)))
        depth_yx[max(0, y - 40) : y + 40, max(0, x - 40) : x + 40] = 0
    return places


def agreement(classes_yx: Grey, phase_yx: Mask) -> float:
    """Return the share of pixels that a segmentation into 1 (the phase) and 2 (the rest) has right."""
    return float(((classes_yx == 1) == phase_yx).mean())
