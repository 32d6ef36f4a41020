"""Labels of synthetic micrographs: where a person would put strokes, and the operations that the server takes.

Places come from the phases that `make_large` knows, well inside each phase, so that labels are never wrong.
"""

from __future__ import annotations

import base64
import itertools
import secrets
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from make_large import phases
from soak_kill import Server

TILE = 256
PHASES = {1: "Matrix", 2: "Precipitates", 3: "Boundaries"}
RADIUS_PX = 3
DEPTH_PX = {1: 6.0, 2: 5.0, 3: 2.0}
"""So far from other phases lie the places that are labelled."""


@dataclass(frozen=True)
class Region:
    """A rectangle of one slice of a synthetic micrograph."""

    top: int
    left: int
    bottom: int
    right: int
    z: int = 0
    seed: int = 0

    def phases(self) -> NDArray[np.uint8]:
        """Return the phase of each pixel, 1 to 3."""
        return phases(self.top, self.left, self.bottom, self.right, z=self.z, seed=self.seed)


def places(region: Region, phase: int, count: int, *, seed: int = 0, apart_px: int = 24) -> list[tuple[int, int]]:
    """Return (y, x) in the image of so many random places well inside a phase, not close to each other."""
    depth_yx = ndimage.distance_transform_edt(np.pad(region.phases() == phase, 1))[1:-1, 1:-1]
    rows, columns = np.nonzero(depth_yx >= DEPTH_PX[phase])
    chosen: list[tuple[int, int]] = []
    for index in np.random.default_rng([seed, phase]).permutation(len(rows)):
        place = (int(rows[index]) + region.top, int(columns[index]) + region.left)
        if all(abs(place[0] - y) + abs(place[1] - x) >= apart_px for y, x in chosen):
            chosen.append(place)
            if len(chosen) == count:
                return chosen
    raise ValueError(f"Only {len(chosen)} of {count} places of {PHASES[phase]} in {region}.")


def mask_around(region: Region, phase: int, centres: list[tuple[int, int]], radius: int) -> NDArray[np.bool_]:
    """Return the pixels of a phase within `radius` of the places, over the region."""
    rows, columns = np.indices((region.bottom - region.top, region.right - region.left))
    mask_yx = np.zeros(rows.shape, bool)
    for y, x in centres:
        top, left = max(0, y - region.top - radius), max(0, x - region.left - radius)
        part = np.s_[top : y - region.top + radius + 1, left : x - region.left + radius + 1]
        away = (rows[part] + region.top - y) ** 2 + (columns[part] + region.left - x) ** 2
        mask_yx[part] |= away <= radius**2
    return mask_yx & (region.phases() == phase)


def tile_runs(mask_yx: NDArray[np.bool_], region: Region, shape_yx: tuple[int, int]) -> list[dict[str, object]]:
    """Return the tiles of an operation that covers `mask_yx`, a region of an image of `shape_yx`."""
    tiles: list[dict[str, object]] = []
    rows = range(region.top // TILE, -(-region.bottom // TILE))
    columns = range(region.left // TILE, -(-region.right // TILE))
    for ty, tx in itertools.product(rows, columns):
        height, width = min(TILE, shape_yx[0] - ty * TILE), min(TILE, shape_yx[1] - tx * TILE)
        tile = np.zeros((height, width), bool)
        y0, x0 = max(region.top, ty * TILE), max(region.left, tx * TILE)
        y1, x1 = min(region.bottom, ty * TILE + height), min(region.right, tx * TILE + width)
        part = mask_yx[y0 - region.top : y1 - region.top, x0 - region.left : x1 - region.left]
        tile[y0 - ty * TILE : y1 - ty * TILE, x0 - tx * TILE : x1 - tx * TILE] = part
        edges = np.flatnonzero(np.diff(tile.ravel().astype(np.int8), prepend=0, append=0))
        if len(edges):
            runs = np.stack([edges[::2], edges[1::2] - edges[::2] - 1], axis=1).astype("<u2").tobytes()
            tiles.append({"ty": ty, "tx": tx, "runs": base64.b64encode(runs).decode()})
    return tiles


@dataclass
class Labeller:
    """One client that labels regions of the images of a project, and knows what it labelled."""

    server: Server
    project_id: str
    name: str = field(default_factory=lambda: f"bench-{secrets.token_hex(8)}")
    sent: int = 0
    pixels: dict[int, int] = field(default_factory=dict)

    def name_classes(self) -> None:
        """Make the class list that of the phases."""
        project = self.server.ask("GET", f"/api/projects/{self.project_id}")
        colours = ["#1f77b4", "#ff7f0e", "#2ca02c"]
        rows = [
            {"id": phase, "name": name, "colour": colour, "locked": False}
            for (phase, name), colour in zip(PHASES.items(), colours, strict=True)
        ]
        self._send({"kind": "classes", "classes": rows, "base_revision": project["history"]["revision"]})

    def label(
        self,
        region: Region,
        shape_yx: tuple[int, int],
        *,
        image: int = 0,
        each: int = 12,
        radius: int = 3,
        seed: int = 0,
    ) -> None:
        """Label `each` places of every phase of a region with discs."""
        for phase in PHASES:
            mask_yx = mask_around(region, phase, places(region, phase, each, seed=seed), radius)
            self.pixels[phase] = self.pixels.get(phase, 0) + int(mask_yx.sum())
            tiles = tile_runs(mask_yx, region, shape_yx)
            self._send({"kind": "paint", "class_id": phase, "overwrite": False, "tiles": tiles, "image": image})

    def _send(self, operation: dict[str, object]) -> None:
        self.sent += 1
        step = {"client_id": self.name, "client_seq": self.sent, "base_revision": 0, **operation}
        self.server.ask("POST", f"/api/projects/{self.project_id}/operations", step)
