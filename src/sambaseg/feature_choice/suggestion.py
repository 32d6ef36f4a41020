"""From images and labels to a smaller recipe: which features matter, what could go, and what that would change."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sambaseg.feature_choice.elimination import TOLERANCE, Tolerance, eliminate
from sambaseg.feature_choice.held_out import Judgement, judge
from sambaseg.feature_choice.importance import GroupImportance, importances_of
from sambaseg.feature_choice.sample import take_sample
from sambaseg.features.cost import cost
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.forest.boosting import check_boosting_installed
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.labelled import Labels
from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.settings import default_threads

FEATURES_SHARE = 0.3
"""Of the time, until the features are computed."""


@dataclass(frozen=True)
class JudgedRecipe:
    """A recipe, its planes, estimated seconds for a megapixel on one core, and how well it tells held-out strokes."""

    recipe: FeatureRecipe
    planes: int
    seconds_per_megapixel: float
    held_out_iou: float
    held_out_loss: float


@dataclass(frozen=True)
class FeatureSuggestion:
    """What matters in the recipe that is used, and the smaller one that is proposed (the same where nothing can go).

    ``changed`` is the share of the image that would get another class, about; ``strokes_of_class`` says on how many
    strokes of each class id all this rests.
    """

    before: JudgedRecipe
    after: JudgedRecipe
    importances: tuple[GroupImportance, ...]
    changed: float
    strokes_of_class: dict[int, int]
    tolerance: Tolerance

    @property
    def is_smaller(self) -> bool:
        """Whether there is anything to propose."""
        return self.after.recipe != self.before.recipe


def suggest_features(
    labelled: Sequence[tuple[Micrograph, Labels]],
    recipe: FeatureRecipe,
    training: TrainingSettings,
    *,
    threads: int | None = None,
    max_sample_bytes: int | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> FeatureSuggestion:
    """Return a smaller recipe that tells held-out strokes as well as `recipe`, and what matters in that.

    The first image decides channels and scaling, as in training. Raises NotEnoughLabelsError for fewer than two classes
    and where nothing can be held out, MemoryBudgetError, MissingExtraError (boosting without LightGBM), CancelledError.
    """
    threads, cancelled, began = threads or default_threads(), cancelled or CancelToken(), time.monotonic()
    if training.classifier == "boosting":
        check_boosting_installed()  # before features are computed
    sample, strokes_of_class = take_sample(
        labelled,
        recipe,
        training,
        threads=threads,
        max_sample_bytes=max_sample_bytes,
        share=FEATURES_SHARE,
        progress=progress,
        cancelled=cancelled,
    )
    trying = Stage(progress, "Trying smaller recipes", start=FEATURES_SHARE, end=1.0, began=began)

    def judged(candidate: FeatureRecipe) -> Judgement:
        return judge(sample, candidate, training, threads=threads, cancelled=cancelled)

    def weighed(judgement: Judgement) -> list[GroupImportance]:
        cancelled.raise_if_cancelled()
        return importances_of(sample, judgement, seed=training.seed)

    whole = judged(recipe)
    smallest = eliminate(
        sample, whole, judge=judged, weigh=weighed, tell=lambda tried, groups: trying.tell(tried / (groups + 1))
    )
    return FeatureSuggestion(
        before=_described(whole, sample.channels),
        after=_described(smallest, sample.channels),
        importances=tuple(weighed(whole)),
        changed=smallest.changed_from(whole),
        strokes_of_class=strokes_of_class,
        tolerance=TOLERANCE,
    )


def _described(judgement: Judgement, channels: int) -> JudgedRecipe:
    estimate = cost(judgement.recipe, channels)
    return JudgedRecipe(
        judgement.recipe, estimate.features, estimate.seconds_per_megapixel, judgement.iou, judgement.loss
    )
