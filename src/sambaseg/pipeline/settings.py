"""How a forest is trained on an image: the settings that page, command line and Python share, with their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sambaseg.errors import ParameterError
from sambaseg.forest.settings import Balance, ClassifierKind, FeaturesPerSplit, ForestSettings, check_whole

POINTS = range(100, 10_000_001)

ReachKind = Literal["graded", "whole"]
REACHES: tuple[ReachKind, ...] = get_args(ReachKind)


@dataclass(frozen=True)
class TrainingSettings:
    """How a classifier is trained; the defaults are what does best with few labels (decision 062).

    ``points``: labelled pixels that train, 100 to 10,000,000 at most, None for all. ``reach`` "graded" lets some trees
    look at small scales only and some at all of them, see `sambaseg.pipeline.reach`; with "whole" each tree looks at
    all, as it does with boosting. ``balance`` "fractions" lets classes count the same while trees are grown, and by
    their share of the image in the end, see `sambaseg.pipeline.class_fractions`. The rest as `ForestSettings`.

    Raises ParameterError outside the bounds.
    """

    points: int | None = 50_000
    balance: Balance = "fractions"
    trees: int = 200
    depth: int = 10
    seed: int = 0
    classifier: ClassifierKind = "extra_trees"
    features_per_split: FeaturesPerSplit = "sqrt"
    min_leaf: int = 5
    reach: ReachKind = "graded"

    def __post_init__(self) -> None:
        if self.points is not None:
            check_whole("The number of training points", self.points, POINTS)
        if self.reach not in REACHES:
            raise ParameterError(f"The reach must be one of {', '.join(REACHES)}, not {self.reach!r:.200}.")
        self.forest_settings()

    def forest_settings(self) -> ForestSettings:
        """Return the settings of the forest."""
        return ForestSettings(
            trees=self.trees,
            depth=self.depth,
            features_per_split=self.features_per_split,
            min_leaf=self.min_leaf,
            balance=self.balance,
            seed=self.seed,
            classifier=self.classifier,
        )
