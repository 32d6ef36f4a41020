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

from sambaseg.compiled import compiled
from sambaseg.forest.grow import LEAF
from sambaseg.forest.lookups import (
    add_looked_up_1,
    add_looked_up_2,
    add_looked_up_4,
    place_leaves,
    values_in_registers,
)
from sambaseg.forest.visits import BIN_BITS, ENTRY, LEFT_IS_LEAF, RIGHT_IS_LEAF, ROW_BITS, VISITED_AT_ONCE, visit_nodes
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
    """What one thread needs: two lists (inner nodes first, leaves from `leaf_start`), and what each pixel has.

    The bins of the block's pixels lie between `lowest_f` and `highest_f`. `shared_p` is what all of them have.
    """

    entries: Words
    leaf_start: int
    places: npt.NDArray[np.uint8]
    table: Values
    block: npt.NDArray[np.uint8]
    lowest_f: npt.NDArray[np.uint8]
    highest_f: npt.NDArray[np.uint8]
    pixels: Words
    sums_ci: Values
    shared_c: Values


def make_room(features: int, columns: int, depth: int) -> WalkingRoom:
    """Return room for walking trees of up to `depth` levels below the root."""
    leaf_start = (BLOCK_PX * (depth + 1) + VISITED_AT_ONCE) * ENTRY
    return WalkingRoom(
        entries=np.zeros(leaf_start + (BLOCK_PX + 1) * ENTRY, np.uint64),
        leaf_start=leaf_start,
        places=np.zeros(BLOCK_PX, np.uint8),
        table=np.zeros(BLOCK_PX, np.uint32),
        block=np.zeros(features * BLOCK_PX, np.uint8),
        lowest_f=np.zeros(features, np.uint8),
        highest_f=np.full(features, 255, np.uint8),
        pixels=np.zeros(4, np.uint64),
        sums_ci=np.zeros((columns, BLOCK_PX), np.uint32),
        shared_c=np.zeros(columns, np.uint32),
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
    values_lc: Values,
    block: npt.NDArray[np.uint8],
    lowest_f: npt.NDArray[np.uint8],
    highest_f: npt.NDArray[np.uint8],
    pixels: Words,
    entries: Words,
    leaf_start: np.uint64,
    places: npt.NDArray[np.uint8],
    table: Values,
    sums_ci: Values,
    shared_c: Values,
) -> None:
    """Add the leaf values of all trees to the sums of the pixels that `pixels` names; other sums get anything.

    One function in spite of its length: handing arrays on for each tree and block costs a third of its time.
    """
    one, node_word = np.uint64(1), np.uint64(4)
    none, step = np.uint64(0), np.uint64(ENTRY)
    for c in range(len(shared_c)):
        shared_c[c] = np.uint32(0)
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
            for c in range(len(shared_c)):
                shared_c[c] += values_lc[nodes[start], c]
            continue
        # First every leaf that pixels reach, with these pixels: two lists, filled without a branch to guess.
        at, end, leaf_end = none, step, leaf_start
        entries[0], entries[1], entries[2], entries[3] = pixels[0], pixels[1], pixels[2], pixels[3]
        entries[node_word] = start
        while at < end:
            at, end, leaf_end = visit_nodes(nodes, block, entries, at, end, leaf_end)
        # Then each pixel's place in the list of leaves, and the values of these leaves.
        leaves = np.int64((leaf_end - leaf_start) // step)
        if leaves == 1:
            for c in range(len(shared_c)):
                shared_c[c] += values_lc[nodes[entries[leaf_start | node_word]], c]
            continue
        place_leaves(entries, leaf_start, step, leaves, places)
        for c in range(len(shared_c)):
            for i in range(leaves):
                table[i] = values_lc[nodes[entries[leaf_start + np.uint64(i) * step + node_word]], c]
            row = np.uint64(c * BLOCK_PX)
            if np.uint64(4 * leaves) <= values_in_registers():
                add_looked_up_1(sums_ci, row, table, places)
            elif np.uint64(2 * leaves) <= values_in_registers():
                add_looked_up_2(sums_ci, row, table, places)
            elif np.uint64(leaves) <= values_in_registers():
                add_looked_up_4(sums_ci, row, table, places)
            else:
                for i in range(BLOCK_PX):
                    sums_ci[c, i] += table[places[i]]
    for c in range(len(shared_c)):
        for i in range(BLOCK_PX):
            sums_ci[c, i] += shared_c[c]


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
                trees.nodes, trees.roots, trees.values_lc, room.block, room.lowest_f, room.highest_f, room.pixels,
                room.entries, np.uint64(room.leaf_start), room.places, room.table, room.sums_ci, room.shared_c,
            )  # fmt: skip
            if trees.unit > 0:
                give_scored_block(room.sums_ci, trees.unit, trees.offsets_k, place, block_width, probabilities_kyx)
            else:
                give_block(room.sums_ci, len(trees.roots), place, block_width, probabilities_kyx)
            room.sums_ci[:] = np.uint32(0)
