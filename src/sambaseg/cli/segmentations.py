"""Segmenting one image with a classifier, and saving what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sambaseg.cli.output import Output

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.pipeline.apply import Segmentation


@dataclass(frozen=True)
class Targets:
    """Where the results of one image go; None is not wanted."""

    segmentation: Path
    uncertainty: Path | None
    probabilities: Path | None
    values: Literal["ids", "spread"]


def segment_and_save(
    classifier: Classifier, micrograph: Micrograph, targets: Targets, *, threads: int, output: Output
) -> dict[str, Any]:
    """Segment an image, save the results, and return what came out as JSON values.

    Raises ClassifierMismatchError, StorageError.
    """
    from sambaseg.pipeline.apply import segment

    with output.progress(micrograph.info.file_name) as show:
        segmentation = segment(
            classifier,
            micrograph,
            with_probabilities=targets.probabilities is not None,
            threads=threads,
            progress=show,
        )
    _save(classifier, micrograph, segmentation, targets)
    return {
        "image": micrograph.info.file_name,
        "out": str(targets.segmentation),
        "uncertainty": None if targets.uncertainty is None else str(targets.uncertainty),
        "probabilities": None if targets.probabilities is None else str(targets.probabilities),
        "fractions": _fractions(classifier, segmentation),
        "mean_uncertainty": float(segmentation.uncertainty_yx.mean(dtype="float64")),
    }


def summary_line(values: dict[str, Any]) -> str:
    """Return what `segment_and_save` answered as a line for people."""
    shares = ", ".join(f"{entry['name']} {entry['fraction']:.1%}" for entry in values["fractions"])
    return f"{values['out']}: {shares}"


def _save(classifier: Classifier, micrograph: Micrograph, segmentation: Segmentation, targets: Targets) -> None:
    from sambaseg.forest.uncertainty import uncertainty_as_bytes
    from sambaseg.images.save import save_label_image, save_planes

    size, extra = micrograph.info.pixel_size_um, {"image": micrograph.info.file_name}
    save_label_image(
        targets.segmentation,
        segmentation.classes_yx,
        classes=classifier.classes,
        pixel_size_um=size,
        values=targets.values,
        extra=extra,
    )
    if targets.uncertainty is not None:
        planes = uncertainty_as_bytes(segmentation.uncertainty_yx)[None]
        scale = {**extra, "scale": "255 = 1.0"}
        save_planes(targets.uncertainty, planes, names=["uncertainty"], pixel_size_um=size, extra=scale)
    if targets.probabilities is not None and segmentation.probabilities_kyx is not None:
        names = [entry.name for entry in classifier.classes]
        ids = {**extra, "class_ids": list(segmentation.class_ids)}
        save_planes(targets.probabilities, segmentation.probabilities_kyx, names=names, pixel_size_um=size, extra=ids)


def _fractions(classifier: Classifier, segmentation: Segmentation) -> list[dict[str, Any]]:
    """Return each class with its share of the predicted pixels."""
    import numpy as np

    ids, counts = np.unique(segmentation.classes_yx, return_counts=True)
    share = dict(zip(ids.tolist(), (counts / segmentation.classes_yx.size).tolist(), strict=True))
    return [{**asdict(entry), "fraction": share.get(entry.id, 0.0)} for entry in classifier.classes]


def trained_line(path: Path, classifier: Classifier, seconds: float) -> str:
    """Return a line for people about a classifier that was trained."""
    used = sum(points.used for points in classifier.training.points)
    score = classifier.forest.oob_score
    quality = "" if score is None else f", {score:.1%} right out of bag"
    return f"{path}: trained on {used:,} pixels of {_classes(classifier.classes)} in {seconds:.1f} s{quality}"


def _classes(classes: Sequence[object]) -> str:
    return f"{len(classes)} classes"
