"""Arrays that one thread uses again for each tile instead of allocating them anew."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


class Scratch:
    """Named, C-contiguous, uninitialised arrays; one object a thread.

    An array is valid until the same name is asked for again.
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, str], npt.NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
        """Return the array `name` with this shape and dtype; its content is arbitrary."""
        size = math.prod(shape)
        key = name, np.dtype(dtype).str
        buffer = self._buffers.get(key)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[key] = np.empty(size, dtype)
        return buffer[:size].reshape(shape)
