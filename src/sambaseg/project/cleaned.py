"""The classes of a result after cleaning up: a layer of tiles beside those that were predicted, which stay as they are.

Row by row the predicted classes become a plane, the plane is cleaned as a whole, and the layer is written from it.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.cleaning.steps import CleaningStep, steps_from_json
from sambaseg.durable import sync_folder, sync_tree
from sambaseg.errors import StorageError
from sambaseg.images.pyramid import BLOCK_PX, TILE_PX, TileLayer

READING, CLEANING = 0.1, 0.9
"""Shares of the work when the plane is there, and when it is clean."""
_PREFIX = "cleaned-"


@dataclass(frozen=True, kw_only=True)
class CleanedClasses:
    """What is known of a cleaned layer: ``id``, by which it is read, the ``steps`` that were done, and its pixels."""

    id: str
    steps: tuple[CleaningStep, ...]
    pixels_of_class: Mapping[int, int]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `dataclasses.asdict` made of one, through JSON. Raises what reading bad values raises."""
        pixels = {int(class_id): int(count) for class_id, count in values["pixels_of_class"].items()}
        return cls(id=str(values["id"]), steps=steps_from_json(values["steps"]), pixels_of_class=pixels)

    @property
    def folder_name(self) -> str:
        """The folder of its tiles, in that of the result."""
        return folder_of_cleaned(self.id)


@dataclass(frozen=True)
class CleaningRoom:
    """What cleaning may take, ``memory_bytes`` for regions, and whom it tells the share of the work that is done.

    ``tell`` may raise to end it.
    """

    memory_bytes: int
    tell: Callable[[float], None] = lambda _: None


def write_cleaned(
    predicted: TileLayer, folder: Path, class_ids: Sequence[int], steps: tuple[CleaningStep, ...], room: CleaningRoom
) -> CleanedClasses:
    """Clean the `predicted` classes of a result, and write them into a new layer in its `folder`, safe on the disk.

    `class_ids` are the classes that the result may have. Nothing is left where it does not come to its end. Raises
    StorageError, MemoryBudgetError, and what ``room.tell`` raises.
    """
    from sambaseg.cleaning.clean import Cleaner
    from sambaseg.cleaning.plane import temporary_plane

    made = CleanedClasses(id=secrets.token_hex(16), steps=steps, pixels_of_class={})
    ids = sorted(class_ids)
    _, height, width = predicted.level_shape(0)
    target = folder / made.folder_name
    try:
        with temporary_plane((height, width), np.uint8, folder) as plane_yx:
            _gather(predicted, ids, plane_yx, lambda share: room.tell(READING * share))
            Cleaner(
                steps,
                ids,
                memory_bytes=room.memory_bytes,
                folder=folder,
                tell=lambda share: room.tell(READING + (CLEANING - READING) * share),
            ).clean(plane_yx)
            layer = TileLayer.create(target, (1, height, width), np.uint8, reduce="label")
            counts = _write(layer, ids, plane_yx, lambda share: room.tell(CLEANING + (1 - CLEANING) * share))
        layer.flush()
        sync_tree(target)
        sync_folder(folder)
    except OSError as error:
        remove_layer(target)
        raise StorageError(f"The cleaned segmentation could not be saved: {error.strerror}.") from error
    except BaseException:
        remove_layer(target)
        raise
    return CleanedClasses(id=made.id, steps=steps, pixels_of_class=counts)


def folder_of_cleaned(cleaned_id: str) -> str:
    """Return the name of the folder of cleaned tiles, in that of their result."""
    return f"{_PREFIX}{cleaned_id}"


def remove_layer(folder: Path) -> None:
    """Remove a layer as far as possible; what is still in use goes with its result."""
    shutil.rmtree(folder, ignore_errors=True)


def cleaned_folders(folder: Path) -> list[Path]:
    """Return the folders of all cleaned layers in that of a result, also of those that were cut off."""
    return list(folder.glob(f"{_PREFIX}*"))


def _gather(
    predicted: TileLayer, ids: Sequence[int], plane_yx: NDArray[np.uint8], tell: Callable[[float], None]
) -> None:
    """Read all rows as ranks of the classes, from 1 on."""
    rank_v = np.zeros(256, np.uint8)
    rank_v[ids] = np.arange(1, len(ids) + 1)
    height, width = plane_yx.shape
    for top in range(0, height, TILE_PX):
        tell(top / height)
        rows_yx = predicted.read_region(0, top, top + TILE_PX, 0, width)[0]
        plane_yx[top : top + TILE_PX] = rank_v[rows_yx]


def _write(
    layer: TileLayer, ids: Sequence[int], plane_yx: NDArray[np.uint8], tell: Callable[[float], None]
) -> dict[int, int]:
    """Write all blocks as classes; return how many pixels each class has."""
    id_r = np.array([0, *ids], np.uint8)
    counts_v = np.zeros(256, np.int64)
    height, width = plane_yx.shape
    for top in range(0, height, BLOCK_PX):
        tell(top / height)
        for left in range(0, width, BLOCK_PX):
            block_yx = id_r[plane_yx[top : top + BLOCK_PX, left : left + BLOCK_PX]]
            layer.write_block(top // TILE_PX, left // TILE_PX, block_yx[np.newaxis])
            counts_v += np.bincount(block_yx.ravel(), minlength=256)
    return {int(class_id): int(counts_v[class_id]) for class_id in np.flatnonzero(counts_v[1:]) + 1}
