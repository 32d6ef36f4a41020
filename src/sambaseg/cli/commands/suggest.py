"""``sambaseg suggest``: what clicks at given places would label, at three scales, as the page suggests it."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sambaseg.cli.inputs import read_limits, read_micrograph, thread_count
from sambaseg.cli.output import Output
from sambaseg.cli.targets import check_target
from sambaseg.errors import MemoryBudgetError
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.smart.suggester import Knowledge, Suggester


def suggest(options: Namespace, output: Output) -> None:
    """Write the three masks of each prompt, bool (prompts, 3, h, w), and their scores, float32 (prompts, 3)."""
    from sambaseg.durable import replace_durably
    from sambaseg.smart.prompt_file import read_prompts
    from sambaseg.smart.view_image import ViewImage
    from sambaseg.smart.whole_image import suggest_in_image

    inputs = [path for path in (options.image, options.points, options.labels) if path is not None]
    check_target(options.out, (".npz",), inputs=inputs)
    suggester = _open_suggester(options)
    micrograph = read_micrograph(options.image, options.page)
    shape_yx = micrograph.shape_yx
    prompts = read_prompts(options.points, shape_yx)
    _check_memory(len(prompts), shape_yx)
    start = time.monotonic()
    knowledge = None if options.labels is None else _learn(micrograph, options, output)
    image = ViewImage.from_pixels(micrograph.array(), is_rgb=micrograph.info.is_rgb)
    masks = np.zeros((len(prompts), 3, *shape_yx), np.bool_)
    scores = np.zeros((len(prompts), 3), np.float32)
    with output.progress(micrograph.info.file_name) as show:
        for number, found in suggest_in_image(suggester, image, prompts, knowledge=knowledge, progress=show):
            masks[number], scores[number] = found.masks_3yx, found.scores_3
    with replace_durably(options.out) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, masks=masks, scores=scores)
    seconds = time.monotonic() - start
    values = {"out": str(options.out), "prompts": len(prompts), "model": suggester.name, "seconds": seconds}
    line = f"{options.out}: three masks for each of {len(prompts)} prompts, {suggester.title}, {seconds:.1f} s"
    output.result({**values, "learned": knowledge is not None}, [line])


def _open_suggester(options: Namespace) -> Suggester:
    """Return the suggester that was asked for. Raises UnknownModelError where it is not installed."""
    from sambaseg.smart.hierarchy.suggester import HierarchySuggester

    built_in = HierarchySuggester()
    if options.model == built_in.name:
        return built_in
    from sambaseg.smart.models.runtime import Runtime
    from sambaseg.smart.models.store import ModelStore
    from sambaseg.smart.models.suggester import SamSuggester

    settings = Settings.from_environment()
    return SamSuggester(
        ModelStore(options.data_dir or settings.data_dir).find(options.model), Runtime(threads=thread_count(options))
    )


def _learn(micrograph: Micrograph, options: Namespace, output: Output) -> Knowledge:
    """Return what a forest trained on the labels thinks of the image. Raises as `sambaseg segment` does."""
    from sambaseg.features.recipe import DEFAULT_RECIPE
    from sambaseg.forest.uncertainty import uncertainty_as_bytes
    from sambaseg.images.label_reader import read_labels
    from sambaseg.pipeline.apply import segment
    from sambaseg.pipeline.settings import TrainingSettings
    from sambaseg.pipeline.train import train_classifier
    from sambaseg.smart.suggester import Knowledge

    path: Path = options.labels
    labels_yx = read_labels(path, micrograph.shape_yx, limits=read_limits(Settings.from_environment()), largest_id=255)
    threads = thread_count(options)
    with output.progress(f"Learning from {path.name}") as show:
        classifier = train_classifier(
            micrograph, labels_yx, DEFAULT_RECIPE, TrainingSettings(), threads=threads, progress=show
        )
        result = segment(classifier, micrograph, with_probabilities=False, threads=threads, progress=show)
    return Knowledge(result.classes_yx.astype(np.uint8), uncertainty_as_bytes(result.uncertainty_yx))


def _check_memory(prompts: int, shape_yx: tuple[int, int]) -> None:
    """Raise MemoryBudgetError where the masks would take more memory than images may."""
    needed, allowed = 3 * prompts * shape_yx[0] * shape_yx[1], 4 * Settings.from_environment().max_image_mb * 2**20
    if needed > allowed:
        raise MemoryBudgetError(
            f"The masks of {prompts} prompts on this image take {needed / 1e9:.1f} GB; {allowed / 1e9:.1f} GB are "
            "allowed.",
            hint="Ask with fewer prompts at a time, or raise SAMBASEG_MAX_IMAGE_MB.",
        )
