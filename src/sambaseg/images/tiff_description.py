"""What saved TIFF files say of themselves: JSON in ImageDescription, and pixels a centimetre."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sambaseg.images.micrograph import PixelSize
from sambaseg.version import __version__

_LARGEST_RATIONAL = 2**32 - 1


def described(description: Mapping[str, Any], pixel_size_um: PixelSize | None) -> str:
    """Return the text of ImageDescription, in ASCII."""
    size = None if pixel_size_um is None else list(pixel_size_um)
    return json.dumps({"sambaseg": __version__, **description, "pixel_size_um": size})


def software() -> str:
    """Return the text of the tag Software."""
    return f"sambaseg {__version__}"


def resolution(pixel_size_um: PixelSize | None) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return pixels per centimetre along x and y as fractions; None where the tags cannot hold them."""
    if pixel_size_um is None or 10_000 / min(pixel_size_um) > _LARGEST_RATIONAL:
        return None
    size_y, size_x = pixel_size_um
    return _rational(10_000 / size_x), _rational(10_000 / size_y)


def _rational(value: float) -> tuple[int, int]:
    """Return numerator and denominator of at most 32 bits for a positive number."""
    if value >= 1:
        fraction = Fraction(value).limit_denominator(max(1, int(_LARGEST_RATIONAL / value)))
        return min(fraction.numerator, _LARGEST_RATIONAL), fraction.denominator
    denominator, numerator = _rational(1 / value)
    return numerator, denominator
