"""The connected regions of a segmentation: class, area, centre, perimeter, and whether they touch the border."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import MemoryBudgetError
from sambaseg.measure import region_kernels as kernels
from sambaseg.measure.perimeter import perimeters
from sambaseg.measure.scale import Scale
from sambaseg.measure.settings import Connectivity

BYTES_A_REGION = 2 * (4 + 1 + 8 * kernels.SUMS) + 4
"""Numbers are copied where there are too few, and numbered anew."""
FEWEST = 1 << 14


@dataclass(frozen=True)
class Regions:
    """Regions in the order of their first pixels: ``ranks_n`` uint8 (class ranks from 1 on), ``sums_ns`` int64.

    Lengths and areas are in the unit of ``scale``.
    """

    ranks_n: NDArray[np.uint8]
    sums_ns: NDArray[np.int64]
    scale: Scale

    def __len__(self) -> int:
        return len(self.ranks_n)

    def of_rank(self, rank: int) -> Regions:
        """Return the regions of one class."""
        return self._where(self.ranks_n == rank)

    def inside(self) -> Regions:
        """Return the regions that do not touch the border."""
        return self._where(~self.at_border_n)

    @property
    def pixels_n(self) -> NDArray[np.int64]:
        """Number of pixels of each region."""
        return np.asarray(self.sums_ns[:, kernels.AREA])

    @property
    def at_border_n(self) -> NDArray[np.bool_]:
        """Whether each region touches the edge of the image, or pixels without a class."""
        return np.asarray(self.sums_ns[:, kernels.BORDER] > 0)

    @cached_property
    def areas_n(self) -> NDArray[np.float64]:
        """Area of each region."""
        return np.asarray(self.pixels_n * self.scale.pixel_area)

    @cached_property
    def diameters_n(self) -> NDArray[np.float64]:
        """Diameter of the disc that has the area of each region."""
        return np.asarray(np.sqrt(self.areas_n * (4 / np.pi)))

    @cached_property
    def perimeters_n(self) -> NDArray[np.float64]:
        """Length of each region's boundary with other classes, holes' too; the edge of the image is none."""
        return perimeters(self.sums_ns[:, kernels.ACROSS : kernels.RISING + 1], self.scale)

    @property
    def centres_n2(self) -> NDArray[np.float64]:
        """Centre of gravity (y, x) of each region, in pixels; the centre of the first pixel is (0, 0)."""
        return np.asarray(self.sums_ns[:, kernels.SUM_Y : kernels.SUM_X + 1] / self.pixels_n[:, np.newaxis])

    def _where(self, chosen_n: NDArray[np.bool_]) -> Regions:
        return Regions(self.ranks_n[chosen_n], self.sums_ns[chosen_n], self.scale)


class RegionFinder:
    """Finds the regions of an image whose rows are added from top to bottom.

    Takes about 140 bytes a region and never more than `memory_bytes`; MemoryBudgetError where there are more regions.
    """

    def __init__(self, shape_yx: tuple[int, int], *, connectivity: Connectivity, memory_bytes: int) -> None:
        self._height, width = shape_yx
        self._corners = connectivity == 8
        self._most = memory_bytes // BYTES_A_REGION
        room = min(max(FEWEST, 2 * width), self._most)
        self._parents_r = np.zeros(room, np.int32)
        self._ranks_r = np.zeros(room, np.uint8)
        self._sums_rs = np.zeros((room, kernels.SUMS), np.int64)
        self._above_x = np.zeros(width, np.uint8)
        self._regions_above_x = np.full(width, -1, np.int32)
        self._regions_x = np.full(width, -1, np.int32)
        self._row = 0
        self._used = 0

    def add(self, ranks_yx: NDArray[np.uint8]) -> None:
        """Add the next rows, (h, W). Raises MemoryBudgetError."""
        while len(ranks_yx):
            self._used, rows = kernels.add_rows(
                ranks_yx,
                self._row,
                self._row + len(ranks_yx) == self._height,
                self._corners,
                self._above_x,
                self._regions_above_x,
                self._regions_x,
                self._parents_r,
                self._ranks_r,
                self._sums_rs,
                self._used,
            )
            self._row += rows
            ranks_yx = ranks_yx[rows:]
            if len(ranks_yx):
                self._make_room()

    def found(self, scale: Scale) -> Regions:
        """Return all regions."""
        self._fold()
        return Regions(self._ranks_r[: self._used].copy(), self._sums_rs[: self._used].copy(), scale)

    def _make_room(self) -> None:
        self._fold()
        room, width = len(self._parents_r), len(self._above_x)
        if self._used + width <= room // 2:
            return
        larger = min(max(2 * room, self._used + 2 * width), self._most)
        if larger < self._used + width:
            raise MemoryBudgetError(
                f"The segmentation has more than {self._used:,} regions, too many for the memory that may be used.",
                hint="Allow more with --memory or SAMBASEG_MEMORY, or remove small regions first.",
            )
        self._parents_r = np.resize(self._parents_r, larger)
        self._ranks_r = np.resize(self._ranks_r, larger)
        self._sums_rs = np.resize(self._sums_rs, (larger, kernels.SUMS))

    def _fold(self) -> None:
        numbers_r = np.empty(self._used, np.int32)
        self._used = kernels.fold(self._parents_r, self._ranks_r, self._sums_rs, self._used, numbers_r)
        known = self._regions_above_x >= 0
        self._regions_above_x[known] = numbers_r[self._regions_above_x[known]]
