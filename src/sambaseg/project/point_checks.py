"""Checks by points: one an image at most, kept in the project's log as it is answered, and what it says of the result.

The points belong to the image, not to a result: answers stay when it is segmented anew, and say then what they say of
the newest complete segmentation with its edits. See `sambaseg.trust.point_check`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from sambaseg.errors import DamagedProjectError, NotFoundError, SegmentationChangedError, StorageError
from sambaseg.labels.classes import unknown_class
from sambaseg.labels.layer import LabelLayer
from sambaseg.project.database import Database
from sambaseg.project.label_view import no_such_image
from sambaseg.project.labelling import Labelling
from sambaseg.project.result_folder import ResultFolder
from sambaseg.project.results import Result
from sambaseg.project.tables import ImageFacts
from sambaseg.trust.point_check import UNSURE, PointCheck, draw_points
from sambaseg.trust.point_estimate import PointEstimate, estimate_by_points

_TRIES = 5
"""So often a segmentation is read again that gave way to a newer one meanwhile."""
T = TypeVar("T")


@dataclass(frozen=True)
class DrawnCheck:
    """The check of an image: its ``id``, when it was ``drawn`` (ISO 8601, UTC), and its points with the answers."""

    id: str
    drawn: str
    check: PointCheck

    def to_json(self) -> dict[str, Any]:
        """Return JSON values of it."""
        return {"id": self.id, "drawn": self.drawn, **self.check.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave. Raises DamagedProjectError where it is not understood."""
        try:
            return cls(str(values["id"]), str(values["drawn"]), PointCheck.from_json(values))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedProjectError(f"What is stored of a check by points is not understood: {error}.") from error


class PointChecks:
    """The checks of one project. All methods may be called from any thread."""

    def __init__(self, database: Database, results: ResultFolder, labelling: Labelling) -> None:
        self._stored = ImageFacts(database, "point_check")
        self._results = results
        self._labelling = labelling

    def of(self, image: int) -> DrawnCheck | None:
        """Return the check of an image, None where no points were drawn.

        Answers of classes that the project does not have now are left out; they are back when the class is.
        """
        stored = self._stored.read(image)
        return None if stored is None else self._with_known_answers(DrawnCheck.from_json(stored))

    def draw(self, image: int, count: int, *, seed: int) -> DrawnCheck:
        """Draw `count` points within the classes of the newest complete segmentation, in place of those there were.

        An image with fewer pixels gives fewer. Raises NotFoundError where there is no such image, or no segmentation,
        SegmentationChangedError where newer ones took its place again and again, and StorageError.
        """

        def draw_from(result: Result, edits: LabelLayer) -> PointCheck:
            return draw_points(lambda y0, y1: result.read_edited(edits, y0, y1), result.shape_yx[0], count, seed=seed)

        check = self._of_newest(image, draw_from)
        if check is None:
            raise NotFoundError("The image has no segmentation yet.", hint="Train first.")
        drawn = DrawnCheck(secrets.token_hex(16), datetime.now(UTC).isoformat(timespec="seconds"), check)
        if not self._stored.change(image, lambda _: drawn.to_json()):
            raise no_such_image(image)
        return drawn

    def answer(self, image: int, check_id: str, number: int, answer: int | None) -> DrawnCheck:
        """Store that at point `number`, counted from 0, lies the class `answer`; UNSURE, or None to take it back.

        Whoever answers other points meanwhile loses nothing. Raises UnknownClassError, NotFoundError where that check
        or point is not there any more, and StorageError.
        """
        classes = self._labelling.classes()
        if answer not in (None, UNSURE, *(entry.id for entry in classes)):
            raise unknown_class(answer, classes)
        answered: list[DrawnCheck] = []

        def change(stored: Any) -> Any:  # noqa: ANN401 - JSON values
            if stored is None or stored["id"] != check_id:
                raise NotFoundError(
                    "These points are no more; others may have been drawn meanwhile.", hint="Open the check again."
                )
            former = DrawnCheck.from_json(stored)
            answered.append(replace(former, check=former.check.with_answer(number, answer)))
            return answered[0].to_json()

        if not self._stored.change(image, change):
            raise no_such_image(image)
        return self._with_known_answers(answered[0])

    def forget(self, image: int) -> None:
        """Remove the check of an image; nothing where there is none. Raises NotFoundError and StorageError."""
        if not self._stored.change(image, lambda _: None):
            raise no_such_image(image)

    def estimate(self, image: int, drawn: DrawnCheck) -> PointEstimate | None:
        """Return what the answers of a check say of the newest complete segmentation, with the edits on top.

        None where they are too few, or nothing is segmented. Raises as `draw` does.
        """

        def estimate_of(result: Result, edits: LabelLayer) -> PointEstimate | None:
            predicted = [
                result.class_at(point.y, point.x, edits) if point.answer else 0 for point in drawn.check.points
            ]
            return estimate_by_points(drawn.check, predicted, result.areas(edits))

        return self._of_newest(image, estimate_of)

    def _with_known_answers(self, drawn: DrawnCheck) -> DrawnCheck:
        known = {UNSURE, *(entry.id for entry in self._labelling.classes())}
        points = tuple(point if point.answer in known else replace(point, answer=None) for point in drawn.check.points)
        return replace(drawn, check=replace(drawn.check, points=points))

    def _of_newest(self, image: int, find: Callable[[Result, LabelLayer], T]) -> T | None:
        """Return what `find` says of the newest complete result of an image and its edits; None where there is none.

        A result whose files go while they are read gives way to the one that took its place.
        """
        for _ in range(_TRIES):
            edits = self._labelling.view().of(image)["edits"]
            result = self._results.complete(image)
            if result is None:
                return None
            try:
                found = find(result, edits)
            except (StorageError, DamagedProjectError, LookupError):  # tiles that went are errors, or read as zeros
                if self._is_newest(result):
                    raise
            else:
                if self._is_newest(result):
                    return found
        raise SegmentationChangedError(
            "The segmentation became another one again and again while it was read.", hint="Wait for the training."
        )

    def _is_newest(self, result: Result) -> bool:
        newest = self._results.complete(result.row.image)
        return newest is not None and newest.id == result.id
