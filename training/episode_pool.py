"""Processes that make episodes all the time, and the latest of them as tensors where the network learns."""

from __future__ import annotations

import multiprocessing
import queue
import time
from dataclasses import fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.episodes import QUERY, SUPPORT, Episode, make_episode
from training.generator import SIDE_PX
from training.samples import RealImage

SYNTHETIC = "synthetic"
CHUNK, KEPT, LEAST_KEPT = 8, 16_384, 64
"""Episodes handed over together; kept of the latest, an eighth of that of each real data set; enough to begin."""


class EpisodePool:
    """The latest episodes of each stream as tensors, filled by processes; `batch` gives random ones.

    The first stream are synthetic micrographs; behind it there is one of each data set of real images.
    """

    def __init__(self, real: list[RealImage], workers: int, seed: int, device: torch.device) -> None:
        context = multiprocessing.get_context("fork")
        self.names = (SYNTHETIC, *sorted({image.data_set for image in real}))
        self._device, self._generator = device, np.random.default_rng(seed)
        self._queues = [context.Queue(maxsize=64) for _ in self.names]
        self._kept: list[list[Tensor]] = []
        self._counts = [0] * len(self.names)
        jobs = [[(self._queues[0], list[RealImage]())] for _ in range(workers)]
        if real:
            of_sets = [[image for image in real if image.data_set == name] for name in self.names[1:]]
            jobs += [list(zip(self._queues[1:], of_sets, strict=True))] * max(1, workers // 8)
        self._processes = [
            context.Process(target=_produce, args=(job, (seed, index)), daemon=True) for index, job in enumerate(jobs)
        ]
        for process in self._processes:
            process.start()

    def open(self) -> None:
        """Make room on the device, after the processes began, and return when there are enough to begin."""
        self._kept = [_empty(self._device, KEPT if name == SYNTHETIC else KEPT // 8) for name in self.names]
        while min(self._counts) < LEAST_KEPT:
            self._fill()
            time.sleep(0.05)

    def _fill(self) -> None:
        """Take what the processes made meanwhile."""
        for index, waiting in enumerate(self._queues):
            while True:
                try:
                    chunk = waiting.get_nowait()
                except queue.Empty:
                    break
                at = self._counts[index] % len(self._kept[index][0])
                for kept, values in zip(self._kept[index], chunk, strict=True):
                    kept[at : at + CHUNK] = torch.from_numpy(values).to(self._device)
                self._counts[index] += CHUNK

    @property
    def made(self) -> int:
        """How many synthetic episodes were made."""
        return self._counts[0]

    def batch(self, size: int, real_names: tuple[str, ...] = ()) -> list[Tensor]:
        """Return `size` random episodes: half of them from these data sets, where any are named."""
        self._fill()
        chosen_streams = np.zeros(size, int)
        if real_names:
            streams = [self.names.index(name) for name in real_names]
            chosen_streams[: size // 2] = self._generator.choice(streams, size // 2)
        parts = []
        for stream, count in zip(*np.unique(chosen_streams, return_counts=True), strict=True):
            kept = self._kept[stream]
            chosen = self._generator.integers(min(self._counts[stream], len(kept[0])), size=count)
            places = torch.from_numpy(chosen).to(self._device)
            parts.append([values[places] for values in kept])
        return [torch.cat(values) for values in zip(*parts, strict=True)]

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.terminate()


def _empty(device: torch.device, count: int) -> list[Tensor]:
    sizes = (SIDE_PX, SIDE_PX), (SUPPORT,), (SUPPORT,), (QUERY,), (QUERY,)
    dtypes = torch.uint8, torch.int32, torch.int8, torch.int32, torch.int8
    return [torch.zeros((count, *size), dtype=dtype, device=device) for size, dtype in zip(sizes, dtypes, strict=True)]


def _produce(job: list[tuple[Any, list[RealImage]]], seed: tuple[int, int]) -> None:
    """Put episodes into each queue of a job in turn, of these real images or, where there are none, synthetic."""
    rng = np.random.default_rng(seed)
    while True:
        for waiting, images in job:
            made = [make_episode(rng, images) for _ in range(CHUNK)]
            waiting.put([np.stack([getattr(episode, field.name) for episode in made]) for field in fields(Episode)])
