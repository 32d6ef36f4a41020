"""Which labelled pixels train a forest, where there are more than are wanted.

Every class keeps at least a floor of `CLASS_FLOOR` pixels (or all it has); what is left over is shared among the
classes in proportion to their labels. No class is ever dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    ids_n = labels_n[labelled]
    ids, counts_k = np.unique(ids_n, return_counts=True)
    ranks = choose_ranks(dict(zip(ids.tolist(), counts_k.tolist(), strict=True)), points=points, seed=seed, floor=floor)
    if ranks is None:
        return labelled
    chosen = [labelled[ids_n == class_id][among] for class_id, among in ranks.items()]
    kept: npt.NDArray[np.intp] = np.sort(np.concatenate(chosen))
    return kept


def choose_ranks(
    counts: Mapping[int, int], *, points: int | None, seed: int, floor: int = CLASS_FLOOR
) -> dict[int, npt.NDArray[np.intp]] | None:
    """Return which labelled pixels of each class train, as their numbers among all of that class in row-major order.

    `counts` has the labelled pixels of each class, none of them 0. The answer is None where all of them train. What is
    chosen depends on the counts and the seed alone, so that labels need not be in memory at once.
    """
    if points is None or sum(counts.values()) <= points:
        return None
    ids = sorted(counts)
    counts_k = np.array([counts[class_id] for class_id in ids], np.intp)
    rng = np.random.default_rng(seed)
    wanted_k = share_points(counts_k, points, floor)
    return {
        class_id: np.sort(rng.choice(int(count), int(wanted), replace=False, shuffle=False))
        for class_id, count, wanted in zip(ids, counts_k, wanted_k, strict=True)
    }


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
