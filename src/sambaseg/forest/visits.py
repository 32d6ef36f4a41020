"""A block of 256 pixels goes through several trees at once: each node that a pixel comes to is visited, level by level.

What is to be visited stands in a list of items: a node (32 bits), which of the trees it is in (8 bits), and where its
pixels are (24 bits): four words of bits among the masks. The n-th visit writes the pixels that go on to the left and to
the right to the n-th place among the masks, and appends those children that have any to the list, or to the list of
leaves. Several trees share the list because a processor can only work ahead on what it does not wait for: a child comes
long after its parent, with nodes of other trees between.

This is written in LLVM's language, as one function with a loop, so that nothing else takes up registers. Where the
processor has masks of 64 bits in registers of their own (AVX-512), pixels stay there.
"""

# ruff: noqa: ANN401  (llvmlite has no types)
from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from sambaseg.forest.bits import place_of, repeat_value, vector_of

TREES_AT_ONCE = 4

MASK_WORDS = 8
"""Words that a visit writes: four of pixels that go to the left, four of those that go to the right."""

LEFT_IS_LEAF, RIGHT_IS_LEAF = 1 << 31, 1 << 30
ROW_BITS, BIN_BITS = 0x3FFFFF00, 0xFF
"""Of a node: its feature times 256, which is where a block has the feature's bins; its bin."""

NODE_SHIFT, TREE_SHIFT = 32, 24
MASK_BITS, TREE_BITS = (1 << TREE_SHIFT) - 1, 0xFF << TREE_SHIFT
"""Of an item."""

_NODE_BITS = 0xFFFFFFFF << NODE_SHIFT
_WORDS = 4
_NAME = "sambaseg_visit_trees"
_WHOLE, _BYTE = ir.IntType(64), ir.IntType(8)
_BITS, _BYTES = vector_of(1, 64), vector_of(8, 64)


def _number(value: int) -> Any:
    return ir.Constant(_WHOLE, value)


def _at(builder: Any, address: Any, place: Any) -> Any:
    return builder.gep(address, [place], inbounds=True)


class _Lists(NamedTuple):
    """The position of the visit in the list, the list's end, and the end of the list of leaves."""

    at: Any
    end: Any
    leaf_end: Any


class _Visitor:
    """Writes one visit, from addresses of nodes, block, masks and items."""

    def __init__(self, builder: Any, arguments: list[Any], *, in_masks: bool) -> None:
        self._builder = builder
        self._nodes, self._block, self._masks, self._items = arguments
        self._in_masks = in_masks

    def visit(self, lists: _Lists) -> _Lists:
        """Visit the next node of the list."""
        builder = self._builder
        item = builder.load(_at(builder, self._items, lists.at), align=8)
        record = builder.load(_at(builder, self._nodes, builder.lshr(item, _number(NODE_SHIFT))), align=8)
        mask = builder.mul(builder.add(lists.at, _number(1)), _number(MASK_WORDS))
        some_left, some_right = self._split(item, record, _at(builder, self._masks, mask))
        behind = builder.add(item, _number(1 << NODE_SHIFT))
        left = builder.or_(builder.and_(behind, _number(_NODE_BITS | TREE_BITS)), mask)
        right = builder.or_(builder.and_(record, _number(_NODE_BITS)), builder.and_(item, _number(TREE_BITS)))
        right = builder.or_(right, builder.add(mask, _number(_WORDS)))
        lists = self._append(lists, left, some_left, self._is_set(record, LEFT_IS_LEAF))
        lists = self._append(lists, right, some_right, self._is_set(record, RIGHT_IS_LEAF))
        return lists._replace(at=builder.add(lists.at, _number(1)))

    def _split(self, item: Any, record: Any, to: Any) -> tuple[Any, Any]:
        """Write which pixels go to the left and to the right; return whether there are any."""
        builder = self._builder
        inside = _at(builder, self._masks, builder.and_(item, _number(MASK_BITS)))
        row = _at(builder, self._block, builder.and_(record, _number(ROW_BITS)))
        bins, limit = builder.bitcast(row, _BYTES.as_pointer()), repeat_value(builder, builder.trunc(record, _BYTE), 64)
        sides: tuple[list[Any], list[Any]] = [], []
        for word in range(_WORDS):
            pixels = builder.load(_at(builder, inside, _number(word)), align=8)
            own = builder.load(_at(builder, bins, _number(word)), align=1)
            low = builder.icmp_unsigned("<=", own, limit)
            if self._in_masks:
                bits = builder.bitcast(pixels, _BITS)
                parts = builder.and_(bits, low), builder.and_(bits, builder.not_(low))
            else:
                left = builder.and_(pixels, builder.bitcast(low, _WHOLE))
                parts = left, builder.xor(pixels, left)
            for side, (masks, part) in enumerate(zip(sides, parts, strict=True)):
                masks.append(part)
                builder.store(builder.bitcast(part, _WHOLE), _at(builder, to, _number(_WORDS * side + word)), align=8)
        return self._any(sides[0]), self._any(sides[1])

    def _any(self, masks: list[Any]) -> Any:
        builder = self._builder
        all_of = builder.or_(builder.or_(masks[0], masks[1]), builder.or_(masks[2], masks[3]))
        return builder.icmp_unsigned("!=", builder.bitcast(all_of, _WHOLE), _number(0))

    def _is_set(self, record: Any, bit: int) -> Any:
        return self._builder.icmp_unsigned("!=", self._builder.and_(record, _number(bit)), _number(0))

    def _append(self, lists: _Lists, child: Any, some: Any, is_leaf: Any) -> _Lists:
        """Write a child behind its list, which becomes longer where the child has pixels."""
        builder = self._builder
        to = builder.select(is_leaf, lists.leaf_end, lists.end)
        builder.store(child, _at(builder, self._items, to), align=8)
        end = builder.add(to, builder.zext(some, _WHOLE))
        return lists._replace(
            end=builder.select(is_leaf, lists.end, end), leaf_end=builder.select(is_leaf, end, lists.leaf_end)
        )


