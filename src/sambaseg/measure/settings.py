"""What is measured, and how: the settings that page and command line share, with their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sambaseg.errors import ParameterError

BorderRegions = Literal["leave_out", "keep"]
BORDER_REGIONS: tuple[BorderRegions, ...] = get_args(BorderRegions)
Connectivity = Literal[4, 8]
CONNECTIVITIES: tuple[Connectivity, ...] = get_args(Connectivity)
LONGEST_PX = (1, 1024)
DEFAULT_LONGEST_PX = 256


@dataclass(frozen=True, kw_only=True)
class MeasureSettings:
    """How a segmentation is measured.

    ``connectivity``: 8 joins pixels of a class that touch at a corner to one region, 4 only those with a common side.
    ``border_regions``: whether regions that touch the edge of the image, whose size is not known, are left out of the
    statistics of sizes or kept. ``longest_px``: the longest distance of the two-point correlation in pixels; in small
    images half of the shorter side.
    Raises ParameterError for values out of bounds.
    """

    connectivity: Connectivity = 8
    border_regions: BorderRegions = "leave_out"
    longest_px: int = DEFAULT_LONGEST_PX

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.connectivity not in CONNECTIVITIES:
            raise ParameterError(f"The connectivity must be 4 or 8, not {self.connectivity}.")
        if self.border_regions not in BORDER_REGIONS:
            raise ParameterError(f"Border regions are left out or kept (leave_out, keep), not {self.border_regions}.")
        lowest, highest = LONGEST_PX
        if not lowest <= self.longest_px <= highest:
            raise ParameterError(
                f"The longest distance of the correlation must be {lowest} to {highest} px, not {self.longest_px}."
            )
