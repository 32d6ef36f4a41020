"""Textures: colonies and classes told apart by texture, not by grey: lamellae, speckle, grains full of particles."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from training.families.surfaces import wavy
from training.fields import Plane, rough_noise, smooth_noise, stripes, texture, warped_grid
from training.scene import Scene
from training.shapes import Labels, blobs, lognormal_radii, paint, scattered, voronoi


def _classes(rng: np.random.Generator, side_px: int) -> tuple[Labels, int]:
    """Return regions and how many classes they are of, as cells or as two phases of a random field."""
    if rng.random() < 0.6:
        spacing = rng.uniform(45, 160)
        scale, shift = wavy(rng)
        grid = warped_grid(rng, side_px, scale_px=scale, shift_px=shift)
        seeds = scattered(rng, side_px, spacing)
        return voronoi(rng, grid, seeds, uneven_px=spacing * 0.5, stretch=rng.choice([1.0, 1.5]))[0] + 1, len(seeds)
    field = rough_noise(rng, side_px, scale_px=rng.uniform(50, 130), octaves=2)
    return (field > rng.normal(0, 0.4)).astype(np.int32) + 1, 2


def _lamellae(rng: np.random.Generator, side_px: int, labels: Labels, count: int) -> Plane:
    period = rng.uniform(4, 12)
    grey = np.zeros((side_px, side_px), np.float32)
    for label in range(1, count + 1):
        here = labels == label
        if here.any():
            wave = stripes(rng, side_px, period_px=period * rng.uniform(0.8, 1.3), angle=rng.uniform(0, np.pi))
            grey[here] = wave[here]
    return grey * np.float32(rng.uniform(0.1, 0.4))


def _merged(classes: Labels, kinds: int) -> Labels:
    """Return the connected regions of each class as labels of their own: neighbours of one class look alike."""
    regions = np.zeros_like(classes)
    for kind in range(kinds):
        found, _ = ndi.label(classes == kind)
        regions = np.where(found > 0, found + regions.max(), regions)
    return regions.astype(np.int32)


def _filled(rng: np.random.Generator, side_px: int, classes: Labels) -> tuple[Plane, Labels]:
    """Return brightness and labels of small particles that stand in the regions of class 0 only."""
    middle = rng.uniform(2, 5)
    centres = scattered(rng, side_px, middle * rng.uniform(2.2, 4), disorder=0.8)
    radii = lognormal_radii(rng, len(centres), middle_px=middle, spread=0.4)
    spots, _ = paint(blobs(rng, centres, radii, aspect=2.5, bumps=0.1), side_px, over=False)
    spots = np.where((classes == 0) & (spots > 0), spots, 0).astype(np.int32)
    return (spots > 0) * np.float32(rng.uniform(0.15, 0.5) * rng.choice([-1, 1])), spots


def _mixed(rng: np.random.Generator, side_px: int, classes: Labels, kinds: int) -> Plane:
    grey = np.zeros((side_px, side_px), np.float32)
    for kind in range(kinds):
        here = classes == kind
        grey[here] = np.float32(rng.uniform(0.05, 0.3)) * texture(rng, side_px)[here]
    return grey


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return regions that differ by texture and at most slightly by grey."""
    labels, count = _classes(rng, side_px)
    style = rng.integers(3)
    phases: Labels | None = None
    spots, kinds = None, 2 if style == 1 else int(rng.integers(2, 4))
    if style == 0 and 2 < count < 40:
        regions, classes = labels, labels
        grey = _lamellae(rng, side_px, labels, count)
    else:
        classes = rng.integers(kinds, size=count + 1).astype(np.int32)[labels] if count > 2 else labels - 1
        regions = _merged(classes, kinds)
        if style == 1:
            grey, spots = _filled(rng, side_px, classes)
        else:
            grey = _mixed(rng, side_px, classes, kinds)
        phases = classes.astype(np.int32)
    tone = rng.normal(0, rng.choice([0.0, 0.03, 0.08]), int(classes.max()) + 1).astype(np.float32)
    grey = grey + tone[classes] + np.float32(rng.uniform(0.3, 0.7))
    grey += np.float32(rng.uniform(0, 0.06)) * smooth_noise(rng, side_px, scale_y_px=rng.uniform(20, 80))
    return Scene(grey.astype(np.float32), regions, spots, phases)
