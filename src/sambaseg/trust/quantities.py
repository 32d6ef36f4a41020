"""The few quantities that an estimate of agreement is made of; each says something that a person can picture.

- ``consensus``: the overlap of the segmentation with those of forests that lack some strokes, of one whose trees all
  look at all scales, and of one of another kind: the mean of the three.
- ``borders``: the share of the borders between classes that lie where the image has an edge; classes count the same.
- ``opinion``: the overlap that the classifier's own probabilities promise for the pixels looked at.
- ``stability``: the overlap of the segmentation with those of forests that lack some strokes.
- ``held_out``: the overlap by the answers for held-out strokes, with the classes' shares of the image.

Overlaps and shares, from 0 to 1, are taken as logits, so that 0.98 differs from 0.96 as 0.04 from 0.02.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sambaseg.trust.confusion import Table, answer_rates, mean_overlap, true_shares
from sambaseg.trust.evidence import Evidence

SURE = 0.985
"""Overlaps from here on, and below 1 minus it, count as equal: no few strokes can tell them apart."""


def joint_table(evidence: Evidence) -> Table:
    """Return the shares of the image by true class (rows) and answer, by strokes held out, (k, k)."""
    rates_kk = answer_rates(evidence.counts_kk)
    joint_kk: Table = rates_kk * true_shares(rates_kk, evidence.shares_k)[:, np.newaxis]
    return joint_kk


def stability(evidence: Evidence) -> float:
    """Return the mean overlap of the segmentation with those of forests that lack some strokes; 0.5 without any."""
    return float(np.mean([mean_overlap(table) for table in evidence.agreements])) if evidence.agreements else 0.5


def consensus(evidence: Evidence) -> float:
    """Return the mean of the logits of the overlaps with forests that lack strokes, and with each of the others."""
    overlaps = [stability(evidence), *map(mean_overlap, evidence.others)]
    return float(np.mean([logit(overlap) for overlap in overlaps]))


def border_support(evidence: Evidence) -> float:
    """Return the mean over the classes of the share of their borders that lie on edges; 0.5 for one without borders."""
    pairs_k, on_edges_k = evidence.borders_k2.T
    return float(np.where(pairs_k > 0, on_edges_k / np.maximum(pairs_k, 1), 0.5).mean())


QUANTITIES: dict[str, Callable[[Evidence], float]] = {
    "consensus": consensus,
    "borders": lambda evidence: logit(border_support(evidence)),
    "opinion": lambda evidence: logit(mean_overlap(evidence.opinion_kk)),
    "stability": lambda evidence: logit(stability(evidence)),
    "held_out": lambda evidence: logit(mean_overlap(joint_table(evidence))),
}


def logit(overlap: float) -> float:
    """Return the logit of an overlap, which is brought within what can be told apart."""
    within = min(max(overlap, 1 - SURE), SURE)
    return math.log(within / (1 - within))
