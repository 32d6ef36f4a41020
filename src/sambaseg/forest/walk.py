"""Walking trees with blocks of 256 pixels: the kernels of prediction.

Neighbouring pixels take nearly the same way down a tree. A block visits each node that any of its pixels reaches once,
with the set of those pixels as 256 bits: 256 byte comparisons split the set in two. The way through a tree has no
branches that a processor would have to guess: children with pixels are appended to one of two lists, inner nodes to be
visited and leaves. In the end each pixel has the place of its leaf in the list, and adds the leaf's probabilities.

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
from sambaseg.forest.grow import LEAF, WHOLE

BLOCK_PX = 256
MAX_DEPTH = 64
"""Levels below the root that a walkable tree has at most."""
MAX_FEATURES = 1 << 22

_ENTRY = 8
"""Numbers of one list entry: four words of pixels, the node, three unused."""

Words = npt.NDArray[np.uint64]


class WalkableTrees(NamedTuple):
    """Trees as they are walked: nodes, the root of each tree (highest bit set for a leaf), pairs of leaf values."""

    nodes: Words
    roots: Words
    values_lp: Words
    depth: int


class WalkingRoom(NamedTuple):
    """What one thread needs: two lists (inner nodes first, leaves from `leaf_start`), and what each pixel has."""

    entries: Words
    leaf_start: int
    places: npt.NDArray[np.uint8]
    leaf_values: Words
    block: npt.NDArray[np.uint8]
    pixels: Words
    sums_pi: Words


def make_room(features: int, pairs: int, depth: int) -> WalkingRoom:
    """Return room for walking trees of up to `depth` levels below the root."""
    leaf_start = (BLOCK_PX * (depth + 1) + 1) * _ENTRY
    return WalkingRoom(
        entries=np.zeros(leaf_start + (BLOCK_PX + 1) * _ENTRY, np.uint64),
        leaf_start=leaf_start,
        places=np.zeros(BLOCK_PX, np.uint8),
        leaf_values=np.zeros(BLOCK_PX, np.uint64),
        block=np.zeros(features * BLOCK_PX, np.uint8),
        pixels=np.zeros(4, np.uint64),
        sums_pi=np.zeros((pairs, BLOCK_PX), np.uint64),
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
def _reach_leaves(nodes: Words, root: np.uint64, room: WalkingRoom) -> np.uint64:
    """Fill the list of leaves that the block's pixels reach in one tree; return how many those are."""
    entries = room.entries
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    none, step, leaf_start = np.uint64(0), np.uint64(_ENTRY), np.uint64(room.leaf_start)
    at, end, leaves = none, none, leaf_start
    if root >> np.uint64(63):
        to = leaves
        leaves += step
    else:
        to = end
        end += step
    entries[to] = room.pixels[0]
    entries[to | one] = room.pixels[1]
    entries[to | two] = room.pixels[2]
    entries[to | three] = room.pixels[3]
    entries[to | four] = root & np.uint64(0x7FFFFFFFFFFFFFFF)
    while at < end:
        node = entries[at | four]
        record = nodes[node]
        values = record & np.uint64(0x3FFFFF00)
        limit = np.uint8(record & np.uint64(0xFF))
        pixels = entries[at]
        left_0 = pixels & at_most_64(room.block, values, limit)
        right_0 = pixels ^ left_0
        pixels = entries[at | one]
        left_1 = pixels & at_most_64(room.block, values + np.uint64(64), limit)
        right_1 = pixels ^ left_1
        pixels = entries[at | two]
        left_2 = pixels & at_most_64(room.block, values + np.uint64(128), limit)
        right_2 = pixels ^ left_2
        pixels = entries[at | three]
        left_3 = pixels & at_most_64(room.block, values + np.uint64(192), limit)
        right_3 = pixels ^ left_3
        at += step
        to = leaves if record & np.uint64(0x80000000) else end
        entries[to] = left_0
        entries[to | one] = left_1
        entries[to | two] = left_2
        entries[to | three] = left_3
        entries[to | four] = node + one
        to += step if (left_0 | left_1 | left_2 | left_3) != none else none
        leaves, end = (to, end) if record & np.uint64(0x80000000) else (leaves, to)
        to = leaves if record & np.uint64(0x40000000) else end
        entries[to] = right_0
        entries[to | one] = right_1
        entries[to | two] = right_2
        entries[to | three] = right_3
        entries[to | four] = record >> np.uint64(32)
        to += step if (right_0 | right_1 | right_2 | right_3) != none else none
        leaves, end = (to, end) if record & np.uint64(0x40000000) else (leaves, to)
    return (leaves - leaf_start) // step


