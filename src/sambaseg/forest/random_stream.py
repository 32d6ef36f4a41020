"""Random numbers inside kernels: one stream for each tree, the same on any number of threads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import inlined

RandomState = npt.NDArray[np.uint64]
"""The state of a stream, one number; drawing changes it."""


@inlined
def _mixed(state: np.uint64) -> np.uint64:
    """Return the number that SplitMix64 (Steele, Lea, Flood 2014) makes of its state."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@inlined
def start_stream(state: RandomState, seed: int, stream: int | np.int64) -> None:
    """Set the state of a random stream, another one for each pair of numbers."""
    state[0] = _mixed(_mixed(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15)) ^ np.uint64(stream))


@inlined
def draw_below(state: RandomState, count: int) -> np.int64:
    """Return a random number from 0 to `count` - 1, `count` at most 2^32."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    return np.int64(((_mixed(state[0]) >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))


@inlined
def draw_share(state: RandomState) -> float:
    """Return a random number of 53 bits from 0 to below 1."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    return np.float64(_mixed(state[0]) >> np.uint64(11)) * 2.0**-53
