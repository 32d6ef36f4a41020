"""The training sample: features of chosen pixels, computed only in the parts of tiles that hold some."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.errors import MemoryBudgetError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import TileComputer, halo_px, plane_names
from sambaseg.images.halo import read_with_halo
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pyramid import TILE_PX
from sambaseg.pipeline.progress import CancelToken, Stage

MOST_BYTES = 4 * 2**30
"""A larger training sample is refused before it is computed."""


@dataclass(frozen=True)
class _Part:
    """The smallest rectangle around the chosen pixels of one tile: its place, and where they stand among all."""

    top: int
    left: int
    bottom: int
    right: int
    at: npt.NDArray[np.intp]


def compute_training_sample(
    micrograph: Micrograph,
    positions_n: npt.NDArray[np.intp],
    recipe: FeatureRecipe,
    scaling: Scaling,
    *,
    threads: int,
    stage: Stage,
    cancelled: CancelToken,
) -> npt.NDArray[np.float32]:
    """Return the features of the pixels at `positions_n` (in the flattened image), shape (features, n), float32.

    Raises MemoryBudgetError where the sample would not fit, CancelledError where the token was cancelled.
    """
    features, count = len(plane_names(recipe, micrograph.channels)), len(positions_n)
    if 4 * features * count > MOST_BYTES:
        raise MemoryBudgetError(
            f"Training on {count:,} pixels with {features} features needs {4 * features * count / 2**30:.1f} GB.",
            hint=f"Choose at most {MOST_BYTES // (4 * features):,} training points, or fewer features.",
        )
    rows_n, columns_n = np.divmod(positions_n, micrograph.shape_yx[1])
    sample_fn = np.empty((features, count), np.float32)
    parts = _parts(rows_n, columns_n)
    halo, local, done = halo_px(recipe), threading.local(), iter(range(1, len(parts) + 1))

    def compute(part: _Part) -> None:
        cancelled.raise_if_cancelled()
        if not hasattr(local, "computer"):
            local.computer = TileComputer(recipe, micrograph.channels, (TILE_PX, TILE_PX))
        around = read_with_halo(micrograph.pixels_cyx, part.top, part.bottom, part.left, part.right, halo)
        rows, columns = rows_n[part.at] - part.top, columns_n[part.at] - part.left

        def take(first: int, y: int, x: int, planes_fyx: npt.NDArray[np.float32]) -> None:
            height, width = planes_fyx.shape[1:]
            here = (rows >= y) & (rows < y + height) & (columns >= x) & (columns < x + width)
            planes = slice(first, first + len(planes_fyx))
            sample_fn[planes, part.at[here]] = planes_fyx[:, rows[here] - y, columns[here] - x]

        local.computer.compute_each(scaling.apply(around), take)
        stage.tell(next(done) / len(parts))

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(compute, parts):
            pass
    return sample_fn


def _parts(rows_n: npt.NDArray[np.intp], columns_n: npt.NDArray[np.intp]) -> list[_Part]:
    tiles_n = (rows_n // TILE_PX) * (int(columns_n.max(initial=0)) // TILE_PX + 1) + columns_n // TILE_PX
    order = np.argsort(tiles_n, kind="stable")
    starts = np.flatnonzero(np.diff(tiles_n[order], prepend=-1))
    parts = []
    for at in np.split(order, starts[1:]):
        rows, columns = rows_n[at], columns_n[at]
        bounds = int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1
        parts.append(_Part(*bounds, at))
    return parts
