"""Labelled pixels and pixels looked at, in the bins of a classifier: what other forests are trained on and asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.forest.bins import FeatureBins, keep_bins
from sambaseg.forest.forest import Forest
from sambaseg.trust.folds import Folds

SAMPLES = 6_000
"""Labelled pixels that are kept, evenly spaced, so that forests cost about the same whatever is labelled."""


@dataclass(frozen=True, eq=False)
class Sample:
    """What a classifier was trained on: features (f, n), class ids, and which pixels are held out together."""

    features_fn: npt.NDArray[np.float32]
    class_ids_n: npt.NDArray[np.int64]
    folds: Folds


@dataclass(frozen=True, eq=False)
class BinnedSample:
    """Bins (f, n) of some of the sample with class ids, groups and folds, and bins (f, m) of the pixels looked at."""

    bins: FeatureBins
    bins_fn: npt.NDArray[np.uint8]
    class_ids_n: npt.NDArray[np.int64]
    groups_n: npt.NDArray[np.intp]
    folds_n: npt.NDArray[np.intp]
    looked_fm: npt.NDArray[np.uint8]


def bin_sample(forest: Forest, sample: Sample, looked_fm: npt.NDArray[np.float32], *, threads: int) -> BinnedSample:
    """Return the sample and the features (f, m) of pixels looked at, in the bins of the forest."""
    step = max(1, -(-len(sample.class_ids_n) // SAMPLES))
    features_fn = np.ascontiguousarray(sample.features_fn[:, ::step])
    return BinnedSample(
        bins=keep_bins(forest.edges_fb, features_fn, threads=threads),
        bins_fn=forest.quantise(features_fn[:, np.newaxis])[:, 0],
        class_ids_n=sample.class_ids_n[::step],
        groups_n=sample.folds.groups_n[::step],
        folds_n=sample.folds.folds_n[::step],
        looked_fm=forest.quantise(np.ascontiguousarray(looked_fm)[:, np.newaxis])[:, 0],
    )


def probabilities_of(
    forest: Forest, bins_fn: npt.NDArray[np.uint8], class_ids: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Return the probabilities (k, n) of these classes; 0 for one that the forest does not know."""
    known_kn = forest.predict_tile(np.ascontiguousarray(bins_fn)[:, np.newaxis])[:, 0]
    if len(forest.class_ids) == len(class_ids):
        return known_kn
    all_kn = np.zeros((len(class_ids), bins_fn.shape[1]), np.float32)
    all_kn[np.searchsorted(class_ids, forest.class_ids)] = known_kn
    return all_kn


def weighed_as(classifier: Forest, forest: Forest) -> Forest:
    """Return a forest with the class factors of a classifier's, unless some of its classes are missing."""
    factors = classifier.class_factors
    if factors is None or len(forest.class_ids) != len(factors):
        return forest
    return forest.with_class_factors(factors)
