"""What the forest knows, made usable for trees: class probabilities of each pixel, and where they change."""

from __future__ import annotations

import numpy as np

from sambaseg.features.arrays import FloatArray
from sambaseg.smart.hierarchy.boundary import blurred, boundary_strength
from sambaseg.smart.suggester import Knowledge

SMOOTHED_PX = 1.0
CLASS_CHANGE_WEIGHT = np.float32(0.5)
"""Weight of a change of class beside a change of grey in the boundaries that regions are cut along."""


def class_probabilities(knowledge: Knowledge | None, shape_yx: tuple[int, int]) -> FloatArray:
    """Return probabilities of the K classes that occur, float32 (K, h, w), smoothed; K is 0 where fewer than two do.

    A result keeps the most probable class and its uncertainty u; the others share u equally, which is exact for two
    classes. Pixels that are not computed yet have equal probabilities.
    """
    ids = np.zeros(0, np.uint8) if knowledge is None else np.unique(knowledge.classes_yx)
    ids = ids[ids > 0]
    if knowledge is None or ids.size < 2:
        return np.zeros((0, *shape_yx), np.float32)
    uncertainty_yx = knowledge.uncertainty_yx.astype(np.float32) / np.float32(255)
    rest_yx = uncertainty_yx / np.float32(ids.size - 1)
    unknown_yx = knowledge.classes_yx == 0
    rest_yx[unknown_yx] = np.float32(1 / ids.size)
    planes = [np.where(knowledge.classes_yx == class_id, np.float32(1) - uncertainty_yx, rest_yx) for class_id in ids]
    return np.stack([blurred(plane, SMOOTHED_PX) for plane in planes])


def learned_boundary(boundary_yx: FloatArray, classes_kyx: FloatArray) -> FloatArray:
    """Return `boundary_yx` plus the weighted change of the class probabilities, (h, w)."""
    if len(classes_kyx) == 0:
        return boundary_yx
    return boundary_yx + CLASS_CHANGE_WEIGHT * boundary_strength(classes_kyx, SMOOTHED_PX)
