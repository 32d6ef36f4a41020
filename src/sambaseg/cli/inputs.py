"""What commands read: images within the settings' limits, whole or part by part, labels, recipes by name or file."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import ImageInfo, Micrograph, ReadLimits
    from sambaseg.images.pixels import Pixels
    from sambaseg.images.stack import FoundImage
    from sambaseg.pipeline.labelled import Labels
    from sambaseg.pipeline.memory import MemoryBudget, MemoryPlan

SMALL_BYTES = 64 * 2**20
"""Decoded images up to this size are read as a whole, which is quicker, larger ones part by part where possible."""


def read_limits(settings: Settings) -> ReadLimits:
    """Return the limits of images as the settings state them."""
    from sambaseg.images.micrograph import ReadLimits

    return ReadLimits(
        max_bytes=settings.max_image_mb * 2**20,
        max_pages=settings.max_pages,
        max_streamed_bytes=settings.max_streamed_mb * 2**20,
    )


def read_micrograph(path: Path, page: int) -> Micrograph:
    """Return one page of an image. Raises as `read_image` does."""
    from sambaseg.images.reader import read_image

    return read_image(path, page=page, limits=read_limits(Settings.from_environment()))


def find_inputs(paths: Sequence[Path], page: int | None) -> list[FoundImage]:
    """Return the images in files and folders, all pages or the one asked for. Raises as `find_images` does."""
    from sambaseg.images.reader import describe_image
    from sambaseg.images.stack import FoundImage, find_images

    limits = read_limits(Settings.from_environment())
    found = find_images(paths, limits)
    if page is None:
        return found
    files = [each.path for each in found if each.page == 0]
    return [FoundImage(path, page, path.name, describe_image(path, page=page, limits=limits)) for path in files]


def open_micrograph(found: FoundImage) -> Micrograph:
    """Return an image, whose pixels are read part by part where it is large. Raises as `read_image` does."""
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.images.region_source import open_pixels

    if _bytes_of(found.info) > SMALL_BYTES:
        pixels = open_pixels(found.path, page=found.page, limits=read_limits(Settings.from_environment()))
        if pixels is not None:
            return Micrograph(pixels, found.info)
    return read_micrograph(found.path, found.page)


def open_labels(path: Path, shape_yx: tuple[int, int]) -> Labels:
    """Return the labels in a file; a large one is read part by part where that is possible. Raises as `read_labels`."""
    from sambaseg.images.label_reader import read_labels
    from sambaseg.pipeline.labelled import LabelBands

    pixels = _class_ids_in_parts(path, 0)
    if pixels is None or pixels.shape[1:] != shape_yx:
        return read_labels(path, shape_yx, limits=read_limits(Settings.from_environment()))
    return LabelBands(shape_yx, lambda top, bottom: pixels[0, top:bottom])


def open_segmentation(found: FoundImage) -> Pixels:
    """Return the class ids of a segmentation (1, H, W), read part by part where `open_labels` would read them so."""
    import numpy as np

    from sambaseg.images.label_reader import read_labels

    pixels = _class_ids_in_parts(found.path, found.page)
    if pixels is not None:
        return pixels
    limits = read_limits(Settings.from_environment())
    return read_labels(found.path, page=found.page, limits=limits)[np.newaxis]


def _class_ids_in_parts(path: Path, page: int) -> Pixels | None:
    """Return the pixels of a large file whose stored numbers are class ids as they are; None for all others."""
    from sambaseg.images.reader import open_source

    with open_source(path, read_limits(Settings.from_environment()), None) as source:
        info = source.info(page)
        plain = info.channels == 1 and "int" in info.dtype and info.bits >= 8 and not info.notes
        spread = '"values": "spread"' in source.description()
        large = 4 * info.width * info.height > SMALL_BYTES
        return source.pixels(page) if large and plain and not spread else None


def read_recipe_option(recipe: str | None) -> FeatureRecipe:
    """Return the recipe of that name or in that file; the default one for None.

    Raises MissingFileError and RecipeFileError.
    """
    from sambaseg.features.recipe import DEFAULT_RECIPE, PRESETS, read_recipe

    if recipe is None:
        return DEFAULT_RECIPE
    return PRESETS[recipe] if recipe in PRESETS else read_recipe(Path(recipe))


def thread_count(options: Namespace) -> int:
    """Return how many threads compute."""
    return int(options.threads or Settings.from_environment().threads)


def memory_budget(options: Namespace) -> MemoryBudget:
    """Return the budget of ``--memory``, or of the settings."""
    from sambaseg.pipeline.memory import MemoryBudget

    return MemoryBudget.of_megabytes(options.memory or Settings.from_environment().memory_mb)


def plan_of_applying(classifier: Classifier, options: Namespace, *, beside: int) -> MemoryPlan:
    """Return how a classifier is applied within the budget, `beside` other bytes. Raises MemoryBudgetError."""
    return memory_budget(options).plan(
        classifier.recipe,
        classifier.channels,
        len(classifier.classes),
        classifier.forest.trees,
        thread_count(options),
        beside=beside,
    )


def _bytes_of(info: ImageInfo) -> int:
    import numpy as np

    return info.width * info.height * info.channels * np.dtype(info.dtype).itemsize
