"""Strokes are held out as wholes, and the only stroke of a class in parts."""

import itertools

import numpy as np

from sambaseg.pipeline.labelled import LabelledPixels
from sambaseg.trust.folds import FOLDS, PARTS, choose_folds


def folds_of(labels_yx):
    pixels = LabelledPixels.from_array(labels_yx)
    return pixels, choose_folds([pixels])


def test_no_stroke_is_in_two_folds_and_strokes_of_a_class_take_turns():
    labels_yx = np.zeros((400, 400), np.uint8)
    for at in range(7):
        labels_yx[20 + 50 * at : 40 + 50 * at, 20:100] = 1
        labels_yx[20 + 50 * at : 40 + 50 * at, 250:300] = 2
    pixels, folds = folds_of(labels_yx)
    assert folds.strokes_of_class == {1: 7, 2: 7}
    for group in np.unique(folds.groups_n):
        assert len(np.unique(folds.folds_n[folds.groups_n == group])) == 1
        assert len(np.unique(pixels.class_ids_n[folds.groups_n == group])) == 1
    for class_id in (1, 2):
        assert set(folds.folds_n[pixels.class_ids_n == class_id]) == set(range(FOLDS))


def test_the_only_stroke_of_a_class_is_cut_across_its_length():
    labels_yx = np.zeros((200, 200), np.uint8)
    labels_yx[10:14, 20:180] = 1
    labels_yx[50:60, 50:60] = labels_yx[100:110, 50:60] = 2
    pixels, folds = folds_of(labels_yx)
    assert folds.strokes_of_class == {1: 1, 2: 2}
    of_one = pixels.class_ids_n == 1
    columns, groups = pixels.columns_n[of_one], folds.groups_n[of_one]
    ranges = sorted((columns[groups == group].min(), columns[groups == group].max()) for group in np.unique(groups))
    assert len(ranges) == PARTS
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(ranges))


def test_a_single_pixel_is_a_fold_of_its_own():
    labels_yx = np.zeros((64, 64), np.uint8)
    labels_yx[3, 3], labels_yx[50, 50] = 1, 2
    _, folds = folds_of(labels_yx)
    assert len(folds.folds_n) == 2