def _visiting_function(module: Any, *, in_masks: bool) -> Any:
    """Return the function (nodes, block, masks, items, end, leaf start) that visits until the list is empty."""
    if _NAME in module.globals:
        return module.globals[_NAME]
    wholes = _WHOLE.as_pointer()
    kind = ir.FunctionType(_WHOLE, [wholes, _BYTE.as_pointer(), wholes, wholes, _WHOLE, _WHOLE])
    function = ir.Function(module, kind, _NAME)
    function.linkage = "internal"
    function.attributes.add("noinline")
    for array in function.args[:4]:
        array.add_attribute("noalias")
    entry, loop, done = (function.append_basic_block(name) for name in ("entry", "loop", "done"))
    builder = ir.IRBuilder(entry)
    *arrays, first_end, leaf_start = function.args
    builder.cbranch(builder.icmp_unsigned("<", _number(0), first_end), loop, done)
    builder.position_at_end(loop)
    before = _Lists(*(builder.phi(_WHOLE) for _ in range(3)))
    after = _Visitor(builder, arrays, in_masks=in_masks).visit(before)
    for phi, start, following in zip(before, (_number(0), first_end, leaf_start), after, strict=True):
        phi.add_incoming(start, entry)
        phi.add_incoming(following, loop)
    builder.cbranch(builder.icmp_unsigned("<", after.at, after.end), loop, done)
    builder.position_at_end(done)
    leaf_end = builder.phi(_WHOLE)
    leaf_end.add_incoming(leaf_start, entry)
    leaf_end.add_incoming(after.leaf_end, loop)
    builder.ret(leaf_end)
    return function


def _visit(typing_context: Any, nodes: Any, block: Any, masks: Any, items: Any, end: Any, leaf_start: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        in_masks = "+avx512bw" in context.codegen().magic_tuple()[2]
        arrays = [
            place_of(context, builder, array_type, array, _number(0), element)
            for array_type, array, element in zip(
                signature.args[:4], arguments[:4], (_WHOLE, _BYTE, _WHOLE, _WHOLE), strict=True
            )
        ]
        return builder.call(_visiting_function(builder.module, in_masks=in_masks), [*arrays, *arguments[4:]])

    return types.uint64(nodes, block, masks, items, end, leaf_start), generate


visit_trees: Any = intrinsic(_visit)
"""``visit_trees(nodes, block, masks, items, end, leaf_start)``: visit inner nodes, items 0 to `end`, and all below.

The first items are the roots; their pixels must be in the first MASK_WORDS words of `masks`. Leaves are listed from
`leaf_start` on; returns the end of their list. `nodes`, `masks` and `items` are contiguous uint64 arrays, `block` is a
contiguous uint8 array of 256 bins a feature, the rest is uint64. Nothing is checked: there must be room for MASK_WORDS
words for each visit and one, and in both lists for one item more than there are.
"""
