"""One command: synthetic micrographs, training, export, evaluation. `python -m training --size tiny` takes a minute."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from training.evaluate import SHARED, score_trials, table
from training.export import export
from training.learned import LearnedBoundaries
from training.train import PLANS, Plan, train
from training.trials import real_trials, synthetic_trials

FOLDS = (
    ("ampis_powder", "dtsegnet_cr_superalloy", "nasa_ebc"),
    ("ampis_spheroidite", "dsb2018_nuclei", "nasa_superalloy"),
    ("axon_sem", "nasa_meltpool", "sandstone_xct", "uhcs"),
)
"""Data sets that are left out together; each is judged by the network that never saw it. `uhcs` never teaches."""


def run(plan: Plan, out_dir: Path, *, data_dir: Path | None) -> str:
    """Train on synthetic micrographs, export, evaluate; return the table; a second call goes on."""
    out_dir.mkdir(parents=True, exist_ok=True)
    checkpoint, file = out_dir / "synthetic.pt", out_dir / "synthetic.onnx"
    train(plan, checkpoint)
    print(f"{file}: {export(checkpoint, file):,} bytes", flush=True)
    networks = {"": LearnedBoundaries(file)}
    if data_dir is None:
        trials = synthetic_trials(images=1 if plan.size == "tiny" else 8)
    else:
        trials = real_trials(data_dir, data_dir.parent / "scoring", most_images=1 if plan.size == "tiny" else 4)
        networks.update(_train_folds(plan, out_dir, data_dir))
    scores = score_trials(trials, networks)
    (out_dir / "scores.json").write_text(json.dumps(scores))
    return table(scores)


def _train_folds(plan: Plan, out_dir: Path, data_dir: Path) -> dict[str, LearnedBoundaries]:
    """Train on with real images, each time without some data sets; return the network for each set left out."""
    if not plan.fold_minutes:
        return {}
    found = {}
    for number, names in enumerate(FOLDS):
        fold = replace(plan, minutes=plan.fold_minutes, real_share=0.5, left_out=names, seed=plan.seed + number + 1)
        checkpoint = out_dir / f"fold{number}.pt"
        train(fold, checkpoint, data_dir=data_dir, start_from=out_dir / "synthetic.pt")
        export(checkpoint, checkpoint.with_suffix(".onnx"))
        found.update({name: LearnedBoundaries(checkpoint.with_suffix(".onnx")) for name in names})
    return found


def main() -> None:
    """Run it all from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=PLANS, default="tiny")
    parser.add_argument("--out-dir", type=Path, default=Path("bench/results/training"))
    parser.add_argument("--data-dir", type=Path, help="real images to judge by; synthetic ones where it is not there")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    data_dir = args.data_dir or (SHARED / "data" if args.size != "tiny" else None)
    plan = replace(PLANS[args.size], seed=args.seed)
    print(run(plan, args.out_dir / args.size, data_dir=data_dir if data_dir and data_dir.is_dir() else None))


if __name__ == "__main__":
    main()
