"""Anisotropic diffusion, four planes in all: grey values flow together inside regions and stop at edges.

Explicit steps of Perona and Malik's equation with the conductivity 1/(1 + (d/K)²) between each two of four neighbours
that differ by d, and 0.2 of the flux a step: after 5 and after 20 steps (as wide as blurs of 1.4 and 2.8 px where
nothing stops it), for an edge strength K of 10 and of 30 of 255. Source: P. Perona and J. Malik (1990),
doi:10.1109/34.56205; Trainable Weka Segmentation has another anisotropic diffusion, that of D. Tschumperlé. Support:
20 px, one for each step.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray
from sambaseg.features.family import Family, Plane, Target, single_step
from sambaseg.features.scratch import Scratch

STEPS = (5, 20)
EDGES = (10, 30)
"""Edge strengths K, in levels of 255."""
REACH = max(STEPS)
RATE = np.float32(0.2)
NAMES = tuple(f"Anisotropic diffusion ({steps} steps, edge {edge})" for edge in EDGES for steps in STEPS)


@compiled
def _diffuse(
    values_yx: FloatArray,
    done: int,
    edge_squared: np.float32,
    down_x: FloatArray,
    across_x: FloatArray,
    next_yx: FloatArray,
) -> None:
    """Write the next step wherever all four neighbours have made `done` steps: all but the outer `done` + 1 pixels."""
    first, last = done + 1, values_yx.shape[1] - done - 1
    inner = np.uint64(last - first)
    _flux(values_yx[done, first:last], values_yx[done + 1, first:last], edge_squared, down_x)
    for y in range(done + 1, values_yx.shape[0] - done - 1):
        values, following = values_yx[y, first:last], next_yx[y, first:last]
        _flux(values_yx[y, first - 1 : last], values_yx[y, first : last + 1], edge_squared, across_x)
        to_right = across_x[1:]
        for x in range(inner):
            following[x] = (to_right[x] - across_x[x]) - down_x[x]
        _flux(values, values_yx[y + 1, first:last], edge_squared, down_x)
        for x in range(inner):
            following[x] = values[x] + RATE * (following[x] + down_x[x])


@compiled
def _flux(from_x: FloatArray, to_x: FloatArray, edge_squared: np.float32, flux_x: FloatArray) -> None:
    for x in range(np.uint64(from_x.size)):
        difference = to_x[x] - from_x[x]
        # `/` would test for zero, and the test keeps LLVM from vectorising
        flux_x[x] = difference * np.divide(edge_squared, edge_squared + difference * difference)


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    window_yx = target.around(sources[0], REACH)
    fluxes_cx: FloatArray = scratch.array("fluxes", (2, window_yx.shape[1]))
    for pair, edge in enumerate(EDGES):
        edge_squared = np.float32((edge / 255) ** 2)
        now_yx: FloatArray = scratch.array("diffused", window_yx.shape)
        next_yx: FloatArray = scratch.array("diffused further", window_yx.shape)
        now_yx[...] = window_yx
        for step in range(1, REACH + 1):
            _diffuse(now_yx, step - 1, edge_squared, fluxes_cx[0], fluxes_cx[1], next_yx)
            now_yx, next_yx = next_yx, now_yx
            if step in STEPS:
                target.plane(pair * len(STEPS) + STEPS.index(step))[...] = now_yx[REACH:-REACH, REACH:-REACH]


ANISOTROPIC_DIFFUSION = Family(
    id="anisotropic_diffusion",
    name="Anisotropic diffusion",
    group="brightness",
    summary="Noise flows away inside regions, and edges stay where they are.",
    planes="4",
    default_weka=False,
    default_samba=False,
    uses_scales=False,
    steps=single_step(NAMES, _compute, reach_px=REACH, ns_per_pixel=25.0, scratch_planes=2),
)
