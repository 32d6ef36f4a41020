"""The order of edges by strength, in linear time: strengths in 65,536 steps, equal ones in their own order."""

from __future__ import annotations

import numpy as np

from sambaseg.features.arrays import FloatArray, RankArray

_STEPS = 65_535


def ascending_order(strength_e: FloatArray) -> RankArray:
    """Return the edges, int32 (E,), from weak to strong; `strength_e` is not negative and finite."""
    strongest = strength_e.max(initial=np.float32(0))
    if strongest == 0:
        return np.arange(strength_e.size, dtype=np.int32)
    steps = strength_e / strongest * np.float32(_STEPS)
    return np.argsort(steps.astype(np.uint16), kind="stable").astype(np.int32)
