"""The size of a pixel, in micrometres where it is known and in pixels otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sambaseg.errors import ParameterError

Unit = Literal["µm", "px"]


@dataclass(frozen=True)
class Scale:
    """How high (``y``) and wide (``x``) a pixel is, in ``unit``. Raises ParameterError where that is no length."""

    y: float = 1.0
    x: float = 1.0
    unit: Unit = "px"

    def __post_init__(self) -> None:
        """Check the size."""
        if not all(math.isfinite(side) and side > 0 for side in (self.y, self.x)):
            raise ParameterError(f"A pixel cannot be {self.x} by {self.y} {self.unit}.")

    @classmethod
    def of(cls, pixel_size_um: tuple[float, float] | None) -> Scale:
        """Return the scale of an image whose pixel size (y, x) is known, or is not (None)."""
        return cls() if pixel_size_um is None else cls(*pixel_size_um, "µm")

    @property
    def pixel_area(self) -> float:
        """Area of a pixel in the square of the unit."""
        return self.y * self.x

    @property
    def step(self) -> float:
        """The shorter side of a pixel."""
        return min(self.y, self.x)
