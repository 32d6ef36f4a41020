"""Samples for forests, and prediction in plain NumPy, one node after the other."""

import numpy as np

from sambaseg.forest.grow import LEAF, WHOLE


def labelled_samples(count=400, features=3, seed=0):
    """Return samples whose classes 2, 4 and 7 depend on the first two features."""
    features_nf = np.random.default_rng(seed).random((count, features)).astype(np.float32)
    class_ids_n = np.where(features_nf[:, 0] < 0.4, 2, np.where(features_nf[:, 1] < 0.5, 4, 7))
    return features_nf, class_ids_n


def noisy_samples(count, features=6, noise=0.15, seed=0):
    """Return samples of classes 1 to 3 that no tree can tell apart fully."""
    rng = np.random.default_rng(seed)
    features_nf = rng.normal(size=(count, features)).astype(np.float32)
    score_n = features_nf[:, 0] + features_nf[:, 1] * features_nf[:, 2] + noise * rng.normal(size=count)
    return features_nf, np.digitize(score_n, [-0.5, 0.8]) + 1


def plain_predict(forest, features_nf):
    """Return the probabilities that the forest's nodes give, by comparing floats with thresholds."""
    leaf_row = np.cumsum(forest.node_feature == LEAF) - 1
    total_nk = np.zeros((len(features_nf), len(forest.class_ids)), np.int64)
    for start, end in zip(forest.tree_starts[:-1], forest.tree_starts[1:], strict=True):
        reached = {int(start): np.arange(len(features_nf))}
        for node in range(start, end):
            here = reached.pop(node)
            feature = forest.node_feature[node]
            if feature == LEAF:
                total_nk[here] += forest.parts_lk[leaf_row[node]]
                continue
            goes_left = features_nf[here, feature] <= forest.edges_fb[feature, forest.node_bin[node]]
            reached[node + 1] = here[goes_left]
            reached[int(forest.right_children[node])] = here[~goes_left]
    return (total_nk / (WHOLE * forest.trees)).astype(np.float32)
