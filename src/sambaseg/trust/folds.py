"""Which strokes are held out together.

Pixels of one stroke are alike, so that a stroke is held out as a whole. The strokes of each class take turns among the
folds, the largest first. The only stroke of a class is cut into parts along its longer axis, which is the best that can
be done and still too kind: such parts are neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.pipeline.labelled import LabelledPixels
from sambaseg.pipeline.strokes import find_strokes

FOLDS = 5
PARTS = 4
"""Of the only stroke of a class."""


@dataclass(frozen=True, eq=False)
class Folds:
    """For each pixel its group, which is held out as a whole, and its fold (both from 0); strokes of each class id."""

    groups_n: npt.NDArray[np.intp]
    folds_n: npt.NDArray[np.intp]
    strokes_of_class: dict[int, int]


def choose_folds(images: Sequence[LabelledPixels], *, folds: int = FOLDS, parts: int = PARTS) -> Folds:
    """Return the folds of the labelled pixels of some images, one after the other."""
    class_ids_n = np.concatenate([pixels.class_ids_n for pixels in images]).astype(np.int64)
    groups_n = find_strokes(images).copy()
    strokes_of_class: dict[int, int] = {}
    for entry in np.unique(class_ids_n).tolist():
        of_class = np.flatnonzero(class_ids_n == entry)
        strokes_of_class[entry] = len(np.unique(groups_n[of_class]))
        if strokes_of_class[entry] == 1:
            groups_n[of_class] = groups_n.max() + 1 + _parts_along(images, of_class, parts)
    _, groups_n = np.unique(groups_n, return_inverse=True)
    return Folds(groups_n, _take_turns(class_ids_n, groups_n, folds), strokes_of_class)


def _parts_along(images: Sequence[LabelledPixels], at: npt.NDArray[np.intp], parts: int) -> npt.NDArray[np.intp]:
    """Return the part, from 0, of each of these pixels of one stroke: equally many along its longest direction."""
    rows_n = np.concatenate([pixels.rows_n for pixels in images])[at].astype(np.float64)
    columns_n = np.concatenate([pixels.columns_n for pixels in images])[at].astype(np.float64)
    centred = np.stack([rows_n - rows_n.mean(), columns_n - columns_n.mean()])
    _, directions = np.linalg.eigh(centred @ centred.T)
    order = np.argsort(directions[:, -1] @ centred, kind="stable")
    part_n = np.empty(len(at), np.intp)
    part_n[order] = np.arange(len(at)) * parts // len(at)
    return part_n


def _take_turns(class_ids_n: npt.NDArray[np.int64], groups_n: npt.NDArray[np.intp], folds: int) -> npt.NDArray[np.intp]:
    fold_of_group = np.zeros(int(groups_n.max(initial=-1)) + 1, np.intp)
    for entry in np.unique(class_ids_n):
        groups, sizes = np.unique(groups_n[class_ids_n == entry], return_counts=True)
        fold_of_group[groups[np.argsort(-sizes, kind="stable")]] = np.arange(len(groups)) % folds
    folds_n: npt.NDArray[np.intp] = fold_of_group[groups_n]
    return folds_n
