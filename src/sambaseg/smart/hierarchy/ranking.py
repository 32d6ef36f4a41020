"""How likely a node is an object: its expected intersection over union with one, from its measures.

A small network, fitted by ``python -m training.ranking`` to objects of openly licensed micrographs; its weights are
the few thousand numbers of ``ranking.json``. Where the forest has an opinion a second one corrects the first: what was
learned from a few strokes can mislead, so it only shifts what boundaries say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray
from sambaseg.smart.hierarchy.measures import MEASURES
from sambaseg.smart.hierarchy.trees import LEARNED_TREES, TREES

CLIPPED_AT = np.float32(4.0)
"""Standardised measures beyond this many standard deviations count alike."""
BOUNDARY_TREES = len(TREES)
"""Trees that every view has, the first ones; those that follow are grown from what was learned."""
CORRECTION_SHARE = np.float32(0.8)
"""How far the correction is followed; less than fitted, since strokes differ more than the examples show."""
LEARNED_TREE_COSTS = np.float32(0.05)
"""What nodes of learned trees lose: of more candidates the best looks better than it is, and classes may mislead."""


@dataclass(frozen=True)
class Network:
    """One hidden layer of rectified units over inputs that are standardised by `mean_f` and `spread_f`."""

    mean_f: FloatArray
    spread_f: FloatArray
    hidden_fh: FloatArray
    hidden_bias_h: FloatArray
    output_h: FloatArray
    bias: float

    def __call__(self, inputs_mf: FloatArray) -> FloatArray:
        """Return one number for each row of inputs, float32 (m,)."""
        return _answers(
            inputs_mf,
            self.mean_f,
            self.spread_f,
            self.hidden_fh,
            self.hidden_bias_h,
            self.output_h,
            np.float32(self.bias),
        )


@dataclass(frozen=True)
class Ranker:
    """Scores nodes: from boundaries by `base`, and corrected by `correction` where the measures were learned too."""

    base: Network
    correction: Network

    def score(self, values_mf: FloatArray, tree: int) -> FloatArray:
        """Return the expected quality, float32 (m,) from 0 to 1, of nodes of tree number `tree`."""
        scores_m = self.base(base_inputs(values_mf, tree))
        if values_mf.shape[1] > len(MEASURES):
            scores_m += CORRECTION_SHARE * self.correction(correction_inputs(values_mf, tree, scores_m))
        if tree >= BOUNDARY_TREES:
            scores_m -= LEARNED_TREE_COSTS
        return np.clip(scores_m, 0, 1)


@compiled
def _answers(
    inputs_mf: FloatArray,
    mean_f: FloatArray,
    spread_f: FloatArray,
    hidden_fh: FloatArray,
    hidden_bias_h: FloatArray,
    output_h: FloatArray,
    bias: np.float32,
) -> FloatArray:
    """Return the network's answers, row by row: a matrix library's threads would get in the way of the trees'."""
    answers_m = np.empty(inputs_mf.shape[0], np.float32)
    hidden_h = np.empty(hidden_bias_h.size, np.float32)
    for row in range(inputs_mf.shape[0]):
        hidden_h[:] = hidden_bias_h
        for f in range(mean_f.size):
            standard = (inputs_mf[row, f] - mean_f[f]) / spread_f[f]
            standard = min(max(standard, -CLIPPED_AT), CLIPPED_AT)
            for h in range(hidden_h.size):
                hidden_h[h] += standard * hidden_fh[f, h]
        answer = bias
        for h in range(hidden_h.size):
            answer += max(hidden_h[h], np.float32(0)) * output_h[h]
        answers_m[row] = answer
    return answers_m


def base_inputs(values_mf: FloatArray, tree: int) -> FloatArray:
    """Return the inputs of the base network: measures, and which tree; learned trees count as the first."""
    return np.concatenate(
        [values_mf[:, : len(MEASURES)], _which(len(values_mf), tree if tree < BOUNDARY_TREES else 0, BOUNDARY_TREES)],
        axis=1,
    )


def correction_inputs(values_mf: FloatArray, tree: int, scores_m: FloatArray) -> FloatArray:
    """Return the inputs of the correction: the base's score, all measures, agreement with each tree, and which tree."""
    which_mt = _which(len(values_mf), tree, len(LEARNED_TREES))
    return np.concatenate([scores_m[:, np.newaxis], values_mf, which_mt], axis=1)


def _which(rows: int, number: int, count: int) -> FloatArray:
    which = np.zeros((rows, count), np.float32)
    which[:, number] = 1
    return which


@cache
def load_ranker() -> Ranker:
    """Return the ranker that comes with the package."""
    content = json.loads((files(__package__) / "ranking.json").read_text(encoding="utf-8"))
    return Ranker(_network(content["base"]), _network(content["correction"]))


def _network(values: dict[str, Any]) -> Network:
    mean, spread, hidden, hidden_bias, output = (
        np.array(values[key], np.float32) for key in ("mean", "spread", "hidden", "hidden_bias", "output")
    )
    return Network(mean, spread, hidden, hidden_bias, output, float(np.float32(values["bias"])))
