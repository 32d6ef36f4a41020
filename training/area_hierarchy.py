"""A watershed hierarchy by area on the pixel graph, and how well the best node above a click matches an object.

The study of `docs/decisions/030` in small: edges in the order of their strength give a minimum spanning tree; its edges
are weighed anew by the smaller of the two areas that they join, and merged in that order (Najman, Cousty, Perret 2013).
The best node on the way from pixel to root bounds what any choice among the nodes can reach.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def pixel_weights(boundary_yx: Floats) -> Floats:
    """Return (2, h, w): the larger strength of each pixel and its right neighbour, and of it and the one below."""
    weights = np.full((2, *boundary_yx.shape), np.inf, np.float32)
    weights[0, :, :-1] = np.maximum(boundary_yx[:, :-1], boundary_yx[:, 1:])
    weights[1, :-1] = np.maximum(boundary_yx[:-1], boundary_yx[1:])
    return weights


def area_tree(weights_2yx: Floats) -> Ints:
    """Return each node's parent, int32 (2 * h * w - 1,): pixels first, then joins from small to large; the root has -1.

    `weights_2yx` holds the strength of the boundary to the right neighbour and to the one below.
    """
    _, height, width = weights_2yx.shape
    one, two, weight = _edges(np.ascontiguousarray(weights_2yx, np.float32))
    order = np.argsort(weight, kind="stable").astype(np.int32)
    parent, edges = _merge(one, two, order, height * width)
    smaller = _smaller_area(parent, height * width)
    again = np.argsort(smaller, kind="stable").astype(np.int32)
    return _merge(one[edges], two[edges], again, height * width)[0]


def best_on_path(parent: Ints, clicks: list[int], truth_yx: NDArray[np.bool_]) -> list[float]:
    """Return for each click (a pixel's number) the best overlap (IoU) with `truth_yx` of the nodes above it."""
    return list(_best_on_path(parent, np.array(clicks, np.int64), truth_yx.ravel()))


@numba.njit(cache=True, nogil=True)
def _edges(weights: Floats) -> tuple[Ints, Ints, Floats]:
    _, height, width = weights.shape
    total = height * (width - 1) + (height - 1) * width
    one, two, weight = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total, np.float32)
    n = 0
    for y in range(height):
        for x in range(width):
            p = y * width + x
            if x + 1 < width:
                one[n], two[n], weight[n] = p, p + 1, weights[0, y, x]
                n += 1
            if y + 1 < height:
                one[n], two[n], weight[n] = p, p + width, weights[1, y, x]
                n += 1
    return one, two, weight


@numba.njit(cache=True, nogil=True)
def _find(joined: Ints, p: int) -> int:
    while joined[p] != p:
        joined[p] = joined[joined[p]]
        p = joined[p]
    return p


@numba.njit(cache=True, nogil=True)
def _merge(one: Ints, two: Ints, order: Ints, pixels: int) -> tuple[Ints, Ints]:
    """Join along the edges in `order`; return the parents, and which edge made each inner node."""
    joined, top = np.arange(pixels).astype(np.int32), np.arange(pixels).astype(np.int32)
    size = np.ones(pixels, np.int32)
    parent, edges = np.full(2 * pixels - 1, -1, np.int32), np.empty(pixels - 1, np.int32)
    node = pixels
    for edge in order:
        a, b = _find(joined, one[edge]), _find(joined, two[edge])
        if a == b:
            continue
        if size[a] < size[b]:
            a, b = b, a
        joined[b] = a
        size[a] += size[b]
        parent[top[a]] = parent[top[b]] = node
        top[a] = node
        edges[node - pixels] = edge
        node += 1
    return parent, edges


@numba.njit(cache=True, nogil=True)
def _areas(parent: Ints, inside: NDArray[np.bool_]) -> Ints:
    area = np.zeros(len(parent), np.int32)
    for node in range(len(parent)):
        if node < len(inside):
            area[node] = inside[node]
        if parent[node] >= 0:
            area[parent[node]] += area[node]
    return area


@numba.njit(cache=True, nogil=True)
def _smaller_area(parent: Ints, pixels: int) -> Ints:
    area = _areas(parent, np.ones(pixels, np.bool_))
    smaller = np.full(pixels - 1, 2**31 - 1, np.int32)
    for node in range(len(parent)):
        above = parent[node] - pixels
        if above >= 0:
            smaller[above] = min(smaller[above], area[node])
    return smaller


@numba.njit(cache=True, nogil=True)
def _best_on_path(parent: Ints, clicks: NDArray[np.int64], truth: NDArray[np.bool_]) -> Floats:
    area = _areas(parent, np.ones(len(truth), np.bool_))
    inside = _areas(parent, truth)
    whole = inside[-1]
    best = np.zeros(len(clicks), np.float32)
    for index in range(len(clicks)):
        node = clicks[index]
        while node >= 0:
            best[index] = max(best[index], inside[node] / (area[node] + whole - inside[node]))
            node = parent[node]
    return best
