"""How a forest is trained on an image: the settings that page, command line and Python share, with their bounds."""

from __future__ import annotations

from dataclasses import dataclass

from sambaseg.forest.settings import Balance, ClassifierKind, FeaturesPerSplit, ForestSettings, check_whole

POINTS = range(100, 10_000_001)


@dataclass(frozen=True)
class TrainingSettings:
    """``points``: labelled pixels that train, 100 to 10,000,000 at most, None for all; the rest as `ForestSettings`.

    Raises ParameterError outside the bounds.
    """

    points: int | None = 50_000
    balance: Balance = "balanced"
    trees: int = 200
    depth: int = 10
    seed: int = 0
    classifier: ClassifierKind = "forest"
    features_per_split: FeaturesPerSplit = 2
    min_leaf: int = 1

    def __post_init__(self) -> None:
        if self.points is not None:
            check_whole("The number of training points", self.points, POINTS)
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
