"""What a feature family is: a name for people, and the steps that compute its planes.

A family turns the scales of a recipe into steps. A step says which planes it makes, what it reads (the image, or the
image blurred by a Gaussian, with a margin around the tile), and how it is computed. Blurred images are shared between
families, so a step never blurs the image itself. Steps are run for each channel; a family that looks at the image as a
whole, at its colour or at places in it, has image steps instead.

A definition has one id for ever. Where another tool defines the same idea differently, that is a family of its own
whose id ends in the tool's name (`hessian_weka`), so that a recipe is a list of names and an old one means what it
always meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.blur import TRUNCATE, gaussian_radius_px
from sambaseg.features.scratch import Scratch

SigmaConvention = Literal["sigma", "radius"]
Group = Literal["brightness", "edges", "lines", "texture", "whole"]

GROUP_NAMES: dict[Group, str] = {
    "brightness": "Brightness and smoothing",
    "edges": "Edges",
    "lines": "Lines, spots and curvature",
    "texture": "Texture",
    "whole": "Colour and place",
}
"""What families have in common, for people, in the order of showing."""

BLUR_OF_RADIUS = 0.4
"""Blur in px of a scale of 1 px in the convention "radius", as in Trainable Weka Segmentation and SAMBA."""


@dataclass(frozen=True)
class Scales:
    """The scales of a recipe, ascending, and what they mean as blurs, which are cut off at `window` sigma."""

    listed_px: tuple[float, ...]
    convention: SigmaConvention
    window: float = TRUNCATE

    def blur_px(self, scale_px: float) -> float:
        """Return the standard deviation of the Gaussian that a listed scale stands for; 0 stays 0."""
        return BLUR_OF_RADIUS * scale_px if self.convention == "radius" else scale_px

    def with_image(self) -> tuple[float, ...]:
        """Return the scales with 0, the image itself, before them."""
        return (0.0, *self.listed_px)

    def source(self, blur_px: float, margin_px: int, *, curvature_step_px: int = 0) -> Source:
        """Return the image blurred by `blur_px`, with so many pixels around each, for a step to read."""
        return Source(blur_px, margin_px, curvature_step_px, self.window)

    def blur_radius_px(self, blur_px: float) -> int:
        """Return how far a blur by `blur_px` reaches."""
        return gaussian_radius_px(blur_px, self.window)


DOUBLE_ABOVE_PX = 3.5


@dataclass(frozen=True)
class Source:
    """What a step reads: one channel blurred by `blur_px` (0: the channel itself), `margin_px` beyond each pixel.

    A step that takes second differences of pixels ``curvature_step_px`` apart says so: the wider the blur, the smaller
    they are beside the rounding of float32 (as the square of blur by step), and above 3.5 steps the blurred channel is
    held in double precision, so that every plane stays right to 1e-4 of its range.
    """

    blur_px: float
    margin_px: int
    curvature_step_px: int = 0
    window: float = TRUNCATE

    @property
    def needs_double(self) -> bool:
        """Whether the blurred channel must be held in double precision."""
        return 0 < self.curvature_step_px * DOUBLE_ABOVE_PX < self.blur_px

    @property
    def reach_px(self) -> int:
        """How far from a pixel the image matters."""
        return gaussian_radius_px(self.blur_px, self.window) + self.margin_px


class Plane(NamedTuple):
    """A source as it lies in memory, C-contiguous: the tile's first pixel stands at row `y`, column `x`."""

    array_yx: PixelArray
    y: int
    x: int


class Target(NamedTuple):
    """Where a step writes: `height` by `width` pixels from (`y`, `x`) of the planes from `first` on; C-contiguous."""

    array_fyx: FloatArray
    first: int
    y: int
    x: int
    height: int
    width: int

    def plane(self, index: int) -> FloatArray:
        """The part of plane `first` + `index` that is to be written, shape (height, width)."""
        return self.array_fyx[self.first + index, self.y : self.y + self.height, self.x : self.x + self.width]

    def around(self, source: Plane, margin_px: int) -> PixelArray:
        """The part of `source` that lies under the target, `margin_px` wider on each side."""
        top, left = source.y - margin_px, source.x - margin_px
        height, width = self.height + 2 * margin_px, self.width + 2 * margin_px
        return source.array_yx[top : top + height, left : left + width]


ComputeStep = Callable[[tuple[Plane, ...], Target, Scratch], None]


@dataclass(frozen=True)
class Step:
    """Planes of one family at one scale, computed together.

    ``names`` are the planes' names without the scale, ``scale_text`` what stands behind them ("4 px"), ``scale_px`` the
    listed scale (0: the image itself, None: no scale). ``compute`` gets one `Plane` for each of ``sources``.
    ``ns_per_pixel`` is what it takes on one core, without the blurs (see `sambaseg.features.cost`); ``scratch_planes``
    is how many float32 arrays of a tile with the sources' margin it needs while computing.
    """

    names: tuple[str, ...]
    scale_px: float | None
    scale_text: str
    sources: tuple[Source, ...]
    compute: ComputeStep
    ns_per_pixel: float
    scratch_planes: int = 0

    @property
    def support_px(self) -> int:
        """How far from a pixel the image matters to its planes."""
        return max(source.reach_px for source in self.sources)


def single_step(
    names: tuple[str, ...], compute: ComputeStep, *, reach_px: int, ns_per_pixel: float, scratch_planes: int = 0
) -> Callable[[Scales], tuple[Step, ...]]:
    """Return the steps of a family without scales: one, of the channel itself, that looks `reach_px` far."""
    steps = (Step(names, None, "", (Source(0.0, reach_px),), compute, ns_per_pixel, scratch_planes),)
    return lambda scales: steps  # noqa: ARG005 (the same at any scales)


class Place(NamedTuple):
    """Where a target's first pixel stands in the image."""

    y: int
    x: int


ComputeImageStep = Callable[[tuple[Plane, ...], Target, Place], None]


@dataclass(frozen=True)
class ImageStep:
    """Planes of the image as a whole; ``compute`` gets all channels, unblurred and without a margin, and the place."""

    names: tuple[str, ...]
    compute: ComputeImageStep
    ns_per_pixel: float


def no_image_steps(channels: int) -> tuple[ImageStep, ...]:  # noqa: ARG001 (of any number)
    """Return nothing: the image steps of a family that looks at each channel."""
    return ()


def no_steps(scales: Scales) -> tuple[Step, ...]:  # noqa: ARG001 (of any scales)
    """Return nothing: the steps of a family that looks at the image as a whole."""
    return ()


@dataclass(frozen=True)
class Family:
    """One row of the table of families.

    ``group``, ``summary`` and ``planes`` are for people: what it belongs to, what it sees, how many planes it makes.
    ``steps`` are those of each channel, ``image_steps`` those of an image of so many channels.
    """

    id: str
    name: str
    group: Group
    summary: str
    planes: str
    default_weka: bool
    default_samba: bool
    uses_scales: bool
    steps: Callable[[Scales], tuple[Step, ...]] = no_steps
    image_steps: Callable[[int], tuple[ImageStep, ...]] = no_image_steps

    def support_px(self, scales: Scales) -> int:
        """Return how far from a pixel the image matters to this family."""
        return max((step.support_px for step in self.steps(scales)), default=0)


def scale_text(scale_px: float) -> str:
    """Return a scale for people: "4 px", or "no blur" for the image itself."""
    return f"{scale_px:g} px" if scale_px else "no blur"
