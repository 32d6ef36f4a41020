"""Class factors: what the mean of the trees is multiplied by, class by class, before it adds up to 1 again.

Trees that weigh all classes the same find too much of a class that the image holds little of. With the image's class
fractions as factors, each raised to a power, the forest believes in a rare class a little less. Source: the correction
of posteriors for new priors of M. Saerens, P. Latinne and C. Decaestecker (2002), doi:10.1162/089976602753284446, which
has the power 1.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError

LARGEST_RATIO = 1e6
"""Between two factors of a forest."""


def check_class_factors(factors: tuple[float, ...], classes: int) -> None:
    """Raise ParameterError unless there is a positive number for each class, none of them far from the others."""
    if len(factors) != classes:
        raise ParameterError(f"A forest of {classes} classes needs {classes} class factors, not {len(factors)}.")
    if not all(math.isfinite(factor) and factor > 0 for factor in factors):
        raise ParameterError("Class factors must be finite numbers above 0.")
    if max(factors) > LARGEST_RATIO * min(factors):
        raise ParameterError(f"Class factors must not differ by more than {LARGEST_RATIO:,.0f} times.")


def weigh_classes(probabilities_kyx: npt.NDArray[np.float32], factors: tuple[float, ...]) -> None:
    """Multiply probabilities (k, h, w) by the factor of their class and let them add up to 1, in place.

    Each pixel gets the same bits whatever stands beside it: the classes are added in their order.
    """
    total_yx = np.zeros(probabilities_kyx.shape[1:], np.float32)
    for class_yx, factor in zip(probabilities_kyx, factors, strict=True):
        class_yx *= np.float32(factor)
        total_yx += class_yx
    probabilities_kyx /= total_yx
