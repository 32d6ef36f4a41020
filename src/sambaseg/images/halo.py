"""Reading a rectangle of an image together with its surroundings; beyond the image's edges it is reflected.

The edge pixel is repeated (``d c b a | a b c d``), which NumPy calls symmetric and SciPy reflect.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.pixels import Pixels


def read_with_halo(image_cyx: Pixels | NDArray[Any], y0: int, y1: int, x0: int, x1: int, halo: int) -> NDArray[Any]:
    """Return rows ``y0 - halo`` to ``y1 + halo - 1`` and columns likewise, reflected where they leave the image.

    `image_cyx` has shape (..., H, W) and may lie in a file; the answer is a new C-contiguous array of the same dtype
    and of shape (..., y1 - y0 + 2 halo, x1 - x0 + 2 halo). The halo may be larger than the image: reflections repeat.
    """
    height, width = image_cyx.shape[-2], image_cyx.shape[-1]
    top, bottom, left, right = y0 - halo, y1 + halo, x0 - halo, x1 + halo
    if top >= 0 and left >= 0 and bottom <= height and right <= width:
        return np.array(image_cyx[..., top:bottom, left:right], order="C")
    rows = _reflected(top, bottom, height)
    columns = _reflected(left, right, width)
    first_row, first_column = int(rows.min()), int(columns.min())
    inside = image_cyx[..., first_row : int(rows.max()) + 1, first_column : int(columns.max()) + 1]
    tall = np.take(inside, rows - first_row, axis=-2)
    around = np.empty((*tall.shape[:-1], columns.size), tall.dtype)
    begin, end = max(0, -left), columns.size - max(0, right - width)
    if begin < end:  # most of it is a plain copy, much faster than picking columns one by one
        first = int(columns[begin]) - first_column
        around[..., begin:end] = tall[..., first : first + end - begin]
    around[..., :begin] = np.take(tall, columns[:begin] - first_column, axis=-1)
    around[..., max(begin, end) :] = np.take(tall, columns[max(begin, end) :] - first_column, axis=-1)
    return around


def _reflected(start: int, stop: int, size: int) -> NDArray[np.intp]:
    """Return the indices 0 to `size` - 1 that positions `start` to `stop` - 1 fall on when an axis is mirrored."""
    position = np.arange(start, stop, dtype=np.intp) % (2 * size)
    return np.minimum(position, 2 * size - 1 - position)