@compiled
def _find_places(room: WalkingRoom, leaves: np.uint64) -> None:
    """Write each pixel's place in the list of leaves, bit by bit: bit j is set for pixels of places that have it."""
    entries, places = room.entries, room.places
    one, two, three, step = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(_ENTRY)
    for i in range(BLOCK_PX):
        places[i] = np.uint8(0)
    bit = one
    while bit < leaves:
        word_0, word_1, word_2, word_3 = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
        leaf = bit
        while leaf < leaves:
            at = np.uint64(room.leaf_start) + leaf * step
            word_0 |= entries[at]
            word_1 |= entries[at | one]
            word_2 |= entries[at | two]
            word_3 |= entries[at | three]
            leaf = (leaf + one) | bit
        add_bit_64(places, np.uint64(0), word_0, np.uint8(bit))
        add_bit_64(places, np.uint64(64), word_1, np.uint8(bit))
        add_bit_64(places, np.uint64(128), word_2, np.uint8(bit))
        add_bit_64(places, np.uint64(192), word_3, np.uint8(bit))
        bit += bit


@compiled
def _walk_block(trees: WalkableTrees, first_tree: int, end_tree: int, room: WalkingRoom) -> None:
    """Add the leaf values of some trees to the sums of the pixels that `room.pixels` names; others get anything."""
    sums_pi, leaf_values, places = room.sums_pi, room.leaf_values, room.places
    pairs = sums_pi.shape[0]
    for tree in range(first_tree, end_tree):
        leaves = _reach_leaves(trees.nodes, trees.roots[tree], room)
        if leaves > np.uint64(1):
            _find_places(room, leaves)
        for pair in range(pairs):
            for leaf in range(np.int64(leaves)):
                node = room.entries[np.uint64(room.leaf_start + leaf * _ENTRY + 4)]
                leaf_values[leaf] = trees.values_lp[trees.nodes[node], pair]
            if leaves == np.uint64(1):
                for i in range(BLOCK_PX):
                    sums_pi[pair, i] += leaf_values[0]
            else:
                for i in range(BLOCK_PX):
                    sums_pi[pair, i] += leaf_values[places[i]]


@compiled
def _name_pixels(room: WalkingRoom, height: int, width: int, block_width: int) -> None:
    """Name the pixels of a block that lie inside: `height` rows of `width`."""
    for word in range(4):
        room.pixels[word] = np.uint64(0)
    for y in range(height):
        for x in range(width):
            i = y * block_width + x
            room.pixels[i >> 6] |= np.uint64(1) << np.uint64(i & 63)


@compiled
def predict_blocks(
    trees: WalkableTrees,
    room: WalkingRoom,
    bins_fyx: npt.NDArray[np.uint8],
    block_height: int,
    probabilities_kyx: npt.NDArray[np.float32],
) -> None:
    """Write the class probabilities of a tile, in blocks of `block_height` rows (a divisor of 256)."""
    features, height, width = bins_fyx.shape
    classes = probabilities_kyx.shape[0]
    block_width = BLOCK_PX // block_height
    scale = 1.0 / (len(trees.roots) * WHOLE)
    for top in range(0, height, block_height):
        rows = min(block_height, height - top)
        for left in range(0, width, block_width):
            columns = min(block_width, width - left)
            _name_pixels(room, rows, columns, block_width)
            for f in range(features):
                for y in range(rows):
                    for x in range(columns):
                        room.block[f * BLOCK_PX + y * block_width + x] = bins_fyx[f, top + y, left + x]
            for pair in range(room.sums_pi.shape[0]):
                for i in range(BLOCK_PX):
                    room.sums_pi[pair, i] = np.uint64(0)
            _walk_block(trees, 0, len(trees.roots), room)
            for y in range(rows):
                for x in range(columns):
                    i = y * block_width + x
                    rest = np.uint64(len(trees.roots) * WHOLE)
                    for c in range(classes - 1):
                        share = (room.sums_pi[c >> 1, i] >> np.uint64(32 * (c & 1))) & np.uint64(0xFFFFFFFF)
                        rest -= share
                        probabilities_kyx[c, top + y, left + x] = np.float32(np.float64(share) * scale)
                    probabilities_kyx[classes - 1, top + y, left + x] = np.float32(np.float64(rest) * scale)


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
        for i in range(blocks_bi.shape[1]):
            room.block[i] = blocks_bi[block, i]
        for pair in range(room.sums_pi.shape[0]):
            for i in range(BLOCK_PX):
                room.sums_pi[pair, i] = np.uint64(0)
        _walk_block(trees, 0, 1, room)
        for i in range(count):
            if (room.pixels[i >> 6] >> np.uint64(i & 63)) & np.uint64(1):
                for pair in range(room.sums_pi.shape[0]):
                    votes_np[first + i, pair] += room.sums_pi[pair, i]
                votes_np[first + i, room.sums_pi.shape[0]] += np.uint64(1)
