"""Walking trees with blocks of 256 pixels: the kernels of prediction.

Neighbouring pixels take nearly the same way down a tree. A block visits each node that any of its pixels reaches once,
with the set of those pixels as 256 bits: 256 byte comparisons split the set in two. The way through a tree has no
branches that a processor would have to guess: children with pixels are appended to one of two lists, inner nodes to be
visited and leaves. In the end each pixel has the place of its leaf in the list, and adds the leaf's probabilities.
Before that, the lowest and the highest bins of the block decide as many nodes as they can for all pixels at once.

A tree is walked in a form of its own, one uint64 a node. Inner nodes: index of the right child (32 bits), whether the
left child is a leaf, whether the right one is, feature (22 bits), bin (8 bits); the left child is the next node. A leaf
holds its row. Probabilities are whole numbers below 2^32 even when summed over 1000 trees; two
classes share one uint64, and the last class, which is the rest, is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled
from sambaseg.forest.bits import add_bit_64, at_most_64
from sambaseg.forest.grow import LEAF
from sambaseg.forest.walk_blocks import (
    BLOCK_PX,
    Words,
    give_block,
    give_scored_block,
    name_pixels,
    note_range,
    take_block,
)

MAX_DEPTH = 64
"""Levels below the root that a walkable tree has at most."""
MAX_FEATURES = 1 << 22

_ENTRY = 8
"""Numbers of one list entry: four words of pixels, the node, three unused."""

_ROOT_IS_LEAF = np.uint64(1 << 63)
_LEFT_IS_LEAF, _RIGHT_IS_LEAF = np.uint64(1 << 31), np.uint64(1 << 30)
_ROW_BITS, _BIN_BITS = np.uint64(0x3FFFFF00), np.uint64(0xFF)
"""Of a node: its feature times 256, which is where a block has the feature's bins; its bin."""


class WalkableTrees(NamedTuple):
    """Trees as they are walked: nodes, the root of each tree (highest bit set for a leaf), pairs of leaf values.

    Where values are scores, `unit` is what one of them is worth and `offsets_k` is added; where they are probabilities,
    `unit` is 0.
    """

    nodes: Words
    roots: Words
    values_lp: Words
    depth: int
    unit: float
    offsets_k: npt.NDArray[np.float64]


class WalkingRoom(NamedTuple):
    """What one thread needs: two lists (inner nodes first, leaves from `leaf_start`), and what each pixel has.

    The bins of the block's pixels lie between `lowest_f` and `highest_f`. `shared_p` is what all of them have.
    """

    entries: Words
    leaf_start: int
    places: npt.NDArray[np.uint8]
    leaf_values: Words
    block: npt.NDArray[np.uint8]
    lowest_f: npt.NDArray[np.uint8]
    highest_f: npt.NDArray[np.uint8]
    pixels: Words
    sums_pi: Words
    shared_p: Words


def make_room(features: int, pairs: int, depth: int) -> WalkingRoom:
    """Return room for walking trees of up to `depth` levels below the root."""
    leaf_start = (BLOCK_PX * (depth + 1) + 1) * _ENTRY
    return WalkingRoom(
        entries=np.zeros(leaf_start + (BLOCK_PX + 1) * _ENTRY, np.uint64),
        leaf_start=leaf_start,
        places=np.zeros(BLOCK_PX, np.uint8),
        leaf_values=np.zeros(BLOCK_PX, np.uint64),
        block=np.zeros(features * BLOCK_PX, np.uint8),
        lowest_f=np.zeros(features, np.uint8),
        highest_f=np.full(features, 255, np.uint8),
        pixels=np.zeros(4, np.uint64),
        sums_pi=np.zeros((pairs, BLOCK_PX), np.uint64),
        shared_p=np.zeros(pairs, np.uint64),
    )


