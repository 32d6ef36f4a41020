"""What teaches the encoder: a picture of which a few strokes are labelled, and pixels elsewhere to be told apart.

Synthetic micrographs with phases, mosaics of several (each a phase: textures that a person tells apart), and where
allowed crops of real micrographs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from training.fields import rough_noise, warped_grid
from training.generator import SIDE_PX, make_micrograph
from training.samples import RealImage
from training.shapes import scattered, voronoi

MOST_CLASSES = 5
SUPPORT_PER_CLASS, QUERY_PER_CLASS = 40, 128
SUPPORT, QUERY = MOST_CLASSES * SUPPORT_PER_CLASS, MOST_CLASSES * QUERY_PER_CLASS
LEAST_PIXELS = 150
"""A class with fewer pixels in a picture is left out: nothing asks for it and nothing counts there."""
MOSAIC_SHARE = 0.35
ENLARGED_SHARE, MOST_ENLARGED = 0.5, 3.0
"""Synthetic pictures are 256 px wide, real ones a thousand and more: things in them are larger."""
NOBODY = -1

Picture = npt.NDArray[np.float32]
Phases = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Episode:
    """A picture (s, s) uint8; places of labelled pixels and of others, flat, int32; their classes, int8, -1: none."""

    image_yx: npt.NDArray[np.uint8]
    support_n: npt.NDArray[np.int32]
    support_classes_n: npt.NDArray[np.int8]
    query_n: npt.NDArray[np.int32]
    query_classes_n: npt.NDArray[np.int8]


def make_episode(rng: np.random.Generator, real_images: list[RealImage]) -> Episode:
    """Return a fresh episode, of one of these images; a synthetic one where there are none."""
    while True:
        if real_images:
            image_yx, phases_yx = real_crop(rng, real_images[rng.integers(len(real_images))])
        elif rng.random() < MOSAIC_SHARE:
            image_yx, phases_yx = mosaic(rng)
        else:
            micrograph = make_micrograph(int(rng.integers(2**62)))
            if micrograph.phases_yx is None:
                continue
            image_yx, phases_yx = micrograph.image_yx, micrograph.phases_yx
        if not real_images and rng.random() < ENLARGED_SHARE:
            zoom = float(np.exp(rng.uniform(0, np.log(MOST_ENLARGED))))
            image_yx, phases_yx = zoomed_crop(rng, image_yx, phases_yx, zoom)
        episode = draw_episode(rng, image_yx, phases_yx)
        if episode is not None:
            return episode


def mosaic(rng: np.random.Generator) -> tuple[Picture, Phases]:
    """Return a picture whose phases are two to four whole micrographs, each shown where its phase is."""
    kinds = int(rng.choice([2, 3, 4], p=[0.6, 0.3, 0.1]))
    if rng.random() < 0.5:
        field = rough_noise(rng, SIDE_PX, scale_px=rng.uniform(25, 120), octaves=int(rng.integers(1, 3)))
        edges = np.quantile(field, np.sort(rng.uniform(0.15, 0.85, kinds - 1)))
        phases = np.searchsorted(edges, field).astype(np.int32)
    else:
        grid = warped_grid(rng, SIDE_PX, scale_px=rng.uniform(20, 90), shift_px=rng.uniform(0, 15))
        seeds = scattered(rng, SIDE_PX, rng.uniform(40, 130))
        cells, _ = voronoi(rng, grid, seeds, uneven_px=20.0)
        phases = rng.integers(kinds, size=len(seeds)).astype(np.int32)[cells]
    pictures = np.stack([make_micrograph(int(rng.integers(2**62))).image_yx for _ in range(kinds)])
    if rng.random() < 0.7:  # told apart by texture, and by grey only as far as chance has it
        spread = pictures.std((1, 2), keepdims=True) + 1e-3
        pictures = (pictures - pictures.mean((1, 2), keepdims=True)) / spread
        shown = rng.uniform(0.5, 1.5, (kinds, 1, 1)) * 0.15
        pictures = 0.5 + pictures * shown + rng.normal(0, rng.choice([0.0, 0.05, 0.15]), (kinds, 1, 1))
    image = np.take_along_axis(pictures, phases[np.newaxis], 0)[0]
    if rng.random() < 0.5:
        image = ndi.gaussian_filter(image, rng.uniform(0.4, 1.2))
    return np.clip(image, 0, 1).astype(np.float32), phases


def real_crop(rng: np.random.Generator, real: RealImage) -> tuple[Picture, Phases]:
    """Return a zoomed crop of a real image, turned and flipped, and the classes that people drew."""
    zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(1.8))))
    image, phases = zoomed_crop(rng, real.image_yx, real.regions_yx % 256, zoom)
    turns = int(rng.integers(4))
    image, phases = np.rot90(image, turns), np.rot90(phases, turns)
    if rng.random() < 0.5:
        image, phases = image[:, ::-1], phases[:, ::-1]
    if rng.random() < 0.3:
        image = 1 - image
    return image, phases


def zoomed_crop(rng: np.random.Generator, image_yx: Picture, phases_yx: Phases, zoom: float) -> tuple[Picture, Phases]:
    """Return a square part of an image and of its phases, anywhere, enlarged by `zoom` to `SIDE_PX`."""
    reach = min(int(np.ceil(SIDE_PX / zoom)), *image_yx.shape)
    y, x = (int(rng.integers(side - reach + 1)) for side in image_yx.shape)
    at = (np.arange(SIDE_PX) + 0.5) * (reach / SIDE_PX) - 0.5
    grid = np.meshgrid(at, at, indexing="ij")
    window = np.s_[y : y + reach, x : x + reach]
    image = ndi.map_coordinates(image_yx[window], grid, order=1, mode="nearest")
    phases = ndi.map_coordinates(phases_yx[window], grid, order=0, mode="nearest")
    return image.astype(np.float32), phases.astype(np.int32)


def draw_episode(rng: np.random.Generator, image_yx: Picture, phases_yx: Phases) -> Episode | None:
    """Return an episode with one to three strokes in each class; None where there are fewer than two classes.

    The picture gets a random contrast, so that nothing depends on how a microscope was set.
    """
    found, counts = np.unique(phases_yx, return_counts=True)
    classes = rng.permutation(found[counts >= LEAST_PIXELS])[:MOST_CLASSES]
    if len(classes) < 2:
        return None
    strokes = int(rng.choice([1, 2, 3], p=[0.5, 0.2, 0.3]))
    support, query = [], []
    for phase in classes:
        inside_yx = phases_yx == phase
        support.append(_chosen(rng, _strokes(rng, inside_yx, strokes), SUPPORT_PER_CLASS))
        query.append(_chosen(rng, np.flatnonzero(inside_yx), QUERY_PER_CLASS))
    gain = rng.uniform(0.15, 1) if rng.random() < 0.5 else 1.0
    levels = np.round((image_yx * gain + rng.uniform(0, 1 - gain)) * 255)
    support_n, support_classes_n = _joined(support, SUPPORT)
    query_n, query_classes_n = _joined(query, QUERY)
    image = np.clip(levels, 0, 255).astype(np.uint8)
    return Episode(image, support_n, support_classes_n, query_n, query_classes_n)


def _strokes(rng: np.random.Generator, inside_yx: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.intp]:
    """Return the flat places of pixels under `count` strokes of about 30 px that stay inside."""
    core_yx = ndi.binary_erosion(inside_yx, np.ones((3, 3)), border_value=1)
    home_yx = core_yx if core_yx.any() else inside_yx
    height, width = inside_yx.shape
    starts = np.flatnonzero(home_yx)
    painted = np.zeros(inside_yx.shape, np.bool_)
    length = np.arange(32)
    for start in rng.choice(starts, count):
        y0, x0 = divmod(int(start), width)
        headings = rng.uniform(0, 2 * np.pi) + np.arange(4) * (np.pi / 2) + np.cumsum(rng.normal(0, 0.15, (32, 4)), 0)
        rows = np.round(y0 + np.cumsum(np.sin(headings), 0)).astype(int)
        columns = np.round(x0 + np.cumsum(np.cos(headings), 0)).astype(int)
        within = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        within &= home_yx[rows.clip(0, height - 1), columns.clip(0, width - 1)]
        steps = np.where(within.all(0), len(length), within.argmin(0))
        best = int(steps.argmax())
        painted[y0, x0] = True
        painted[rows[: steps[best], best], columns[: steps[best], best]] = True
    return np.flatnonzero(ndi.binary_dilation(painted, np.ones((3, 3))) & inside_yx)


def _chosen(rng: np.random.Generator, places: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    return places if len(places) <= most else rng.choice(places, most, replace=False)


def _joined(parts: list[npt.NDArray[np.intp]], size: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Return places and classes of all parts, filled up with place 0 and no class."""
    places, classes = np.zeros(size, np.int32), np.full(size, NOBODY, np.int8)
    joined = np.concatenate(parts)
    places[: len(joined)] = joined
    classes[: len(joined)] = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return places, classes
