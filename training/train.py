"""Training: endless samples, weighted cross entropy and overlap loss, averaged weights, checkpoints to go on from."""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.network import WIDTHS, BoundaryNetwork, parameter_count
from training.samples import RealImage, Sample, SampleStream, read_real_images

EDGE_POSITIVE_WEIGHT, NEAR_POSITIVE_WEIGHT = 4.0, 1.5
WARM_UP_STEPS, CALM_SHARE = 100, 0.25


@dataclass(frozen=True)
class Plan:
    """How long and on what to train. Training ends after `steps` or `minutes`, whichever is first.

    `fold_minutes` is how long each network that leaves data sets out goes on with real images, see `training.__main__`.
    """

    size: str
    steps: int
    minutes: float
    batch: int
    crop_px: int
    workers: int
    learning_rate: float = 1e-3
    average: float = 0.998
    seed: int = 0
    left_out: tuple[str, ...] = ()
    fold_minutes: float = 0.0
    real_share: float = 0.0


PLANS = {
    "tiny": Plan("tiny", steps=12, minutes=5.0, batch=2, crop_px=64, workers=0, average=0.8),
    "cpu": Plan("cpu", steps=10**7, minutes=420.0, batch=8, crop_px=192, workers=0, fold_minutes=30.0),
    "full": Plan(
        "full", steps=10**7, minutes=18.0, batch=32, crop_px=256, workers=14, average=0.9995, fold_minutes=3.0
    ),
}


@dataclass
class State:
    """What a checkpoint holds: the network, its running average, the optimiser, and how far it came."""

    network: BoundaryNetwork
    averaged: BoundaryNetwork
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)


def boundary_loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the mean weighted cross entropy of all outputs plus half the overlap (dice) loss of the boundaries."""
    positive = logits.new_tensor([EDGE_POSITIVE_WEIGHT, EDGE_POSITIVE_WEIGHT, NEAR_POSITIVE_WEIGHT]).view(1, 3, 1, 1)
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, weights, pos_weight=positive)
    said = torch.sigmoid(logits) * weights
    both = (said * targets).sum((0, 2, 3))
    dice = 1 - (2 * both + 1) / (said.sum((0, 2, 3)) + (targets * weights).sum((0, 2, 3)) + 1)
    return entropy + 0.5 * dice.mean()


def _batches(plan: Plan, images: list[RealImage], first_step: int, device: torch.device) -> Iterator[list[Tensor]]:
    """Yield batches; each step's samples follow from the seed and the step at which training (re)started."""

    def stream(worker: int) -> Iterator[Sample]:
        return iter(
            SampleStream((plan.seed, first_step, worker), plan.crop_px, images, plan.real_share if images else 0.0)
        )

    if plan.workers == 0:
        samples = stream(0)
        while True:
            yield _collate([next(samples) for _ in range(plan.batch)], device)
    data = _Streams(stream)
    loader = torch.utils.data.DataLoader(
        data, batch_size=plan.batch, num_workers=plan.workers, collate_fn=list, multiprocessing_context="fork"
    )
    for batch in loader:
        yield _collate(batch, device)


class _Streams(torch.utils.data.IterableDataset[Sample]):
    """One stream of samples for each worker process of a loader."""

    def __init__(self, stream: Callable[[int], Iterator[Sample]]) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[Sample]:
        worker = torch.utils.data.get_worker_info()
        return self.stream(worker.id + 1 if worker else 0)


def _collate(samples: list[Sample], device: torch.device) -> list[Tensor]:
    stacks = ([s.image for s in samples], [s.targets for s in samples], [s.weights for s in samples])
    return [torch.from_numpy(np.stack(stack)).to(device) for stack in stacks]


def _learning_rate(plan: Plan, step: int, share_done: float) -> float:
    """Return the rate: it climbs at first, stays, and falls to nothing over the last quarter."""
    calm = min(1.0, (1 - share_done) / CALM_SHARE)
    return plan.learning_rate * min(1.0, (step + 1) / WARM_UP_STEPS) * max(calm, 0.02)


