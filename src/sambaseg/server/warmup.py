"""Running every kernel once: compiled into numba's cache by ``python -m sambaseg.server.warmup``, or loaded from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sambaseg.server.kernels import kernels_mark

HEIGHT, WIDTH = 96, 112
SCALES_PX = (1.0, 2.0)
ALL_DTYPES = ("uint8", "uint16", "float32")


def run_kernels(families: Sequence[str], dtypes: Sequence[str]) -> None:
    """Train and predict once with these families, on an image of two halves in each of these kinds of pixels."""
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.pipeline.apply import segment
    from sambaseg.pipeline.settings import TrainingSettings
    from sambaseg.pipeline.train import train_classifier

    recipe = FeatureRecipe(tuple(families), SCALES_PX, "sigma")
    noise_yx = np.random.default_rng(0).integers(0, 100, (HEIGHT, WIDTH), np.uint8)
    image_yx = noise_yx + np.where(np.arange(WIDTH) < WIDTH // 2, 0, 100).astype(np.uint8)
    labels_yx = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels_yx[10:20, 10:20], labels_yx[10:20, -20:-10] = 1, 2
    for dtype in dtypes:
        micrograph = Micrograph.from_array(image_yx.astype(dtype))
        classifier = train_classifier(micrograph, labels_yx, recipe, TrainingSettings(trees=2), threads=1)
        segment(classifier, micrograph, threads=1)


def compile_all_kernels() -> None:
    """Fill numba's cache, and leave the mark that says so in place of older ones."""
    from sambaseg.features.table import FAMILIES

    mark = kernels_mark()
    run_kernels([family.id for family in FAMILIES], ALL_DTYPES)
    mark.parent.mkdir(parents=True, exist_ok=True)
    for outdated in mark.parent.glob("kernels-*.ready"):
        outdated.unlink(missing_ok=True)
    mark.touch()


if __name__ == "__main__":
    compile_all_kernels()
