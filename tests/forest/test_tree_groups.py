"""Trees that look at some of the features only, and class factors: what they promise of the whole forest."""

from collections import Counter

import numpy as np
import pytest

from sambaseg.errors import ParameterError
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest
from sambaseg.forest.tree_groups import TreeGroup, order_trees


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    classes_n = rng.integers(1, 3, 400)
    return rng.normal(classes_n[:, np.newaxis], 0.7, (400, 5)).astype(np.float32), classes_n


def test_every_beginning_of_a_forest_has_about_the_shares_of_the_whole():
    groups = [TreeGroup((0,), 113), TreeGroup((1,), 66), TreeGroup((2,), 21)]
    order = order_trees(groups)
    assert [Counter(order)[group] for group in range(3)] == [113, 66, 21]
    for count in range(1, 201):
        begun = Counter(order[:count])
        assert all(abs(begun[at] - group.trees * count / 200) < 1.5 for at, group in enumerate(groups))


def test_trees_of_a_group_look_at_its_features_only(sample):
    groups = [TreeGroup((1, 3), 12), TreeGroup((4,), 6)]
    forest = train_forest(*sample, ForestSettings(trees=18, features_per_split="sqrt"), groups=groups)
    for number, group in enumerate(order_trees(groups)):
        start, end = forest.tree_starts[number : number + 2]
        asked = set(forest.node_feature[start:end].tolist()) - {-1}
        assert asked
        assert asked <= set(groups[group].features)
    assert forest.importances_f[[0, 2]].tolist() == [0, 0]


def test_one_group_of_all_features_is_the_forest_without_groups(sample):
    settings = ForestSettings(trees=7)
    alone = train_forest(*sample, settings)
    grouped = train_forest(*sample, settings, groups=[TreeGroup(tuple(range(5)), 7)], threads=3)
    assert np.array_equal(alone.node_feature, grouped.node_feature)
    assert np.array_equal(alone.parts_lk, grouped.parts_lk)


@pytest.mark.parametrize("groups", [[TreeGroup((0,), 6)], [TreeGroup((0, 5), 7)], [TreeGroup((-1,), 7)]])
def test_groups_that_do_not_fit_are_refused(sample, groups):
    with pytest.raises(ParameterError, match=r"groups? "):
        train_forest(*sample, ForestSettings(trees=7), groups=groups)


def test_a_group_without_features_is_refused():
    with pytest.raises(ParameterError, match="at least one feature"):
        TreeGroup((), 3)
