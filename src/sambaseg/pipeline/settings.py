"""How a forest is trained on an image: the settings that page, command line and Python share, with their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sambaseg.errors import ParameterError

Balance = Literal["balanced", "none"]

BOUNDS = {"points": (100, 10_000_000), "trees": (1, 1000), "depth": (1, 32), "seed": (0, 2**31 - 1)}


@dataclass(frozen=True)
class TrainingSettings:
    """``points``: labelled pixels that train, at most (None: all); ``balance``: "balanced" weighs all classes alike.

    Raises ParameterError outside the bounds of `BOUNDS`.
    """

    points: int | None = 50_000
    balance: Balance = "balanced"
    trees: int = 200
    depth: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if name == "points" and value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise ParameterError(
                    f"The setting {name} must be a whole number from {least} to {most}, not {value!r:.60}."
                )
        if self.balance not in ("balanced", "none"):
            raise ParameterError(f"The setting balance must be 'balanced' or 'none', not {self.balance!r:.60}.")
