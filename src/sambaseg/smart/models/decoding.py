"""From a view to a model's coordinates and back: plain arithmetic, the same in the page (`web/src/smart/`).

All numbers are IEEE doubles unless a function says otherwise, and each result is made by the operations in the order in
which they are written here, so that both sides give the same masks bit by bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.smart.prompt import Box, Prompt, PromptPoint

PATCH_PX = 16
"""A model's embedding has one cell for 16 by 16 pixels of its input."""
MASK_SHRINK = 4
"""A model's masks have one value for 4 by 4 pixels of its input."""
POINT_OUTSIDE, POINT_INSIDE, BOX_START, BOX_END, PADDING = 0.0, 1.0, 2.0, 3.0, -1.0
"""What a point means to a model of the first Segment Anything."""


@dataclass(frozen=True)
class Frame:
    """A view of `height` by `width` px inside a model's square input of `input_side` px a side.

    The view fills `input_height` by `input_width` px of it, from the top left; the rest is padding. Masks have
    `mask_side` values a side, of which the view fills `mask_height` by `mask_width`, which need not be whole numbers.
    """

    height: int
    width: int
    input_side: int
    input_height: int
    input_width: int

    @property
    def mask_side(self) -> int:
        """Values of a mask a side."""
        return self.input_side // MASK_SHRINK

    @property
    def mask_height(self) -> float:
        """Rows of a mask that the view fills."""
        return self.input_height / MASK_SHRINK

    @property
    def mask_width(self) -> float:
        """Columns of a mask that the view fills."""
        return self.input_width / MASK_SHRINK


def fitted_frame(height: int, width: int, side: int) -> Frame:
    """Return the frame of a view whose longer side is scaled to `side`, the other in proportion, rounded half up."""
    scale = side / max(height, width)
    return Frame(height, width, side, max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5)))


def stretched_frame(height: int, width: int, side: int) -> Frame:
    """Return the frame of a view that is stretched over the whole square."""
    return Frame(height, width, side, side, side)


def to_input(frame: Frame, y: float, x: float) -> tuple[float, float]:
    """Return where (y, x) of the view lies in the input.

    In the view a pixel covers [i, i + 1). Models count from the middle of a pixel and add the half themselves, so 0.5
    is taken off: the middle of the first pixel of a view that is not scaled is 0.
    """
    return y * frame.input_height / frame.height - 0.5, x * frame.input_width / frame.width - 0.5


def point_arrays(frame: Frame, points: tuple[PromptPoint, ...]) -> tuple[npt.NDArray[np.float32], list[float]]:
    """Return the points as float32 (n, 2), x before y, in the input, and what each means."""
    placed = [to_input(frame, point.y, point.x) for point in points]
    coordinates_n2 = np.array([(x, y) for y, x in placed], np.float32).reshape(-1, 2)
    return coordinates_n2, [POINT_INSIDE if point.positive else POINT_OUTSIDE for point in points]


def box_corners(frame: Frame, box: Box) -> npt.NDArray[np.float32]:
    """Return the box as float32 (2, 2): x and y of its top left and of its bottom right corner in the input."""
    top, left = to_input(frame, box.top, box.left)
    bottom, right = to_input(frame, box.bottom, box.right)
    return np.array([(left, top), (right, bottom)], np.float32)


def labelled_points(frame: Frame, prompt: Prompt) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return all of a prompt as points: float32 (n, 2) and float32 (n,).

    A box becomes its two corners behind the points; without a box a padding point (0, 0) stands there instead.
    """
    coordinates_n2, meanings = point_arrays(frame, prompt.points)
    if prompt.box is None:
        added, added_meanings = np.zeros((1, 2), np.float32), [PADDING]
    else:
        added, added_meanings = box_corners(frame, prompt.box), [BOX_START, BOX_END]
    return np.concatenate([coordinates_n2, added]), np.array([*meanings, *added_meanings], np.float32)


def points_of_box(prompt: Prompt) -> tuple[PromptPoint, ...]:
    """Return the points of a prompt for a model that takes no boxes: the middle of the box is one more point inside."""
    if prompt.box is None:
        return prompt.points
    box = prompt.box
    return (*prompt.points, PromptPoint((box.top + box.bottom) / 2, (box.left + box.right) / 2))


@dataclass(frozen=True)
class Steps:
    """For each pixel along one axis of the view: the two values it lies between, and the share of the second."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]


def interpolation_steps(view_px: int, mask_px: float) -> Steps:
    """Return how `view_px` pixels lie in `mask_px` values, by the middles of pixels; the outermost values go on.

    Pixel i lies at (i + 0.5) * mask_px / view_px - 0.5, not below 0. Values behind ceil(mask_px) - 1 belong to the
    padding and are never read.
    """
    last = math.ceil(mask_px) - 1
    position = np.maximum((np.arange(view_px) + 0.5) * mask_px / view_px - 0.5, 0.0)
    first = np.minimum(np.floor(position).astype(np.int64), last)
    share = np.minimum(position - first, 1.0)
    return Steps(first, np.minimum(first + 1, last), share)


def upsample(logits_yx: npt.NDArray[np.float32], frame: Frame) -> npt.NDArray[np.float64]:
    """Return logits (mask_side, mask_side) over the view, float64 (height, width), by bilinear interpolation.

    Rows first: ``row = above * (1 - share) + below * share``, then the same along the columns of these rows.
    """
    rows = interpolation_steps(frame.height, frame.mask_height)
    columns = interpolation_steps(frame.width, frame.mask_width)
    values = logits_yx.astype(np.float64)
    share = rows.share[:, np.newaxis]
    between = values[rows.first] * (1.0 - share) + values[rows.second] * share
    upsampled: npt.NDArray[np.float64] = (
        between[:, columns.first] * (1.0 - columns.share) + between[:, columns.second] * columns.share
    )
    return upsampled


def order_by_area(logits_3yx: npt.NDArray[np.float32], frame: Frame) -> list[int]:
    """Return the numbers of the three masks from small to large; masks of equal area keep their order.

    The area is the number of values above 0 in the first ceil(mask_height) rows and ceil(mask_width) columns.
    """
    inside = logits_3yx[:, : math.ceil(frame.mask_height), : math.ceil(frame.mask_width)] > 0
    areas = [int(np.count_nonzero(mask_yx)) for mask_yx in inside]
    return sorted(range(len(areas)), key=lambda number: areas[number])


def masks_from_logits(logits_3yx: npt.NDArray[np.float32], frame: Frame) -> npt.NDArray[np.bool_]:
    """Return the masks over the view, bool (3, height, width): where the upsampled logits are above 0."""
    return np.stack([upsample(logits_yx, frame) > 0.0 for logits_yx in logits_3yx])


def scores_from_estimates(estimates_3: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return a model's estimates of its masks' quality, float32 (3,), as scores from 0 to 1; no numbers become 0."""
    return np.nan_to_num(estimates_3.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0).clip(0.0, 1.0)
