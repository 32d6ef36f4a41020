"""A micrograph of two textures and a rare bright phase, with its labels."""

import numpy as np
import pytest

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier

RECIPE = FeatureRecipe(("identity", "gaussian", "sobel"), (1.0, 3.0), "sigma")
TRAINING = TrainingSettings(points=None, trees=20, depth=8)


@pytest.fixture(scope="session")
def recipe():
    return RECIPE


@pytest.fixture(scope="session")
def training():
    return TRAINING


@pytest.fixture(scope="session")
def micrograph():
    rng = np.random.default_rng(0)
    pixels_yx = rng.normal(90, 12, (300, 530))
    pixels_yx[:, 260:] = rng.normal(130, 30, (300, 270))
    pixels_yx[40:60, 40:60] = rng.normal(230, 5, (20, 20))
    return Micrograph.from_array(np.clip(pixels_yx, 0, 255).astype(np.uint8), name="steel.tif")


@pytest.fixture(scope="session")
def labels_yx():
    labels_yx = np.zeros((300, 530), np.int32)
    labels_yx[100:110, 20:200] = 2
    labels_yx[150:160, 300:500] = 4
    labels_yx[280:290, 510:530] = 4
    labels_yx[48:50, 45:50] = 7
    return labels_yx


@pytest.fixture(scope="session")
def classifier(micrograph, labels_yx):
    return train_classifier(micrograph, labels_yx, RECIPE, TRAINING, threads=2)
