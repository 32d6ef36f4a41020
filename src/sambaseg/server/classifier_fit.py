"""Whether a classifier is for images like those of a project, known without a pixel of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sambaseg.images.micrograph import Micrograph
from sambaseg.project.description import ImageDescription

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier


def check_classifier_fits(classifier: Classifier, image: ImageDescription) -> None:
    """Raise ClassifierMismatchError, naming what differs, where a classifier is for other kinds of images."""
    alike = Micrograph.from_array(np.zeros((image.channels, 1, 1), image.dtype), name=image.file_name)
    classifier.check_fits(alike)
