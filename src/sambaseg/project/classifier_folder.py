"""The classifier files of a project: a new file for each classifier, and the old one removed once nothing names it."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from sambaseg.errors import ClassifierMismatchError
from sambaseg.labels.classes import MAX_CLASS_ID, LabelClass

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier


class ClassifierFolder:
    """Classifier files in one folder, under names made here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loaded: tuple[str, Classifier] | None = None

    def save(self, classifier: Classifier) -> str:
        """Save a classifier and return its file's name. Raises StorageError."""
        from sambaseg.forest.classifier_file import save_classifier

        name = f"{secrets.token_hex(16)}.sambaseg"
        save_classifier(self.folder / name, classifier)
        self._loaded = (name, classifier)
        return name

    def load(self, name: str) -> Classifier:
        """Return a saved classifier. Raises ClassifierFileError where its file was damaged."""
        loaded = self._loaded
        if loaded is None or loaded[0] != name:
            from sambaseg.forest.classifier_file import load_classifier

            loaded = self._loaded = (name, load_classifier(self.folder / name))
        return loaded[1]

    def keep_only(self, name: str | None) -> None:
        """Remove all files but one."""
        for path in self.folder.glob("*.sambaseg"):
            if path.name != name:
                with contextlib.suppress(OSError):  # still open elsewhere: removed the next time
                    path.unlink()


def classes_of(classifier: Classifier, locked: frozenset[int]) -> tuple[LabelClass, ...]:
    """Return a classifier's classes as a project's, those in `locked` locked.

    Raises ClassifierMismatchError for ids that a project cannot hold.
    """
    largest = max(entry.id for entry in classifier.classes)
    if largest > MAX_CLASS_ID:
        raise ClassifierMismatchError(
            f"The classifier has a class with the id {largest}, but a project's ids go up to {MAX_CLASS_ID}.",
            hint="Use the classifier on the command line, or train it again with smaller ids.",
        )
    return tuple(LabelClass(entry.id, entry.name, entry.colour, entry.id in locked) for entry in classifier.classes)
