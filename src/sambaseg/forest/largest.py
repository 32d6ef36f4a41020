"""Which class is the most probable one of each pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled

_AT_ONCE = 1024
"""Pixels whose probabilities stay close while class after class is looked at."""


@compiled
def name_largest(values_kn: npt.NDArray[np.float32], names_k: npt.NDArray[Any], found_n: npt.NDArray[Any]) -> None:
    """Write the name of the row with the largest value of each column, the first one where several are equal."""
    largest = np.empty(_AT_ONCE, np.float32)
    for start in range(0, values_kn.shape[1], _AT_ONCE):
        count = min(_AT_ONCE, values_kn.shape[1] - start)
        for i in range(count):
            largest[i] = values_kn[0, start + i]
            found_n[start + i] = names_k[0]
        for k in range(1, values_kn.shape[0]):
            name = names_k[k]
            for i in range(count):
                value = values_kn[k, start + i]
                above = value > largest[i]
                found_n[start + i] = name if above else found_n[start + i]
                largest[i] = value if above else largest[i]
