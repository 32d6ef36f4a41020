"""How a forest is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sambaseg.errors import ParameterError

Balance = Literal["balanced", "none"]

TREES = range(1, 1001)
DEPTH = range(1, 33)
SEED = range(2**31)


@dataclass(frozen=True)
class ForestSettings:
    """How a forest is trained; the defaults are those of SAMBA.

    ``trees`` 1 to 1000; ``depth`` 1 to 32 levels below the root; ``features_per_split`` 1 or more, drawn anew for each
    split; ``min_leaf`` 1 or more samples in each leaf; ``balance`` "balanced" gives each class the same weight in all,
    "none" each sample; ``seed`` 0 to 2^31 - 1. Raises ParameterError outside these bounds.
    """

    trees: int = 200
    depth: int = 10
    features_per_split: int = 2
    min_leaf: int = 1
    balance: Balance = "balanced"
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("The number of trees", self.trees, TREES)
        check_whole("The depth of the trees", self.depth, DEPTH)
        check_whole("The number of features for a split", self.features_per_split, range(1, 2**22))
        check_whole("The number of samples in a leaf", self.min_leaf, range(1, 2**31))
        check_whole("The seed", self.seed, SEED)
        if self.balance not in ("balanced", "none"):
            raise ParameterError(f"The balance must be 'balanced' or 'none', not {self.balance!r:.200}.")


def check_whole(what: str, value: object, bounds: range) -> None:
    """Raise ParameterError where `value` is no whole number in `bounds`."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in bounds:
        raise ParameterError(f"{what} must be a whole number from {bounds[0]} to {bounds[-1]}, not {value!r:.200}.")
