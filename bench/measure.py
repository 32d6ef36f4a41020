"""Measuring and cleaning a segmentation, beside scikit-image where it has the same: CPU seconds, median of five.

python bench/measure.py [SIDE]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.measure import label, regionprops_table

from sambaseg.cleaning.clean import Cleaner
from sambaseg.cleaning.steps import parse_steps
from sambaseg.measure.measurements import UnnamedClass
from sambaseg.measure.measuring import measure_segmentation
from sambaseg.measure.regions import RegionFinder
from sambaseg.measure.scale import Scale

ROUNDS = 5
PROPERTIES = ("area", "equivalent_diameter_area", "centroid", "bbox", "perimeter_crofton")
STEPS = ("fill_holes:100", "remove_small:50", "majority:2")


def seconds(work: Callable[[], object]) -> float:
    """Return how much CPU time some work takes once it is compiled."""
    work()
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    smooth = gaussian_filter(np.random.default_rng(0).normal(size=(side, side)), 3)
    classes_yx = (smooth > 0).astype(np.uint8) + 1
    both = [UnnamedClass(1), UnnamedClass(2)]

    def regions() -> object:
        finder = RegionFinder(classes_yx.shape, connectivity=8, memory_bytes=2**28)
        finder.add(classes_yx)
        return finder.found(Scale()).perimeters_n

    def peer() -> object:
        return [regionprops_table(label(classes_yx == each.id), properties=PROPERTIES) for each in both]

    ours, theirs = seconds(regions), seconds(peer)
    print(f"regions of {side}²: {ours:.4f} s, scikit-image {theirs:.4f} s, {theirs / ours:.1f} times as fast")
    everything = seconds(lambda: measure_segmentation(classes_yx[np.newaxis], both, scale=Scale()))
    print(f"all measures: {everything:.3f} s")
    for text in STEPS:
        cleaner = Cleaner(parse_steps(text), (1, 2))
        print(f"{text}: {seconds(lambda c=cleaner: c.clean(classes_yx.copy())):.4f} s")


if __name__ == "__main__":
    main()
