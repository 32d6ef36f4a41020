"""``sambaseg segment`` and ``sambaseg train``: from an image and its labels to a segmentation or a classifier."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.cli.inputs import read_limits, read_micrograph, read_recipe_option, thread_count
from sambaseg.cli.output import Output
from sambaseg.cli.segmentations import Targets, segment_and_save, summary_line, trained_line
from sambaseg.cli.targets import check_distinct, check_target, check_tiff_target
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import Micrograph

_CLASSIFIER_ENDINGS = (".sambaseg",)


def segment(options: Namespace, output: Output) -> None:
    """Train on the labels and segment the image they belong to."""
    inputs = [options.image, options.labels]
    for path in (options.out, options.uncertainty, options.probabilities):
        check_tiff_target(path, inputs=inputs)
    if options.save_classifier is not None:
        check_target(options.save_classifier, _CLASSIFIER_ENDINGS, inputs=inputs)
    check_distinct([options.out, options.uncertainty, options.probabilities])
    classifier, micrographs, seconds = _train([(options.image, options.labels)], options, output)
    lines = []
    if options.save_classifier is not None:
        _save(options.save_classifier, classifier)
        lines.append(trained_line(options.save_classifier, classifier, seconds))
    targets = Targets(options.out, options.uncertainty, options.probabilities, options.values)
    values = segment_and_save(classifier, micrographs[0], targets, threads=thread_count(options), output=output)
    saved = None if options.save_classifier is None else str(options.save_classifier)
    output.result({**values, "classifier": saved, **_training_values(classifier)}, [*lines, summary_line(values)])


def train(options: Namespace, output: Output) -> None:
    """Train on the labels of one image or several and save the classifier."""
    pairs = [(options.image, options.labels), *((Path(image), Path(labels)) for image, labels in options.also)]
    check_target(options.out, _CLASSIFIER_ENDINGS, inputs=[path for pair in pairs for path in pair])
    classifier, _, seconds = _train(pairs, options, output)
    _save(options.out, classifier)
    values = {"out": str(options.out), "seconds": seconds, **_training_values(classifier)}
    output.result(values, [trained_line(options.out, classifier, seconds)])


def _train(
    pairs: Sequence[tuple[Path, Path]], options: Namespace, output: Output
) -> tuple[Classifier, list[Micrograph], float]:
    """Return the classifier trained on images with their labels, the images, and how long training took."""
    from sambaseg.forest.classifier import ClassEntry
    from sambaseg.images.label_reader import read_label_classes, read_labels
    from sambaseg.pipeline.settings import TrainingSettings
    from sambaseg.pipeline.train import train_on_images

    training = TrainingSettings(options.points, options.balance, options.trees, options.depth, options.seed)
    recipe = read_recipe_option(options.recipe)
    limits = read_limits(Settings.from_environment())
    labelled, classes = [], list[ClassEntry]()
    for image, labels in pairs:
        micrograph = read_micrograph(image, options.page)
        labelled.append((micrograph, read_labels(labels, micrograph.shape_yx, limits=limits)))
        saved = read_label_classes(labels, limits=limits)
        classes += [ClassEntry(entry.id, entry.name, entry.colour) for entry in saved]
    start = time.monotonic()
    with output.progress(labelled[0][0].info.file_name) as show:
        classifier = train_on_images(
            labelled,
            recipe,
            training,
            classes=classes,
            threads=thread_count(options),
            progress=show,
        )
    return classifier, [micrograph for micrograph, _ in labelled], time.monotonic() - start


def _save(path: Path, classifier: Classifier) -> None:
    from sambaseg.forest.classifier_file import save_classifier

    save_classifier(path, classifier)


def _training_values(classifier: Classifier) -> dict[str, Any]:
    return {
        "classes": [asdict(entry) for entry in classifier.classes],
        "recipe": classifier.recipe.to_json(),
        "training": asdict(classifier.training),
        "oob_score": classifier.forest.oob_score,
    }
