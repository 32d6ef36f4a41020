"""How the project's own objects look as the server's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sambaseg.labels.classes import LabelClass
from sambaseg.project.operations import Ack, ImportReport
from sambaseg.server import schemas

if TYPE_CHECKING:
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.project.description import ImageDescription
    from sambaseg.project.results import ResultInfo
    from sambaseg.project.store import ProjectStore
    from sambaseg.server.services import Services

FEATURES_SHOWN = 64
"""Of a classifier's features, the most important ones."""

FEWEST_POINTS, MOST_POINTS = 100, 10_000_000


def present_image(image: ImageDescription) -> schemas.ImageDescription:
    """Return what is known of a project's image."""
    size = image.pixel_size_um
    fields = {name: getattr(image, name) for name in schemas.ImageDescription.model_fields if name != "pixel_size"}
    pixel_size = None if size is None else schemas.PixelSize(x_um=size[1], y_um=size[0])
    return schemas.ImageDescription.model_validate({**fields, "pixel_size": pixel_size}, from_attributes=True)


def present_project(store: ProjectStore, services: Services) -> schemas.Project:
    """Return all that the page needs to open a project."""
    description = store.description()
    tiles = {
        layer: [schemas.TileIndex(ty=ty, tx=tx) for ty, tx in indices] for layer, indices in store.layer_tiles().items()
    }
    result = store.result()
    return schemas.Project(
        id=description.id,
        name=description.name,
        created=description.created,
        modified=description.modified,
        image=present_image(description.image),
        classes=present_classes(store.classes()),
        settings=project_settings(store, services),
        history=schemas.History.model_validate(store.history(), from_attributes=True),
        tiles=schemas.LayerTiles(**tiles),
        result=None if result is None else present_result(result),
        classifier=present_classifier(store),
        job=services.jobs.running(store.id),
    )


def present_classes(classes: tuple[LabelClass, ...]) -> list[schemas.ClassInfo]:
    """Return a class list."""
    return [schemas.ClassInfo.model_validate(entry, from_attributes=True) for entry in classes]


def present_result(result: ResultInfo) -> schemas.ResultInfo:
    """Return what is known of a result."""
    return schemas.ResultInfo.model_validate(result, from_attributes=True)


def present_ack(ack: Ack) -> schemas.OperationAck:
    """Return what the log holds after an operation."""
    return schemas.OperationAck.model_validate(ack, from_attributes=True)


def present_import(report: ImportReport) -> schemas.LabelsImport:
    """Return what importing labels did."""
    return schemas.LabelsImport.model_validate(report, from_attributes=True)


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


def checked_settings(body: schemas.ProjectSettings) -> schemas.ProjectSettings:
    """Return settings with the recipe in its usual order. Raises ParameterError where the features do not know it."""
    return body.model_copy(update={"recipe": schemas.RecipeBody(**recipe_of(body.recipe).to_json())})


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
        source=store.classifier_source() or "loaded",
    )
