"""Cleaning up the complete results of a project by the steps of its settings, and giving the predicted classes back.

A result is cleaned beside what readers get, and takes its place at once when it is safe on the disk; one that is cut
off leaves everything as it was.
"""

from __future__ import annotations

import threading

from sambaseg.cleaning.steps import CleaningStep, steps_for
from sambaseg.errors import DamagedProjectError, StorageError
from sambaseg.project.cleaned import CleaningRoom, remove_layer, write_cleaned
from sambaseg.project.project_classifier import ProjectClassifier
from sambaseg.project.result_folder import ResultFolder
from sambaseg.project.results import Result

Steps = tuple[CleaningStep, ...]


class ResultCleaning:
    """The results of one project and the steps that they should be cleaned by. May be used from any thread."""

    def __init__(self, results: ResultFolder, classifier: ProjectClassifier) -> None:
        self._results = results
        self._classifier = classifier
        self._deciding = threading.Lock()

    def steps(self) -> Steps:
        """Return the steps of the project's settings."""
        return self._classifier.cleaning()

    def set_steps(self, steps: Steps) -> list[int]:
        """Store other steps. Without any, readers of all complete results get the predicted classes at once.

        Returns the images whose readers get other classes now. Raises StorageError.
        """
        with self._deciding:
            self._classifier.set_cleaning(steps)
            if steps:
                return []
            return self._results.drop_cleaned([each.row.image for each in self._results.complete_results()])

    def due(self) -> list[int]:
        """Return the images whose complete results are cleaned by other steps than those of the settings."""
        steps = self.steps()
        return sorted(each.row.image for each in self._results.complete_results() if _is_due(each, steps))

    def is_due(self, image: int) -> bool:
        """Return whether the complete result of an image is cleaned by other steps than those of the settings."""
        complete = self._results.complete(image)
        return complete is not None and _is_due(complete, self.steps())

    def clean(self, image: int, room: CleaningRoom) -> None:
        """Clean the complete result of an image by the steps of the settings; nothing where that is done.

        Where a newer result or other steps take their place meanwhile, those are left as they are. Raises StorageError,
        MemoryBudgetError, DamagedProjectError, and what ``room.tell`` raises.
        """
        result, wanted = self._results.complete(image), self.steps()
        if result is None or not _is_due(result, wanted):
            return
        ids = result.stored.class_ids
        steps = steps_for(wanted, ids)
        if not steps:
            self._results.drop_cleaned([image])
            return
        try:
            cleaned = write_cleaned(result.predicted.layer("segmentation"), result.folder, ids, steps, room)
        except (StorageError, DamagedProjectError):
            if self._results.is_gone(result):  # its files went while they were read
                return
            raise
        with self._deciding:
            if self.steps() == wanted:
                self._results.take_cleaned(result, cleaned)
            else:
                remove_layer(result.folder / cleaned.folder_name)


def _is_due(result: Result, steps: Steps) -> bool:
    done = () if result.cleaned is None else result.cleaned.steps
    return done != steps_for(steps, result.stored.class_ids)
