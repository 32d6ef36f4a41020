"""Arrays as large as an image that need not be in memory: large ones lie in a temporary file that the system pages.

Each step of cleaning needs the whole result of the one before, and regions of any size; so it works on whole planes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sambaseg.errors import StorageError

SMALL_BYTES = 64 * 2**20


@contextmanager
def temporary_plane(shape_yx: tuple[int, int], dtype: DTypeLike, folder: Path | None = None) -> Iterator[NDArray[Any]]:
    """Yield zeros (H, W) that are gone afterwards; large planes lie in a file in `folder` (None: the system's own).

    Raises StorageError where there is no room.
    """
    size = shape_yx[0] * shape_yx[1] * np.dtype(dtype).itemsize
    if size <= SMALL_BYTES:
        yield np.zeros(shape_yx, dtype)
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(size)
            yield np.asarray(np.memmap(file, dtype, "r+", shape=shape_yx))
    except OSError as error:
        raise StorageError(f"There is no room for what is being cleaned: {error.strerror}.") from error
