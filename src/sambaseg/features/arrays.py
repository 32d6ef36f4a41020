"""Names for the arrays that kernels take."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
PixelArray = npt.NDArray[np.floating[Any]]
"""float32 or float64."""
IndexArray = npt.NDArray[np.int64]
RankArray = npt.NDArray[np.int32]
WordArray = npt.NDArray[np.uint32]
BoolArray = npt.NDArray[np.bool_]
