"""The memory budget: how much of it threads, training sample and caches get, and whether it is enough at all.

The budget bounds the whole process. What the interpreter and the compiled kernels take is set aside first; work that
runs at the same time shares the rest. Nothing is as large as the image: work goes tile by tile, and results go out as
they come. The estimates are of what is allocated, rounded up; ``bench/memory.py`` measures the real peak.
"""

from __future__ import annotations

from dataclasses import dataclass

from sambaseg.errors import MemoryBudgetError
from sambaseg.features.plan import make_plan
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import plane_names
from sambaseg.images.pyramid import TILE_PX
from sambaseg.images.stored_levels import BUFFER_BYTES
from sambaseg.images.tiff_pixels import CACHE_BYTES
from sambaseg.pipeline.settings import POINTS, TrainingSettings

MB = 2**20
PROCESS_BYTES = 280 * MB
"""Of an interpreter with all kernels compiled and the server loaded, before any work."""
SAMPLE_BYTES_A_VALUE = 9
"""A value of the training sample is a float while features are computed, joined with those of other images, a byte."""
NODES_A_TREE, BYTES_A_NODE = 2048, 16
SLACK = 1.5
"""Between what is counted here and what the allocator takes."""


@dataclass(frozen=True)
class MemoryPlan:
    """What one piece of work may use, in bytes.

    ``threads`` compute at once and take ``segment_bytes`` together; the values of the training sample (float32) may
    take ``sample_bytes``; features of labelled pixels are kept up to ``sample_cache_bytes``, bins of tiles up to
    ``bin_cache_bytes``.
    """

    threads: int
    segment_bytes: int
    sample_bytes: int
    sample_cache_bytes: int
    bin_cache_bytes: int


@dataclass(frozen=True)
class MemoryBudget:
    """So many bytes for everything, `elsewhere` of them for what is no work, such as prepared views; see the module."""

    bytes: int
    elsewhere: int = 0

    @classmethod
    def of_megabytes(cls, megabytes: int, *, elsewhere_mb: int = 0) -> MemoryBudget:
        """Return the budget of so many megabytes (2^20 bytes)."""
        return cls(megabytes * MB, elsewhere_mb * MB)

    def plan(
        self,
        recipe: FeatureRecipe,
        channels: int,
        classes: int,
        trees: int,
        threads: int,
        *,
        points: int | None = 0,
        at_once: int = 1,
        beside: int = 0,
    ) -> MemoryPlan:
        """Return how one of `at_once` pieces of work may use the budget, on `threads` threads or fewer.

        `points` pixels are to train (None: as many as are labelled, which is checked when that is known); `beside` are
        bytes that the caller itself needs, such as a band of the image to be written. Raises MemoryBudgetError, with
        the amount that is needed, where not even one thread fits.
        """
        features = len(plane_names(recipe, channels))
        fixed = int(SLACK * trees * (NODES_A_TREE * (BYTES_A_NODE + 6 * classes))) + beside
        thread = _thread_bytes(recipe, channels, classes, features)
        sample = SAMPLE_BYTES_A_VALUE * features * (POINTS[0] if points is None else points)
        least = fixed + thread + sample
        available = (self.bytes - PROCESS_BYTES - self.elsewhere) // at_once
        if available < least:
            needed = PROCESS_BYTES + self.elsewhere + at_once * least
            raise MemoryBudgetError(
                f"This needs at least {in_words(needed)} of memory, and the budget is {in_words(self.bytes)}.",
                hint="Allow more with --memory or SAMBASEG_MEMORY, or choose fewer features or training points.",
            )
        fitting = min(threads, 1 + (available - least) // thread)
        rest = available - fixed - fitting * thread
        for_sample = max(sample, rest // 2)
        caches = rest - for_sample
        return MemoryPlan(
            threads=fitting,
            segment_bytes=fitting * thread,
            sample_bytes=for_sample * 4 // SAMPLE_BYTES_A_VALUE,
            sample_cache_bytes=caches // 4,
            bin_cache_bytes=caches // 4 * 3,
        )

    def plan_training(
        self,
        recipe: FeatureRecipe,
        training: TrainingSettings,
        *,
        channels: int,
        classes: int,
        threads: int,
        labelled: int,
        at_once: int = 1,
        beside: int = 0,
    ) -> MemoryPlan:
        """Return the plan (as `plan`) of a training on `labelled` pixels, or on as many of them as train."""
        points = labelled if training.points is None else min(training.points, labelled)
        return self.plan(
            recipe, channels, classes, training.trees, threads, points=points, at_once=at_once, beside=beside
        )


def bytes_beside(pixels: int, pixel_bytes: int) -> int:
    """Return what reading an image of so many pixels part by part and writing its result takes beside the work."""
    return min(CACHE_BYTES, pixels * pixel_bytes) + 2 * min(BUFFER_BYTES, pixels * 3 // 2)


def in_words(count: int) -> str:
    """Return a number of bytes as people write it, rounded up: "730 MB", "1.5 GB"."""
    megabytes = -(-count // MB)
    return f"{megabytes:,} MB" if megabytes < 1024 else f"{-(-megabytes * 10 // 1024) / 10:g} GB"


def _thread_bytes(recipe: FeatureRecipe, channels: int, classes: int, features: int) -> int:
    """Return what one thread needs to predict a tile."""
    plan = make_plan(recipe, channels)
    around_px = (TILE_PX + 2 * plan.halo_px) ** 2
    pixels = around_px * channels * (8 + 8 + 4)  # as read, and scaled in double precision before it is float32
    blurs = around_px * (8 if plan.doubles else 4) * (4 + len(set(plan.slots.values())))
    planes = TILE_PX**2 * (4 * plan.most_at_once + features) + plan.scratch_bytes(TILE_PX)
    answers = TILE_PX**2 * (3 * 4 * classes + 16)
    return int(SLACK * (pixels + blurs + planes + answers)) + 4 * MB
