"""Extra trees: cuts at random, on all samples, as good as scikit-learn's."""

import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import ExtraTreesClassifier

from forest_samples import noisy_samples, plain_predict
from sambaseg.forest.grow import LEAF
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest


def extra_trees(**settings):
    return ForestSettings(**{"classifier": "extra_trees", "features_per_split": "sqrt", **settings})


def test_thresholds_are_spread_evenly_over_the_range_of_the_values():
    """Most values are small, so that thresholds spread evenly over samples or bins would be small too."""
    values_n = (np.linspace(0, 1, 3000) ** 4).astype(np.float32)
    class_ids_n = np.arange(3000) % 2 + 1
    forest = train_forest(values_n[:, np.newaxis], class_ids_n, extra_trees(trees=1000, depth=1))
    roots = forest.tree_starts[:-1]
    thresholds = forest.edges_fb[0, forest.node_bin[roots]]
    assert (forest.node_feature[roots] == 0).all()
    assert stats.kstest(thresholds, stats.uniform(0, 1).cdf).pvalue > 0.01


def test_any_threshold_in_a_gap_cuts_at_the_gap():
    features_nf = np.array([[0.0], [1.0], [10.0]], np.float32)
    forest = train_forest(features_nf, np.array([1, 2, 2]), extra_trees(trees=1000, depth=1))
    cut_low = forest.node_bin[forest.tree_starts[:-1]] == 0
    assert cut_low.mean() == pytest.approx(0.1, abs=0.03)  # between 0 and 1, of 0 to 10


def test_all_samples_train_every_tree_so_that_none_is_left_to_score_on():
    features_nf, class_ids_n = noisy_samples(300)
    forest = train_forest(features_nf, class_ids_n, extra_trees(trees=20, depth=32))
    assert forest.out_of_bag is None
    predicted = forest.most_probable(forest.predict_proba(features_nf).T)
    assert np.array_equal(predicted, class_ids_n)


def test_leaves_hold_as_many_samples_as_wanted():
    features_nf, class_ids_n = noisy_samples(400)
    forest = train_forest(features_nf, class_ids_n, extra_trees(trees=20, depth=20, min_leaf=25))
    for start, end in zip(forest.tree_starts[:-1], forest.tree_starts[1:], strict=True):
        assert (forest.node_feature[start:end] == LEAF).sum() <= 400 // 25


def test_probabilities_and_accuracy_are_as_good_as_those_of_scikit_learn():
    differences = []
    for seed in range(4):
        features_nf, class_ids_n = noisy_samples(900, noise=0.6, seed=seed)
        test_nf, truth_n = noisy_samples(4000, noise=0.6, seed=100 + seed)
        ours = train_forest(features_nf, class_ids_n, extra_trees(trees=100, min_leaf=2, seed=seed))
        theirs = ExtraTreesClassifier(
            100, max_depth=10, min_samples_leaf=2, class_weight="balanced", random_state=seed
        ).fit(features_nf, class_ids_n)
        predicted = ours.most_probable(ours.predict_proba(test_nf).T)
        differences.append((predicted == truth_n).mean() - theirs.score(test_nf, truth_n))
        assert np.abs(ours.predict_proba(test_nf) - theirs.predict_proba(test_nf)).mean() < 0.03
    assert np.mean(differences) > -0.01
    assert min(differences) > -0.02


def test_the_walk_gives_the_probabilities_of_the_leaves():
    forest = train_forest(*noisy_samples(900), extra_trees(trees=15, depth=32))
    features_nf, _ = noisy_samples(700, seed=8)
    assert np.array_equal(forest.predict_proba(features_nf), plain_predict(forest, features_nf))


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads():
    features_nf, class_ids_n = noisy_samples(700)
    one, three, other = (
        train_forest(features_nf, class_ids_n, extra_trees(trees=21, seed=seed), threads=threads)
        for seed, threads in ((5, 1), (5, 3), (6, 1))
    )
    assert np.array_equal(one.parts_lk, three.parts_lk)
    assert not np.array_equal(one.tree_starts, other.tree_starts)


@pytest.mark.parametrize(("features", "wanted"), [(1, 1), (6, 2), (42, 6), (49, 7)])
def test_the_root_of_the_number_of_features_is_rounded_down(features, wanted):
    assert extra_trees().features_at_split(features) == wanted


def test_a_split_looks_at_no_more_features_than_there_are():
    assert ForestSettings(features_per_split=50).features_at_split(6) == 6
