"""How well a segmentation agrees with what an expert would draw, estimated from what is labelled.

Per class the table of held-out strokes says it, with the classes' shares of the image. That is still too kind: strokes
lie in the middle of objects, and what nobody labelled at all is never asked about. So the mean over the classes is
estimated from several quantities (`quantities`) by a logistic regression on micrographs whose truth is known, and its
error is what was measured on data sets that the regression had not seen; ``python -m training.agreement`` makes
``calibration.json``. See decision 064.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np

from sambaseg.trust.confusion import Table, overlaps, precisions, recalls
from sambaseg.trust.evidence import Evidence
from sambaseg.trust.quantities import QUANTITIES, joint_table


@dataclass(frozen=True)
class Calibration:
    """A logistic regression of the mean overlap: weights of quantities, and an offset.

    ``errors`` are pairs of strokes a class and the mean absolute error there, ascending, on data sets left out.
    """

    weights: Mapping[str, float]
    offset: float
    errors: tuple[tuple[float, float], ...]

    @classmethod
    @cache
    def shipped(cls) -> Self:
        """Return the calibration that comes with this library."""
        values = json.loads(files("sambaseg.trust").joinpath("calibration.json").read_text())
        return cls(values["weights"], values["offset"], tuple((strokes, error) for strokes, error in values["errors"]))

    def estimate(self, evidence: Evidence) -> float:
        """Return the estimated mean overlap, 0 to 1."""
        score = self.offset + sum(weight * QUANTITIES[name](evidence) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-score))

    def error(self, strokes: float) -> float:
        """Return the mean absolute error with so many strokes a class."""
        known, errors = zip(*self.errors, strict=True)
        return float(np.interp(math.log(max(strokes, 1.0)), np.log(known), errors))


@dataclass(frozen=True)
class ClassAgreement:
    """A class by strokes that were held out: overlap (IoU), recall and precision, None where they are not known."""

    class_id: int
    strokes: int
    pixels: int
    overlap: float | None
    recall: float | None
    precision: float | None


@dataclass(frozen=True)
class Agreement:
    """The estimated mean overlap with the truth and its mean error; classes; pixels held out by truth and answer.

    The overlap is None where too little is labelled to hold anything out.
    """

    overlap: float | None
    error: float
    classes: tuple[ClassAgreement, ...]
    confusion_kk: tuple[tuple[int, ...], ...]


def estimate_agreement(evidence: Evidence, calibration: Calibration | None = None) -> Agreement:
    """Return how well a segmentation agrees with the truth, by the evidence on it."""
    calibration = calibration or Calibration.shipped()
    joint_kk, counts_kk = joint_table(evidence), evidence.counts_kk
    columns = zip(overlaps(joint_kk), recalls(joint_kk), precisions(joint_kk), strict=True)
    return Agreement(
        overlap=calibration.estimate(evidence) if evidence.agreements and evidence.others else None,
        error=calibration.error(float(np.mean(evidence.strokes_k))),
        classes=tuple(_class_agreement(evidence, at, counts_kk, numbers) for at, numbers in enumerate(columns)),
        confusion_kk=tuple(tuple(int(pixels) for pixels in row) for row in counts_kk),
    )


def _class_agreement(evidence: Evidence, at: int, counts_kk: Table, numbers: tuple[float, ...]) -> ClassAgreement:
    """Return a class; nothing is said of one of which no pixel was held out."""
    asked = counts_kk[at].sum() > 0
    overlap, recall, precision = (float(number) if asked and np.isfinite(number) else None for number in numbers)
    return ClassAgreement(
        evidence.class_ids[at], evidence.strokes_k[at], evidence.pixels_k[at], overlap, recall, precision
    )
