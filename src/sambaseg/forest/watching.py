"""How a training tells how far it is, lets itself be cancelled, and shows a forest of its first trees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sambaseg.forest.forest import Forest

TellShare = Callable[[float], None]
"""Takes the share of the work that is done, 0 to 1, from any thread."""

AskCancelled = Callable[[], bool]


@dataclass(frozen=True)
class Preview:
    """A forest of the first `trees` trees is given to `take` as soon as they are grown; the others follow after that.

    They are the same trees as in the whole forest. `take` is not called where the forest has no more trees than these.
    With boosting, `trees` are rounds.
    """

    trees: int
    take: Callable[[Forest], None]
