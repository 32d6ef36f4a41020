"""Measuring a segmentation, band by band and block by block: nothing of the size of the image is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sambaseg.errors import CancelledError, MemoryBudgetError
from sambaseg.images.label_values import NamedClass
from sambaseg.images.pixels import Pixels
from sambaseg.measure.chords import ChordCounter
from sambaseg.measure.class_rows import BAND_PX, ClassRows
from sambaseg.measure.correlation import Correlation, bytes_needed, correlate
from sambaseg.measure.measurements import Chords, ClassMeasures, Measurements
from sambaseg.measure.regions import RegionFinder, Regions
from sambaseg.measure.scale import Scale
from sambaseg.measure.settings import MeasureSettings

REGIONS_SHARE = 0.25
"""Of the time that measuring takes; the correlation takes the rest."""
DEFAULT_MEMORY = 2**29


def measure_segmentation(
    pixels_cyx: Pixels,
    classes: Sequence[NamedClass],
    *,
    scale: Scale,
    settings: MeasureSettings | None = None,
    memory_bytes: int = DEFAULT_MEMORY,
    progress: Callable[[float], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Measurements:
    """Return what is measured of these classes in a segmentation (1, H, W) of class ids.

    Other ids, 0 among them, are pixels without a class: nothing is known there, as beyond the edge of the image.
    `memory_bytes` is what all of it may take: the correlation a fixed part, regions the rest.
    Raises LabelsFileError where the image is no segmentation, ParameterError for too many classes, MemoryBudgetError
    for too many regions, CancelledError soon after `cancelled` says so.
    """
    settings = settings or MeasureSettings()
    rows = ClassRows(pixels_cyx, [entry.id for entry in classes])
    for_regions = memory_bytes - bytes_needed(rows.shape_yx, settings.longest_px)
    if for_regions <= 0:
        raise MemoryBudgetError(
            f"The correlation up to {settings.longest_px} px does not fit into the memory that may be used.",
            hint="Allow more with --memory or SAMBASEG_MEMORY, or choose a shorter distance.",
        )
    finder = RegionFinder(rows.shape_yx, connectivity=settings.connectivity, memory_bytes=for_regions)
    counter = ChordCounter(rows.shape_yx, len(classes))
    pixels_k = np.zeros(len(classes) + 1, np.int64)

    def tell(share: float) -> None:
        if cancelled():
            raise CancelledError("Measuring was cancelled before it ended.", hint="Start it again when you like.")
        progress(share)

    for done, ranks_yx in enumerate(rows.bands()):
        tell(REGIONS_SHARE * done * BAND_PX / rows.shape_yx[0])
        finder.add(ranks_yx)
        counter.add(ranks_yx)
        pixels_k += np.bincount(ranks_yx.ravel(), minlength=len(pixels_k))
    correlations = correlate(
        rows, settings.longest_px, scale, progress=lambda share: tell(REGIONS_SHARE + (1 - REGIONS_SHARE) * share)
    )
    regions, known = finder.found(scale), int(pixels_k[1:].sum())
    measured = [
        _class_measures(entry, rank, int(pixels_k[rank]), known, regions.of_rank(rank), counter, correlation, settings)
        for rank, (entry, correlation) in enumerate(zip(classes, correlations, strict=True), start=1)
    ]
    return Measurements(rows.shape_yx, scale, settings, known, measured)


def _class_measures(
    entry: NamedClass,
    rank: int,
    pixels: int,
    known: int,
    regions: Regions,
    counter: ChordCounter,
    correlation: Correlation,
    settings: MeasureSettings,
) -> ClassMeasures:
    return ClassMeasures(
        class_id=entry.id,
        name=entry.name,
        colour=entry.colour,
        pixels=pixels,
        fraction=pixels / known if known else 0.0,
        regions=regions,
        keep_border_regions=settings.border_regions == "keep",
        chords_across=Chords(counter.across_kl[rank], regions.scale.x),
        chords_down=Chords(counter.down_kl[rank], regions.scale.y),
        correlation=correlation,
    )
