"""The project's classifier: kept, replaced, loaded with its classes and recipe, copied into parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from project.conftest import some_image
from project.strokes import SHAPE, Client, box
from sambaseg.errors import ClassifierFileError, ClassifierMismatchError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.forest.classifier import Classifier
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier
from sambaseg.project.crop import Rectangle
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace

FERRITE = LabelClass(1, "Ferrite", "#000000")
CEMENTITE = LabelClass(5, "Cementite", "#ffffff")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """A small classifier of two classes, 1 and 5."""
    labels_yx = np.zeros(SHAPE, dtype=np.uint8)
    labels_yx[:5, :20], labels_yx[5:10, :20] = 1, 5
    recipe = FeatureRecipe(("identity", "gaussian"), (1.0,))
    training = TrainingSettings(trees=3, depth=3)
    return train_classifier(some_image(), labels_yx, recipe, training, classes=(FERRITE, CEMENTITE), threads=1)


def same(first: Classifier | None, second: Classifier) -> bool:
    features_nf = np.random.default_rng(0).random((50, second.forest.features), dtype=np.float32) * 200
    assert first is not None
    return np.array_equal(first.forest.predict_proba(features_nf), second.forest.predict_proba(features_nf))


def files(project: ProjectStore) -> list[str]:
    return [path.name for path in (project.folder / "classifiers").iterdir()]


def test_a_new_project_has_no_classifier(project: ProjectStore) -> None:
    assert (project.classifier(), project.classifier_source(), project.classifier_file()) == (None, None, None)


def test_a_trained_classifier_is_there_the_next_day(project: ProjectStore, classifier: Classifier) -> None:
    before = project.classes()
    project.set_classifier(classifier, source="trained")
    assert project.classifier() is classifier
    project.close()
    again = ProjectStore.open(project.folder)
    assert same(again.classifier(), classifier)
    assert again.classifier_source() == "trained"
    assert again.classes() == before
    assert again.history().revision == 0
    path = again.classifier_file()
    assert path is not None
    assert files(again) == [path.name]
    again.close()


def test_a_newer_classifier_takes_the_place_of_the_older(project: ProjectStore, classifier: Classifier) -> None:
    for _ in range(3):
        project.set_classifier(classifier, source="trained")
    path = project.classifier_file()
    assert path is not None
    assert files(project) == [path.name]
    (project.folder / "classifiers" / "cut off.sambaseg").write_bytes(b"")
    project.close()
    again = ProjectStore.open(project.folder)
    assert files(again) == [path.name]
    again.close()


def test_a_loaded_classifier_brings_classes_and_recipe_as_one_step(
    project: ProjectStore, classifier: Classifier
) -> None:
    before = project.classes()
    client = Client()
    project.apply(client.paint(box(SHAPE, 0, 0, 9, 9), 2))
    project.apply(client.operation("classes", classes=(replace(before[0], locked=True), before[1])))
    project.set_settings({"training": {"trees": 7}})
    project.set_classifier(classifier, source="loaded")
    assert project.classes() == (replace(FERRITE, locked=True), CEMENTITE, before[1])
    assert project.settings() == {"training": {"trees": 7}, "recipe": classifier.recipe.to_json(), "cleaning": []}
    assert project.classifier_source() == "loaded"
    assert project.history().undo_name == "classes of the classifier"
    assert project.apply(client.operation("undo")).classes == (replace(before[0], locked=True), before[1])


def test_a_classifier_with_ids_beyond_255_is_refused_by_name(project: ProjectStore, classifier: Classifier) -> None:
    forest = replace(classifier.forest, class_ids=np.array([1, 300]))
    large = replace(classifier, forest=forest, classes=(classifier.classes[0], replace(classifier.classes[1], id=300)))
    with pytest.raises(ClassifierMismatchError, match="id 300, but a project's ids go up to 255"):
        project.set_classifier(large, source="loaded")
    assert files(project) == []
    assert project.history().revision == 0


def test_a_damaged_classifier_file_is_named(project: ProjectStore, classifier: Classifier) -> None:
    project.set_classifier(classifier, source="trained")
    path = project.classifier_file()
    assert path is not None
    project.close()
    path.write_bytes(b"PK broken")
    again = ProjectStore.open(project.folder)
    with pytest.raises(ClassifierFileError):
        again.classifier()
    again.close()


def test_a_part_has_the_classifier_and_the_whole_ones_classes(
    workspace: Workspace, project: ProjectStore, classifier: Classifier
) -> None:
    project.set_classifier(classifier, source="loaded")
    project.apply(Client().operation("classes", classes=(FERRITE,)))
    part = workspace.crop_project(project.id, Rectangle(0, 0, 100, 100))
    assert same(part.classifier(), classifier)
    assert part.classifier_source() == "loaded"
    assert part.classes() == (FERRITE,)
    assert part.settings() == project.settings()
