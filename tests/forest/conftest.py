"""Small forests and classifiers."""

import pytest

from forest_samples import labelled_samples
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.classifier import Classifier, ClassPoints, TrainingSummary, entries_for
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest


@pytest.fixture(scope="session")
def forest():
    return train_forest(*labelled_samples(), ForestSettings(trees=8, depth=5))


@pytest.fixture(scope="session")
def classifier(forest):
    return Classifier(
        forest=forest,
        recipe=FeatureRecipe(("identity", "gaussian"), (1.0, 2.0), "sigma"),
        scaling=Scaling("dtype", "uint8", (0.0,), (255.0,)),
        channels=1,
        classes=entries_for(forest.class_ids.tolist(), ()),
        training=TrainingSummary((ClassPoints(2, 160, 160),), ForestSettings(trees=8, depth=5), "steel.tif"),
        version="0.1.0",
    )
