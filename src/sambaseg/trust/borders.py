"""Do the borders between classes lie where the image has edges? Of all that is known without the truth, this says most
about borders that are drawn where no expert would draw any.

An edge is where the blurred image is among the steepest tenth of what was looked at, so that neither contrast nor
brightness matters. Each class is told of by the pairs of neighbouring pixels whose answers differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sambaseg.images.halo import read_with_halo
from sambaseg.images.micrograph import Micrograph
from sambaseg.trust.looked import WINDOW_PX, Looked

BLUR_PX = 1.0
HALO_PX = 4
"""Where the Gaussian is cut off."""

STEEPEST = 0.1
"""The share of the pixels looked at whose gradients count as edges."""

Windows = npt.NDArray[np.float32]


def count_borders(
    micrographs: Sequence[Micrograph], looked: Looked, answer_n: npt.NDArray[np.intp], classes: int
) -> npt.NDArray[np.int64]:
    """Return for each class how many pairs of neighbours have it on one side only, and how many of them on an edge.

    The answer has shape (k, 2). A pair is on an edge where one of its pixels is.
    """
    answers_wyx, gradient_wyx = looked.laid_out(answer_n), _gradients(micrographs, looked)
    known = answers_wyx >= 0
    edge_wyx = known & (gradient_wyx > np.quantile(gradient_wyx[known], 1 - STEEPEST))
    counts_k2 = np.zeros((classes, 2), np.int64)
    for here, there in (np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:, :, :-1], np.s_[:, :, 1:]):
        border = (answers_wyx[here] != answers_wyx[there]) & known[here] & known[there]
        on_edge = border & (edge_wyx[here] | edge_wyx[there])
        for side_wyx in (answers_wyx[here], answers_wyx[there]):
            counts_k2[:, 0] += np.bincount(side_wyx[border], minlength=classes)
            counts_k2[:, 1] += np.bincount(side_wyx[on_edge], minlength=classes)
    return counts_k2


def _gradients(micrographs: Sequence[Micrograph], looked: Looked) -> Windows:
    """Return how steep the mean of the channels is after a Gaussian blur, (windows, side, side); 0 outside images."""
    gradient_wyx, window = np.zeros((looked.windows, WINDOW_PX, WINDOW_PX), np.float32), 0
    for micrograph, corners in zip(micrographs, looked.corners, strict=True):
        height, width = (min(WINDOW_PX, length) for length in micrograph.shape_yx)
        for top, left in corners:
            around_cyx = read_with_halo(micrograph.pixels_cyx, top, top + height, left, left + width, HALO_PX)
            around_yx = np.nan_to_num(around_cyx.astype(np.float32), posinf=0.0, neginf=0.0).mean(axis=0)
            gradient_wyx[window, :height, :width] = _gradient(around_yx)
            window += 1
    return gradient_wyx


def _gradient(around_yx: Windows) -> Windows:
    """Return the gradient magnitude of a blurred image, without the halo around it."""
    offset = np.arange(-HALO_PX, HALO_PX + 1, dtype=np.float32)
    blur = np.exp(-0.5 * (offset / BLUR_PX) ** 2)
    slope = offset * blur
    down = _filter(_filter(around_yx, slope, 0), blur, 1)
    across = _filter(_filter(around_yx, blur, 0), slope, 1)
    return np.hypot(down, across)


def _filter(values_yx: Windows, weights: Windows, axis: int) -> Windows:
    """Return the correlation along an axis where the weights fit in."""
    windows = np.lib.stride_tricks.sliding_window_view(values_yx, len(weights), axis)
    filtered: Windows = windows @ weights
    return filtered
