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
        self._buffers: dict[tuple[str, npt.DTypeLike], npt.NDArray[Any]] = {}
        self._views: dict[tuple[str, npt.DTypeLike], npt.NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
        """Return the array `name` with this shape and dtype; its content is arbitrary."""
        key = name, dtype
        view = self._views.get(key)
        if view is None or view.shape != shape:
            size = math.prod(shape)
            buffer = self._buffers.get(key)
            if buffer is None or buffer.size < size:
                buffer = self._buffers[key] = np.empty(size, dtype)
            view = self._views[key] = buffer[:size].reshape(shape)
        return view

    def sizes(self) -> dict[str, int]:
        """Return what each array takes, in bytes."""
        sizes: dict[str, int] = {}
        for (name, _), buffer in self._buffers.items():
            sizes[name] = sizes.get(name, 0) + buffer.nbytes
        return sizes
