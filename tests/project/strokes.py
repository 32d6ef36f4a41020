"""Operations as a client sends them, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass
from sambaseg.labels.runs import TileRuns, encode_runs
from sambaseg.project.labelling import Labelling
from sambaseg.project.log import OperationLog
from sambaseg.project.operations import Operation
from sambaseg.project.tables import ImageRow

SHAPE = (300, 520)
"""Rows and columns of the image of test projects: 2 by 3 tiles."""


def tile_runs(mask_yx: np.ndarray) -> tuple[TileRuns, ...]:
    """Return a mask over the image as runs of its tiles."""
    rows, columns = (-(-size // 256) for size in mask_yx.shape)
    parts = (
        (ty, tx, mask_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256])
        for ty in range(rows)
        for tx in range(columns)
    )
    return tuple(TileRuns(ty, tx, encode_runs(part)) for ty, tx, part in parts if part.any())


def box(shape_yx: tuple[int, int], top: int, left: int, bottom: int, right: int) -> np.ndarray:
    """Return the mask of a rectangle."""
    mask_yx = np.zeros(shape_yx, dtype=bool)
    mask_yx[top:bottom, left:right] = True
    return mask_yx


class Client:
    """Makes operations of one client, numbered as it goes."""

    def __init__(self, name: str = "client-1", first: int = 1) -> None:
        self.name = name
        self._numbers = itertools.count(first)

    def operation(self, kind: str, base_revision: int = 0, **values: Any) -> Operation:
        """Return the client's next operation."""
        return Operation(
            client_id=self.name, client_seq=next(self._numbers), base_revision=base_revision, kind=kind, **values
        )

    def paint(self, mask_yx: np.ndarray, class_id: int = 1, **values: Any) -> Operation:
        """Return the client's next operation, a stroke."""
        return self.operation("paint", tiles=tile_runs(mask_yx), class_id=class_id, **values)


def new_labelling(
    path: Path,
    shape_yx: tuple[int, int],
    classes: Iterable[LabelClass] = DEFAULT_CLASSES,
    *,
    more: Sequence[tuple[int, int]] = (),
) -> Labelling:
    """Make a log at `path`, of an image of `shape_yx` pixels and perhaps some `more`, and open it."""
    images = [ImageRow(number, shape) for number, shape in enumerate((shape_yx, *more))]
    OperationLog.create(path, images=images, classes=tuple(classes)).close()
    return Labelling(OperationLog.open(path))


def open_labelling(path: Path, *, vfs: str | None = None, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> Labelling:
    """Open a log that exists."""
    return Labelling(OperationLog.open(path, vfs=vfs, synchronous=synchronous))
