"""How a forest is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from sambaseg.errors import ParameterError

Balance = Literal["fractions", "balanced", "none"]
BALANCES: tuple[Balance, ...] = get_args(Balance)

ClassifierKind = Literal["forest", "extra_trees", "boosting"]
CLASSIFIER_KINDS: tuple[ClassifierKind, ...] = get_args(ClassifierKind)

FeaturesPerSplit = int | Literal["sqrt"]

TREES = range(1, 1001)
DEPTH = range(1, 33)
FEATURES_PER_SPLIT = range(1, 2**22)
MIN_LEAF = range(1, 2**31)
SEED = range(2**31)


@dataclass(frozen=True)
class ForestSettings:
    """How a forest is trained; the defaults are those of SAMBA.

    ``classifier`` "forest" is a random forest (Breiman 2001): each tree is grown on a bootstrap sample and takes the
    best cut of some features; "extra_trees" (Geurts et al. 2006) grows each on all samples, with cuts drawn at random;
    "boosting" (Friedman 2001) grows one tree a class after the other, each on what is wrong so far, looks at all
    features and needs LightGBM to train; its ``trees`` are rounds, as many of them as come to at most 1000 trees.
    ``trees`` 1 to 1000; ``depth`` 1 to 32 levels below the root; ``features_per_split`` 1 or more, drawn anew for each
    split, or "sqrt" for the square root of their number, rounded down; ``min_leaf`` 1 or more samples in each leaf;
    ``balance`` "balanced" gives each class the same weight in all, "none" each sample; "fractions" is "balanced", and
    who knows the image gives the forest class factors in the end; ``seed`` 0 to 2^31 - 1. Raises ParameterError outside
    these bounds.
    """

    trees: int = 200
    depth: int = 10
    features_per_split: FeaturesPerSplit = 2
    min_leaf: int = 1
    balance: Balance = "balanced"
    seed: int = 0
    classifier: ClassifierKind = "forest"

    def __post_init__(self) -> None:
        check_whole("The number of trees", self.trees, TREES)
        check_whole("The depth of the trees", self.depth, DEPTH)
        if self.features_per_split != "sqrt":
            check_whole("The number of features for a split", self.features_per_split, FEATURES_PER_SPLIT)
        check_whole("The number of samples in a leaf", self.min_leaf, MIN_LEAF)
        check_whole("The seed", self.seed, SEED)
        if self.balance not in BALANCES:
            raise ParameterError(f"The balance must be one of {', '.join(BALANCES)}, not {self.balance!r:.200}.")
        if self.classifier not in CLASSIFIER_KINDS:
            raise ParameterError(
                f"There is no classifier {self.classifier!r:.200}.", hint=f"There are {', '.join(CLASSIFIER_KINDS)}."
            )

    def features_at_split(self, features: int) -> int:
        """Return how many of `features` a split looks at."""
        return math.isqrt(features) if self.features_per_split == "sqrt" else min(self.features_per_split, features)


def check_whole(what: str, value: object, bounds: range) -> None:
    """Raise ParameterError where `value` is no whole number in `bounds`."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in bounds:
        raise ParameterError(f"{what} must be a whole number from {bounds[0]} to {bounds[-1]}, not {value!r:.200}.")
