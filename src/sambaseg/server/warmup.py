"""Running every kernel once: compiled into numba's cache by ``python -m sambaseg.server.warmup``, or loaded from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sambaseg.server.kernels import PARTS, kernels_mark, mark_folder

HEIGHT, WIDTH = 96, 112
SCALES_PX = (1.0, 16.0)
"""A narrow blur, and one that is held in double precision."""
ALL_DTYPES = ("uint8", "uint16", "float32")


def run_kernels(families: Sequence[str], dtypes: Sequence[str]) -> None:
    """Train and predict once with these families, on an image of two halves in each of these kinds of pixels."""
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.pipeline.apply import segment
    from sambaseg.pipeline.settings import TrainingSettings
    from sambaseg.pipeline.train import train_classifier

    recipe = FeatureRecipe(tuple(families), SCALES_PX, "sigma")
    image_yx = _two_halves()
    labels_yx = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels_yx[10:20, 10:20], labels_yx[10:20, -20:-10] = 1, 2
    for dtype in dtypes:
        micrograph = Micrograph.from_array(image_yx.astype(dtype))
        classifier = train_classifier(micrograph, labels_yx, recipe, TrainingSettings(trees=2), threads=1)
        segment(classifier, micrograph, threads=1)


def run_suggestion_kernels() -> None:
    """Prepare a view once, without and with what a forest knows, answer a prompt, and look for what is alike."""
    from sambaseg.smart.hierarchy.suggester import HierarchySuggester
    from sambaseg.smart.prompt import Prompt, PromptPoint
    from sambaseg.smart.similar import find_similar
    from sambaseg.smart.suggester import Knowledge
    from sambaseg.smart.view_image import ViewImage

    image_yx = _two_halves()
    view = ViewImage.from_pixels(image_yx, is_rgb=False)
    knowledge = Knowledge((image_yx > 100).astype(np.uint8) + np.uint8(1), np.full(image_yx.shape, 50, np.uint8))
    labels_yx = np.zeros(image_yx.shape, np.uint8)
    labels_yx[10:20, 10:20] = 1
    for known in (None, knowledge):
        table = HierarchySuggester().prepare(view, knowledge=known)
        table.suggest(Prompt((PromptPoint(20.5, 20.5),)))
        find_similar(table, view, labels_yx, 1, knowledge=known)


def run_cleaning_kernels() -> None:
    """Clean a small segmentation up once, by each kind of step."""
    from sambaseg.cleaning.clean import clean_classes
    from sambaseg.cleaning.steps import STEP_KINDS, CleaningStep

    classes_yx = (_two_halves() > 100).astype(np.uint8) + np.uint8(1)
    clean_classes(classes_yx, (1, 2), [CleaningStep(kind, 2) for kind in STEP_KINDS])


def run_measuring_kernels() -> None:
    """Measure a small segmentation once, with regions that meet at corners and at sides only."""
    from sambaseg.labels.classes import LabelClass
    from sambaseg.measure.measuring import measure_segmentation
    from sambaseg.measure.scale import Scale
    from sambaseg.measure.settings import CONNECTIVITIES, MeasureSettings

    classes_cyx = ((_two_halves() > 100).astype(np.uint8) + np.uint8(1))[np.newaxis]
    classes = [LabelClass(1, "Class 1", "#1f77b4"), LabelClass(2, "Class 2", "#ff7f0e")]
    for connectivity in CONNECTIVITIES:
        measure_segmentation(classes_cyx, classes, scale=Scale(), settings=MeasureSettings(connectivity=connectivity))


def compile_all_kernels() -> None:
    """Fill numba's cache, what people meet first first, and leave the marks that say so in place of older ones."""
    from sambaseg.features.recipe import DEFAULT_RECIPE, EVERY_KERNEL
    from sambaseg.features.stack import compute_stack

    marks = {part: kernels_mark(part) for part in PARTS}
    mark_folder().mkdir(parents=True, exist_ok=True)
    for outdated in mark_folder().glob("kernels-*.ready"):
        if outdated not in marks.values():
            outdated.unlink(missing_ok=True)
    run_suggestion_kernels()
    marks["suggestions"].touch()
    run_kernels(DEFAULT_RECIPE.families, ALL_DTYPES)
    marks["default"].touch()
    run_cleaning_kernels()
    run_measuring_kernels()
    compute_stack(_two_halves()[np.newaxis].astype(np.float32), EVERY_KERNEL, threads=1)
    marks["all"].touch()


def _two_halves() -> NDArray[np.uint8]:
    """Return an image of two halves with noise."""
    noise_yx = np.random.default_rng(0).integers(0, 100, (HEIGHT, WIDTH), np.uint8)
    halves_yx: NDArray[np.uint8] = noise_yx + np.where(np.arange(WIDTH) < WIDTH // 2, 0, 100).astype(np.uint8)
    return halves_yx


if __name__ == "__main__":
    compile_all_kernels()
