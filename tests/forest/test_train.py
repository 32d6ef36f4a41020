"""Training: what is learned, from how little, and that nothing but the seed decides."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from forest_samples import labelled_samples, noisy_samples
from sambaseg.errors import CancelledError, MemoryBudgetError, NotEnoughLabelsError, ParameterError
from sambaseg.forest.cut import SORTED_SAMPLES
from sambaseg.forest.grow import LEAF, WHOLE, draw_bootstrap
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import OUT_OF_BAG_SAMPLES, Preview, train_forest

FEW = ForestSettings(trees=20, depth=6)


def same_bits(one, other):
    names = ("class_ids", "edges_fb", "node_feature", "node_bin", "tree_starts", "parts_lk", "importances_f")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names) and (
        one.out_of_bag == other.out_of_bag
    )


def test_two_classes_that_one_cut_separates_are_told_apart_with_certainty():
    features_nf = np.concatenate([np.linspace(0, 1, 50), np.linspace(3, 4, 50)]).astype(np.float32)[:, np.newaxis]
    class_ids_n = np.repeat([1, 2], 50)
    forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=30))
    assert (np.diff(forest.tree_starts) == 3).all()
    thresholds = forest.edges_fb[0, forest.node_bin[forest.node_feature == 0]]
    assert ((thresholds >= 1) & (thresholds < 3)).all()
    asked = forest.predict_proba(np.array([[0.5], [3.5]], np.float32))
    assert asked.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert forest.out_of_bag.score == 1.0


def test_the_threshold_lies_in_the_middle_of_the_gap_between_the_classes():
    rng = np.random.default_rng(0)
    features_nf = np.concatenate([rng.uniform(0, 1, 500), rng.uniform(9, 10, 500)]).astype(np.float32)[:, np.newaxis]
    noise_n = np.repeat([1, 2], 500)
    forest = train_forest(features_nf, noise_n, ForestSettings(trees=10))
    assert forest.edges_fb[0, forest.node_bin[0]] == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("count", [SORTED_SAMPLES, 1500])
@pytest.mark.parametrize("balance", ["balanced", "none"])
def test_the_first_cut_takes_away_as_much_impurity_as_the_best_one_of_scikit_learn(count, balance):
    for seed in range(5):
        features_nf, class_ids_n = noisy_samples(count, seed=seed)
        features_nf = np.round(features_nf, 1)  # few values, so that the bins lose nothing
        settings = ForestSettings(trees=1, depth=1, features_per_split=6, balance=balance, seed=seed)
        forest = train_forest(features_nf, class_ids_n, settings)
        times_n = np.zeros(count, np.uint16)
        draw_bootstrap(times_n, np.zeros(1, np.uint64), seed, 0)
        counts = np.bincount(class_ids_n)[class_ids_n]
        weights_n = times_n * (count / counts if balance == "balanced" else 1.0)
        stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(features_nf, class_ids_n, weights_n)
        wanted = leaf_impurity(stump.apply(features_nf), class_ids_n, weights_n)
        found = leaf_impurity(
            features_nf[:, forest.node_feature[0]] <= forest.edges_fb[forest.node_feature[0], forest.node_bin[0]],
            class_ids_n,
            weights_n,
        )
        assert found == pytest.approx(wanted, rel=1e-12)


def leaf_impurity(leaf_n, class_ids_n, weights_n):
    total = 0.0
    for leaf in np.unique(leaf_n):
        weight_k = np.bincount(class_ids_n[leaf_n == leaf], weights_n[leaf_n == leaf])
        total += weight_k.sum() - (weight_k**2).sum() / weight_k.sum()
    return total


def test_a_tree_on_few_distinct_values_gives_the_probabilities_of_scikit_learns_exact_tree():
    features_nf, class_ids_n = noisy_samples(600, features=3, seed=4)
    features_nf = np.round(features_nf * 20) / 20
    forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=1, depth=3, features_per_split=3))
    times_n = np.zeros(len(class_ids_n), np.uint16)
    draw_bootstrap(times_n, np.zeros(1, np.uint64), 0, 0)
    weights_n = times_n / np.bincount(class_ids_n)[class_ids_n]
    exact = DecisionTreeClassifier(max_depth=3, random_state=0).fit(features_nf, class_ids_n, weights_n)
    drawn = times_n > 0
    wanted = exact.predict_proba(features_nf[drawn])
    assert forest.predict_proba(features_nf[drawn]) == pytest.approx(wanted, abs=1e-6)


def test_probabilities_and_accuracy_are_as_good_as_those_of_scikit_learn():
    differences, scores = [], []
    for seed in range(4):
        features_nf, class_ids_n = noisy_samples(900, noise=0.6, seed=seed)
        test_nf, truth_n = noisy_samples(4000, noise=0.6, seed=100 + seed)
        ours = train_forest(features_nf, class_ids_n, ForestSettings(trees=100, features_per_split=2, seed=seed))
        theirs = RandomForestClassifier(
            100, max_depth=10, max_features=2, class_weight="balanced", oob_score=True, random_state=seed
        ).fit(features_nf, class_ids_n)
        predicted = ours.most_probable(ours.predict_proba(test_nf).T)
        differences.append((predicted == truth_n).mean() - theirs.score(test_nf, truth_n))
        scores.append(ours.out_of_bag.score - theirs.oob_score_)
    assert np.mean(differences) > -0.005
    assert min(differences) > -0.015
    assert np.abs(scores).max() < 0.02


def test_the_out_of_bag_score_is_chance_where_there_is_nothing_to_learn():
    rng = np.random.default_rng(0)
    forest = train_forest(rng.random((2000, 4)).astype(np.float32), rng.integers(1, 3, 2000), FEW)
    assert forest.out_of_bag.score == pytest.approx(0.5, abs=0.04)


def test_the_out_of_bag_score_is_measured_class_by_class_on_evenly_spaced_samples():
    count = OUT_OF_BAG_SAMPLES + 10
    class_ids_n = np.where(np.arange(count) % 10 == 0, 1, 2)
    features_nf = class_ids_n[:, np.newaxis].astype(np.float32)
    forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=4))
    assert forest.out_of_bag.score == 1.0
    assert forest.out_of_bag.by_class == (1.0, 1.0)


def test_the_out_of_bag_score_is_that_of_trees_that_did_not_see_a_sample():
    features_nf, class_ids_n = noisy_samples(500, noise=1.0)
    forest = train_forest(features_nf, class_ids_n, FEW, threads=2)
    leaf_row, bins_fn = np.cumsum(forest.node_feature == LEAF) - 1, forest.quantise(features_nf.T[:, np.newaxis])[:, 0]
    votes_nk, times_n = np.zeros((500, 3), np.int64), np.zeros(500, np.uint16)
    for tree in range(FEW.trees):
        draw_bootstrap(times_n, np.zeros(1, np.uint64), FEW.seed, tree)
        for sample in np.flatnonzero(times_n == 0):
            node = int(forest.tree_starts[tree])
            while forest.node_feature[node] != LEAF:
                goes_left = bins_fn[forest.node_feature[node], sample] <= forest.node_bin[node]
                node = node + 1 if goes_left else int(forest.right_children[node])
            votes_nk[sample] += forest.parts_lk[leaf_row[node]]
    asked = votes_nk.any(axis=1)
    right = votes_nk.argmax(axis=1)[asked] == class_ids_n[asked] - 1
    assert 450 < asked.sum() <= 500
    assert forest.out_of_bag.score == right.mean()
    assert forest.out_of_bag.by_class == tuple(right[class_ids_n[asked] == entry].mean() for entry in (1, 2, 3))


def test_a_forest_without_a_score_is_the_same_forest():
    features_nf, class_ids_n = noisy_samples(900)
    scored = train_forest(features_nf, class_ids_n, FEW)
    bare = train_forest(features_nf, class_ids_n, FEW, scored=False)
    assert bare.out_of_bag is None
    assert same_bits(replace(bare, out_of_bag=scored.out_of_bag), scored)


def test_the_informative_feature_is_the_important_one():
    rng = np.random.default_rng(0)
    features_nf = rng.random((800, 5)).astype(np.float32)
    forest = train_forest(features_nf, (features_nf[:, 3] > 0.5) + 1, ForestSettings(trees=60, features_per_split=3))
    assert forest.importances_f.argmax() == 3
    assert forest.importances_f[3] > 0.7
    assert forest.importances_f.sum() == pytest.approx(1)


def test_importances_are_close_to_those_of_scikit_learn():
    features_nf, class_ids_n = noisy_samples(1200)
    ours = train_forest(features_nf, class_ids_n, ForestSettings(trees=100))
    theirs = RandomForestClassifier(100, max_depth=10, max_features=2, class_weight="balanced", random_state=0)
    theirs.fit(features_nf, class_ids_n)
    assert ours.importances_f == pytest.approx(theirs.feature_importances_, abs=0.03)


def test_a_class_with_a_single_sample_is_learned():
    rng = np.random.default_rng(0)
    features_nf = rng.random((500, 2)).astype(np.float32)
    class_ids_n = np.full(500, 1)
    class_ids_n[250:] = 2
    features_nf[250:] += 2
    class_ids_n[0], features_nf[0] = 9, (50, 50)
    forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=50))
    assert forest.class_ids.tolist() == [1, 2, 9]
    assert forest.most_probable(forest.predict_proba(features_nf[:1]).T).tolist() == [9]


def test_any_class_ids_stay_as_they_are():
    features_nf, class_ids_n = labelled_samples()
    few = train_forest(features_nf, class_ids_n, FEW)
    many = train_forest(features_nf, class_ids_n * 1000, FEW)
    assert few.class_ids.tolist() == [2, 4, 7]
    assert many.class_ids.tolist() == [2000, 4000, 7000]
    assert few.most_probable(few.predict_proba(features_nf).T).dtype == np.uint8
    assert many.most_probable(many.predict_proba(features_nf).T).dtype == np.uint16
    assert np.array_equal(few.parts_lk, many.parts_lk)


def test_balanced_classes_count_alike_however_many_samples_they_have():
    rng = np.random.default_rng(1)
    features_nf = rng.normal(size=(4000, 1)).astype(np.float32)
    class_ids_n = np.where(rng.random(4000) < 0.05, 1, 2)  # nothing to learn, one class rare
    share = {}
    for balance in ("balanced", "none"):
        forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=50, depth=1, balance=balance))
        share[balance] = forest.predict_proba(features_nf)[:, 0].mean()
    assert share["balanced"] == pytest.approx(0.5, abs=0.05)
    assert share["none"] == pytest.approx(0.05, abs=0.02)


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads():
    features_nf, class_ids_n = noisy_samples(700)
    settings = ForestSettings(trees=23, seed=5)
    forest = train_forest(features_nf, class_ids_n, settings)
    for threads in (1, 2, 5):
        assert same_bits(forest, train_forest(features_nf, class_ids_n, settings, threads=threads))
    assert not same_bits(forest, train_forest(features_nf, class_ids_n, ForestSettings(trees=23, seed=6)))


def test_the_bits_of_a_seed_are_those_of_the_first_release():
    features_nf, class_ids_n = labelled_samples(200)
    forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=3, depth=4, seed=7))
    assert np.diff(forest.tree_starts).tolist() == GOLDEN_NODES
    assert int(forest.parts_lk[:, 0].astype(np.int64).sum()) == GOLDEN_SUM


GOLDEN_NODES = [5, 21, 5]
GOLDEN_SUM = 28511569


def test_leaves_hold_as_many_samples_as_wanted_and_trees_end_at_their_depth():
    features_nf, class_ids_n = noisy_samples(500)
    forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=5, depth=3, min_leaf=30))
    assert (np.diff(forest.tree_starts) <= 15).all()
    for tree in range(5):
        times_n = np.zeros(500, np.uint16)
        draw_bootstrap(times_n, np.zeros(1, np.uint64), 0, tree)
        drawn_nf = features_nf[times_n > 0]
        assert min(leaf_sizes(forest, tree, drawn_nf)) >= 30


def leaf_sizes(forest, tree, features_nf):
    waiting, sizes = [(int(forest.tree_starts[tree]), np.ones(len(features_nf), bool))], []
    while waiting:
        node, here = waiting.pop()
        feature = forest.node_feature[node]
        if feature == LEAF:
            sizes.append(int(here.sum()))
            continue
        left = features_nf[:, feature] <= forest.edges_fb[feature, forest.node_bin[node]]
        waiting += [(node + 1, here & left), (int(forest.right_children[node]), here & ~left)]
    return sizes


def test_the_parts_of_each_leaf_add_up_exactly():
    features_nf, class_ids_n = noisy_samples(900, noise=2.0)
    forest = train_forest(features_nf, class_ids_n, FEW)
    assert (forest.parts_lk.sum(axis=1, dtype=np.int64) == WHOLE).all()


def test_constant_features_do_not_keep_a_tree_from_growing():
    features_nf = np.zeros((200, 30), np.float32)
    features_nf[:, 11] = np.arange(200)
    forest = train_forest(features_nf, np.repeat([1, 2], 100), ForestSettings(trees=10, features_per_split=1))
    assert set(forest.node_feature[forest.node_feature != LEAF]) == {11}
    assert (np.diff(forest.tree_starts) >= 3).all()


def test_features_that_are_all_constant_give_single_leaves():
    forest = train_forest(np.ones((10, 2), np.float32), np.repeat([1, 2], 5), ForestSettings(trees=3))
    assert forest.tree_starts.tolist() == [0, 1, 2, 3]
    assert forest.importances_f.tolist() == [0, 0]
    assert forest.predict_proba(np.ones((1, 2), np.float32)).sum() == pytest.approx(1)


def test_progress_goes_up_to_one_and_cancelling_ends_the_work():
    features_nf, class_ids_n = labelled_samples()
    told = []
    train_forest(features_nf, class_ids_n, FEW, threads=2, progress=told.append)
    assert len(told) >= 2
    assert max(told) == 1.0
    told.clear()
    with pytest.raises(CancelledError):
        train_forest(features_nf, class_ids_n, FEW, progress=told.append, cancelled=lambda: len(told) > 0)
    assert len(told) == 1
    assert told[0] < 0.5


def test_a_forest_that_grows_too_large_is_refused_and_no_more_trees_are_grown(monkeypatch):
    monkeypatch.setattr("sambaseg.forest.train.MAX_NODES", 60)
    told = []
    with pytest.raises(MemoryBudgetError, match="60 nodes"):
        train_forest(*noisy_samples(200), ForestSettings(trees=500), threads=2, progress=told.append)
    assert len(told) < 10


@pytest.mark.parametrize(
    ("features_nf", "class_ids_n", "error", "part"),
    [
        (np.zeros((0, 2)), np.zeros(0, int), NotEnoughLabelsError, "nothing is labelled"),
        (np.zeros((3, 2)), np.full(3, 5), NotEnoughLabelsError, "only class 5"),
        (np.zeros((3, 2)), np.arange(2), ParameterError, "n class ids"),
        (np.zeros((3, 0)), np.arange(3), ParameterError, "n class ids"),
        (np.full((2, 2), np.nan), np.arange(1, 3), ParameterError, "finite"),
        (np.zeros((2, 2)), np.arange(2), ParameterError, "above 0"),
        (np.zeros((256, 2)), np.arange(1, 257), ParameterError, "at most 255"),
    ],
)
def test_what_cannot_train_is_refused_by_name(features_nf, class_ids_n, error, part):
    with pytest.raises(error, match=part):
        train_forest(features_nf.astype(np.float32), class_ids_n)


@pytest.mark.parametrize(
    "values",
    [{"trees": 0}, {"trees": 1001}, {"depth": 33}, {"depth": True}, {"seed": -1}, {"seed": 1.5},
     {"features_per_split": 0}, {"features_per_split": "all"}, {"min_leaf": 0}, {"balance": "fair"},
     {"classifier": "magic"}],
)  # fmt: skip
def test_settings_out_of_bounds_are_refused(values):
    with pytest.raises(ParameterError):
        ForestSettings(**values)


def test_255_classes_are_trained():
    class_ids_n = np.repeat(np.arange(1, 256), 3)
    forest = train_forest(
        class_ids_n[:, np.newaxis].astype(np.float32), class_ids_n, ForestSettings(trees=60, depth=12)
    )
    predicted = forest.most_probable(forest.predict_proba(class_ids_n[:, np.newaxis].astype(np.float32)).T)
    assert (predicted == class_ids_n).mean() > 0.97


def test_kept_edges_of_the_same_sample_give_the_same_forest():
    features_nf, class_ids_n = noisy_samples(1500)
    fresh = train_forest(features_nf, class_ids_n, FEW)
    assert same_bits(train_forest(features_nf, class_ids_n, FEW, edges_fb=fresh.edges_fb, threads=3), fresh)


def test_kept_edges_of_another_sample_still_cut_between_the_values_of_this_one():
    rng = np.random.default_rng(5)
    edges_fb = train_forest(*noisy_samples(1500, seed=1), FEW).edges_fb
    features_nf, class_ids_n = noisy_samples(700, seed=2)
    features_nf[:5] += rng.normal(0, 100, (5, 6)).astype(np.float32)
    kept = train_forest(features_nf, class_ids_n, ForestSettings(trees=60), edges_fb=edges_fb)
    fresh = train_forest(features_nf, class_ids_n, ForestSettings(trees=60))
    assert np.array_equal(kept.edges_fb, edges_fb)
    assert kept.oob_score == pytest.approx(fresh.oob_score, abs=0.02)


def test_kept_edges_of_another_number_of_features_are_refused():
    features_nf, class_ids_n = noisy_samples(100)
    with pytest.raises(ParameterError, match="2 features, not for 6"):
        train_forest(features_nf, class_ids_n, FEW, edges_fb=np.full((2, 255), np.inf, np.float32))


@pytest.mark.parametrize("threads", [1, 3])
def test_a_preview_is_the_beginning_of_the_same_forest(threads):
    features_nf, class_ids_n = noisy_samples(800)
    previews = []
    whole = train_forest(features_nf, class_ids_n, FEW, preview=Preview(7, previews.append), threads=threads)
    assert same_bits(whole, train_forest(features_nf, class_ids_n, FEW))
    alone = train_forest(features_nf, class_ids_n, ForestSettings(trees=7, depth=6))
    assert len(previews) == 1
    for name in ("class_ids", "edges_fb", "node_feature", "node_bin", "tree_starts", "parts_lk", "importances_f"):
        assert np.array_equal(getattr(previews[0], name), getattr(alone, name))
    assert previews[0].out_of_bag is None


def test_an_error_while_the_preview_is_used_ends_the_training():
    def fail(_):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        train_forest(*noisy_samples(300), FEW, preview=Preview(7, fail))
