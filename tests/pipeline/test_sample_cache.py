"""Features that are kept are the features that would be computed, and no more bytes are kept than stated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.classifier_file import classifier_to_bytes
from sambaseg.pipeline import training_sample
from sambaseg.pipeline.sample_cache import SampleCache
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier, train_on_images

SMALL = TrainingSettings(points=None, trees=4, depth=6)

strokes = st.lists(
    st.tuples(st.integers(0, 290), st.integers(0, 520), st.sampled_from([0, 2, 4, 7])), min_size=1, max_size=4
)


@settings(deadline=None, max_examples=15)
@given(st.lists(strokes, min_size=1, max_size=4), st.sampled_from([0, 5_000, 10**9]))
def test_any_chain_of_trainings_with_a_cache_gives_what_one_without_gives(micrograph, labels_yx, recipe, chain, budget):
    cache, now_yx = SampleCache(budget), labels_yx.copy()
    for step in chain:
        for top, left, class_id in step:
            now_yx[top : top + 6, left : left + 9] = class_id
        if len(np.unique(now_yx[now_yx > 0])) < 2:
            continue
        cached = train_on_images([(micrograph, now_yx)], recipe, SMALL, cache=cache, threads=2)
        assert classifier_to_bytes(cached) == classifier_to_bytes(train_classifier(micrograph, now_yx, recipe, SMALL))
        assert cache.bytes <= budget


def test_only_new_pixels_are_computed(micrograph, labels_yx, recipe, monkeypatch):
    cache, read = SampleCache(10**8), []
    original = training_sample.read_with_halo

    def spy(image_cyx, y0, y1, x0, x1, halo):
        read.append((y0, y1, x0, x1))
        return original(image_cyx, y0, y1, x0, x1, halo)

    monkeypatch.setattr(training_sample, "read_with_halo", spy)
    train_on_images([(micrograph, labels_yx)], recipe, SMALL, cache=cache)
    read.clear()
    more_yx = labels_yx.copy()
    more_yx[200:205, 30:40] = 2
    train_on_images([(micrograph, more_yx)], recipe, SMALL, cache=cache)
    assert read == [(200, 205, 30, 40)]
    read.clear()
    train_on_images([(micrograph, labels_yx)], recipe, SMALL, cache=cache)
    train_on_images([(micrograph, more_yx)], recipe, SMALL, cache=cache)
    assert read == []


def test_images_are_kept_apart_by_their_ids_in_any_order(micrograph, labels_yx, recipe):
    dark = type(micrograph).from_array(micrograph.pixels_cyx // 2, name="dark")
    cache = SampleCache(10**8)
    pairs = {3: (micrograph, labels_yx), 9: (dark, labels_yx)}
    for order in ([3, 9], [9, 3], [9], [3]):
        given_ = [pairs[image] for image in order]
        cached = train_on_images(given_, recipe, SMALL, cache=cache, image_ids=order)
        assert classifier_to_bytes(cached) == classifier_to_bytes(train_on_images(given_, recipe, SMALL))


@pytest.mark.parametrize("other", ["recipe", "scaling"])
def test_features_of_another_recipe_or_scaling_are_dropped(micrograph, recipe, other):
    cache, scaling = SampleCache(10**8), Scaling.for_image(micrograph)
    cache.use(recipe, scaling)
    cache.keep((0, 0, 0), np.arange(5), np.ones((3, 5), np.float32))
    cache.use(recipe, scaling)
    assert cache.bytes > 0
    if other == "recipe":
        cache.use(FeatureRecipe(("identity",), (), "sigma"), scaling)
    else:
        cache.use(recipe, Scaling("dtype", "uint16", (0.0,), (65535.0,)))
    assert cache.bytes == 0
    assert not cache.take((0, 0, 0), np.arange(5), np.zeros((3, 5), np.float32)).any()
