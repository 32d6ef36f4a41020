"""``sambaseg next``: the places of an image where a new label would help most, as "Where next" finds them."""

from __future__ import annotations

import csv
import io
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sambaseg.cli.inputs import find_inputs, open_labels, open_micrograph, plan_of_applying
from sambaseg.cli.output import Output

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.guidance.maps import ResultMaps
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.pipeline.labelled import LabelledPixels

SURE = "The classifier is sure of nearly everything that is not labelled, which does not mean that it is right."


def where_next(options: Namespace, output: Output) -> None:
    """Segment the image and list its places: column, row and why, the most interesting first.

    Raises what reading raises, ClassifierMismatchError, MemoryBudgetError.
    """
    from sambaseg.forest.classifier_file import load_classifier
    from sambaseg.guidance.ranking import rank_places
    from sambaseg.guidance.words import reason_for
    from sambaseg.pipeline.labelled import count_labels

    classifier = load_classifier(options.classifier)
    micrograph = open_micrograph(find_inputs([options.image], options.page)[0])
    labelled = _read_labels(options, micrograph.shape_yx)
    maps = _segment(classifier, micrograph, labelled, options, output)
    names = {number: entry.name for number, entry in enumerate(classifier.classes, 1)}
    ids = {number: entry.id for number, entry in enumerate(classifier.classes, 1)}
    counts = count_labels(labelled)
    of_number = {number: counts.get(ids[number], 0) for number in ids}
    rows = [
        {
            **vars(place),
            "classes": [ids[number] for number in place.classes],
            "reason": reason_for(place, names=names, labelled=of_number, shape_yx=micrograph.shape_yx),
        }
        for place in rank_places(maps, wanted=options.places)
    ]
    if not rows:
        output.note(SURE)
    output.result({"image": options.image.name, "places": rows}, list(_table_of(rows)))


def _read_labels(options: Namespace, shape_yx: tuple[int, int]) -> LabelledPixels:
    """Return all labelled pixels of the image; none where no labels are given."""
    import numpy as np

    from sambaseg.pipeline.labelled import LabelledPixels, choose_labelled, count_labels

    if options.labels is None:
        nothing = np.zeros(0, np.int32)
        return LabelledPixels(shape_yx, nothing, nothing, nothing)
    labels = open_labels(options.labels, shape_yx)
    return choose_labelled([labels], count_labels(labels), points=None, seed=0)[0]


def _segment(
    classifier: Classifier, micrograph: Micrograph, labelled: LabelledPixels, options: Namespace, output: Output
) -> ResultMaps:
    """Return what the classifier says of the image; its classes are numbered from 1."""
    import numpy as np

    from sambaseg.forest.uncertainty import uncertainty_as_bytes
    from sambaseg.guidance.maps import MapsOfTiles
    from sambaseg.pipeline.apply import apply_classifier
    from sambaseg.pipeline.memory import bytes_beside

    pixels_cyx = micrograph.pixels_cyx
    beside = bytes_beside(int(np.prod(micrograph.shape_yx)), micrograph.channels * pixels_cyx.dtype.itemsize)
    plan = plan_of_applying(classifier, options, beside=beside)
    whole, class_ids = MapsOfTiles(micrograph.shape_yx), classifier.forest.class_ids

    def take(ty: int, tx: int, classes_yx: Any, uncertainty_yx: Any, _: Any) -> None:  # noqa: ANN401
        numbers_yx = (np.searchsorted(class_ids, classes_yx) + 1).astype(np.uint8)
        whole.take(ty, tx, numbers_yx, uncertainty_as_bytes(uncertainty_yx))

    with output.progress(options.image.name) as show:
        apply_classifier(classifier, micrograph, sink=take, threads=plan.threads, progress=show)
    return whole.maps(labelled.rows_n, labelled.columns_n)


def _table_of(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a CSV table."""
    for row in [("x", "y", "why"), *((row["x"], row["y"], row["reason"]) for row in rows)]:
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(row)
        yield text.getvalue()
