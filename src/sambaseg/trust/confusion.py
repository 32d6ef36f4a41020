"""Arithmetic of confusion tables: rows are true classes, columns answered ones, in one order of classes.

Labels do not tell how much of an image is of each class: people mark about as many pixels of a rare class as of a
common one. So a table of labelled pixels is only read row by row, as the chance of each answer given the true class,
and the segmentation says how much of the image each class is. Solving ``answered = rowsᵀ · true`` for the true shares
by expectation maximisation keeps them from 0 to 1 (Saerens et al. 2002; the matrix correction of accuracy assessment,
Card 1982, Olofsson et al. 2014, need not).

Saerens, Latinne and Decaestecker, Adjusting the outputs of a classifier to new a priori probabilities, Neural
Computation 14 (2002) 21–41. Card, Using known map category marginal frequencies to improve estimates of thematic map
accuracy, Photogrammetric Engineering and Remote Sensing 48 (1982) 431–439. Olofsson et al., Good practices for
estimating area and assessing accuracy of land change, Remote Sensing of Environment 148 (2014) 42–57.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.float64]
"""A confusion table (k, k), or several in front of it (..., k, k)."""

ROUNDS, STILL = 300, 1e-5
"""Of expectation maximisation, which ends before where no share changes by more than that."""


def count_answers(
    truth_n: npt.NDArray[np.intp], answer_n: npt.NDArray[np.intp], classes: int, weight_n: Table | None = None
) -> Table:
    """Return how many pixels (or how much weight) of each true class got each answer, (k, k)."""
    flat = np.bincount(truth_n * classes + answer_n, weight_n, minlength=classes * classes)
    table: Table = flat.astype(np.float64).reshape(classes, classes)
    return table


def answer_rates(counts_kk: Table, *, prior: float = 1.0) -> Table:
    """Return the chance of each answer given the true class: rows that add up to 1.

    `prior` pixels are added to each row, half of them right and half spread over all answers, so that a row of few
    pixels is never quite sure. A row of no pixels is that prior.
    """
    classes = counts_kk.shape[-1]
    expected_kk = np.eye(classes) / 2 + 1 / (2 * classes)
    added = counts_kk + prior * expected_kk
    rates: Table = added / added.sum(axis=-1, keepdims=True)
    return rates


def true_shares(rates_kk: Table, answered_k: Table) -> Table:
    """Return the true shares of the classes whose answers have these shares; both (..., k), adding up to 1."""
    shares_k = np.array(np.broadcast_to(answered_k, rates_kk.shape[:-1]), np.float64) + 1e-6
    shares_k /= shares_k.sum(axis=-1, keepdims=True)
    for _ in range(ROUNDS):
        joint_kk = rates_kk * shares_k[..., :, np.newaxis]
        given_kk = joint_kk / np.maximum(joint_kk.sum(axis=-2, keepdims=True), 1e-300)
        former_k, shares_k = shares_k, (given_kk * answered_k[..., np.newaxis, :]).sum(axis=-1)
        if np.abs(shares_k - former_k).max() < STILL:
            break
    return shares_k


def overlaps(joint_kk: Table) -> Table:
    """Return the intersection over union of each class by a joint table of shares, (..., k); NaN for absent classes."""
    both_k = np.diagonal(joint_kk, axis1=-2, axis2=-1)
    either_k = joint_kk.sum(axis=-1) + joint_kk.sum(axis=-2) - both_k
    return _ratio(both_k, either_k)


def recalls(joint_kk: Table) -> Table:
    """Return of each true class the share that is answered right; NaN for absent classes."""
    return _ratio(np.diagonal(joint_kk, axis1=-2, axis2=-1), joint_kk.sum(axis=-1))


def precisions(joint_kk: Table) -> Table:
    """Return of each answered class the share that is right; NaN for classes that are never answered."""
    return _ratio(np.diagonal(joint_kk, axis1=-2, axis2=-1), joint_kk.sum(axis=-2))


def mean_overlap(joint_kk: Table) -> float:
    """Return the mean intersection over union of the classes that there are."""
    of_classes_k = overlaps(joint_kk)
    known = of_classes_k[np.isfinite(of_classes_k)]
    return float(known.mean()) if known.size else float("nan")


def _ratio(above_k: Table, below_k: Table) -> Table:
    ratio: Table = np.divide(above_k, below_k, out=np.full(below_k.shape, np.nan), where=below_k > 0)
    return ratio
