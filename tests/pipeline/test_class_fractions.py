"""Where the image is looked at for its class fractions, and what they do to a rare class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.forest.classifier_file import classifier_to_bytes
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.class_fractions import PIXELS, TRUST, choose_places
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier

RECIPE = FeatureRecipe(("gaussian",), (1.0, 2.0))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), min_size=1, max_size=40))
def test_places_lie_in_their_images_in_order_and_are_never_many(sizes_yx):
    places = choose_places(sizes_yx)
    assert len(places) == len(sizes_yx)
    assert 1 <= sum(map(len, places)) <= 3 * PIXELS
    for (height, width), pixels in zip(sizes_yx, places, strict=True):
        flat = pixels.rows_n.astype(np.int64) * width + pixels.columns_n
        assert (np.diff(flat) > 0).all()
        assert len(flat) == 0 or (pixels.rows_n.max() < height and pixels.columns_n.max() < width)


@pytest.mark.parametrize("size_yx", [(256, 256), (512, 512), (1024, 1024), (3000, 5000)])
def test_an_image_of_any_size_is_looked_at_in_about_as_many_pixels(size_yx):
    (places,) = choose_places([size_yx])
    assert len(places) == pytest.approx(PIXELS, rel=0.3)


@pytest.fixture(scope="module")
def phases():
    """An image whose classes overlap in grey, one of them a twentieth of it, and a stroke of each."""
    rng = np.random.default_rng(0)
    truth_yx = np.ones((200, 400), np.uint8)
    truth_yx[:, 380:] = 2
    image_yx = np.clip(rng.normal(np.where(truth_yx == 2, 130, 100), 20), 0, 255).astype(np.uint8)
    labels_yx = np.zeros_like(truth_yx)
    labels_yx[50:60, 100:110], labels_yx[50:60, 385:395] = 1, 2
    return Micrograph.from_array(image_yx, name="rare.png"), labels_yx, truth_yx


def test_a_rare_class_is_believed_in_less(phases):
    image, labels_yx, truth_yx = phases
    equal = train_classifier(image, labels_yx, RECIPE, TrainingSettings(trees=40, balance="balanced"))
    shared = train_classifier(image, labels_yx, RECIPE, TrainingSettings(trees=40))
    assert equal.forest.class_factors is None
    assert np.array_equal(equal.forest.parts_lk, shared.forest.parts_lk)
    fractions_k = segment(equal, image).probabilities_kyx.mean(axis=(1, 2))
    assert shared.forest.class_factors == pytest.approx((fractions_k * 2) ** TRUST, abs=0.03)
    wrong_equal, wrong_shared = (
        np.mean(segment(classifier, image).classes_yx != truth_yx) for classifier in (equal, shared)
    )
    assert wrong_shared < wrong_equal


def test_the_same_labels_give_the_same_factors_on_any_number_of_threads(phases):
    image, labels_yx, _ = phases
    one, four = (
        train_classifier(image, labels_yx, RECIPE, TrainingSettings(trees=10), threads=count) for count in (1, 4)
    )
    assert classifier_to_bytes(one) == classifier_to_bytes(four)


def test_boosted_trees_take_fractions_into_their_scores(phases):
    pytest.importorskip("lightgbm")
    image, labels_yx, _ = phases
    equal, shared = (
        train_classifier(image, labels_yx, RECIPE, TrainingSettings(trees=10, classifier="boosting", balance=balance))
        for balance in ("balanced", "fractions")
    )
    assert shared.forest.class_factors is None
    fractions_k = segment(equal, image).probabilities_kyx
    assert (segment(shared, image).probabilities_kyx[1] <= fractions_k[1] + 1e-6).all()
