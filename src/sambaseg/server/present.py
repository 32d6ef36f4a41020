"""How the project's own objects look as the server's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sambaseg.cleaning.steps import CleaningStep
from sambaseg.labels.classes import LabelClass
from sambaseg.project.operations import Ack, History, ImportReport
from sambaseg.server import schemas

if TYPE_CHECKING:
    from sambaseg.accounts.actors import Actor
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.project.description import ImageDescription
    from sambaseg.project.results import ResultInfo
    from sambaseg.project.store import ProjectStore
    from sambaseg.server.services import Services

FEATURES_SHOWN = 64
"""Of a classifier's features, the most important ones."""

FEWEST_POINTS, MOST_POINTS = 100, 10_000_000


def present_image(image: ImageDescription) -> schemas.ImageDescription:
    """Return what is known of one of a project's images."""
    size = image.pixel_size_um
    fields = {name: getattr(image, name) for name in schemas.ImageDescription.model_fields if name != "pixel_size"}
    told = {
        "pixel_size": None if size is None else schemas.PixelSize(x_um=size[1], y_um=size[0]),
        "sha256": image.sha256 or None,
    }
    return schemas.ImageDescription.model_validate({**fields, **told}, from_attributes=True)


def present_project(
    store: ProjectStore, services: Services, actor: Actor, *, image: int | None = None
) -> schemas.Project:
    """Return all that `actor` needs to open a project at `image`, the first in order where it is None."""
    description = store.description()
    shown = description.image if image is None else store.image(image)
    tiles = {
        layer: [schemas.TileIndex(ty=ty, tx=tx) for ty, tx in indices]
        for layer, indices in store.layer_tiles(shown.id).items()
    }
    result = store.result(shown.id)
    history = present_history(store, store.history())
    return schemas.Project(
        id=description.id,
        name=description.name,
        created=description.created,
        modified=description.modified,
        kind=description.kind,
        images=summarise_images(store, description.images),
        live=services.live.is_on(store.id),
        labelled_pixels=history.labelled_pixels,
        image=present_image(shown),
        classes=present_classes(store.classes()),
        settings=project_settings(store, services),
        history=history,
        tiles=schemas.LayerTiles(**tiles),
        result=None if result is None else present_result(result),
        classifier=present_classifier(store),
        job=services.jobs.running(store.id),
        access=services.access_to(store.id, actor) or "viewer",  # taken away since the request began
    )


def summarise_images(store: ProjectStore, images: Sequence[ImageDescription]) -> list[schemas.ImageSummary]:
    """Return some images of a project as they stand in its list."""
    labelled, results = frozenset(store.labels().labelled_images()), store.result_states()
    return [
        schemas.ImageSummary(
            id=image.id,
            name=image.name,
            width=image.width,
            height=image.height,
            state=image.state,
            message=image.message,
            progress=store.image_progress(image.id) if image.state == "building" else None,
            linked=image.linked,
            labelled=image.id in labelled,
            result=results.get(image.id, "none"),
        )
        for image in images
    ]


def present_history(store: ProjectStore, history: History) -> schemas.History:
    """Return where a project stands, with its labelled pixels as they are now."""
    return schemas.History(**vars(history), labelled_pixels=dict(sorted(store.labels().counts("labels").items())))


def present_classes(classes: tuple[LabelClass, ...]) -> list[schemas.ClassInfo]:
    """Return a class list."""
    return [schemas.ClassInfo.model_validate(entry, from_attributes=True) for entry in classes]


def present_result(result: ResultInfo) -> schemas.ResultInfo:
    """Return what is known of a result."""
    return schemas.ResultInfo.model_validate(result, from_attributes=True)


def present_ack(store: ProjectStore, ack: Ack) -> schemas.OperationAck:
    """Return what the log holds after an operation."""
    fields = {name: getattr(ack, name) for name in schemas.OperationAck.model_fields if name != "history"}
    history = present_history(store, ack.history)
    return schemas.OperationAck.model_validate({**fields, "history": history}, from_attributes=True)


def present_import(store: ProjectStore, report: ImportReport) -> schemas.LabelsImport:
    """Return what importing labels did."""
    fields = {name: getattr(report, name) for name in schemas.LabelsImport.model_fields if name != "history"}
    history = present_history(store, report.history)
    return schemas.LabelsImport.model_validate({**fields, "history": history}, from_attributes=True)


