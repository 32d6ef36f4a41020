"""How long all families of features take, beside scikit-image, SciPy and NumPy computing the same planes.

usage: python bench/features_all.py [--size 512] [--rounds 3] [--threads N]

Both sides compute all families at scales 1, 2, 4, 8, 16 (radius) of the same micrograph of 8-bit levels, family by
family and all at once; medians of alternating rounds, ours with the stated number of threads (default 2), the reference
as its libraries are, which use one. The last column is how far the two sides' planes differ, away from the edges, at
most in the middle 99 % of pixels, by the range of the plane: ranks on bytes come in whole levels, and Kuwahara's choice
between equally calm squares is open.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from driving.features_by_skimage import FAMILIES, Subject
from features import micrograph

SCALES_PX = (1.0, 2.0, 4.0, 8.0, 16.0)
EDGE_PX = 100
"""Beyond the reach of any edge."""


def seconds(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def deviation(ours_fyx: np.ndarray, theirs: list[np.ndarray]) -> float:
    """Return the largest of all planes' 99th percentile of differences, by the plane's range."""
    assert len(ours_fyx) == len(theirs)
    inner = np.s_[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX]
    worst = 0.0
    for ours_yx, theirs_yx in zip(ours_fyx, theirs, strict=True):
        spread = max(float(np.ptp(theirs_yx[inner])), 1e-12)
        difference = np.abs(ours_yx[inner].astype(np.float64) - theirs_yx[inner])
        worst = max(worst, float(np.percentile(difference, 99)) / spread)
    return worst


def main() -> None:
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.features.stack import compute_stack

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512, help="pixels a side (default 512)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the median counts (default 3)")
    parser.add_argument("--threads", type=int, default=2, help="threads of ours (default 2)")
    args = parser.parse_args()
    image_yx = np.round(micrograph(args.size) * 255).astype(np.float32) / np.float32(255)
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    apart: dict[str, float] = {}
    everything = FeatureRecipe(tuple(FAMILIES), SCALES_PX, "radius")
    whole_fyx = compute_stack(image_yx[np.newaxis], everything, threads=args.threads)
    for _ in range(args.rounds):
        for family, reference in FAMILIES.items():
            recipe = FeatureRecipe((family,), SCALES_PX, "radius")
            stack_fyx = compute_stack(image_yx[np.newaxis], recipe, threads=args.threads)
            planes: list[np.ndarray] = []
            theirs.setdefault(family, []).append(
                seconds(lambda r=reference, p=planes: p.extend(r(Subject(image_yx, SCALES_PX))))
            )
            ours.setdefault(family, []).append(
                seconds(
                    lambda r=recipe, s=stack_fyx: compute_stack(
                        image_yx[np.newaxis], r, threads=args.threads, out_fyx=s
                    )
                )
            )
            apart[family] = deviation(stack_fyx, planes)
        subject = Subject(image_yx, SCALES_PX)
        theirs.setdefault("all at once", []).append(
            seconds(lambda s=subject: [plane for reference in FAMILIES.values() for plane in reference(s)])
        )
        ours.setdefault("all at once", []).append(
            seconds(lambda: compute_stack(image_yx[np.newaxis], everything, threads=args.threads, out_fyx=whole_fyx))
        )
    print(f"{len(whole_fyx)} planes, {args.size} x {args.size}, {args.threads} threads, {args.rounds} rounds")
    print(f"{'':34}{'scikit-image ms':>16}{'sambaseg ms':>13}{'times faster':>14}{'difference':>12}")
    for family in theirs:
        reference_ms, our_ms = (statistics.median(times[family]) * 1e3 for times in (theirs, ours))
        difference = f"{apart[family]:12.1e}" if family in apart else ""
        print(f"{family:34}{reference_ms:16.1f}{our_ms:13.2f}{reference_ms / our_ms:14.1f}{difference}")


if __name__ == "__main__":
    main()
