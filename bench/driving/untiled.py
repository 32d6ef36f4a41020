"""A segmentation computed in one piece, to compare with what was computed tile by tile and streamed to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def segment_in_one_piece(classifier_file: Path, image_yx: NDArray[Any], region: tuple[slice, slice]) -> NDArray[Any]:
    """Return the classes of a region of an image in memory, whose features are computed as one single tile."""
    from sambaseg.features.stack import compute_tile, halo_px
    from sambaseg.forest.classifier_file import load_classifier
    from sambaseg.images.halo import read_with_halo

    classifier = load_classifier(classifier_file)
    rows, columns = region
    halo = halo_px(classifier.recipe)
    around_cyx = read_with_halo(image_yx[np.newaxis], rows.start, rows.stop, columns.start, columns.stop, halo)
    features_fyx = compute_tile(classifier.scaling.apply(around_cyx), classifier.recipe)
    probabilities_kyx = classifier.forest.predict_tile(classifier.forest.quantise(features_fyx))
    return classifier.forest.most_probable(probabilities_kyx)
