"""The training sample: features of chosen pixels, computed only in the parts of tiles that hold some."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.errors import MemoryBudgetError
from sambaseg.features.family import Place
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import TileComputer, halo_px, plane_names
from sambaseg.images.halo import read_with_halo
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pyramid import TILE_PX
from sambaseg.pipeline.labelled import LabelledPixels
from sambaseg.pipeline.memory import in_words
from sambaseg.pipeline.progress import CancelToken, Stage
from sambaseg.pipeline.sample_cache import SampleCache

MOST_BYTES = 4 * 2**30
"""A larger training sample is refused before it is computed, where no smaller limit is stated."""


@dataclass(frozen=True)
class _Part:
    """Pixels of one tile: its indices, and where its pixels stand among all."""

    ty: int
    tx: int
    at: npt.NDArray[np.intp]


def check_sample_size(pixels: int, recipe: FeatureRecipe, channels: int, max_bytes: int | None = None) -> None:
    """Raise MemoryBudgetError, with what would fit, where the features of so many pixels exceed `max_bytes`."""
    features = len(plane_names(recipe, channels))
    most = MOST_BYTES if max_bytes is None else max_bytes
    if 4 * features * pixels > most:
        raise MemoryBudgetError(
            f"Training on {pixels:,} pixels with {features} features needs {in_words(4 * features * pixels)}, "
            f"and {in_words(most)} can be used for that.",
            hint=f"Choose at most {most // (4 * features):,} training points, or fewer features; or allow more memory.",
        )


def compute_samples(
    micrographs: Sequence[Micrograph],
    pixels: Sequence[LabelledPixels],
    recipe: FeatureRecipe,
    scaling: Scaling,
    *,
    threads: int,
    stage_of: Callable[[float, float], Stage],
    cancelled: CancelToken,
    images: Sequence[int] | None = None,
    cache: SampleCache | None = None,
) -> npt.NDArray[np.float32]:
    """Return the features of pixels of several images, one after the other; the rest as `compute_training_sample`.

    `stage_of(start, end)` is the stage of a part of the work, 0 to 1. `images` are what `cache` calls the images: their
    places in the list where None.
    """
    total, done, samples_fn = max(1, sum(map(len, pixels))), 0, []
    for at, (micrograph, of_image) in enumerate(zip(micrographs, pixels, strict=True)):
        if len(of_image) == 0:
            continue
        samples_fn.append(
            compute_training_sample(
                micrograph,
                of_image,
                recipe,
                scaling,
                threads=threads,
                stage=stage_of(done / total, (done + len(of_image)) / total),
                cancelled=cancelled,
                image=at if images is None else images[at],
                cache=cache,
            )
        )
        done += len(of_image)
    return samples_fn[0] if len(samples_fn) == 1 else np.concatenate(samples_fn, axis=1)


def compute_training_sample(
    micrograph: Micrograph,
    pixels: LabelledPixels,
    recipe: FeatureRecipe,
    scaling: Scaling,
    *,
    threads: int,
    stage: Stage,
    cancelled: CancelToken,
    image: int = 0,
    cache: SampleCache | None = None,
) -> npt.NDArray[np.float32]:
    """Return the features of these pixels, shape (features, n), float32.

    Those that `cache` knows of this `image` are taken from there, and the others go there. Raises CancelledError where
    the token was cancelled.
    """
    sample_fn = np.empty((len(plane_names(recipe, micrograph.channels)), len(pixels)), np.float32)
    parts, halo, local = _parts(pixels), halo_px(recipe), threading.local()
    done = iter(range(1, len(parts) + 1))

    def compute(part: _Part) -> None:
        cancelled.raise_if_cancelled()
        rows, columns = pixels.rows_n[part.at] - part.ty * TILE_PX, pixels.columns_n[part.at] - part.tx * TILE_PX
        part_fn = np.empty((len(sample_fn), len(part.at)), np.float32)
        places, tile = rows.astype(np.intp) * TILE_PX + columns, (image, part.ty, part.tx)
        new = np.ones(len(places), np.bool_) if cache is None else ~cache.take(tile, places, part_fn)
        if new.any():
            if not hasattr(local, "computer"):
                local.computer = TileComputer(recipe, micrograph.channels, (TILE_PX, TILE_PX))
            _compute_part(local.computer, micrograph, scaling, part, (rows[new], columns[new]), part_fn, new, halo)
            if cache is not None:
                cache.keep(tile, places[new], part_fn[:, new])
        sample_fn[:, part.at] = part_fn
        stage.tell(next(done) / len(parts))

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(compute, parts):
            pass
    return sample_fn


def _compute_part(
    computer: TileComputer,
    micrograph: Micrograph,
    scaling: Scaling,
    part: _Part,
    places: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    part_fn: npt.NDArray[np.float32],
    new: npt.NDArray[np.bool_],
    halo: int,
) -> None:
    """Write the features of the pixels `places` (rows, columns in the tile) into the columns `new` of `part_fn`."""
    rows, columns = places
    top, left = int(rows.min()), int(columns.min())
    bottom, right = int(rows.max()) + 1, int(columns.max()) + 1
    y, x, to = part.ty * TILE_PX, part.tx * TILE_PX, np.flatnonzero(new)
    around = read_with_halo(micrograph.pixels_cyx, y + top, y + bottom, x + left, x + right, halo)

    def take(first: int, block_y: int, block_x: int, planes_fyx: npt.NDArray[np.float32]) -> None:
        height, width = planes_fyx.shape[1:]
        row, column = rows - top - block_y, columns - left - block_x
        here = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        planes = slice(first, first + len(planes_fyx))
        part_fn[planes, to[here]] = planes_fyx[:, row[here], column[here]]

    computer.compute_each(scaling.apply(around), take, place=Place(y + top, x + left))


def _parts(pixels: LabelledPixels) -> list[_Part]:
    rows_n, columns_n = pixels.rows_n // TILE_PX, pixels.columns_n // TILE_PX
    tiles_n = rows_n.astype(np.int64) * (int(columns_n.max(initial=0)) + 1) + columns_n
    order = np.argsort(tiles_n, kind="stable")
    starts = np.flatnonzero(np.diff(tiles_n[order], prepend=-1))
    return [_Part(int(rows_n[at[0]]), int(columns_n[at[0]]), at) for at in np.split(order, starts[1:]) if len(at)]
