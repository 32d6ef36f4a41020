"""``sambaseg apply``: segmenting images with a classifier that was trained before."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sambaseg.cli.inputs import read_micrograph, thread_count
from sambaseg.cli.output import Output, error_values
from sambaseg.cli.segmentations import Targets, segment_and_save, summary_line
from sambaseg.cli.targets import check_distinct, targets_for
from sambaseg.errors import SambasegError


def apply(options: Namespace, output: Output) -> int:
    """Segment each image; one that cannot be read or does not fit is told, and the others are segmented.

    Returns the exit code of the first error.
    """
    from sambaseg.forest.classifier_file import load_classifier

    images: list[Path] = options.images
    targets = _targets(options, images)
    classifier = load_classifier(options.classifier)
    answers: list[dict[str, Any]] = []
    lines: list[str] = []
    exit_code = 0
    for image, target in zip(images, targets, strict=True):
        try:
            micrograph = read_micrograph(image, options.page)
            values = segment_and_save(classifier, micrograph, target, threads=thread_count(options), output=output)
        except SambasegError as error:
            if len(images) == 1:
                raise
            exit_code = exit_code or error.exit_code
            answers.append({"image": image.name, **error_values(error)})
            output.complain(error)
            continue
        answers.append(values)
        lines.append(summary_line(values))
    output.result({"classifier": str(options.classifier), "results": answers}, lines)
    return exit_code


def _targets(options: Namespace, images: list[Path]) -> list[Targets]:
    """Return where the results of each image go, checked."""
    inputs = [*images, options.classifier]
    segmentations: Sequence[Path] = targets_for(options.out, images, "segmentation", inputs=inputs)
    wanted: dict[str, Sequence[Path | None]] = {}
    for ending in ("uncertainty", "probabilities"):
        out = getattr(options, ending)
        wanted[ending] = [None] * len(images) if out is None else targets_for(out, images, ending, inputs=inputs)
    check_distinct([*segmentations, *wanted["uncertainty"], *wanted["probabilities"]])
    return [
        Targets(segmentation, uncertainty, probabilities, options.values)
        for segmentation, uncertainty, probabilities in zip(
            segmentations, wanted["uncertainty"], wanted["probabilities"], strict=True
        )
    ]
