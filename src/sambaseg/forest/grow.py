"""Growing trees on binned features: the kernel of training.

A tree is grown depth first, and its nodes stand in that order: the left child of a node is the next node, the right
child follows the whole left branch. Nodes therefore need no pointers: a feature (or LEAF) and a bin are enough.

Samples that a tree is not grown on go down with the others, and its answers are added to their votes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled_without_allocation, inlined
from sambaseg.forest.cut import (
    INDEX_SHIFT,
    SORTED_SAMPLES,
    TIMES_BITS,
    Bins,
    Counts,
    Cut,
    NodeSamples,
    Samples,
    Weights,
    Whole,
    cut_by_histogram,
    cut_by_sorting,
)
from sambaseg.forest.growing_room import RANDOM_CUTS, GrowingPlan, GrowingRoom, TrainingSample
from sambaseg.forest.random_cut import cut_at_random
from sambaseg.forest.random_stream import RandomState, draw_below, draw_share, start_stream

LEAF = -1
"""Stands in place of a feature where a node is a leaf."""

WHOLE = 1 << 22
"""The probabilities of a leaf are whole numbers that add up to this: sums over trees are exact, in any order."""

IsLeft = tuple[Bins, Whole, Whole]
"""How to tell who goes to the left: bins (features, n), the feature, its last bin on the left."""

_START, _END, _LEVEL, _VOTERS_START, _VOTERS_END = range(5)
"""Of a node that waits to be grown."""


@compiled_without_allocation
def draw_bootstrap(times_n: npt.NDArray[np.uint16], state: RandomState, seed: int, tree: int) -> None:
    """Write how often each of n samples is drawn, in n draws with replacement; `state` is room for a random stream."""
    start_stream(state, seed, 2 * tree)
    for i in range(len(times_n)):
        times_n[i] = 0
    for _ in range(len(times_n)):
        times_n[np.uint64(draw_below(state, len(times_n)))] += np.uint16(1)


@inlined
def _pack_samples(sample: TrainingSample, room: GrowingRoom) -> None:
    """Write the samples that were drawn, and the voters that were not, as what the root has to grow from."""
    drawn = np.int64(0)
    for c in range(len(sample.weights_k)):
        before, count = drawn, np.int64(0)
        for m in range(sample.class_starts[c], sample.class_starts[c + 1]):
            times = np.uint64(room.times_n[sample.order_m[m]])
            room.samples[drawn] = (np.uint64(m) << INDEX_SHIFT) | times
            count += np.int64(times)
            drawn += np.int64(times > np.uint64(0))
        room.waiting_counts[0, c] = count
        room.waiting_sizes[0, c] = drawn - before
    outside = np.int64(0)
    for v in range(len(sample.voters_v)):
        m = sample.voters_v[v]
        room.voters[outside] = (np.uint64(m) << INDEX_SHIFT) | np.uint64(v)
        outside += np.int64(room.times_n[sample.order_m[m]] == 0)
    room.waiting[0, _START], room.waiting[0, _END], room.waiting[0, _LEVEL] = 0, drawn, 0
    room.waiting[0, _VOTERS_START], room.waiting[0, _VOTERS_END] = 0, outside


@inlined
def _middle_edge(
    edges_fb: npt.NDArray[np.float32], feature: Whole, last_left: float, first_right: float, low: Whole, high: Whole
) -> Whole:
    """Return the edge between bins `low` and `high` that is nearest to the middle of the gap between the samples."""
    middle = (np.float64(last_left) + np.float64(first_right)) / 2
    nearest, split = np.inf, low
    for at in range(low, high):
        distance = abs(np.float64(edges_fb[feature, at]) - middle)
        if distance < nearest:
            nearest, split = distance, at
    return split


@inlined
def _part(
    samples: Samples, spare: Samples, run: tuple[Whole, Whole], moved: tuple[Whole, Whole], is_left: IsLeft
) -> tuple[Whole, Whole]:
    """Move the samples of a run, from where to where, either to the front or into `spare`, where `moved` says.

    Returns where the next ones go.
    """
    bins_fm, feature, split = is_left
    left, right = np.uint64(moved[0]), np.uint64(moved[1])
    for i in range(np.uint64(run[0]), np.uint64(run[1])):
        sample = samples[i]
        samples[left] = sample
        spare[right] = sample
        goes_left = np.uint64(bins_fm[feature, sample >> INDEX_SHIFT] <= split)
        left += goes_left
        right += np.uint64(1) - goes_left
    return np.int64(left), np.int64(right)


@inlined
def _part_samples(room: GrowingRoom, start: Whole, is_left: IsLeft) -> Whole:
    """Move samples of a node that go to the left to the front, keeping the order; return where the rest begins.

    How many of each class go to the left is noted in `room`.
    """
    left: Whole = start
    right: Whole = np.int64(0)
    at = start
    for c in range(len(room.sizes_k)):
        before, end = left, at + room.sizes_k[c]
        left, right = _part(room.samples, room.spare, (at, end), (left, right), is_left)
        room.left_sizes_k[c] = left - before
        at = end
    for i in range(np.uint64(right)):
        room.samples[np.uint64(left) + i] = room.spare[i]
    return left


@inlined
def _part_voters(room: GrowingRoom, start: Whole, end: Whole, is_left: IsLeft) -> Whole:
    """Do with the voters of a node what `_part_samples` does with its samples; their classes do not matter."""
    left, right = _part(room.voters, room.spare, (start, end), (np.int64(start), np.int64(0)), is_left)
    for i in range(np.uint64(right)):
        room.voters[np.uint64(left) + i] = room.spare[i]
    return left


@inlined
def _write_leaf(node_weights_k: Weights, total: float, parts_lk: npt.NDArray[np.uint32], leaf: Whole) -> None:
    """Write the probabilities of a leaf; what rounding leaves over goes to the largest."""
    largest, rest = 0, np.int64(WHOLE)
    for c in range(len(node_weights_k)):
        part = np.int64(node_weights_k[c] / total * WHOLE + 0.5)
        parts_lk[leaf, c] = part
        rest -= part
        if part > parts_lk[leaf, largest]:
            largest = c
    parts_lk[leaf, largest] += rest


@inlined
def _vote(room: GrowingRoom, start: Whole, end: Whole, leaf: Whole) -> None:
    """Add the answer of a leaf to the votes of those who came to it."""
    for i in range(np.uint64(start), np.uint64(end)):
        v = room.voters[i] & TIMES_BITS
        for c in range(room.votes_vk.shape[1]):
            room.votes_vk[v, c] += np.int64(room.parts_lk[leaf, c])


@inlined
def _look_for_cut(
    sample: TrainingSample,
    room: GrowingRoom,
    node: NodeSamples,
    features: int,
    per_split: int,
    cuts: int,
) -> Cut:
    """Return the best cut of a node in `per_split` of the first `features` of `room.order`, drawn at random.

    Where all of those are constant in the node, it looks at more.
    """
    best: Cut = (-1.0, LEAF, 0, 0)
    looked, varying = 0, 0
    while looked < features and (looked < per_split or varying == 0):
        at = looked + draw_below(room.state, features - looked)
        feature = room.order[at]
        room.order[at] = room.order[looked]
        room.order[looked] = feature
        looked += 1
        if cuts == RANDOM_CUTS:
            ends, drawn = (sample.edges_fb, sample.lowest_fb, sample.highest_fb), draw_share(room.state)
            varies, best = cut_at_random(
                node, sample.bins_fm, feature, sample.weights_k, best, room.cutting, ends, drawn
            )
        elif node.end - node.start > SORTED_SAMPLES:
            varies, best = cut_by_histogram(node, sample.bins_fm, feature, sample.weights_k, best, room.cutting)
        else:
            varies, best = cut_by_sorting(node, sample.bins_fm, feature, sample.weights_k, best, room.cutting)
        varying += varies
    return best


@inlined
def _wait(waiting: Counts, at: int, node: tuple[Whole, Whole, Whole, Whole, Whole]) -> None:
    start, end, voters_start, voters_end, level = node
    waiting[at, _START], waiting[at, _END], waiting[at, _LEVEL] = start, end, level
    waiting[at, _VOTERS_START], waiting[at, _VOTERS_END] = voters_start, voters_end


@inlined
def _grow_tree(
    sample: TrainingSample, plan: GrowingPlan, room: GrowingRoom, tree: Whole, at: Whole, nodes: Whole, leaves: Whole
) -> tuple[Whole, Whole]:
    """Grow a tree behind so many nodes and leaves, the one at place `at` in `room`; return how many there are then."""
    classes, group = len(sample.weights_k), plan.group_of_t[tree]
    features, per_split = plan.counts_g[group], plan.per_split_g[group]
    start_stream(room.state, plan.seed, 2 * tree + 1)
    for i in range(features):
        room.order[i] = plan.features_gf[group, i]
    waiting, counts_k, sizes_k = room.waiting, room.counts_k, room.sizes_k
    _pack_samples(sample, room)
    top = 1
    while top > 0:
        top -= 1
        start, end, level = waiting[top, _START], waiting[top, _END], waiting[top, _LEVEL]
        voters_start, voters_end = waiting[top, _VOTERS_START], waiting[top, _VOTERS_END]
        total, square, present = 0.0, 0.0, 0
        for c in range(classes):
            counts_k[c], sizes_k[c] = room.waiting_counts[top, c], room.waiting_sizes[top, c]
            weight = counts_k[c] * sample.weights_k[c]
            room.node_weights_k[c] = weight
            total += weight
            square += weight * weight
            present += counts_k[c] > 0
        best: Cut = (-1.0, LEAF, 0, 0)
        if present > 1 and level < plan.depth and end - start >= 2 * plan.min_leaf:
            node = NodeSamples(room.samples, start, end, sizes_k, room.node_weights_k, total, plan.min_leaf)
            best = _look_for_cut(sample, room, node, features, per_split, plan.cuts)
        score, feature, low, high = best
        room.node_feature[nodes] = feature
        if feature == LEAF:
            room.node_bin[nodes] = 0
            _write_leaf(room.node_weights_k, total, room.parts_lk, leaves)
            _vote(room, voters_start, voters_end, leaves)
            nodes += 1
            leaves += 1
            continue
        room.decrease_tf[at, feature] += score - square / total
        last_left, first_right = sample.highest_fb[feature, low], sample.lowest_fb[feature, high]
        split = _middle_edge(sample.edges_fb, feature, last_left, first_right, low, high)
        room.node_bin[nodes] = split
        nodes += 1
        is_left = sample.bins_fm, feature, split
        middle, voters_middle = (
            _part_samples(room, start, is_left),
            _part_voters(room, voters_start, voters_end, is_left),
        )
        for c in range(classes):
            on_left, left_size = room.cutting.best_left_k[c], room.left_sizes_k[c]
            room.waiting_counts[top, c], room.waiting_sizes[top, c] = counts_k[c] - on_left, sizes_k[c] - left_size
            room.waiting_counts[top + 1, c], room.waiting_sizes[top + 1, c] = on_left, left_size
        _wait(waiting, top, (middle, end, voters_middle, voters_end, level + 1))
        _wait(waiting, top + 1, (start, middle, voters_start, voters_middle, level + 1))
        top += 2
    return nodes, leaves


@compiled_without_allocation
def grow_trees(sample: TrainingSample, plan: GrowingPlan, room: GrowingRoom, first: int, count: int) -> None:
    """Grow trees `first` and following, `count` of them, on samples drawn for each, or on all where cuts are at random.

    They are written into `room`; their votes are added to those that it has.
    """
    nodes: Whole = np.int64(0)
    leaves: Whole = np.int64(0)
    for at in range(count):
        if plan.cuts != RANDOM_CUTS:
            draw_bootstrap(room.times_n, room.state, plan.seed, first + at)
        for f in range(room.decrease_tf.shape[1]):
            room.decrease_tf[at, f] = 0.0
        nodes, leaves = _grow_tree(sample, plan, room, first + at, at, nodes, leaves)
        room.node_ends_t[at], room.leaf_ends_t[at] = nodes, leaves
