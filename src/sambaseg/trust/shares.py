"""Shares of the classes (phase fractions) with 95 % intervals: for the classifier's errors, and for the field of view.

The classifier's errors: strokes are drawn anew with replacement, one fewer than there are (bootstrap over strokes, as
pixels of one are alike), which gives other tables of answers, and with each of them the shares that the segmentation
would have if that table were right. How much the answers depend on where the strokes lie is added: the jackknife over
the folds, each of which lacks some strokes (Efron and Tibshirani 1993). The field of view: see `field`. Both are drawn
together, with the tails of Student's t, and the interval holds 95 % of what is drawn.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 11 and 13. Rao and Wu, Resampling inference with
complex survey data, Journal of the American Statistical Association 83 (1988) 231–241.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.trust.confusion import Table, answer_rates, true_shares
from sambaseg.trust.evidence import Evidence

DRAWS = 1000
SMALLEST = 1e-4


@dataclass(frozen=True)
class ShareInterval:
    """The share of a class: as answered, corrected by held-out strokes, and its 95 % interval.

    ``classifier_error`` and ``field_error`` are the standard deviations of both causes, ``samples`` how many
    independent samples of the material the field of view is worth.
    """

    class_id: int
    answered: float
    corrected: float
    low: float
    high: float
    classifier_error: float
    field_error: float
    samples: float


def share_intervals(
    evidence: Evidence, variances_k: Sequence[tuple[float, float]], *, draws: int = DRAWS, seed: int = 0
) -> tuple[ShareInterval, ...]:
    """Return the interval of each class; `variances_k` are those of `field.share_variance`, by class."""
    rng = np.random.default_rng(seed)
    rates_kk = answer_rates(evidence.counts_kk)
    corrected_k = true_shares(rates_kk, evidence.shares_k)
    tables = answer_rates(_draw_tables(evidence, draws, rng))
    moved = np.broadcast_to(evidence.shares_k, (draws, len(evidence.shares_k)))
    moved = moved + _draw_correlated(evidence.shares_k, _jackknife_variance(evidence), draws, rng)
    by_classifier = true_shares(tables, _as_shares(moved))
    strokes_k = np.bincount([truth for truth, _ in evidence.groups], minlength=len(corrected_k))
    by_classifier = corrected_k + _heavy_tails(strokes_k.min() - 1, draws, rng) * (by_classifier - corrected_k)
    variance_k = np.array([variance for variance, _ in variances_k])
    tails = _heavy_tails(np.array([samples for _, samples in variances_k]) - 1, draws, rng)
    by_both = by_classifier + tails * _draw_correlated(corrected_k, variance_k, draws, rng)
    low_k, high_k = np.quantile(np.clip(by_both, 0.0, 1.0), (0.025, 0.975), axis=0)
    return tuple(
        ShareInterval(
            class_id,
            answered=float(evidence.shares_k[at]),
            corrected=float(corrected_k[at]),
            low=float(low_k[at]),
            high=float(high_k[at]),
            classifier_error=float(by_classifier[:, at].std()),
            field_error=float(variance_k[at] ** 0.5),
            samples=variances_k[at][1],
        )
        for at, class_id in enumerate(evidence.class_ids)
    )


def _heavy_tails(freedom: npt.ArrayLike, draws: int, rng: np.random.Generator) -> Table:
    """Return factors that turn normal deviations into those of Student's t: their spread is itself an estimate."""
    freedom_k = np.maximum(np.atleast_1d(np.asarray(freedom, np.float64)), 2.0)
    factors: Table = np.sqrt(freedom_k / rng.chisquare(freedom_k, (draws, len(freedom_k))))
    return factors


def _draw_tables(evidence: Evidence, draws: int, rng: np.random.Generator) -> Table:
    """Return tables of answers of strokes drawn with replacement among those of each class, (draws, k, k)."""
    classes = len(evidence.class_ids)
    tables = np.zeros((draws, classes, classes))
    for truth in range(classes):
        of_class = np.array([answers_k for group, answers_k in evidence.groups if group == truth], np.float64)
        if len(of_class):
            fewer = max(1, len(of_class) - 1)  # one stroke less makes the variance right (Rao and Wu 1988)
            times = rng.multinomial(fewer, np.full(len(of_class), 1 / len(of_class)), size=draws)
            tables[:, truth] = times @ of_class
    return tables


def _jackknife_variance(evidence: Evidence) -> Table:
    """Return the variance of the answered shares by the folds, (k); 0 where there are fewer than two."""
    if len(evidence.agreements) < 2:
        return np.zeros(len(evidence.class_ids))
    shares = np.array([table.sum(axis=1) for table in evidence.agreements])
    folds = len(shares)
    variance_k: Table = (folds - 1) / folds * ((shares - shares.mean(axis=0)) ** 2).sum(axis=0)
    return variance_k


def _draw_correlated(shares_k: Table, variance_k: Table, draws: int, rng: np.random.Generator) -> Table:
    """Return deviations of shares with these variances, (draws, k), which add up to about 0 as in a multinomial."""
    free_k = np.sqrt(np.clip(shares_k, SMALLEST, None))
    direction_k = free_k / np.linalg.norm(free_k)
    normal = rng.standard_normal((draws, len(shares_k)))
    normal -= (normal @ direction_k)[:, np.newaxis] * direction_k
    spread_k = np.sqrt(np.clip(1 - direction_k**2, SMALLEST, None))
    deviations: Table = normal / spread_k * np.sqrt(variance_k)
    return deviations


def _as_shares(values: Table) -> Table:
    """Return values as shares that add up to 1."""
    above = np.clip(values, 0.0, None) + 1e-9
    shares: Table = above / above.sum(axis=-1, keepdims=True)
    return shares
