"""Micrographs of any size whose phases are known: the sample of a nickel superalloy, mirrored at its edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from sambaseg.samples import find_sample

TRUTH = Path(__file__).parent / "data/superalloy-truth.png"
ISLAND = 2
DRIFT_YX = (9, 14)
"""From slice to slice of a stack, in pixels."""
TILED = {"tile": (256, 256), "compression": "zlib", "photometric": "minisblack", "metadata": None}

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def superalloy(shape_yx: tuple[int, int], *, top: int = 0, left: int = 0) -> tuple[Grey, Mask]:
    """Return an image of dark islands in a bright matrix that begins at (top, left), and where the islands are."""
    window = np.s_[top : top + shape_yx[0], left : left + shape_yx[1]]
    image_yx = np.asarray(Image.open(find_sample("superalloy").path).convert("L"))
    pads = [
        (0, max(0, start + size - side))
        for start, size, side in zip((top, left), shape_yx, image_yx.shape, strict=True)
    ]
    whole_yx, truth_yx = (np.pad(layer, pads, "symmetric") for layer in (image_yx, np.asarray(Image.open(TRUTH))))
    return np.ascontiguousarray(whole_yx[window]), truth_yx[window] == ISLAND


def slices(count: int, shape_yx: tuple[int, int]) -> list[tuple[Grey, Mask]]:
    """Return the slices of a stack, each a little farther over the micrograph."""
    return [superalloy(shape_yx, top=z * DRIFT_YX[0], left=z * DRIFT_YX[1]) for z in range(count)]


def write_slices(folder: Path, count: int, shape_yx: tuple[int, int]) -> list[Mask]:
    """Write `slice 1.tif`, `slice 2.tif` and so on, and return where their islands are."""
    folder.mkdir()
    drawn = slices(count, shape_yx)
    for z, (image_yx, _) in enumerate(drawn):
        tifffile.imwrite(folder / f"slice {z + 1}.tif", image_yx)
    return [islands_yx for _, islands_yx in drawn]


def write_stack(path: Path, count: int, shape_yx: tuple[int, int]) -> list[Mask]:
    """Write one TIFF file of several pages, in tiles, and return where their islands are."""
    drawn = slices(count, shape_yx)
    with tifffile.TiffWriter(path) as file:
        for image_yx, _ in drawn:
            file.write(image_yx, **TILED)
    return [islands_yx for _, islands_yx in drawn]


def deepest_places(mask_yx: Mask, count: int) -> list[tuple[int, int]]:
    """Return (x, y) of the places farthest from the mask's border, well apart from each other."""
    depth_yx = ndimage.distance_transform_edt(np.pad(mask_yx, 1))[1:-1, 1:-1]
    places = []
    for _ in range(count):
        y, x = np.unravel_index(depth_yx.argmax(), depth_yx.shape)
        places.append((int(x), int(y)))
        depth_yx[max(0, y - 40) : y + 40, max(0, x - 40) : x + 40] = 0
    return places


def agreement(classes_yx: Grey, islands_yx: Mask) -> float:
    """Return the share of pixels that a segmentation into 1 (islands) and 2 (the rest) has right."""
    return float(((classes_yx == 1) == islands_yx).mean())
