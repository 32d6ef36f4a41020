"""Small pictures of an image and of its segmentation over it, drawn from pixels, without anything else in them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sambaseg.project.description import ImageDescription, Window
from sambaseg.project.store import ProjectStore

WEBP_QUALITY = 82
OVERLAY_SHARE = 0.55
"""How much of a pixel's colour is that of its class."""
Picture = NDArray[np.uint8]
"""RGB, (H, W, 3)."""


def draw_image(store: ProjectStore, image: int, *, side_px: int) -> Picture:
    """Return an image as it is shown, from its coarsest level that still has `side_px` a side, else the finest."""
    described = store.image(image)
    level = _level_of(described, side_px)
    tile_px = described.tile_size
    height, width = _halved(described.height, level), _halved(described.width, level)
    channels = 3 if described.is_rgb else 1
    shown = np.zeros((height, width, channels), np.uint8)
    for ty in range(-(-height // tile_px)):
        for tx in range(-(-width // tile_px)):
            tile_cyx = store.read_image_tile(level, ty, tx, image=image)[:channels]
            top, left = ty * tile_px, tx * tile_px
            for channel, (plane_yx, window) in enumerate(zip(tile_cyx, described.contrast, strict=False)):
                rows, columns = plane_yx.shape
                shown[top : top + rows, left : left + columns, channel] = _as_shown(plane_yx, window)
    return np.repeat(shown, 3, axis=2) if channels == 1 else shown


def draw_over(picture: Picture, classes_yx: NDArray[np.uint8], colours: Mapping[int, str]) -> Picture:
    """Return a picture with class ids of the same part, of any size, over it in their colours; 0 is clear."""
    if classes_yx.shape != picture.shape[:2]:
        height, width = picture.shape[:2]
        fitted = Image.fromarray(classes_yx).resize((width, height), Image.Resampling.NEAREST)
        classes_yx = np.asarray(fitted, dtype=np.uint8)
    table = np.zeros((256, 3), np.float32)
    share = np.zeros((256, 1), np.float32)
    for class_id, colour in colours.items():
        table[class_id] = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        share[class_id] = OVERLAY_SHARE
    shares = share[classes_yx]
    mixed: Picture = (picture * (1 - shares) + table[classes_yx] * shares + 0.5).astype(np.uint8)
    return mixed


def encode(picture: Picture, side_px: int | None, form: Literal["WEBP", "PNG"] = "WEBP") -> bytes:
    """Return a picture made smaller to at most `side_px` a side, as a file without any metadata."""
    drawn = Image.fromarray(picture)
    if side_px is not None and max(drawn.size) > side_px:
        drawn.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    if form == "WEBP":
        drawn.save(out, "WEBP", quality=WEBP_QUALITY, method=4)
    else:
        is_grey = bool((picture[..., :1] == picture).all())
        (drawn.convert("L") if is_grey else drawn).save(out, "PNG")
    return out.getvalue()


def _level_of(described: ImageDescription, side_px: int) -> int:
    """Return the coarsest level that is still `side_px` a side, or the finest."""
    level = 0
    while level + 1 < described.levels and _halved(max(described.height, described.width), level + 1) >= side_px:
        level += 1
    return level


def _halved(size: int, level: int) -> int:
    return -(-size // (1 << level))


def _as_shown(plane_yx: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """Return grey values as shown, 0 to 255; NaN is black."""
    span = window.high - window.low
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        shown_yx = (plane_yx.astype(np.float32) - window.low) / (span or 1.0)
    shown: NDArray[np.uint8] = (np.clip(np.nan_to_num(shown_yx, nan=0.0), 0, 1) * 255 + 0.5).astype(np.uint8)
    return shown


def colours_of(classes: Sequence[Any]) -> dict[int, str]:
    """Return the colours of classes by id."""
    return {entry.id: entry.colour for entry in classes}
