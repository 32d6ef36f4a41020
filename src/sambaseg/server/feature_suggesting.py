"""Finding a smaller recipe, as work for `jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sambaseg.project.store import ProjectStore
from sambaseg.server.feature_schemas import (
    FeatureSuggestionBody,
    GroupImportanceBody,
    JudgedRecipeBody,
    StrokesOfClass,
    ToleranceBody,
)
from sambaseg.server.jobs import Job, Work
from sambaseg.server.schemas import ProjectSettings, RecipeBody
from sambaseg.server.segmenting import part_of, wait_for_kernels
from sambaseg.server.services import Services
from sambaseg.server.training import prepare_training

if TYPE_CHECKING:
    from sambaseg.feature_choice.suggestion import FeatureSuggestion, JudgedRecipe


def suggesting_work(store: ProjectStore, services: Services, settings: ProjectSettings | None) -> Work:
    """Return the work that looks for a smaller recipe by the labels of all images as they are now.

    It changes nothing, and starts from the project's settings where none are given. Raises NotEnoughLabelsError unless
    two classes are labelled, MemoryBudgetError.
    """
    training = prepare_training(store, services, store.description().image.id, settings=settings)
    used = training.used

    def work(job: Job) -> None:
        wait_for_kernels(job, services, training.recipe)
        from sambaseg.feature_choice.suggestion import suggest_features

        images = sorted(used.labelled)
        found = suggest_features(
            [(store.micrograph(each, stop=lambda: job.token.cancelled), used.labelled[each]) for each in images],
            training.recipe,
            training.settings,
            threads=services.jobs.share_of(training.plan.threads),
            max_sample_bytes=training.plan.sample_bytes,
            progress=part_of(job, 0.0, 1.0),
            cancelled=job.token,
        )
        names = {entry.id: entry.name for entry in used.classes}
        services.found_suggestions.keep(store.id, job.id, present_suggestion(found, names))

    return work


def present_suggestion(found: FeatureSuggestion, names: dict[int, str]) -> FeatureSuggestionBody:
    """Return a suggestion as JSON; `names` are those of the classes."""
    return FeatureSuggestionBody(
        before=_present_judged(found.before),
        after=_present_judged(found.after),
        is_smaller=found.is_smaller,
        changed=found.changed,
        importances=[
            GroupImportanceBody(
                kind=each.group.kind,
                id=each.group.id,
                name=each.group.name,
                planes=each.planes,
                importance=each.importance,
            )
            for each in found.importances
        ],
        strokes=[
            StrokesOfClass(class_id=entry, name=names.get(entry, f"Class {entry}"), strokes=strokes)
            for entry, strokes in found.strokes_of_class.items()
        ],
        tolerance=ToleranceBody.model_validate(found.tolerance, from_attributes=True),
    )


def _present_judged(judged: JudgedRecipe) -> JudgedRecipeBody:
    return JudgedRecipeBody(
        recipe=RecipeBody(**judged.recipe.to_json()),
        planes=judged.planes,
        seconds_per_megapixel=judged.seconds_per_megapixel,
        held_out_iou=judged.held_out_iou,
        held_out_loss=judged.held_out_loss,
    )
