"""Labels, edits and classes of all images as they were at one moment, and what of them a classifier is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sambaseg.errors import NotFoundError
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.layer import LabelLayer
from sambaseg.project.operations import LayerName
from sambaseg.project.replay import SharedLayers


@dataclass(frozen=True)
class LabelView:
    """Labels, edits and classes of all images at one revision; stays as it is.

    ``labels_state`` is equal whenever the labels are.
    """

    revision: int
    classes: tuple[LabelClass, ...]
    labels_state: int
    _shared: SharedLayers

    def of(self, image: int) -> Mapping[LayerName, LabelLayer]:
        """Return labels and edits of one image, empty where it was never touched. Raises NotFoundError."""
        if image not in self._shared.shapes:
            raise no_such_image(image)
        return self._shared.of(image)

    @property
    def layers(self) -> Mapping[LayerName, LabelLayer]:
        """Labels and edits of image 0."""
        return self.of(0)

    def labelled_images(self) -> list[int]:
        """Return the images that have labels, ascending."""
        return self._shared.images_with("labels")

    def training_input(self) -> TrainingInput:
        """Return what a classifier is trained on: the labels of all images."""
        labelled = {image: self.of(image)["labels"] for image in self.labelled_images()}
        return TrainingInput(self.revision, labelled, self.classes, self.labels_state)

    def counts(self, layer: LayerName = "labels") -> dict[int, int]:
        """Return the number of pixels of each class that has any, over all images."""
        return self._shared.counts(layer)


@dataclass(frozen=True, eq=False)
class TrainingInput:
    """A consistent copy of the labels for a job, at ``revision``: ``labelled`` has the images that hold any.

    ``state`` is equal whenever the labels are, whatever was undone and redone in between.
    """

    revision: int
    labelled: Mapping[int, LabelLayer]
    classes: tuple[LabelClass, ...]
    state: int


def no_such_image(image: int) -> NotFoundError:
    """Return the error for an image that the project does not have."""
    return NotFoundError(f"The project has no image {image}.", hint="It may have been removed.")
