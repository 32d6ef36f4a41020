"""Making a recipe smaller without losing: groups go one by one, the least important first.

A group goes for good where the recipe without it tells held-out strokes as well as the whole recipe did, and changes
the segmentation hardly, within a stated tolerance; it stays for good where not. So each group is tried once, and what
is lost in all stays within the tolerance, however many go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sambaseg.feature_choice.groups import FeatureGroup
from sambaseg.feature_choice.held_out import Judgement, LabelledSample
from sambaseg.feature_choice.importance import GroupImportance
from sambaseg.features.recipe import FeatureRecipe

Judge = Callable[[FeatureRecipe], Judgement]
Weigh = Callable[[Judgement], list[GroupImportance]]
TellTried = Callable[[int, int], None]
"""``tell(tried, groups)``: so many of the groups were tried."""


@dataclass(frozen=True)
class Tolerance:
    """What may be lost on held-out strokes: so much of the mean IoU, and so much more log loss; and how much the
    segmentation must stay as it is, as mean IoU of both.

    It may change more where it hangs on single strokes anyway: by this share of what leaving out a fold changes.
    """

    iou: float = 0.01
    loss: float = 0.02
    agreement: float = 0.97
    of_unsteadiness: float = 0.5

    def accepts(self, smaller: Judgement, whole: Judgement) -> bool:
        """Return whether a smaller recipe does as well as the whole one."""
        as_good = smaller.iou >= whole.iou - self.iou and smaller.loss <= whole.loss + self.loss
        wanted = min(self.agreement, 1 - self.of_unsteadiness * (1 - whole.steadiness))
        return as_good and smaller.agreement_with(whole) >= wanted


TOLERANCE = Tolerance()


def eliminate(
    sample: LabelledSample,
    whole: Judgement,
    *,
    judge: Judge,
    weigh: Weigh,
    tolerance: Tolerance = TOLERANCE,
    tell: TellTried | None = None,
) -> Judgement:
    """Return the judgement of the smallest recipe that was found; that of the whole recipe where nothing can go."""
    now, importances = whole, weigh(whole)
    tried, groups = set[FeatureGroup](), len(importances)
    while True:
        open_groups = [each for each in importances if each.group not in tried]
        if not open_groups:
            return now
        least = min(open_groups, key=lambda each: each.importance)
        tried.add(least.group)
        if tell is not None:
            tell(min(len(tried), groups), groups)
        recipe = least.group.left_out_of(now.recipe)
        if recipe is None or not sample.holds(recipe):
            continue
        smaller = judge(recipe)
        if tolerance.accepts(smaller, whole):
            now, importances = smaller, weigh(smaller)
