"""The small hierarchy of the evaluation, its clicks, and the bootstrap over data sets."""

from __future__ import annotations

import numpy as np
import pytest
from training.area_hierarchy import area_tree, best_on_path, pixel_weights
from training.evaluate import compare, table
from training.trials import synthetic_trials


def _two_squares():
    labels = np.zeros((20, 30), np.int32)
    labels[4:14, 3:12], labels[6:16, 16:28] = 1, 2
    weights = np.zeros((2, 20, 30), np.float32)
    weights[0, :, :-1], weights[1, :-1] = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    return labels, weights


def test_a_perfect_boundary_holds_every_object_as_a_node():
    labels, weights = _two_squares()
    parent = area_tree(weights)
    for label, (y, x) in ((1, (8, 7)), (2, (10, 20))):
        assert best_on_path(parent, [y * 30 + x], labels == label) == pytest.approx([1.0])


def test_no_boundary_holds_only_the_whole_and_scraps():
    labels, _ = _two_squares()
    parent = area_tree(np.zeros((2, 20, 30), np.float32))
    assert best_on_path(parent, [8 * 30 + 7], labels == 1)[0] < 0.9


def test_every_pixel_leads_to_one_root():
    parent = area_tree(pixel_weights(np.random.default_rng(0).random((9, 7), dtype=np.float32)))
    assert parent.shape == (2 * 63 - 1,)
    assert np.flatnonzero(parent < 0).tolist() == [124]
    assert (parent[:-1] > np.arange(124)).all()
    assert np.bincount(parent[:-1])[63:].tolist() == [2] * 62


def test_clicks_stand_inside_their_objects():
    for trial in synthetic_trials(images=1, side_px=96):
        for target in trial.objects:
            assert all(target.truth_yx[y, x] for y, x in target.clicks)


def test_a_gain_on_every_data_set_is_better_and_a_mixed_one_open():
    scores = {f"set {i}": {"learned": [0.6 + 0.01 * i], "gradient": [0.5]} for i in range(8)}
    assert compare(scores, "learned", "gradient").verdict == "better"
    assert compare(scores, "gradient", "learned").verdict == "worse"
    for i in range(0, 8, 2):
        scores[f"set {i}"]["learned"] = [0.4 - 0.01 * i]
    assert compare(scores, "learned", "gradient").verdict == "open"
    assert "| learned − gradient |" in table(scores)
