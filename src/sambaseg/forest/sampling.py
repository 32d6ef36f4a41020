"""Which labelled pixels train a forest, where there are more than are wanted.

Every class keeps at least a floor of `CLASS_FLOOR` pixels (or all it has); what is left over is shared among the
classes in proportion to their labels. No class is ever dropped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import LabelsFileError

CLASS_FLOOR = 200
"""Pixels that a class keeps at least, where it has so many and all floors together fit into the points wanted."""


def choose_points(
    labels_yx: npt.NDArray[Any], *, points: int | None, seed: int, floor: int = CLASS_FLOOR
) -> npt.NDArray[np.intp]:
    """Return the positions (ascending, in the flattened image) of the labelled pixels that train.

    `labels_yx` holds class ids above 0, and 0 where nothing is labelled; `points` is None for all of them. Raises
    LabelsFileError for negative ids and for labels that are no integers.
    """
    if labels_yx.dtype.kind not in "iu":
        raise LabelsFileError(f"Labels must be whole numbers, not {labels_yx.dtype.name}.")
    labels_n = labels_yx.ravel()
    if labels_n.size and labels_n.min() < 0:
        raise LabelsFileError(
            f"Class ids must be above 0, and there is {labels_n.min()}.", hint="Use 0 for unlabelled."
        )
    labelled = np.flatnonzero(labels_n)
    if points is None or len(labelled) <= points:
        return labelled
    ids_n = labels_n[labelled]
    ids, counts_k = np.unique(ids_n, return_counts=True)
    rng = np.random.default_rng(seed)
    chosen = []
    for class_id, count, wanted in zip(ids, counts_k, share_points(counts_k, points, floor), strict=True):
        among = rng.choice(count, wanted, replace=False, shuffle=False)
        chosen.append(labelled[ids_n == class_id][among])
    kept: npt.NDArray[np.intp] = np.sort(np.concatenate(chosen))
    return kept


def share_points(counts_k: npt.NDArray[np.intp], points: int, floor: int = CLASS_FLOOR) -> npt.NDArray[np.intp]:
    """Return how many of `points` each class gets: its floor, and its share of the rest; at least one each.

    `counts_k` are the labelled pixels of each class, none of them 0.
    """
    floor = max(1, min(floor, points // len(counts_k)))
    floors_k = np.minimum(counts_k, floor)
    rest = max(0, points - int(floors_k.sum()))
    above_k = counts_k - floors_k
    total_above = int(above_k.sum())
    if total_above <= rest:
        return counts_k.copy()
    shares_k: npt.NDArray[np.intp] = floors_k + (above_k * rest) // total_above
    return shares_k
