"""Strokes found from labelled pixels, beside connected components of scikit-image."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label

from sambaseg.pipeline.labelled import LabelledPixels
from sambaseg.pipeline.strokes import CELL_PX, find_strokes


def strokes_of(*labels):
    return find_strokes([LabelledPixels.from_array(np.asarray(each)) for each in labels])


def test_a_stroke_holds_together_though_only_some_of_its_pixels_train():
    labels_yx = np.zeros((60, 200), np.uint8)
    labels_yx[10, 5:195:7] = 1
    labels_yx[50, 5:195:7] = 1
    strokes_n = strokes_of(labels_yx)
    assert strokes_n.tolist() == [0] * 28 + [1] * 28


def test_classes_and_images_are_kept_apart():
    labels_yx = np.zeros((16, 32), np.int32)
    labels_yx[4, 2:30] = 3
    labels_yx[5, 2:30] = 9
    assert len(set(strokes_of(labels_yx).tolist())) == 2
    assert len(set(strokes_of(labels_yx, labels_yx).tolist())) == 4


def test_the_right_edge_does_not_touch_the_left_one_of_the_next_row_of_cells():
    labels_yx = np.zeros((2 * CELL_PX, 10 * CELL_PX), np.uint8)
    labels_yx[0, -1] = labels_yx[CELL_PX, 0] = 1
    assert strokes_of(labels_yx).tolist() == [0, 1]


def test_nothing_labelled_has_no_strokes():
    assert strokes_of(np.zeros((9, 9), np.uint8)).shape == (0,)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.5))
def test_strokes_are_the_connected_cells_of_each_class(seed, share):
    rng = np.random.default_rng(seed)
    cells_yx = np.where(rng.random((13, 17)) < share, rng.integers(1, 4, (13, 17)), 0)
    labels_yx = np.zeros((13 * CELL_PX, 17 * CELL_PX), np.uint8)
    labels_yx[CELL_PX // 2 :: CELL_PX, CELL_PX // 2 :: CELL_PX] = cells_yx
    expected_n = label(cells_yx, background=0, connectivity=2)[cells_yx > 0]
    strokes_n = strokes_of(labels_yx)
    pairs = set(zip(expected_n.tolist(), strokes_n.tolist(), strict=True))
    assert len(pairs) == len(set(expected_n.tolist())) == len(set(strokes_n.tolist()))
