"""What commands read: images within the settings' limits, recipes by name or file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.images.micrograph import Micrograph, ReadLimits


def read_limits(settings: Settings) -> ReadLimits:
    """Return the limits of images as the settings state them."""
    from sambaseg.images.micrograph import ReadLimits

    return ReadLimits(max_bytes=settings.max_image_mb * 2**20, max_pages=settings.max_pages)


def read_micrograph(path: Path, page: int) -> Micrograph:
    """Return one page of an image. Raises as `read_image` does."""
    from sambaseg.images.reader import read_image

    return read_image(path, page=page, limits=read_limits(Settings.from_environment()))


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
