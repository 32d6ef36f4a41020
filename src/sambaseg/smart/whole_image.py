"""Suggestions over a whole image in memory: views around the prompts, masks in full size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.smart.prompt import Box, Prompt
from sambaseg.smart.suggester import Knowledge, Suggester
from sambaseg.smart.suggestion import Suggestion
from sambaseg.smart.view_image import MAX_PIXELS, MAX_SIDE_PX, ViewImage

VIEW_SIDE_PX = 1024
"""Of the views that an image too large for one is looked at through."""
VIEW_STEP_PX = 256
"""Views begin at multiples of this, so that prompts near to one another share one."""


@dataclass(frozen=True)
class ImageView:
    """Rows `top` to `bottom` - 1 and columns `left` to `right` - 1 of an image."""

    top: int
    left: int
    bottom: int
    right: int


def suggest_in_image(
    suggester: Suggester,
    image: ViewImage,
    prompts: Sequence[Prompt],
    *,
    knowledge: Knowledge | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> Iterator[tuple[int, Suggestion]]:
    """Yield (number of the prompt, its masks over the whole image), view by view."""
    views: dict[ImageView, list[int]] = {}
    for number, prompt in enumerate(prompts):
        views.setdefault(view_for(prompt, image.shape_yx), []).append(number)
    stage = Stage(progress, f"Suggesting with {suggester.title}")
    for done, (view, numbers) in enumerate(views.items()):
        rows, columns = slice(view.top, view.bottom), slice(view.left, view.right)
        part = ViewImage(np.ascontiguousarray(image.pixels_cyx[:, rows, columns]), image.is_rgb)
        known = None
        if knowledge is not None:
            known = Knowledge(knowledge.classes_yx[rows, columns], knowledge.uncertainty_yx[rows, columns])
        prepared = suggester.prepare(part, knowledge=known, cancelled=cancelled)
        for number in numbers:
            found = prepared.suggest(_moved(prompts[number], view))
            masks = np.zeros((len(found.masks_3yx), *image.shape_yx), np.bool_)
            masks[:, rows, columns] = found.masks_3yx
            yield number, Suggestion(masks, found.scores_3)
        stage.tell((done + 1) / len(views))


def view_for(prompt: Prompt, shape_yx: tuple[int, int]) -> ImageView:
    """Return what to look at for a prompt: the whole image where that is one view, else a square around the prompt."""
    height, width = shape_yx
    if height * width <= MAX_PIXELS and max(shape_yx) <= MAX_SIDE_PX:
        return ImageView(0, 0, height, width)
    ys = [point.y for point in prompt.points]
    xs = [point.x for point in prompt.points]
    if prompt.box is not None:
        ys += [prompt.box.top, prompt.box.bottom]
        xs += [prompt.box.left, prompt.box.right]
    top, bottom = _side(min(ys), max(ys), height)
    left, right = _side(min(xs), max(xs), width)
    return ImageView(top, left, bottom, right)


def _side(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the first and last + 1 pixel of a view around `low` to `high` along one axis."""
    length = min(max(VIEW_SIDE_PX, int(high - low) + VIEW_STEP_PX), size)
    start = int((low + high - length) / 2) // VIEW_STEP_PX * VIEW_STEP_PX
    start = min(max(start, 0), size - length)
    return start, min(max(start + length, int(high) + 1), size)


def _moved(prompt: Prompt, view: ImageView) -> Prompt:
    """Return the prompt in pixels of the view."""
    points = tuple(replace(point, y=point.y - view.top, x=point.x - view.left) for point in prompt.points)
    box = prompt.box
    if box is not None:
        box = Box(box.top - view.top, box.left - view.left, box.bottom - view.top, box.right - view.left)
    return Prompt(points, box)
