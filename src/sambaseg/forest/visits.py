"""One step of a block of 256 pixels through a tree: four nodes are visited, and their children with pixels are listed.

It is written in LLVM's language so that all four nodes and their pixels are read before any child is written. A
processor does not know where the children will be written, as that depends on whether the ones before have pixels, and
would otherwise read one node after the other.
"""

# ruff: noqa: ANN401  (llvmlite has no types)
from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.types.containers import UniTuple
from numba.extending import intrinsic

from sambaseg.forest.bits import place_of, repeat_value, vector_of

ENTRY = 8
"""Numbers of one entry of a list: four words of pixels, the node, three unused."""
VISITED_AT_ONCE = 4

LEFT_IS_LEAF, RIGHT_IS_LEAF = 1 << 31, 1 << 30
ROW_BITS, BIN_BITS = 0x3FFFFF00, 0xFF
"""Of a node: its feature times 256, which is where a block has the feature's bins; its bin."""

_WORDS = 4
_WHOLE = ir.IntType(64)


class _Visited(NamedTuple):
    """A node as LLVM's values: its index, its record, pixels that go to the left and to the right in four words."""

    node: Any
    record: Any
    left: list[Any]
    right: list[Any]


class _Ends(NamedTuple):
    """Where the next inner node and the next leaf are written."""

    inner: Any
    leaves: Any


def _number(value: int) -> Any:
    return ir.Constant(_WHOLE, value)


def _behind(builder: Any, address: Any, count: int) -> Any:
    return builder.gep(address, [_number(count)], inbounds=True)


def _is_set(builder: Any, value: Any, bits: int) -> Any:
    return builder.icmp_unsigned("!=", builder.and_(value, _number(bits)), _number(0))


def _append(
    builder: Any, entry_at: Any, child: Any, pixels: list[Any], is_leaf: Any, counts: Any, ends: _Ends
) -> _Ends:
    """Write a child behind one of the lists; return the ends of both, the same as before where it has no pixels."""
    to = builder.select(is_leaf, ends.leaves, ends.inner)
    entry = entry_at(to)
    for word, part in enumerate(pixels):
        builder.store(part, _behind(builder, entry, word), align=8)
    builder.store(child, _behind(builder, entry, _WORDS), align=8)
    some = builder.or_(builder.or_(pixels[0], pixels[1]), builder.or_(pixels[2], pixels[3]))
    goes_on = builder.and_(builder.icmp_unsigned("!=", some, _number(0)), counts)
    following = builder.add(to, builder.select(goes_on, _number(ENTRY), _number(0)))
    return _Ends(builder.select(is_leaf, ends.inner, following), builder.select(is_leaf, following, ends.leaves))


def _visit(typing_context: Any, nodes: Any, block: Any, entries: Any, at: Any, end: Any, leaf_end: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        nodes, block, entries, at, end, leaf_end = arguments
        nodes_type, block_type, entries_type = signature.args[:3]

        def entry_at(place: Any) -> Any:
            return place_of(context, builder, entries_type, entries, place, _WHOLE)

        read = []
        for turn in range(VISITED_AT_ONCE):
            entry = _behind(builder, entry_at(at), ENTRY * turn)
            node = builder.load(_behind(builder, entry, _WORDS), align=8)
            record = builder.load(place_of(context, builder, nodes_type, nodes, node, _WHOLE), align=8)
            read.append(
                (node, record, [builder.load(_behind(builder, entry, word), align=8) for word in range(_WORDS)])
            )
        visited = []
        for node, record, inside in read:
            row = builder.and_(record, _number(ROW_BITS))
            bins = place_of(context, builder, block_type, block, row, vector_of(8, 64))
            limit = repeat_value(builder, builder.trunc(record, ir.IntType(8)), 64)
            left, right = [], []
            for word, pixels in enumerate(inside):
                own = builder.load(_behind(builder, bins, word), align=1)
                at_most = builder.bitcast(builder.icmp_unsigned("<=", own, limit), _WHOLE)
                left.append(builder.and_(pixels, at_most))
                right.append(builder.xor(pixels, left[-1]))
            visited.append(_Visited(node, record, left, right))
        ends = _Ends(end, leaf_end)
        for turn, each in enumerate(visited):
            counts = builder.icmp_unsigned("<", builder.add(at, _number(ENTRY * turn)), end)
            left_child, right_child = builder.add(each.node, _number(1)), builder.lshr(each.record, _number(32))
            is_leaf = _is_set(builder, each.record, LEFT_IS_LEAF)
            ends = _append(builder, entry_at, left_child, each.left, is_leaf, counts, ends)
            is_leaf = _is_set(builder, each.record, RIGHT_IS_LEAF)
            ends = _append(builder, entry_at, right_child, each.right, is_leaf, counts, ends)
        behind = builder.add(at, _number(ENTRY * VISITED_AT_ONCE))
        following = builder.select(builder.icmp_unsigned("<", behind, end), behind, end)
        return cgutils.pack_array(builder, [following, ends.inner, ends.leaves])

    return UniTuple(types.uint64, 3)(nodes, block, entries, at, end, leaf_end), generate


visit_nodes: Any = intrinsic(_visit)
"""``visit_nodes(nodes, block, entries, at, end, leaf_end)``: visit up to four of the inner nodes from `at` to `end`.

Their children with pixels are appended at `end`, or at `leaf_end` where they are leaves. Returns the new `at`, `end`
and `leaf_end`, where `at` is at most the old `end`. `nodes` and `entries` are contiguous uint64 arrays, `block` is a
contiguous uint8 array of 256 bins a feature, the rest is uint64. What stands behind the end of a list may be
overwritten, and is read: behind `end` it must be an earlier entry, or 0. Nothing is checked.
"""
