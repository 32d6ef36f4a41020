"""The settings of a project and its classifier, which change together: a recipe, and steps of cleaning, are in both.

The steps in the settings count. The classifier's file always has them, so that they go wherever it goes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sambaseg.cleaning.steps import CleaningStep, steps_for, steps_from_json
from sambaseg.project.classifier_folder import ClassifierFolder, classes_of
from sambaseg.project.labelling import Labelling

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier

ClassifierSource = Literal["trained", "loaded"]


class ProjectClassifier:
    """Settings and classifier of one project. All methods may be called from any thread."""

    def __init__(self, folder: Path, labelling: Labelling) -> None:
        self._labelling = labelling
        self._access = threading.Lock()
        self._files = ClassifierFolder(folder)
        self._files.keep_only(self._name())

    def settings(self) -> dict[str, Any] | None:
        """Return the settings as last set, JSON values; None where they never were."""
        settings: dict[str, Any] | None = self._labelling.fact("settings")
        return settings

    def set_settings(self, settings: Mapping[str, Any]) -> None:
        """Store settings, JSON values; the classifier cleans up by their steps. Raises ParameterError, StorageError."""
        with self._access:
            self._write(settings)

    def set_cleaning(self, steps: tuple[CleaningStep, ...]) -> None:
        """Store the steps by which segmentations are cleaned up, and leave all other settings. Raises StorageError."""
        with self._access:
            self._write({**(self.settings() or {}), "cleaning": [step.to_json() for step in steps]})

    def cleaning(self) -> tuple[CleaningStep, ...]:
        """Return the steps by which segmentations are cleaned up."""
        return steps_from_json((self.settings() or {}).get("cleaning", []))

    def set(self, classifier: Classifier, *, source: ClassifierSource) -> None:
        """Keep a classifier; see `ProjectStore.set_classifier`."""
        if source == "trained":
            self.keep(classifier, source=source)
            return
        locked = frozenset(entry.id for entry in self._labelling.classes() if entry.locked)
        classes = classes_of(classifier, locked)
        brought = {
            "recipe": classifier.recipe.to_json(),
            "cleaning": [step.to_json() for step in classifier.cleaning],
        }
        with self._access:
            facts = {
                "classifier": {"file": self._files.save(classifier), "source": source},
                "settings": {**(self.settings() or {}), **brought},
            }
            self._labelling.take_classifier(classes, facts)
            self._files.keep_only(self._name())

    def keep(self, classifier: Classifier, *, source: ClassifierSource) -> None:
        """Keep a classifier, which cleans up by the steps of the settings; see `ProjectStore.keep_classifier`."""
        with self._access:
            kept = _with_cleaning(classifier, self.cleaning())
            self._labelling.set_facts({"classifier": {"file": self._files.save(kept), "source": source}})
            self._files.keep_only(self._name())

    def get(self) -> Classifier | None:
        """Return the classifier. Raises ClassifierFileError where its file was damaged."""
        with self._access:
            name = self._name()
            return None if name is None else self._files.load(name)

    def source(self) -> ClassifierSource | None:
        """Return where the classifier came from."""
        known = self._known()
        return known["source"] if known else None

    def file(self) -> Path | None:
        """Return the classifier's file."""
        name = self._name()
        return None if name is None else self._files.folder / name

    def _write(self, settings: Mapping[str, Any]) -> None:
        facts: dict[str, Any] = {"settings": dict(settings)}
        name, steps = self._name(), steps_from_json(settings.get("cleaning", []))
        if name is not None:
            former = self._files.load(name)
            classifier = _with_cleaning(former, steps)
            if classifier is not former:
                facts["classifier"] = {**self._known(), "file": self._files.save(classifier)}
        self._labelling.set_facts(facts)
        self._files.keep_only(self._name())

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] | None = self._labelling.fact("classifier")
        return known or {}

    def _name(self) -> str | None:
        return self._known().get("file")


def _with_cleaning(classifier: Classifier, steps: tuple[CleaningStep, ...]) -> Classifier:
    """Return a classifier that cleans up by these steps, as far as they are for its classes."""
    wanted = steps_for(steps, [entry.id for entry in classifier.classes])
    return classifier if classifier.cleaning == wanted else replace(classifier, cleaning=wanted)
