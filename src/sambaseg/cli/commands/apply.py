"""``sambaseg apply``: segmenting images with a classifier that was trained before."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.cli.inputs import find_inputs
from sambaseg.cli.output import Output, error_values
from sambaseg.cli.segmentations import check_outs, plan_targets, save_all, summary_line
from sambaseg.errors import SambasegError

if TYPE_CHECKING:
    from sambaseg.images.stack import FoundImage


def apply(options: Namespace, output: Output) -> int:
    """Segment each image; one that cannot be read or does not fit is told, and the others are segmented.

    Returns the exit code of the first error.
    """
    from sambaseg.forest.classifier_file import load_classifier

    inputs = [*options.images, options.classifier]
    check_outs(options, inputs=inputs)
    classifier = load_classifier(options.classifier)
    if options.clean is not None:
        classifier = replace(classifier, cleaning=options.clean)
    found: list[FoundImage] = []
    unread: list[tuple[int, dict[str, Any]]] = []
    exit_codes: dict[int, int] = {}

    def failed(image: FoundImage | Path, error: SambasegError) -> dict[str, Any]:
        if len(options.images) == 1 and len(found) <= 1:
            raise error
        output.complain(error)
        answer = {"image": image.name, **error_values(error)}
        exit_codes[id(answer)] = error.exit_code
        return answer

    for path in options.images:
        try:
            found += find_inputs([path], options.page)
        except SambasegError as error:
            unread.append((len(found) + len(unread), failed(path, error)))
    targets = plan_targets(options, found, inputs=[*inputs, *(image.path for image in found)])
    answers = save_all(classifier, targets, options=options, output=output, failed=failed)
    lines = [summary_line(answer) for answer in answers if "error" not in answer]
    for at, answer in unread:
        answers.insert(at, answer)
    output.result({"classifier": str(options.classifier), "results": answers}, lines)
    return next((exit_codes[id(answer)] for answer in answers if id(answer) in exit_codes), 0)