def default_settings(services: Services) -> schemas.ProjectSettings:
    """Return the settings of a project where nobody chose any."""
    from sambaseg.features.recipe import DEFAULT_RECIPE

    points = min(max(services.settings.training_points, FEWEST_POINTS), MOST_POINTS)
    training = schemas.TrainingBody(points=points)
    return schemas.ProjectSettings(recipe=schemas.RecipeBody(**DEFAULT_RECIPE.to_json()), training=training)


def project_settings(store: ProjectStore, services: Services) -> schemas.ProjectSettings:
    """Return the settings of a project as last chosen."""
    chosen = store.settings()  # a loaded classifier brings a recipe and no training
    default = default_settings(services)
    return default if chosen is None else schemas.ProjectSettings.model_validate({**default.model_dump(), **chosen})


def recipe_of(body: schemas.RecipeBody) -> FeatureRecipe:
    """Return the recipe that a body describes. Raises ParameterError where the features do not know it."""
    from sambaseg.features.recipe import FeatureRecipe

    return FeatureRecipe.from_json(body.model_dump())


def checked_settings(body: schemas.ProjectSettings, store: ProjectStore) -> schemas.ProjectSettings:
    """Return settings with the recipe in its usual order, and the project's steps of cleaning where they have none.

    Raises ParameterError for values that are not known.
    """
    recipe = schemas.RecipeBody(**recipe_of(body.recipe).to_json())
    steps = steps_of(body.cleaning) if "cleaning" in body.model_fields_set else store.cleaning.steps()
    return body.model_copy(update={"recipe": recipe, "cleaning": present_steps(steps)})


def steps_of(body: Sequence[schemas.CleaningStepBody]) -> tuple[CleaningStep, ...]:
    """Return the steps of cleaning that a body describes. Raises ParameterError for a size out of bounds."""
    return tuple(CleaningStep(step.kind, step.size, tuple(sorted(set(step.classes)))) for step in body)


def present_steps(steps: Sequence[CleaningStep]) -> list[schemas.CleaningStepBody]:
    """Return steps of cleaning."""
    return [schemas.CleaningStepBody(**step.to_json()) for step in steps]


def present_classifier(store: ProjectStore) -> schemas.ClassifierInfo | None:
    """Return what is known of a project's classifier."""
    classifier = store.classifier()
    if classifier is None:
        return None
    forest, names = classifier.forest, classifier.plane_names
    by_importance = np.argsort(-forest.importances_f, kind="stable")[:FEATURES_SHOWN]
    importance = [
        schemas.FeatureImportance(
            feature=names[index].text, family=names[index].family, importance=float(forest.importances_f[index])
        )
        for index in by_importance
    ]
    return schemas.ClassifierInfo(
        classes=[schemas.ClassInfo(id=entry.id, name=entry.name, colour=entry.colour) for entry in classifier.classes],
        channels=classifier.channels,
        recipe=schemas.RecipeBody(**classifier.recipe.to_json()),
        features=len(names),
        trees=forest.trees,
        oob_score=forest.oob_score,
        importance=importance,
        training_points=[
            schemas.TrainingPoints.model_validate(points, from_attributes=True) for points in classifier.training.points
        ],
        reaches=[
            schemas.ReachTrees.model_validate(reach, from_attributes=True) for reach in classifier.training.reaches
        ],
        source=store.classifier_source() or "loaded",
    )


def summarise_projects(services: Services, actor: Actor) -> list[schemas.ProjectSummary]:
    """List the projects that `actor` may see, the last changed first."""
    if not services.settings.has_accounts:
        everything = services.workspace.list_projects()
        return [schemas.ProjectSummary.model_validate(summary, from_attributes=True) for summary in everything]
    mine = services.accounts.ownership.projects_of(actor)
    others = {owned.owner.partition(":")[2] for owned in mine.values() if owned.owner != actor.key}
    names = services.accounts.people.names(sorted(others))
    shown = []
    for summary in services.workspace.list_projects(mine):
        owned = mine.get(summary.id)
        access = None if owned is None else owned.access(actor)
        if owned is not None and access is not None:
            owner = "" if access == "owner" else names.get(owned.owner.partition(":")[2], "")
            body = schemas.ProjectSummary.model_validate(summary, from_attributes=True)
            shown.append(body.model_copy(update={"access": access, "owner": owner}))
    return shown
