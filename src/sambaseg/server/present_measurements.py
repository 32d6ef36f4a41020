"""How measurements look as the server's JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sambaseg.server import measurement_schemas as schemas

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sambaseg.measure.histogram import Histogram
    from sambaseg.measure.measurements import ClassMeasures
    from sambaseg.server.measured import MeasuredImage


def present_measurements(measured: MeasuredImage) -> schemas.MeasurementsBody:
    """Return the measurements of an image."""
    measurements = measured.measurements
    height, width = measurements.shape_yx
    scale, bounds = measurements.scale, _Bounds.of(measurements.classes)
    return schemas.MeasurementsBody(
        image=measured.image,
        width=width,
        height=height,
        unit=scale.unit,
        settings=schemas.MeasureSettingsBody(**asdict(measurements.settings)),
        step=scale.step,
        step_x=scale.x,
        step_y=scale.y,
        classes=[_present_class(each, bounds) for each in measurements.classes],
    )


@dataclass(frozen=True)
class _Bounds:
    """How far the histograms of all classes go."""

    diameter: float
    across_px: int
    down_px: int

    @classmethod
    def of(cls, classes: Sequence[ClassMeasures]) -> _Bounds:
        from sambaseg.measure.histogram import longest_chord_px, longest_diameter

        return cls(
            longest_diameter(classes),
            longest_chord_px(each.chords_across for each in classes),
            longest_chord_px(each.chords_down for each in classes),
        )


def _present_class(measured: ClassMeasures, bounds: _Bounds) -> schemas.ClassMeasuresBody:
    from sambaseg.measure.histogram import of_chords, of_diameters

    curves = measured.correlation
    return schemas.ClassMeasuresBody(
        id=measured.class_id,
        name=measured.name,
        colour=measured.colour,
        fraction=measured.fraction,
        area=measured.area,
        regions=len(measured.regions),
        regions_at_border=measured.regions_at_border,
        sizes=schemas.SizesBody(**asdict(measured.sizes)),
        perimeter=measured.perimeter,
        perimeter_per_area=measured.perimeter_per_area,
        mean_chord_x=measured.chords_across.mean,
        mean_chord_y=measured.chords_down.mean,
        diameters=_present_histogram(of_diameters(measured.sized_regions, bounds.diameter)),
        chords_x=_present_histogram(of_chords(measured.chords_across, bounds.across_px)),
        chords_y=_present_histogram(of_chords(measured.chords_down, bounds.down_px)),
        correlation=schemas.CorrelationBody(
            all=_present_curve(curves.s2_d), x=_present_curve(curves.across_d), y=_present_curve(curves.down_d)
        ),
    )


def _present_histogram(histogram: Histogram) -> schemas.HistogramBody:
    return schemas.HistogramBody(
        edges=histogram.edges.tolist(), shares=histogram.shares_b.tolist(), by_area=histogram.by_area_b.tolist()
    )


def _present_curve(values_d: NDArray[np.float64]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values_d.tolist()]
