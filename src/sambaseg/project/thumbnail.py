"""Small pictures of a project's images, at most one tile (256 px) a side, for lists: ``thumbnails/ID.png``."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import replace_durably
from sambaseg.images.pyramid import TileLayer
from sambaseg.project.description import Window


def write_thumbnail(folder: Path, image_id: int, layer: TileLayer, contrast: Sequence[Window], *, is_rgb: bool) -> None:
    """Save the coarsest level of an image of the project in `folder` as PNG.

    It is in colour where `is_rgb`, else the first channel in grey. Raises StorageError.
    """
    from PIL import Image

    coarsest_cyx = layer.array(layer.levels - 1)[: 3 if is_rgb else 1]
    planes = [_as_shown(plane_yx, window) for plane_yx, window in zip(coarsest_cyx, contrast, strict=False)]
    picture = np.stack(planes, axis=-1) if is_rgb else planes[0]
    path = _file(folder, image_id)
    path.parent.mkdir(exist_ok=True)
    with replace_durably(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")


def read_thumbnail(folder: Path, image_id: int) -> bytes | None:
    """Return the PNG of an image, None where it was not made yet."""
    try:
        return _file(folder, image_id).read_bytes()
    except OSError:
        return None


def remove_thumbnail(folder: Path, image_id: int) -> None:
    """Remove the PNG of an image, if there is one."""
    with contextlib.suppress(OSError):
        _file(folder, image_id).unlink()


def _file(folder: Path, image_id: int) -> Path:
    return folder / "thumbnails" / f"{image_id}.png"


def _as_shown(plane_yx: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """Return grey values as shown, 0 to 255; NaN is black."""
    with np.errstate(invalid="ignore", over="ignore"):
        shown_yx = (plane_yx.astype(np.float64) - window.low) / (window.high - window.low)
    return (np.clip(np.nan_to_num(shown_yx, nan=0.0), 0, 1) * 255 + 0.5).astype(np.uint8)
