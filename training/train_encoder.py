"""Trains the encoder of the feature family "learned" on endless episodes, and writes its weights.

usage: python -m training.train_encoder --out DIR [--minutes 5] [--workers 14] [--width 32] [--planes 16]
       [--real FILE.npz --fold-minutes 0.5]

Processes make episodes all the time; training takes random ones of the latest, so that it never waits. With `--real`
(`python -m training.train_encoder pack DATA_DIR FILE.npz` makes it) networks go on afterwards with half of the episodes
from real images: one for each fold of data sets left out, and one on all.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import multiprocessing
import queue
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.encoder import EXTRAS, Encoder, Judges, classical_planes, locally_standardised
from training.episodes import MOST_CLASSES, QUERY, SUPPORT, Episode, make_episode
from training.generator import SIDE_PX
from training.samples import RealImage, read_real_images

DILATIONS = (1, 1, 2, 1, 2, 4, 2, 4, 8, 4, 8, 16)
FOLDS = (
    ("axon_sem", "nasa_ebc", "sandstone_xct"),
    ("dsb2018_nuclei", "nasa_meltpool", "ampis_powder"),
    ("dtsegnet_cr_superalloy", "nasa_superalloy"),
)
NEVER_TAUGHT = ("ampis_spheroidite",)
"""Besides those of `samples`: its images come from the same source as `uhcs`."""
CHUNK, KEPT, LEAST_KEPT = 8, 16_384, 64
WARM_UP_STEPS = 200
CALM_SHARE = 0.4
RATE = 1e-3
NO_EXTRAS_SHARE, DROPPED_SHARE = 0.25, 0.3
SYNTHETIC = "synthetic"


class Pool:
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


@dataclass
class Learner:
    """A network, the judges that teach it, its running average and its optimiser."""

    network: Encoder
    judges: Judges
    averaged: Encoder
    optimiser: torch.optim.Optimizer
    step: int = 0

    @classmethod
    def of(cls, network: Encoder, judges: Judges, rate: float) -> Learner:
        """Return one that begins with these weights."""
        network, judges = copy.deepcopy(network), copy.deepcopy(judges)
        weights = itertools.chain(network.parameters(), judges.parameters())
        return cls(network, judges, copy.deepcopy(network), torch.optim.Adam(weights, lr=rate))


def episode_loss(
    network: Encoder, judges: Judges, batch: list[Tensor], *, kept: str = "random"
) -> tuple[Tensor, Tensor]:
    """Return the mean cross entropy of both judges, and the share of the asked pixels that each gets right (2,).

    `kept` says which planes the judges see: "random" ones as when learning, "all", "classical" or "learned".
    """
    image, support_n, support_classes, query_n, query_classes = batch
    pixels = image[:, None].float() / 255
    with torch.autocast(pixels.device.type, torch.bfloat16, enabled=pixels.device.type == "cuda"):
        learned = network(locally_standardised(pixels).contiguous(memory_format=torch.channels_last))
    extras = classical_planes(pixels)

    def at(planes: Tensor, places: Tensor) -> Tensor:
        flat = planes.flatten(2)
        return flat.gather(2, places.long()[:, None].expand(-1, flat.shape[1], -1)).transpose(1, 2)

    support = torch.cat([at(learned, support_n), at(extras, support_n)], -1)
    query = torch.cat([at(learned, query_n), at(extras, query_n)], -1)
    keep = torch.ones(len(image), 1, support.shape[-1], device=image.device)
    if kept == "random":
        keep = (torch.rand_like(keep) > DROPPED_SHARE).float()
        keep[..., -EXTRAS:] *= (torch.rand_like(keep[..., :1]) > NO_EXTRAS_SHARE).float()
    elif kept == "classical":
        keep[..., :-EXTRAS] = 0
    elif kept == "learned":
        keep[..., -EXTRAS:] = 0
    support, query = support * keep, query * keep
    both = judges(support.float(), support_classes.long(), query.float(), most=MOST_CLASSES)
    asked = query_classes >= 0
    wanted = query_classes.clamp(min=0).long()
    losses = [
        (functional.cross_entropy(said.transpose(1, 2), wanted, reduction="none") * asked).sum() / asked.sum()
        for said in both
    ]
    right = torch.stack([((said.argmax(-1) == wanted) & asked).sum() / asked.sum() for said in both])
    return losses[0] + losses[1], right.detach()


def take_step(learner: Learner, batch: list[Tensor], rate: float, average: float) -> Tensor:
    """Learn from a batch and return what share was right."""
    for group in learner.optimiser.param_groups:
        group["lr"] = rate
    loss, right = episode_loss(learner.network, learner.judges, batch)
    learner.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    weights = [p for group in learner.optimiser.param_groups for p in group["params"]]
    nn.utils.clip_grad_norm_(weights, 1.0)
    learner.optimiser.step()
    keep = min(average, (learner.step + 1) / (learner.step + 10))
    with torch.no_grad():
        torch._foreach_lerp_(list(learner.averaged.parameters()), list(learner.network.parameters()), 1 - keep)
    learner.step += 1
    return right


@dataclass(frozen=True)
class Course:
    """How long and on what to learn: what it is called, data sets, seconds or steps, rate, and the running average."""

    name: str
    real_names: tuple[str, ...]
    seconds: float
    rate: float
    average: float
    batch: int
    steps: int = 10**9


def learn(learner: Learner, pool: Pool, course: Course, keep_at: Path) -> None:
    """Learn for so long or so many steps: the rate climbs at first, stays, and falls over the last two fifths."""
    start = told = time.monotonic()
    shown: list[Tensor] = []
    while True:
        done = max((time.monotonic() - start) / course.seconds, learner.step / course.steps)
        if done >= 1:
            break
        rate = course.rate * min(1.0, (learner.step + 1) / WARM_UP_STEPS) * max(min(1.0, (1 - done) / CALM_SHARE), 0.02)
        batch = pool.batch(course.batch, course.real_names)
        shown.append(take_step(learner, batch, rate, course.average))
        if time.monotonic() - told > 20:
            told = time.monotonic()
            print(f"{told - start:4.0f} s  step {learner.step}  right {_mean(shown)}  made {pool.made}", flush=True)
            shown.clear()
            save(learner.averaged, keep_at)
    save(learner.averaged, keep_at)
    print(f"{course.name}: {learner.step} steps, made {pool.made}", flush=True)


def compare(learner: Learner, pool: Pool, real_names: tuple[str, ...], batch: int, rounds: int = 20) -> str:
    """Return the shares that both judges get right with all planes, the classical ones, and the learned ones."""
    shares = []
    with torch.no_grad():
        for kept in ("all", "classical", "learned"):
            rights = [
                episode_loss(learner.averaged, learner.judges, pool.batch(batch, real_names), kept=kept)[1]
                for _ in range(rounds)
            ]
            shares.append(f"{kept} {_mean(rights)}")
    return ", ".join(shares)


def _mean(rights: list[Tensor]) -> str:
    return " ".join(f"{share:.3f}" for share in torch.stack(rights).mean(0).tolist()) if rights else "-"


def save(network: Encoder, path: Path) -> None:
    """Write the weights as the package reads them."""
    np.savez(path, **network.arrays())


def pack(data_dir: Path, path: Path) -> None:
    """Write all real images that may teach into one file."""
    content = {}
    for index, image in enumerate(read_real_images(data_dir, left_out=NEVER_TAUGHT)):
        content[f"{index}/{image.data_set}/image"] = np.round(image.image_yx * 255).astype(np.uint8)
        content[f"{index}/{image.data_set}/mask"] = (image.regions_yx % 256).astype(np.uint8)
    np.savez_compressed(path, **content)


def unpack(path: Path) -> list[RealImage]:
    """Return what `pack` wrote."""
    content = np.load(path)
    names = sorted({key.rpartition("/")[0] for key in content.files})
    return [
        RealImage(
            name.split("/")[1],
            content[f"{name}/image"].astype(np.float32) / 255,
            content[f"{name}/mask"].astype(np.int32),
        )
        for name in names
    ]


def main() -> None:
    """Train from the command line, or pack real images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", nargs="*", help="pack DATA_DIR FILE: write real images that may teach into one file")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--workers", type=int, default=14)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--planes", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--fold-minutes", type=float, default=0.5)
    options = parser.parse_args()
    if options.pack:
        _, data_dir, path = options.pack
        pack(Path(data_dir), Path(path))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    real = unpack(options.real) if options.real else []
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pool = Pool(real, options.workers, options.seed, device)
    pool.open()
    network = Encoder(options.width, DILATIONS, options.planes).to(device, memory_format=torch.channels_last)
    learner = Learner.of(network, Judges(options.planes).to(device), RATE)
    course = Course("synthetic", (), 60 * options.minutes, RATE, 0.999, options.batch, options.steps)
    learn(learner, pool, course, options.out / "synthetic.npz")
    print(compare(learner, pool, (), options.batch), flush=True)
    sets = pool.names[1:]
    folds = [*((f"without_{index}", left_out) for index, left_out in enumerate(FOLDS)), ("all", ())] if sets else []
    for name, left_out in folds:
        teaching = tuple(each for each in sets if each not in left_out)
        going_on = Learner.of(learner.averaged, learner.judges, RATE / 2)
        course = Course(name, teaching, 60 * options.fold_minutes, RATE / 2, 0.995, options.batch, options.steps)
        learn(going_on, pool, course, options.out / f"{name}.npz")
        for asked in sets:
            print(f"  {asked:24} {compare(going_on, pool, (asked,), options.batch, 5)}", flush=True)
    pool.close()


if __name__ == "__main__":
    main()
