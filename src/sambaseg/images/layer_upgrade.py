"""From the first format of tile layers, one ``.npy`` file a level beside a ``layer.json``, to the present one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import sync_folder
from sambaseg.errors import StorageError
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.reduction import Reduction
from sambaseg.images.zarr_metadata import FILE_NAME

_OLD_HEADER = "layer.json"
_WORK = "upgrade.part"


def upgrade_layer(folder: Path) -> bool:
    """Turn the layer in `folder` into one of the present format, in place; return whether there was anything to do.

    It may be cut off at any moment and begun again: the new layer is made beside, moved in level by level with its
    ``zarr.json`` last, and only then is the old one removed. Raises StorageError where the old layer is damaged or the
    disk is full; the old layer stays then.
    """
    if not (folder / _OLD_HEADER).exists() and not (folder / _WORK).exists():
        return False
    try:
        if not (folder / FILE_NAME).exists():
            finest_cyx, reduce = _open_old(folder)
            shutil.rmtree(folder / _WORK, ignore_errors=True)
            channels, height, width = finest_cyx.shape
            layer = TileLayer.create(folder / _WORK, (channels, height, width), finest_cyx.dtype, reduce)
            layer.write_array(finest_cyx)
            del finest_cyx  # Windows removes no file that is mapped
            _move_in(folder, layer.levels)
        for path in (folder / _OLD_HEADER, *folder.glob("level_*.npy")):
            path.unlink(missing_ok=True)
        shutil.rmtree(folder / _WORK, ignore_errors=True)
        sync_folder(folder)
    except OSError as error:
        raise StorageError(
            f"The image layer in {folder} could not be brought to the present format: {error.strerror or error}.",
            hint="Free some space on the disk, or choose another folder for the projects.",
        ) from error
    return True


def _open_old(folder: Path) -> tuple[NDArray[Any], Reduction]:
    """Return the finest level, mapped into memory, and how coarser ones are made."""
    try:
        header = json.loads((folder / _OLD_HEADER).read_text(encoding="utf-8"))
        finest_cyx = np.load(folder / "level_0.npy", mmap_mode="r")
        if list(finest_cyx.shape) != header["shape_cyx"] or finest_cyx.dtype != np.dtype(header["dtype"]):
            raise ValueError("its pixels do not fit its header")
        reduce: Reduction = header["reduce"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The image layer in {folder} cannot be opened: {error}.") from error
    return finest_cyx, reduce


def _move_in(folder: Path, levels: int) -> None:
    for name in (*map(str, range(levels)), FILE_NAME):
        target = folder / name
        if target.is_dir():  # of an upgrade that was cut off
            shutil.rmtree(target)
        (folder / _WORK / name).rename(target)
        sync_folder(folder)