@compiled
def link_nodes(
    node_feature: npt.NDArray[np.int32],
    node_bin: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    nodes: Words,
    roots: Words,
) -> tuple[int, int]:
    """Fill `nodes` and `roots` from nodes in depth-first order; `starts` holds where each tree begins, and the end.

    Returns the depth of the deepest tree and -1, or the index of a tree that is not whole or deeper than MAX_DEPTH.
    """
    open_node, open_level = np.empty(MAX_DEPTH + 1, np.int64), np.empty(MAX_DEPTH + 1, np.int64)
    leaf, deepest = 0, 0
    for tree in range(len(starts) - 1):
        first, end = starts[tree], starts[tree + 1]
        opened, level = 0, 0
        for node in range(first, end):
            if node > first and opened < 0:
                return deepest, tree
            is_leaf = node_feature[node] == LEAF
            deepest = max(deepest, level)
            if is_leaf:
                nodes[node] = np.uint64(leaf)
                leaf += 1
                opened -= 1
                if opened >= 0:
                    parent = open_node[opened]
                    level = open_level[opened] + 1
                    if node + 1 < end:
                        right_is_leaf = np.uint64(node_feature[node + 1] == LEAF)
                        nodes[parent] |= (np.uint64(node + 1) << np.uint64(32)) | (right_is_leaf << np.uint64(30))
            else:
                if level >= MAX_DEPTH or node + 1 >= end:
                    return deepest, tree
                left_is_leaf = np.uint64(node_feature[node + 1] == LEAF)
                nodes[node] = (
                    (left_is_leaf << np.uint64(31))
                    | (np.uint64(node_feature[node]) << np.uint64(8))
                    | np.uint64(node_bin[node])
                )
                open_node[opened], open_level[opened] = node, level
                opened += 1
                level += 1
        if opened != -1:
            return deepest, tree
        roots[tree] = np.uint64(first) | (np.uint64(node_feature[first] == LEAF) << np.uint64(63))
    return deepest, -1


@compiled
def _walk_block(
    nodes: Words,
    roots: Words,
    values_lp: Words,
    block: npt.NDArray[np.uint8],
    lowest_f: npt.NDArray[np.uint8],
    highest_f: npt.NDArray[np.uint8],
    pixels: Words,
    entries: Words,
    leaf_start: np.uint64,
    places: npt.NDArray[np.uint8],
    leaf_values: Words,
    sums_pi: Words,
    shared_p: Words,
) -> None:
    """Add the leaf values of all trees to the sums of the pixels that `pixels` names; other sums get anything.

    One function in spite of its length: handing arrays on for each tree and block costs a third of its time.
    """
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    none, step = np.uint64(0), np.uint64(_ENTRY)
    for pair in range(len(shared_p)):
        shared_p[pair] = none
    for tree in range(len(roots)):
        # As long as the range of the bins shows that all pixels go the same way, no pixel is looked at.
        start, ends = roots[tree] & ~_ROOT_IS_LEAF, roots[tree] & _ROOT_IS_LEAF
        while ends == none:
            record = nodes[start]
            feature = (record & _ROW_BITS) >> np.uint64(8)
            limit = np.uint8(record & _BIN_BITS)
            if highest_f[feature] <= limit:
                start, ends = start + one, record & _LEFT_IS_LEAF
            elif lowest_f[feature] > limit:
                start, ends = record >> np.uint64(32), record & _RIGHT_IS_LEAF
            else:
                break
        if ends != none:
            for pair in range(len(shared_p)):
                shared_p[pair] += values_lp[nodes[start], pair]
            continue
        # First every leaf that pixels reach, with these pixels: two lists, filled without a branch to guess.
        at, end, leaf_end = none, step, leaf_start
        entries[0], entries[1], entries[2], entries[3] = pixels[0], pixels[1], pixels[2], pixels[3]
        entries[4] = start
        while at < end:
            node = entries[at | four]
            record = nodes[node]
            row = record & _ROW_BITS
            limit = np.uint8(record & _BIN_BITS)
            inside = entries[at]
            left_0 = inside & at_most_64(block, row, limit)
            right_0 = inside ^ left_0
            inside = entries[at | one]
            left_1 = inside & at_most_64(block, row + np.uint64(64), limit)
            right_1 = inside ^ left_1
            inside = entries[at | two]
            left_2 = inside & at_most_64(block, row + np.uint64(128), limit)
            right_2 = inside ^ left_2
            inside = entries[at | three]
            left_3 = inside & at_most_64(block, row + np.uint64(192), limit)
            right_3 = inside ^ left_3
            at += step
            to = leaf_end if record & _LEFT_IS_LEAF else end
            entries[to], entries[to | one], entries[to | two], entries[to | three] = left_0, left_1, left_2, left_3
            entries[to | four] = node + one
            to += step if (left_0 | left_1 | left_2 | left_3) != none else none
            leaf_end, end = (to, end) if record & _LEFT_IS_LEAF else (leaf_end, to)
            to = leaf_end if record & _RIGHT_IS_LEAF else end
            entries[to], entries[to | one], entries[to | two], entries[to | three] = right_0, right_1, right_2, right_3
            entries[to | four] = record >> np.uint64(32)
            to += step if (right_0 | right_1 | right_2 | right_3) != none else none
            leaf_end, end = (to, end) if record & _RIGHT_IS_LEAF else (leaf_end, to)
        leaves = (leaf_end - leaf_start) // step
        # Then each pixel's place in the list of leaves, bit by bit: bit j is set for the pixels of places that have it.
        for i in range(BLOCK_PX):
            places[i] = np.uint8(0)
        bit = one
        while bit < leaves:
            word_0, word_1, word_2, word_3 = none, none, none, none
            leaf = bit
            while leaf < leaves:
                at = leaf_start + leaf * step
                word_0 |= entries[at]
                word_1 |= entries[at | one]
                word_2 |= entries[at | two]
                word_3 |= entries[at | three]
                leaf = (leaf + one) | bit
            add_bit_64(places, none, word_0, np.uint8(bit))
            add_bit_64(places, np.uint64(64), word_1, np.uint8(bit))
            add_bit_64(places, np.uint64(128), word_2, np.uint8(bit))
            add_bit_64(places, np.uint64(192), word_3, np.uint8(bit))
            bit += bit
        for pair in range(sums_pi.shape[0]):
            for i in range(np.int64(leaves)):
                leaf_values[i] = values_lp[nodes[entries[leaf_start + np.uint64(i) * step + four]], pair]
            if leaves == one:
                for i in range(BLOCK_PX):
                    sums_pi[pair, i] += leaf_values[0]
            else:
                for i in range(BLOCK_PX):
                    sums_pi[pair, i] += leaf_values[places[i]]
    for pair in range(len(shared_p)):
        for i in range(BLOCK_PX):
            sums_pi[pair, i] += shared_p[pair]


