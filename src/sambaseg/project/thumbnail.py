"""A small picture of a project's image, at most one tile (256 px) a side, for lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import replace_durably
from sambaseg.errors import DamagedProjectError
from sambaseg.images.pyramid import TileLayer
from sambaseg.project.description import Window

FILE_NAME = "thumbnail.png"


def write_thumbnail(folder: Path, image: TileLayer, contrast: Sequence[Window], *, is_rgb: bool) -> None:
    """Save the coarsest level of `image` in `folder` as PNG: in colour where `is_rgb`, else its first channel in grey.

    Raises StorageError.
    """
    from PIL import Image

    coarsest_cyx = image.array(image.levels - 1)[: 3 if is_rgb else 1]
    planes = [_as_shown(plane_yx, window) for plane_yx, window in zip(coarsest_cyx, contrast, strict=False)]
    picture = np.stack(planes, axis=-1) if is_rgb else planes[0]
    with replace_durably(folder / FILE_NAME) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")


def read_thumbnail(folder: Path) -> bytes:
    """Return the PNG. Raises DamagedProjectError where it is missing."""
    try:
        return (folder / FILE_NAME).read_bytes()
    except OSError as error:
        raise DamagedProjectError(f"The project's thumbnail cannot be read: {error.strerror}.") from error


def _as_shown(plane_yx: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """Return grey values as shown, 0 to 255; NaN is black."""
    with np.errstate(invalid="ignore", over="ignore"):
        shown_yx = (plane_yx.astype(np.float64) - window.low) / (window.high - window.low)
    return (np.clip(np.nan_to_num(shown_yx, nan=0.0), 0, 1) * 255 + 0.5).astype(np.uint8)
