"""``sambaseg segment`` and ``sambaseg train``: from images and labels to segmentations or a classifier."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.cli.estimates import estimate_lines, estimate_values
from sambaseg.cli.inputs import (
    find_inputs,
    memory_budget,
    open_labels,
    open_micrograph,
    read_limits,
    read_recipe_option,
    thread_count,
)
from sambaseg.cli.output import Output
from sambaseg.cli.segmentations import check_outs, plan_targets, save_all, summary_line, trained_line
from sambaseg.cli.targets import check_target
from sambaseg.errors import SambasegError
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.images.stack import FoundImage
    from sambaseg.pipeline.labelled import Labels
    from sambaseg.pipeline.settings import TrainingSettings

_CLASSIFIER_ENDINGS = (".sambaseg",)


def segment(options: Namespace, output: Output) -> None:
    """Train on the labels of the first image and segment all of them."""
    inputs = [*options.images, options.labels]
    check_outs(options, inputs=inputs)
    if options.save_classifier is not None:
        check_target(options.save_classifier, _CLASSIFIER_ENDINGS, inputs=inputs)
    training, recipe = training_of(options), read_recipe_option(options.recipe)
    found = find_inputs(options.images, options.page)
    targets = plan_targets(options, found, inputs=[*inputs, *(image.path for image in found)])
    pairs = [(found[0], options.labels), *also_of(options)]
    classifier, seconds, estimate = _train(pairs, recipe, training, options, output)
    lines = []
    if options.save_classifier is not None:
        _save(options.save_classifier, classifier)
        lines.append(trained_line(options.save_classifier, classifier, seconds))

    def failed(_: FoundImage, error: SambasegError) -> dict[str, Any]:
        raise error

    answers = save_all(classifier, targets, options=options, output=output, failed=failed)
    saved = None if options.save_classifier is None else str(options.save_classifier)
    values = answers[0] if len(answers) == 1 else {"results": answers}
    lines += [*(summary_line(answer) for answer in answers), *(estimate_lines(estimate) if estimate else [])]
    output.result({**values, "classifier": saved, **_training_values(classifier, estimate)}, lines)


def train(options: Namespace, output: Output) -> None:
    """Train on the labels of one image or several and save the classifier."""
    check_target(options.out, _CLASSIFIER_ENDINGS, inputs=[options.image, options.labels, *map(Path, _flat(options))])
    training, recipe = training_of(options), read_recipe_option(options.recipe)
    pairs = [(find_inputs([options.image], options.page)[0], options.labels), *also_of(options)]
    classifier, seconds, estimate = _train(pairs, recipe, training, options, output)
    _save(options.out, classifier)
    values = {"out": str(options.out), "seconds": seconds, **_training_values(classifier, estimate)}
    lines = [trained_line(options.out, classifier, seconds), *(estimate_lines(estimate) if estimate else [])]
    output.result(values, lines)


def training_of(options: Namespace) -> TrainingSettings:
    """Return the settings that the options of `add_training_options` say."""
    from sambaseg.pipeline.settings import TrainingSettings

    return TrainingSettings(
        points=options.points,
        balance=options.balance,
        trees=options.trees,
        depth=options.depth,
        seed=options.seed,
        classifier=options.classifier,
        features_per_split=options.features_per_split,
        min_leaf=options.min_leaf,
        reach=options.reach,
    )


def also_of(options: Namespace) -> list[tuple[FoundImage, Path]]:
    """Return the further images that are labelled, each with its labels."""
    return [(find_inputs([Path(image)], options.page or 0)[0], Path(labels)) for image, labels in options.also]


def _flat(options: Namespace) -> list[str]:
    return [name for pair in options.also for name in pair]


def _train(
    pairs: Sequence[tuple[FoundImage, Path]],
    recipe: FeatureRecipe,
    training: TrainingSettings,
    options: Namespace,
    output: Output,
) -> tuple[Classifier, float, dict[str, Any] | None]:
    """Return the classifier trained on images with their labels, how long that took, and the estimate if asked for."""
    from sambaseg.forest.classifier import ClassEntry
    from sambaseg.forest.forest import MAX_CLASSES
    from sambaseg.images.label_reader import read_label_classes
    from sambaseg.pipeline.labelled import count_labels
    from sambaseg.pipeline.train import train_on_images

    limits = read_limits(Settings.from_environment())
    labelled: list[tuple[Micrograph, Labels]] = []
    classes = list[ClassEntry]()
    for image, path in pairs:
        micrograph = open_micrograph(image)
        labelled.append((micrograph, open_labels(path, micrograph.shape_yx)))
        saved = read_label_classes(path, limits=limits)
        classes += [ClassEntry(entry.id, entry.name, entry.colour) for entry in saved]
    start = time.monotonic()
    counts = [count_labels(labels) for _, labels in labelled]
    plan = memory_budget(options).plan_training(
        recipe,
        training,
        channels=labelled[0][0].channels,
        classes=min(len(set().union(*counts)), MAX_CLASSES),
        threads=thread_count(options),
        labelled=sum(sum(each.values()) for each in counts),
    )
    with output.progress(pairs[0][0].name) as show:
        classifier = train_on_images(
            labelled,
            recipe,
            training,
            classes=classes,
            threads=plan.threads,
            max_sample_bytes=plan.sample_bytes,
            progress=show,
        )
    seconds = time.monotonic() - start
    estimate = estimate_values(classifier, labelled, threads=plan.threads) if options.estimate else None
    return replace(classifier, cleaning=options.clean or ()), seconds, estimate


def _save(path: Path, classifier: Classifier) -> None:
    from sambaseg.forest.classifier_file import save_classifier

    save_classifier(path, classifier)


def _training_values(classifier: Classifier, estimate: dict[str, Any] | None) -> dict[str, Any]:
    told = {} if estimate is None else {"estimate": estimate}
    return {
        **told,
        "classes": [asdict(entry) for entry in classifier.classes],
        "recipe": classifier.recipe.to_json(),
        "training": classifier.training.to_json(),
        "oob_score": classifier.forest.oob_score,
    }
