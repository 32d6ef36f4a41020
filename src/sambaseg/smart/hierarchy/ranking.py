"""How likely a node is an object: its expected intersection over union with one, from its measures.

A network of one hidden layer, fitted by ``python -m training.ranking`` to objects of openly licensed micrographs; its
weights are the few hundred numbers of ``ranking.json``. One set for views of which nothing is known, one for views that
the forest has an opinion on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from sambaseg.features.arrays import FloatArray

CLIPPED_AT = np.float32(4.0)
"""Standardised measures beyond this many standard deviations count alike."""


@dataclass(frozen=True)
class Ranker:
    """A fitted network; its inputs are standardised by `mean_f` and `spread_f`."""

    mean_f: FloatArray
    spread_f: FloatArray
    hidden_fh: FloatArray
    hidden_bias_h: FloatArray
    output_h: FloatArray
    bias: float

    def score(self, values_mf: FloatArray, tree: int, trees: int) -> FloatArray:
        """Return the expected quality, float32 (m,) from 0 to 1, of nodes of tree number `tree` of `trees`."""
        which = np.zeros((len(values_mf), trees), np.float32)
        which[:, tree] = 1
        return self.score_inputs(np.concatenate([values_mf, which], axis=1))

    def score_inputs(self, inputs_mf: FloatArray) -> FloatArray:
        """Return the scores of measures that are followed by which tree they belong to, as 0 and 1."""
        inputs = np.clip((inputs_mf - self.mean_f) / self.spread_f, -CLIPPED_AT, CLIPPED_AT)
        hidden = np.maximum(inputs @ self.hidden_fh + self.hidden_bias_h, 0)
        scores_m: FloatArray = np.clip(hidden @ self.output_h + np.float32(self.bias), 0, 1).astype(np.float32)
        return scores_m


@cache
def load_ranker(name: str) -> Ranker:
    """Return the ranker ``base`` or ``learned``."""
    rows = json.loads((files(__package__) / "ranking.json").read_text(encoding="utf-8"))[name]

    def array(key: str) -> FloatArray:
        return np.array(rows[key], np.float32)

    return Ranker(
        array("mean"),
        array("spread"),
        array("hidden"),
        array("hidden_bias"),
        array("output"),
        float(rows["bias"]),
    )
