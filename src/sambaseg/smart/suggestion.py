"""A suggestion: what a prompt would label, at three scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError

MASKS = 3


@dataclass(frozen=True)
class Suggestion:
    """Three masks over a view, bool (3, h, w), small to large, and their scores, float32 (3,).

    A score is the suggester's own estimate of a mask's quality, about 0 to 1. Masks may be empty, and equal to one
    another where there are fewer than three. Raises ParameterError for other types and shapes.
    """

    masks_3yx: npt.NDArray[np.bool_]
    scores_3: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        masks, scores = self.masks_3yx, self.scores_3
        if masks.dtype != np.bool_ or masks.ndim != 3 or masks.shape[0] != MASKS:
            raise ParameterError(f"Masks must be bool of shape (3, h, w), not {masks.dtype} of shape {masks.shape}.")
        if scores.dtype != np.float32 or scores.shape != (MASKS,):
            raise ParameterError(f"Scores must be float32 of shape (3,), not {scores.dtype} of shape {scores.shape}.")

    @property
    def best(self) -> int:
        """The number of the mask with the best score, 0 to 2; of equal ones the smallest mask."""
        return int(np.argmax(self.scores_3))
