"""What was measured of one segmentation: a class at a time, in the unit of its scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.label_values import NamedClass
from sambaseg.measure.correlation import Correlation
from sambaseg.measure.regions import Regions
from sambaseg.measure.scale import Scale
from sambaseg.measure.settings import MeasureSettings


@dataclass(frozen=True)
class SizeStatistics:
    """Equivalent diameters of ``count`` regions; ``d10``, ``median``, ``d90`` by number, ``area_mean`` by area.

    All but the count are None without a region.
    """

    count: int
    mean: float | None = None
    deviation: float | None = None
    d10: float | None = None
    median: float | None = None
    d90: float | None = None
    largest: float | None = None
    area_mean: float | None = None

    @classmethod
    def of(cls, regions: Regions) -> SizeStatistics:
        """Return the statistics of some regions; the deviation is that of the sample, 0 for one region."""
        count, diameters_n = len(regions), regions.diameters_n
        if count == 0:
            return cls(0)
        d10, median, d90 = (float(value) for value in np.percentile(diameters_n, [10, 50, 90]))
        return cls(
            count=count,
            mean=float(diameters_n.mean()),
            deviation=float(diameters_n.std(ddof=1)) if count > 1 else 0.0,
            d10=d10,
            median=median,
            d90=d90,
            largest=float(diameters_n.max()),
            area_mean=float(np.average(diameters_n, weights=regions.areas_n)),
        )


@dataclass(frozen=True)
class Chords:
    """Whole chords of one class in one direction: ``counts_l`` int64 by length in pixels, each ``step`` long."""

    counts_l: NDArray[np.int64]
    step: float

    @property
    def count(self) -> int:
        """Number of chords."""
        return int(self.counts_l.sum())

    @property
    def mean(self) -> float | None:
        """Mean length in the unit of the scale; None without a chord."""
        if self.count == 0:
            return None
        return float(self.counts_l @ np.arange(len(self.counts_l))) / self.count * self.step


@dataclass(frozen=True)
class ClassMeasures:
    """One class: its share of the pixels that have a class, its regions, boundary, chords and correlation."""

    class_id: int
    name: str
    colour: str
    pixels: int
    fraction: float
    regions: Regions
    keep_border_regions: bool
    chords_across: Chords
    chords_down: Chords
    correlation: Correlation

    @property
    def area(self) -> float:
        """Area of the class."""
        return self.pixels * self.regions.scale.pixel_area

    @cached_property
    def perimeter(self) -> float:
        """Length of the boundary between this class and others."""
        return float(self.regions.perimeters_n.sum())

    @property
    def perimeter_per_area(self) -> float | None:
        """Boundary by area of the class; None for a class that does not occur."""
        return self.perimeter / self.area if self.pixels else None

    @cached_property
    def sized_regions(self) -> Regions:
        """The regions that count for the statistics of sizes."""
        return self.regions if self.keep_border_regions else self.regions.inside()

    @cached_property
    def sizes(self) -> SizeStatistics:
        """Statistics of the sizes."""
        return SizeStatistics.of(self.sized_regions)

    @cached_property
    def regions_at_border(self) -> int:
        """How many regions touch the border."""
        return int(self.regions.at_border_n.sum())


@dataclass(frozen=True)
class Measurements:
    """A measured segmentation. ``pixels`` are those that have a class."""

    shape_yx: tuple[int, int]
    scale: Scale
    settings: MeasureSettings
    pixels: int
    classes: Sequence[ClassMeasures]


@dataclass(frozen=True)
class UnnamedClass:
    """A class of a segmentation that does not say what its classes are called."""

    id: int

    @property
    def name(self) -> str:
        """A name made of the id."""
        return f"Class {self.id}"

    @property
    def colour(self) -> str:
        """A grey."""
        return "#808080"


def named_classes(class_ids: Sequence[int], known: Sequence[NamedClass]) -> list[NamedClass]:
    """Return the known classes, and behind them those that occur in an image beside them."""
    listed = {entry.id for entry in known}
    return [*known, *(UnnamedClass(class_id) for class_id in class_ids if class_id not in listed)]