@compiled
def predict_blocks(
    trees: WalkableTrees,
    room: WalkingRoom,
    bins_fyx: npt.NDArray[np.uint8],
    block_height: int,
    probabilities_kyx: npt.NDArray[np.float32],
) -> None:
    """Write the class probabilities of a tile, in blocks of `block_height` rows (a divisor of 256).

    The sums of `room` are all zero before and after.
    """
    height, width = bins_fyx.shape[1:]
    block_width = BLOCK_PX // block_height
    for top in range(0, height, block_height):
        for left in range(0, width, block_width):
            place = (top, left, min(block_height, height - top), min(block_width, width - left))
            name_pixels(room.pixels, place[2], place[3], block_width)
            take_block(bins_fyx, place, block_width, room.block)
            note_range(room.block, place, block_width, room.lowest_f, room.highest_f)
            _walk_block(
                trees.nodes, trees.roots, trees.values_lp, room.block, room.lowest_f, room.highest_f, room.pixels,
                room.entries, np.uint64(room.leaf_start), room.places, room.leaf_values, room.sums_pi, room.shared_p,
            )  # fmt: skip
            if trees.unit > 0:
                give_scored_block(room.sums_pi, trees.unit, trees.offsets_k, place, block_width, probabilities_kyx)
            else:
                give_block(room.sums_pi, len(trees.roots), place, block_width, probabilities_kyx)
            room.sums_pi[:] = np.uint64(0)


@compiled
def vote_out_of_bag(
    trees: WalkableTrees,
    room: WalkingRoom,
    blocks_bi: npt.NDArray[np.uint8],
    indices_n: npt.NDArray[np.int64],
    times_n: npt.NDArray[np.uint16],
    votes_np: Words,
) -> None:
    """Add one tree's values to the votes of those samples of blocks that it was not grown on.

    `blocks_bi` (blocks, features x 256) holds the bins of the samples `indices_n`, 256 after each other. The last
    column of `votes_np` (n, pairs + 1) counts the trees that voted.
    """
    for block in range(blocks_bi.shape[0]):
        first = block * BLOCK_PX
        count = min(BLOCK_PX, len(indices_n) - first)
        for word in range(4):
            room.pixels[word] = np.uint64(0)
        for i in range(count):
            outside = np.uint64(times_n[indices_n[first + i]] == 0)
            room.pixels[i >> 6] |= outside << np.uint64(i & 63)
        _walk_block(
            trees.nodes, trees.roots, trees.values_lp, blocks_bi[block], room.lowest_f, room.highest_f, room.pixels,
            room.entries, np.uint64(room.leaf_start), room.places, room.leaf_values, room.sums_pi, room.shared_p,
        )  # fmt: skip
        for i in range(count):
            if (room.pixels[i >> 6] >> np.uint64(i & 63)) & np.uint64(1):
                for pair in range(room.sums_pi.shape[0]):
                    votes_np[first + i, pair] += room.sums_pi[pair, i]
                votes_np[first + i, room.sums_pi.shape[0]] += np.uint64(1)
        for pair in range(room.sums_pi.shape[0]):
            for i in range(BLOCK_PX):
                room.sums_pi[pair, i] = np.uint64(0)
