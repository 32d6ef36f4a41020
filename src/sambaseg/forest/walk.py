"""Walking trees with blocks of 256 pixels: the kernels of prediction.

Neighbouring pixels take nearly the same way down a tree. A block visits each node that any of its pixels reaches once,
with the set of those pixels as 256 bits: 256 byte comparisons split the set in two. The way through a tree has no
branches that a processor would have to guess: children with pixels are appended to one of two lists, inner nodes to be
visited and leaves (`visits.py`). In the end each pixel has the place of its leaf in the list, and adds the leaf's
probabilities (`lookups.py`). Before that, the lowest and the highest bins of the block decide as many nodes as they can
for all pixels at once.

A tree is walked in a form of its own, one uint64 a node. Inner nodes: index of the right child (32 bits), whether the
left child is a leaf, whether the right one is, feature (22 bits), bin (8 bits); the left child is the next node. A leaf
holds its row. Probabilities are whole numbers below 2^32 even when summed over 1000 trees; the last class, which is the
rest, is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled, compiled_without_allocation, inlined
from sambaseg.forest.grow import LEAF
from sambaseg.forest.lookups import (
    add_looked_up_1,
    add_looked_up_2,
    add_looked_up_4,
    place_leaves,
    values_in_registers,
)
from sambaseg.forest.visits import (
    BIN_BITS,
    LEFT_IS_LEAF,
    MASK_WORDS,
    NODE_SHIFT,
    RIGHT_IS_LEAF,
    ROW_BITS,
    TREE_SHIFT,
    TREES_AT_ONCE,
    visit_trees,
)
from sambaseg.forest.walk_blocks import (
    BLOCK_PX,
    Values,
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

_ROOT_IS_LEAF = np.uint64(1 << 63)
_LEFT_IS_LEAF, _RIGHT_IS_LEAF = np.uint64(LEFT_IS_LEAF), np.uint64(RIGHT_IS_LEAF)
_ROW_BITS, _BIN_BITS = np.uint64(ROW_BITS), np.uint64(BIN_BITS)


class WalkableTrees(NamedTuple):
    """Trees as they are walked: nodes, the root of each tree (highest bit set for a leaf), pairs of leaf values.

    Where values are scores, `unit` is what one of them is worth and `offsets_k` is added; where they are probabilities,
    `unit` is 0.
    """

    nodes: Words
    roots: Words
    values_lc: Values
    depth: int
    unit: float
    offsets_k: npt.NDArray[np.float64]


class WalkingRoom(NamedTuple):
    """What one thread needs: lists of items with their masks (see `visits`), and what each pixel has.

    Inner nodes stand at the beginning of ``items``, leaves from ``leaf_start`` on; in ``leaves`` they stand tree by
    tree.
    The bins of the block's pixels lie between ``lowest_f`` and ``highest_f``. ``shared_c`` is what all of them have.
    """

    masks: Words
    items: Words
    leaf_start: int
    leaves: Words
    leaf_counts: Words
    places: npt.NDArray[np.uint8]
    table: Values
    block: npt.NDArray[np.uint8]
    lowest_f: npt.NDArray[np.uint8]
    highest_f: npt.NDArray[np.uint8]
    pixels: Words
    sums_ci: Values
    shared_c: Values
    score_k: npt.NDArray[np.float64]


def make_room(features: int, columns: int, depth: int) -> WalkingRoom:
    """Return room for walking trees of up to `depth` levels below the root."""
    visits = TREES_AT_ONCE * BLOCK_PX * (depth + 1)
    return WalkingRoom(
        masks=np.zeros((visits + 2) * MASK_WORDS, np.uint64),
        items=np.zeros(visits + 1 + TREES_AT_ONCE * BLOCK_PX + 1, np.uint64),
        leaf_start=visits + 1,
        leaves=np.zeros(TREES_AT_ONCE * BLOCK_PX, np.uint64),
        leaf_counts=np.zeros(TREES_AT_ONCE, np.uint64),
        places=np.zeros(BLOCK_PX, np.uint8),
        table=np.zeros(BLOCK_PX, np.uint32),
        block=np.zeros(features * BLOCK_PX, np.uint8),
        lowest_f=np.zeros(features, np.uint8),
        highest_f=np.full(features, 255, np.uint8),
        pixels=np.zeros(4, np.uint64),
        sums_ci=np.zeros((columns, BLOCK_PX), np.uint32),
        shared_c=np.zeros(columns, np.uint32),
        score_k=np.zeros(columns + 1, np.float64),
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


@inlined
def _decide_by_range(
    nodes: Words, root: np.uint64, lowest_f: npt.NDArray[np.uint8], highest_f: npt.NDArray[np.uint8]
) -> tuple[np.uint64, bool]:
    """Return how far a tree is decided for all pixels by the range of their bins: a node, and whether it is a leaf."""
    node, leaf = root & ~_ROOT_IS_LEAF, root & _ROOT_IS_LEAF
    while leaf == np.uint64(0):
        record = nodes[node]
        feature = (record & _ROW_BITS) >> np.uint64(8)
        limit = np.uint8(record & _BIN_BITS)
        if highest_f[feature] <= limit:
            node, leaf = node + np.uint64(1), record & _LEFT_IS_LEAF
        elif lowest_f[feature] > limit:
            node, leaf = record >> np.uint64(32), record & _RIGHT_IS_LEAF
        else:
            break
    return node, leaf != np.uint64(0)


@inlined
def _share_leaf(trees: WalkableTrees, room: WalkingRoom, node: np.uint64) -> None:
    """Add the values of a leaf that all pixels come to."""
    row = trees.nodes[node]
    for c in range(len(room.shared_c)):
        room.shared_c[c] += trees.values_lc[row, c]


@inlined
def _sort_leaves(room: WalkingRoom, listed: tuple[np.uint64, np.uint64], trees: np.uint64) -> None:
    """Write the leaves that are listed tree by tree, BLOCK_PX places for each tree; count them."""
    for tree in range(trees):
        room.leaf_counts[tree] = np.uint64(0)
    for i in range(listed[0], listed[1]):
        item = room.items[i]
        tree = (item >> np.uint64(TREE_SHIFT)) & np.uint64(0xFF)
        count = room.leaf_counts[tree]
        room.leaves[tree * np.uint64(BLOCK_PX) + count] = item
        room.leaf_counts[tree] = count + np.uint64(1)


@inlined
def _add_leaves(trees: WalkableTrees, room: WalkingRoom, first: np.uint64, count: np.int64) -> None:
    """Add the values of the leaves of one tree, `count` from `first` on, to the sums of their pixels."""
    if count == 1:
        _share_leaf(trees, room, room.leaves[first] >> np.uint64(NODE_SHIFT))
        return
    place_leaves(room.masks, room.leaves, first, count, room.places)
    for c in range(len(room.shared_c)):
        for i in range(count):
            node = room.leaves[first + np.uint64(i)] >> np.uint64(NODE_SHIFT)
            room.table[i] = trees.values_lc[trees.nodes[node], c]
        row = np.uint64(c * BLOCK_PX)
        if np.uint64(4 * count) <= values_in_registers():
            add_looked_up_1(room.sums_ci, row, room.table, room.places)
        elif np.uint64(2 * count) <= values_in_registers():
            add_looked_up_2(room.sums_ci, row, room.table, room.places)
        elif np.uint64(count) <= values_in_registers():
            add_looked_up_4(room.sums_ci, row, room.table, room.places)
        else:
            for i in range(BLOCK_PX):
                room.sums_ci[c, i] += room.table[room.places[i]]


@inlined
def _walk_block(trees: WalkableTrees, room: WalkingRoom) -> None:
    """Add the leaf values of all trees to the sums of the pixels that are named; other sums get anything."""
    one, leaf_start = np.uint64(1), np.uint64(room.leaf_start)
    room.shared_c[:] = np.uint32(0)
    for word in range(4):
        room.masks[word] = room.pixels[word]
    for first in range(0, len(trees.roots), TREES_AT_ONCE):
        begun = np.uint64(0)
        for tree in range(first, min(first + TREES_AT_ONCE, len(trees.roots))):
            node, is_leaf = _decide_by_range(trees.nodes, trees.roots[tree], room.lowest_f, room.highest_f)
            if is_leaf:
                _share_leaf(trees, room, node)
            else:
                room.items[begun] = (node << np.uint64(NODE_SHIFT)) | (begun << np.uint64(TREE_SHIFT))
                begun += one
        leaf_end = visit_trees(trees.nodes, room.block, room.masks, room.items, begun, leaf_start)
        _sort_leaves(room, (leaf_start, leaf_end), begun)
        for tree in range(begun):
            _add_leaves(trees, room, tree * np.uint64(BLOCK_PX), np.int64(room.leaf_counts[tree]))
    for c in range(len(room.shared_c)):
        for i in range(BLOCK_PX):
            room.sums_ci[c, i] += room.shared_c[c]


@compiled_without_allocation
def predict_blocks(
    trees: WalkableTrees,
    room: WalkingRoom,
    bins_fyx: npt.NDArray[np.uint8],
    first_row: int,
    block_height: int,
    probabilities_kyx: npt.NDArray[np.float32],
) -> None:
    """Write the class probabilities of as many rows of a tile as there is room for, from `first_row` on.

    Blocks have `block_height` rows (a divisor of 256). The sums of `room` are all zero before and after.
    """
    height, width = probabilities_kyx.shape[1:]
    block_width = BLOCK_PX // block_height
    for top in range(0, height, block_height):
        for left in range(0, width, block_width):
            place = (top, left, min(block_height, height - top), min(block_width, width - left))
            name_pixels(room.pixels, place[2], place[3], block_width)
            take_block(bins_fyx, first_row, place, block_width, room.block)
            note_range(room.block, place, block_width, room.lowest_f, room.highest_f)
            _walk_block(trees, room)
            if trees.unit > 0:
                give_scored_block(
                    room.sums_ci, trees.unit, trees.offsets_k, room.score_k, place, block_width, probabilities_kyx
                )
            else:
                give_block(room.sums_ci, len(trees.roots), place, block_width, probabilities_kyx)
            room.sums_ci[:] = np.uint32(0)