def _take_step(state: State, plan: Plan, batch: list[Tensor], share_done: float) -> float:
    for group in state.optimiser.param_groups:
        group["lr"] = _learning_rate(plan, state.step, share_done)
    image, targets, weights = batch
    loss = boundary_loss(state.network(image), targets, weights)
    state.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
    state.optimiser.step()
    keep = min(plan.average, (state.step + 1) / (state.step + 10))
    with torch.no_grad():
        for mean, value in zip(state.averaged.parameters(), state.network.parameters(), strict=True):
            mean.lerp_(value, 1 - keep)
    state.step += 1
    return float(loss.detach())


def new_state(plan: Plan, device: torch.device, *, start_from: Path | None = None) -> State:
    """Return an untrained network, or one with the averaged weights of another run's checkpoint."""
    torch.manual_seed(plan.seed)
    network = BoundaryNetwork(WIDTHS[plan.size]).to(device, memory_format=torch.channels_last)
    if start_from:
        network.load_state_dict(torch.load(start_from, map_location=device, weights_only=True)["averaged"])
    optimiser = torch.optim.Adam(network.parameters(), lr=plan.learning_rate)
    return State(network, copy.deepcopy(network), optimiser)


def save_checkpoint(state: State, plan: Plan, path: Path) -> None:
    """Write the checkpoint under another name first, so that a stop while writing leaves the old one."""
    content = {
        "plan": asdict(plan),
        "network": state.network.state_dict(),
        "averaged": state.averaged.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "progress": {"step": state.step, "seconds": state.seconds, "losses": state.losses},
    }
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


def load_checkpoint(state: State, path: Path, device: torch.device) -> None:
    """Take network, average, optimiser and progress from `path`."""
    content = torch.load(path, map_location=device, weights_only=True)
    state.network.load_state_dict(content["network"])
    state.averaged.load_state_dict(content["averaged"])
    state.optimiser.load_state_dict(content["optimiser"])
    progress = content["progress"]
    state.step, state.seconds, state.losses = progress["step"], progress["seconds"], progress["losses"]


def train(plan: Plan, checkpoint: Path, *, data_dir: Path | None = None, start_from: Path | None = None) -> State:
    """Train as `plan` says and return the state; goes on from `checkpoint` where it exists."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    state = new_state(plan, device, start_from=start_from)
    if checkpoint.exists():
        load_checkpoint(state, checkpoint, device)
    images = read_real_images(data_dir, left_out=plan.left_out) if data_dir and plan.real_share else []
    print(
        f"{plan.size}: {parameter_count(state.network):,} parameters, {len(images)} real images, {device}", flush=True
    )
    started, before, told = time.monotonic(), state.seconds, time.monotonic()
    recent: list[float] = []
    for batch in _batches(plan, images, state.step, device):
        share_done = max(state.step / plan.steps, state.seconds / (60 * plan.minutes))
        if share_done >= 1:
            break
        recent.append(_take_step(state, plan, batch, share_done))
        state.seconds = before + time.monotonic() - started
        if time.monotonic() - told > 60:
            told = time.monotonic()
            state.losses.append(float(np.mean(recent)))
            print(f"{state.seconds:6.0f} s  step {state.step:7}  loss {state.losses[-1]:.4f}", flush=True)
            recent.clear()
            save_checkpoint(state, plan, checkpoint)
    save_checkpoint(state, plan, checkpoint)
    return state


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=PLANS, default="cpu")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint; training goes on from it where it exists")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", type=Path, help="real images, as folders with images/ and masks/")
    parser.add_argument("--left-out", nargs="*", default=[], help="data sets that must not teach")
    parser.add_argument("--real-share", type=float, default=0.0)
    parser.add_argument("--start-from", type=Path, help="checkpoint whose weights to begin with")
    args = parser.parse_args()
    changes = {"seed": args.seed, "left_out": tuple(args.left_out), "real_share": args.real_share}
    if args.minutes:
        changes["minutes"] = args.minutes
    plan = Plan(**{**asdict(PLANS[args.size]), **changes})
    args.out.parent.mkdir(parents=True, exist_ok=True)
    train(plan, args.out, data_dir=args.data_dir, start_from=args.start_from)


if __name__ == "__main__":
    main()
