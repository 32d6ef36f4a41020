"""What an exported network says about an image of any size: boundary strengths, at full and at half size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from training.normalise import STRIDE_PX, normalise

COARSE_SIGMA_PX = 0.7


class LearnedBoundaries:
    """An ONNX file of `training.export`, opened once; it answers with ONNX Runtime."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Open the file; one thread unless told otherwise."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def __call__(self, grey_yx: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (3, h, w) from 0 to 1: boundary to the right neighbour, to the one below, nearness to any."""
        height, width = grey_yx.shape
        padded = np.pad(normalise(grey_yx), ((0, -height % STRIDE_PX), (0, -width % STRIDE_PX)), mode="reflect")
        said = self._session.run(None, {"image": padded[None, None]})[0][0]
        return np.ascontiguousarray(said[:, :height, :width])

    def coarse(self, grey_yx: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what it says about the image at half size, enlarged again; float32 (3, h, w)."""
        smaller = ndi.gaussian_filter(grey_yx, COARSE_SIGMA_PX)[::2, ::2]
        said = self(np.ascontiguousarray(smaller))
        return np.stack([_enlarged(plane, grey_yx.shape) for plane in said])


def _enlarged(plane_yx: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    grid = np.meshgrid(np.arange(shape[0]) / 2, np.arange(shape[1]) / 2, indexing="ij")
    return ndi.map_coordinates(plane_yx, grid, order=1, mode="nearest").astype(np.float32)
