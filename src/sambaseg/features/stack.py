"""Computing the feature stack of a tile, or of a whole image tile by tile; both give the same bits.

A tile is computed from the scaled pixels around it: `halo_px(recipe)` more on each side, reflected beyond the image's
edges (`sambaseg.images.halo.read_with_halo`). Planes stand channel by channel, in each channel family by family in the
table's order, in each family by ascending scale; behind them stand the planes of the image as a whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sambaseg.errors import ParameterError
from sambaseg.features.arrays import FloatArray
from sambaseg.features.blur import blur_into
from sambaseg.features.family import Place, Plane, Target
from sambaseg.features.plan import Plan, make_plan
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scratch import Scratch
from sambaseg.images.halo import read_with_halo
from sambaseg.settings import default_threads

MAX_CHANNELS = 64
BLOCK_PIXELS, BLOCK_WIDTH = 2**16, 1024
"""What is computed at a time: so many pixels, so that a blurred block stays in the second-level cache, of long rows."""
STACK_TILE = (128, 1024)
"""Rows and columns that a thread takes at a time of a whole image."""

ORIGIN = Place(0, 0)

Consume = Callable[[int, int, int, FloatArray], None]
"""``consume(first, y, x, planes_fyx)``: neighbouring planes of a part of the tile that begins at row y, column x."""


@dataclass(frozen=True)
class PlaneName:
    """One plane of a stack: `text` is for people ("Hessian trace, 4 px, channel 2").

    `channel` counts from 0 and is None for a plane of the image as a whole.
    """

    family: str
    channel: int | None
    sigma_px: float | None
    text: str


def plane_names(recipe: FeatureRecipe, channels: int) -> list[PlaneName]:
    """Return what each plane of a stack is, in order; channels are named only where there are several.

    ``sigma_px`` is the scale as listed in the recipe, 0 for the image itself, None for families without scales.
    """
    plan = plan_for(recipe, channels)
    planned_steps = sorted(plan.steps, key=lambda planned: planned.first)
    names = []
    for channel in range(channels):
        behind = f"channel {channel + 1}" if channels > 1 else ""
        for planned in planned_steps:
            step = planned.step
            for name in step.names:
                text = ", ".join(part for part in (name, step.scale_text, behind) if part)
                names.append(PlaneName(planned.family, channel, step.scale_px, text))
    for image_step in plan.image_steps:
        names += [PlaneName(image_step.family, None, None, name) for name in image_step.step.names]
    return names


def halo_px(recipe: FeatureRecipe) -> int:
    """Return how many pixels around a tile its features depend on."""
    return make_plan(recipe).halo_px


def plan_for(recipe: FeatureRecipe, channels: int) -> Plan:
    """Return the plan of `recipe`; raises ParameterError where no image has so many channels, or it has no features."""
    if not 1 <= channels <= MAX_CHANNELS:
        raise ParameterError(f"An image has 1 to {MAX_CHANNELS} channels, not {channels}.")
    plan = make_plan(recipe, channels)
    if not plan.planes:
        raise ParameterError(
            f"The recipe makes no features of an image of {channels} channel{'s' if channels > 1 else ''}.",
            hint="Add a family such as 'identity': 'colour' alone needs an image of three channels.",
        )
    return plan


class TileComputer:
    """Computes tiles of up to `tile_shape` pixels with buffers of its own; one object a thread.

    Scaled pixels are float32 and finite; features are finite where no scaled value exceeds 1e8 (see `scaling`).
    """

    def __init__(self, recipe: FeatureRecipe, channels: int, tile_shape: tuple[int, int] = (256, 256)) -> None:
        self.recipe = recipe
        self.channels = channels
        self.tile_shape = tile_shape
        self._plan = plan_for(recipe, channels)
        self.halo_px = self._plan.halo_px
        self.planes = self._plan.planes
        self._scratch = Scratch()

    def compute(self, scaled_cyx: FloatArray, *, place: Place = ORIGIN) -> FloatArray:
        """Return the features of a tile, shape (planes, h, w), float32.

        `scaled_cyx` has shape (channels, h + 2 halo, w + 2 halo); `place` is where the tile's first pixel, without the
        halo, stands in the image. The answer is a buffer of this object, valid until its next call. Raises
        ParameterError for another shape.
        """
        features_fyx: FloatArray = self._scratch.array("features", (self.planes, *self._tile_size(scaled_cyx)))
        self.compute_into(scaled_cyx, features_fyx, y=0, x=0, place=place)
        return features_fyx

    def compute_into(
        self, scaled_cyx: FloatArray, features_fyx: FloatArray, *, y: int, x: int, place: Place = ORIGIN
    ) -> None:
        """Write the features of a tile (as `compute`) into a C-contiguous float32 stack, from row y, column x on."""

        def target_of(block: _Block, first: int, count: int) -> Target:  # noqa: ARG001 (all planes are there)
            return Target(features_fyx, first, y + block.y, x + block.x, block.height, block.width)

        self._compute_blocks(scaled_cyx, place, target_of)

    def compute_each(self, scaled_cyx: FloatArray, consume: Consume, *, place: Place = ORIGIN) -> None:
        """Compute a tile (as `compute`) a few planes at a time, never holding all of them.

        The planes given to `consume` have shape (n, h, w), C-contiguous, and are valid only during the call; the calls
        come in no particular order.
        """

        def target_of(block: _Block, first: int, count: int) -> Target:  # noqa: ARG001 (only these planes are there)
            shape = count, block.height, block.width
            return Target(self._scratch.array("planes", shape), 0, 0, 0, block.height, block.width)

        def done(block: _Block, first: int, target: Target) -> None:
            consume(first, block.y, block.x, target.array_fyx)

        self._compute_blocks(scaled_cyx, place, target_of, done)

    def _tile_size(self, scaled_cyx: FloatArray) -> tuple[int, int]:
        shape, around = scaled_cyx.shape, 2 * self.halo_px
        if scaled_cyx.ndim != 3 or shape[0] != self.channels or min(shape[1:]) <= around:
            raise ParameterError(
                f"A tile must have {self.channels} channels, more than {around} rows and columns, not shape {shape}.",
                hint="Read it with `read_with_halo` and the recipe's `halo_px`.",
            )
        size = shape[1] - around, shape[2] - around
        if size[0] > self.tile_shape[0] or size[1] > self.tile_shape[1]:
            raise ParameterError(f"This computer was made for tiles of up to {self.tile_shape} pixels, not {size}.")
        return size

    def _compute_blocks(
        self, scaled_cyx: FloatArray, place: Place, target_of: TargetOf, done: Done | None = None
    ) -> None:
        """Compute all planes of a tile block by block, writing where `target_of` says and telling `done` of each."""
        height, width = self._tile_size(scaled_cyx)
        pixels_cyx = np.require(scaled_cyx, np.float32, ["C", "W"])
        columns = min(width, BLOCK_WIDTH)
        rows = BLOCK_PIXELS // columns
        for y in range(0, height, rows):
            for x in range(0, width, columns):
                planes = tuple(Plane(pixels_yx, self.halo_px + y, self.halo_px + x) for pixels_yx in pixels_cyx)
                block = _Block(y, x, min(rows, height - y), min(columns, width - x))
                for channel, pixels in enumerate(planes):
                    self._compute_channel(block, pixels, channel * self._plan.channel_planes, target_of, done)
                for planned in self._plan.image_steps:
                    target = target_of(block, planned.first, len(planned.step.names))
                    planned.step.compute(planes, target, Place(place.y + y, place.x + x))
                    if done is not None:
                        done(block, planned.first, target)

    def _compute_channel(
        self, block: _Block, pixels: Plane, first: int, target_of: TargetOf, done: Done | None
    ) -> None:
        planes = {0.0: pixels}
        for planned in self._plan.steps:
            for blur_px in planned.blurs_px:
                if blur_px not in planes:
                    planes[blur_px] = self._blurred(block, pixels, blur_px)
            target = target_of(block, first + planned.first, len(planned.step.names))
            sources = tuple([planes[blur_px] for blur_px in planned.blurs_px])
            planned.step.compute(sources, target, self._scratch)
            if done is not None:
                done(block, first + planned.first, target)

    def _blurred(self, block: _Block, pixels: Plane, blur_px: float) -> Plane:
        margin = self._plan.margins[blur_px]
        height, width = block.height + 2 * margin, block.width + 2 * margin
        dtype = np.float64 if blur_px in self._plan.doubles else np.float32
        blurred_yx = self._scratch.array(f"blur {self._plan.slots[blur_px]}", (height, width), dtype)
        pixels_yx, y, x = pixels
        blur_into(blurred_yx, pixels_yx, y - margin, x - margin, blur_px, self._scratch, window=self._plan.window)
        return Plane(blurred_yx, margin, margin)


@dataclass(frozen=True)
class _Block:
    """Part of a tile that is computed at once: where it begins in the tile, and its size."""

    y: int
    x: int
    height: int
    width: int


TargetOf = Callable[[_Block, int, int], Target]
"""``target_of(block, first, count)``: where so many planes of a block, from plane `first` on, are to be written."""
Done = Callable[[_Block, int, Target], None]
"""``done(block, first, target)``: planes from `first` on are written."""


def compute_tile(scaled_cyx: FloatArray, recipe: FeatureRecipe, *, place: Place = ORIGIN) -> FloatArray:
    """Return the features of one tile (as `TileComputer.compute`), shape (planes, h, w)."""
    size = max(1, *scaled_cyx.shape[-2:])
    return TileComputer(recipe, scaled_cyx.shape[0], (size, size)).compute(scaled_cyx, place=place)


def compute_stack(
    scaled_cyx: FloatArray, recipe: FeatureRecipe, *, threads: int | None = None, out_fyx: FloatArray | None = None
) -> FloatArray:
    """Return the features of a whole image, shape (planes, H, W), float32, of scaled pixels, shape (C, H, W).

    Holds the whole stack in memory, 176 MB for the default recipe at 1024²; `out_fyx` is written instead of a new array
    where it is given (C-contiguous, float32). Prediction uses `TileComputer`, which holds a block at a time.
    """
    channels, height, width = scaled_cyx.shape
    local = threading.local()
    halo = halo_px(recipe)
    shape = plan_for(recipe, channels).planes, height, width
    features_fyx = np.empty(shape, np.float32) if out_fyx is None else out_fyx
    if features_fyx.shape != shape or features_fyx.dtype != np.float32 or not features_fyx.flags.c_contiguous:
        raise ParameterError(f"The stack to write must be a C-contiguous float32 array of shape {shape}.")

    def compute(y: int, x: int) -> None:
        if not hasattr(local, "computer"):
            local.computer = TileComputer(recipe, channels, STACK_TILE)
        y1, x1 = min(y + STACK_TILE[0], height), min(x + STACK_TILE[1], width)
        tile_cyx = read_with_halo(scaled_cyx, y, y1, x, x1, halo)
        local.computer.compute_into(tile_cyx, features_fyx, y=y, x=x, place=Place(y, x))

    corners = [(y, x) for y in range(0, height, STACK_TILE[0]) for x in range(0, width, STACK_TILE[1])]
    with ThreadPoolExecutor(threads or default_threads()) as pool:
        for _ in pool.map(compute, *zip(*corners, strict=True)):
            pass
    return features_fyx
