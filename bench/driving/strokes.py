"""People who draw: brush strokes as the page sends them, and what a person does with them on a project."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from dataclasses import dataclass, field

import numpy as np

from driving.asks import Asker

TILE = 256
BRUSHES = 400
"""Strokes that are computed beforehand, so that drawing takes no time while it is measured."""


def make_strokes(side_px: int, *, seed: int) -> list[list[dict]]:
    """Return the tiles of strokes, each 40 to 200 px long and 6 to 24 px wide, on a square image of whole tiles."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side_px, :side_px]
    made = []
    for _ in range(BRUSHES):
        y, x = random.uniform(30, side_px - 30, 2)
        angle, length, radius = random.uniform(0, 2 * np.pi), random.uniform(40, 200), random.uniform(3, 12)
        dy, dx = np.sin(angle), np.cos(angle)
        along = np.clip((rows - y) * dy + (columns - x) * dx, 0, length)
        mask = (rows - y - along * dy) ** 2 + (columns - x - along * dx) ** 2 <= radius**2
        made.append(_tiles_of(mask))
    return made


def _tiles_of(mask_yx: np.ndarray) -> list[dict]:
    tiles = []
    for ty, tx in np.ndindex(mask_yx.shape[0] // TILE, mask_yx.shape[1] // TILE):
        part = mask_yx[ty * TILE :, tx * TILE :][:TILE, :TILE]
        if part.any():
            edges = np.flatnonzero(np.diff(np.concatenate([[0], part.ravel().astype(np.int8), [0]])))
            runs = np.stack([edges[::2], edges[1::2] - edges[::2] - 1], axis=1).astype("<u2").tobytes()
            tiles.append({"ty": ty, "tx": tx, "runs": base64.b64encode(runs).decode()})
    return tiles


@dataclass
class Drawer:
    """Somebody who draws on a project: a stroke each `seconds_each`, whether or not the one before was quick.

    `waits_ms` counts from the moment that a stroke was due until it was acknowledged, so that a stroke which had to
    wait for the one before counts with all of its waiting.
    """

    name: str
    asker: Asker
    project_id: str
    strokes: list[list[dict]]
    seconds_each: float = 1.0
    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    revision: int = 0
    sent: int = 0

    async def draw(self, first: float, until: float) -> None:
        """Draw from `first` until `until`, times of `time.perf_counter`."""
        due = first
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await self.save_one(due)
            due += self.seconds_each

    async def save_one(self, due: float) -> None:
        """Save a stroke that was due at a time, and note how long it took, or what went wrong."""
        self.sent += 1
        operation = {
            "client_id": self.name,
            "client_seq": self.sent,
            "base_revision": self.revision,
            "kind": "paint",
            "class_id": 1 + self.sent % 2,
            "overwrite": True,
            "tiles": self.strokes[(self.sent * 37 + len(self.name) * 11 + hash(self.name) % 97) % len(self.strokes)],
        }
        try:
            status, content = await self.asker.ask("POST", f"/api/projects/{self.project_id}/operations", operation)
        except (OSError, EOFError) as error:
            self.errors.append(repr(error))
            self.asker.close()
            return
        self.waits_ms.append((time.perf_counter() - due) * 1000)
        if status == 200:
            self.revision = json.loads(content)["revision"]
            self.acknowledged.append((self.name, self.sent))
        else:
            self.errors.append(f"{status}: {content[:200]!r}")
