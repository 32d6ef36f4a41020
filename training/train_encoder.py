"""Trains the encoder of the feature family "learned" on endless episodes, and writes its weights.

usage: python -m training.train_encoder --out DIR [--minutes 5.7] [--steps N] [--workers 14] [--width 32] [--planes 16]
       [--data-dir DATA --fold-minutes 0.4]

Writes DIR/synthetic.npz, taught by synthetic micrographs alone; that is what ships. Processes make episodes all the
time, and training takes random ones of the latest, so that it never waits. With `--data-dir` networks go on afterwards
with half of the episodes from real images: one for each fold of data sets left out, and one on all that may teach.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.encoder import EXTRAS, Encoder, Judges, classical_planes, locally_standardised
from training.episode_pool import EpisodePool
from training.episodes import MOST_CLASSES
from training.samples import read_real_images

DILATIONS = (1, 1, 2, 1, 2, 4, 2, 4, 8, 4, 8, 16)
FOLDS = (
    ("axon_sem", "nasa_ebc", "sandstone_xct"),
    ("dsb2018_nuclei", "nasa_meltpool", "ampis_powder"),
    ("dtsegnet_cr_superalloy", "nasa_superalloy"),
)
LEFT_OUT = ("ampis_spheroidite",)
"""Besides those that never teach: its images come from the same source as `uhcs`."""
WARM_UP_STEPS = 200
CALM_SHARE = 0.4
RATE = 1e-3
NO_EXTRAS_SHARE, DROPPED_SHARE = 0.25, 0.3


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


def learn(learner: Learner, pool: EpisodePool, course: Course, keep_at: Path) -> None:
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


def compare(learner: Learner, pool: EpisodePool, real_names: tuple[str, ...], batch: int, rounds: int = 20) -> str:
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


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5.7)
    parser.add_argument("--steps", type=int, default=10**9, help="end after so many, however long they take")
    parser.add_argument("--workers", type=int, default=14)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--planes", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--fold-minutes", type=float, default=0.4)
    train_all(parser.parse_args())


def train_all(options: argparse.Namespace) -> None:
    """Train on synthetic micrographs and then, where a folder of real images is given, on these too."""
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    real = read_real_images(options.data_dir, left_out=LEFT_OUT) if options.data_dir else []
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pool = EpisodePool(real, options.workers, options.seed, device)
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
