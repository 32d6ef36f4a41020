"""Labelled pixels as a list: the same pixels train whatever form the labels come in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sambaseg.errors import LabelsFileError
from sambaseg.forest.sampling import choose_points
from sambaseg.labels.layer import LabelLayer
from sambaseg.labels.runs import TileRuns, encode_runs
from sambaseg.pipeline import labelled
from sambaseg.pipeline.labelled import LabelBands, LabelledPixels, choose_labelled, count_labels


def sparse_labels(shape, seed, classes=3, share=0.01):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(shape) < share, rng.integers(1, classes + 1, shape), 0).astype(np.uint8)


def bands_of(labels_yx):
    return LabelBands(labels_yx.shape, lambda top, bottom: labels_yx[top:bottom])


def positions(pixels):
    return pixels.rows_n.astype(np.int64) * pixels.shape_yx[1] + pixels.columns_n


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 3)),
    st.integers(1, 60),
    st.integers(0, 5),
)
def test_every_form_of_labels_is_the_same_list_in_row_major_order(labels_yx, points, seed):
    forms = (labels_yx, LabelledPixels.from_array(labels_yx), LabelLayer.from_array(labels_yx), bands_of(labels_yx))
    wanted_n = choose_points(labels_yx, points=points, seed=seed)
    for form in forms:
        counts = count_labels(form)
        assert counts == count_labels(labels_yx)
        (chosen,) = choose_labelled([form], counts, points=points, seed=seed)
        assert np.array_equal(positions(chosen), wanted_n)
        assert np.array_equal(chosen.class_ids_n, labels_yx.ravel()[wanted_n])


@pytest.mark.parametrize("points", [None, 300])
def test_several_tiles_and_images_are_chosen_as_if_they_stood_one_after_the_other(points):
    images = [sparse_labels((300, 700), 0), np.zeros((5, 5), np.uint8), sparse_labels((600, 257), 1, classes=5)]
    counts = count_labels(np.concatenate([labels_yx.ravel() for labels_yx in images])[None])
    end_to_end = choose_points(np.concatenate([labels_yx.ravel() for labels_yx in images]), points=points, seed=4)
    for form in (np.asarray, LabelledPixels.from_array, LabelLayer.from_array, bands_of):
        chosen = choose_labelled([form(labels_yx) for labels_yx in images], counts, points=points, seed=4)
        starts = np.cumsum([0, *(labels_yx.size for labels_yx in images)])
        found = np.concatenate([positions(pixels) + start for pixels, start in zip(chosen, starts[:3], strict=True)])
        assert np.array_equal(found, end_to_end)
        assert [len(pixels) for pixels in chosen][1] == 0


def test_a_layer_of_a_huge_image_costs_only_what_is_labelled():
    layer = LabelLayer((100_000, 100_000))
    mask_yx = np.zeros((256, 256), np.bool_)
    mask_yx[3, 5:9] = True
    layer.commit(layer.plan_paint([TileRuns(300, 200, encode_runs(mask_yx))], 2))
    pixels = LabelledPixels.from_layer(layer)
    assert pixels.rows_n.tolist() == [300 * 256 + 3] * 4
    assert pixels.columns_n.tolist() == [200 * 256 + 5 + i for i in range(4)]


def test_labels_that_are_no_ids_are_refused():
    with pytest.raises(LabelsFileError, match="float64"):
        LabelledPixels.from_array(np.zeros((3, 3)))
    with pytest.raises(LabelsFileError, match="-2"):
        LabelledPixels.from_array(np.array([[0, -2]]))


@pytest.mark.parametrize("points", [None, 1000])
def test_wholly_labelled_images_are_gone_through_in_small_bands(monkeypatch, points):
    monkeypatch.setattr(labelled, "BAND_PIXELS", 5000)
    labels_yx = np.random.default_rng(0).integers(1, 4, (700, 600)).astype(np.uint8)
    counts = count_labels(labels_yx)
    wanted_n = choose_points(labels_yx, points=points, seed=2)
    for form in (labels_yx, LabelLayer.from_array(labels_yx), bands_of(labels_yx)):
        assert max(len(band) for band in labelled._bands(form)) <= 20_000
        (chosen,) = choose_labelled([form], counts, points=points, seed=2)
        assert np.array_equal(positions(chosen), wanted_n)
        assert np.array_equal(chosen.class_ids_n, labels_yx.ravel()[wanted_n])
