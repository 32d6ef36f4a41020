"""Groups of trees, each of which looks at some of the features only: several opinions in one forest.

A forest of groups is a forest like any other; only while it is grown does it matter what a tree may look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sambaseg.errors import ParameterError


@dataclass(frozen=True)
class TreeGroup:
    """How many trees look at these features, and no others. Raises ParameterError without any feature."""

    features: tuple[int, ...]
    trees: int

    def __post_init__(self) -> None:
        if not self.features:
            raise ParameterError("A group of trees needs at least one feature to look at.")


def order_trees(groups: Sequence[TreeGroup]) -> list[int]:
    """Return the group of each tree, mixed so that every beginning of the forest has about the shares of the whole."""
    total, given, order = sum(group.trees for group in groups), [0] * len(groups), []
    for number in range(1, total + 1):
        behind = [group.trees * number - total * count for group, count in zip(groups, given, strict=True)]
        most = max(range(len(groups)), key=lambda group: behind[group])
        given[most] += 1
        order.append(most)
    return order
