"""How much each family and each scale matters: what is lost on held-out strokes where it is scrambled.

Grouped permutation importance (Breiman 2001; groups as in Au et al. 2022): all planes of a group are exchanged together
between the pixels of a fold, so that they still fit each other and nothing else; the importance is by how much the log
loss rises. What another group knows too counts little; a smaller recipe shows then what is left.

Breiman, Random forests, Machine Learning 45 (2001) 5–32. Au, Herbinger, Stachl, Bischl and Casalicchio, Grouped feature
importance and combined features effect plot, Data Mining and Knowledge Discovery 36 (2022) 1401–1450.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sambaseg.feature_choice.groups import FeatureGroup, groups_in, planes_of
from sambaseg.feature_choice.held_out import Judgement, LabelledSample, measure, probabilities_of

ROUNDS = 3
"""Times that each group is scrambled."""


@dataclass(frozen=True)
class GroupImportance:
    """A group, how many planes it makes, and by how much the held-out log loss rises without what they say."""

    group: FeatureGroup
    planes: int
    importance: float


def importances_of(sample: LabelledSample, judged: Judgement, *, seed: int) -> list[GroupImportance]:
    """Return the importance of each group of a recipe that was judged, in its order; those without planes are left out.

    The same seed gives the same numbers.
    """
    random = np.random.default_rng(seed)
    found = []
    for group in groups_in(judged.recipe):
        planes = planes_of(judged.recipe, sample.channels, group)
        if not planes:
            continue
        losses = [_scrambled_loss(sample, judged, planes, random) for _ in range(ROUNDS)]
        found.append(GroupImportance(group, len(planes), float(np.mean(losses)) - judged.loss))
    return found


def _scrambled_loss(sample: LabelledSample, judged: Judgement, planes: list[int], random: np.random.Generator) -> float:
    answers = []
    for fold in judged.folds:
        bins_fm = fold.bins_fm.copy()
        bins_fm[planes] = fold.bins_fm[planes][:, random.permutation(bins_fm.shape[1])]
        answers.append((fold.asked_n, probabilities_of(fold, sample, bins_fm)))
    return measure(sample, answers)[0]
