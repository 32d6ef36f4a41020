"""Small pictures whose objects are known, and random label images and graphs, for tests of the boundary hierarchy."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sambaseg.smart.hierarchy.offered import lay_out
from sambaseg.smart.hierarchy.table import HierarchyTable
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.view_image import ViewImage

SQUARES = (2 * (np.indices((20, 20))[0] >= 10) + (np.indices((20, 20))[1] >= 10)).astype(np.int32)
"""Four regions of 10 by 10 px."""
BOXES = np.int32([[0, 0, 10, 10], [0, 10, 10, 20], [10, 0, 20, 10], [10, 10, 20, 20]])
# 4 = 0 + 1, 5 = 4 + 2, 6 = 5 + 3.
PARENT = np.int32([4, 4, 5, 6, 5, 6, -1])
AREAS = np.float64([100, 100, 100, 100, 200, 300, 400])


def disc_mask(shape_yx, middle_yx, radius_px):
    """Return the pixels of a disc, bool (h, w)."""
    y, x = np.indices(shape_yx)
    return (y - middle_yx[0]) ** 2 + (x - middle_yx[1]) ** 2 <= radius_px**2


def view_of(*planes_yx):
    """Return planes (h, w) with values from 0 to 1 as a view, three of them as colours."""
    pixels_cyx = np.stack(planes_yx).astype(np.float32)
    return ViewImage(pixels_cyx, is_rgb=len(planes_yx) == 3)


def disc_view():
    """Return a view of a bright disc on a dark ground with a little noise, and the pixels of the disc."""
    disc = disc_mask((64, 80), (30, 44), 13)
    noise = np.random.default_rng(0).normal(0, 0.02, disc.shape)
    return view_of(np.clip(np.where(disc, 0.8, 0.2) + noise, 0, 1)), disc


def many_discs(shape_yx=(96, 128), spacing_px=32, radius_px=10, seed=0):
    """Return grey values from 0 to 1 of bright discs on a regular grid over a noisy ground, and their mask."""
    y, x = np.indices(shape_yx)
    mask_yx = (y % spacing_px - spacing_px // 2) ** 2 + (x % spacing_px - spacing_px // 2) ** 2 <= radius_px**2
    noise = np.random.default_rng(seed).normal(0, 0.04, shape_yx)
    return np.clip(np.where(mask_yx, 0.75, 0.3) + noise, 0, 1), mask_yx


def known(mask_yx, ids=(1, 2), uncertainty=25):
    """Return the knowledge that a mask has the second class and all else the first."""
    classes_yx = np.where(mask_yx, ids[1], ids[0]).astype(np.uint8)
    return Knowledge(classes_yx, np.full(mask_yx.shape, uncertainty, np.uint8))


def iou(one, two):
    """Return the intersection over union of two masks."""
    return np.count_nonzero(one & two) / np.count_nonzero(one | two)


@st.composite
def label_images(draw, most=6, longest=8):
    """Draw regions int32 (h, w) that are numbered from 0 in order of appearance, and how many there are."""
    shape = draw(st.tuples(st.integers(1, longest), st.integers(1, longest)))
    drawn = draw(hnp.arrays(np.int32, shape, elements=st.integers(0, most - 1)))
    values, first, inverse = np.unique(drawn, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return rank[inverse].reshape(shape).astype(np.int32), len(values)


@st.composite
def weighted_graphs(draw, most=9, *, distinct=True):
    """Draw a connected graph: ends int32 (E, 2) in ascending order, strengths float32 (E,), areas float64 (n,)."""
    count = draw(st.integers(1, most))
    pairs = {(draw(st.integers(0, node - 1)), node) for node in range(1, count)}
    if count > 1:
        more = st.tuples(st.integers(0, count - 2), st.integers(1, count - 1)).filter(lambda pair: pair[0] < pair[1])
        pairs |= draw(st.sets(more, max_size=2 * count))
    ends_e2 = np.array(sorted(pairs), np.int32).reshape(-1, 2)
    ranks = draw(st.permutations(range(len(ends_e2)))) if distinct else [draw(st.integers(0, 2)) for _ in ends_e2]
    strength_e = np.array([(rank + 1) / 64 for rank in ranks], np.float32)
    areas = draw(st.lists(st.integers(1, 50), min_size=count, max_size=count, unique=distinct))
    return ends_e2, strength_e, np.array(areas, np.float64)


def as_networkx(ends_e2, strength_e, count):
    """Return the graph with the strength of each edge as `weight` and its number as `edge`."""
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    for edge, (one, two) in enumerate(ends_e2.tolist()):
        graph.add_edge(one, two, weight=float(strength_e[edge]), edge=edge)
    return graph


def regions_of(parent_m, count):
    """Return the set of regions of each node of a tree."""
    sets = [{node} if node < count else set() for node in range(len(parent_m))]
    for node, above in enumerate(parent_m):
        if above >= 0:
            assert above > node
            sets[above] |= sets[node]
    return sets


def squares_table(scores, other_scores=None):
    """Return the table of four squares; a second tree joins 0 + 2, 1 + 3 where it has scores."""
    trees = [lay_out(PARENT, AREAS, np.ones(7, bool), np.float32(scores), BOXES)]
    if other_scores is not None:
        parent, areas = np.int32([4, 5, 4, 5, 6, 6, -1]), np.float64([100, 100, 100, 100, 200, 200, 400])
        trees.append(lay_out(parent, areas, areas == 200, np.float32([0, 0, 0, 0, *other_scores, 0]), BOXES))
    return HierarchyTable.join(SQUARES, trees)
