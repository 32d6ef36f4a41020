"""Running sums and ranks of a few numbers, many at once: what loops in kernels do not get compiled to."""

# ruff: noqa: ANN401  (llvmlite has no types)
from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from sambaseg.forest.bits import place_of, repeat_value, vector_of

RANKED_KEYS = 48
"""Room that `rank_keys` needs."""

_LANES = 16


def _moved_up(builder: Any, vector: Any, by: int) -> Any:
    """Return a vector whose values stand `by` places later, with zeros before."""
    count = vector.type.count
    places = [count if at < by else at - by for at in range(count)]
    return builder.shuffle_vector(vector, ir.Constant(vector.type, None), ir.Constant(vector_of(32, count), places))


def _add_up(typing_context: Any, values: Any, start: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values, start = arguments
        whole, lanes = ir.IntType(64), vector_of(64, 8)
        carried = cgutils.alloca_once_value(builder, ir.Constant(lanes, None))
        with cgutils.for_range(builder, ir.Constant(whole, 32)) as loop:
            first = builder.add(start, builder.mul(loop.index, ir.Constant(whole, 8)))
            place = place_of(context, builder, signature.args[0], values, first, lanes)
            sums = builder.load(place, align=8)
            for by in (1, 2, 4):
                sums = builder.add(sums, _moved_up(builder, sums, by))
            before = builder.load(carried)
            builder.store(builder.add(sums, before), place, align=8)
            last = builder.shuffle_vector(
                sums, ir.Constant(lanes, ir.Undefined), ir.Constant(vector_of(32, 8), [7] * 8)
            )
            builder.store(builder.add(before, last), carried)
        return context.get_dummy_value()

    return types.void(values, start), generate


def _first_bit(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(word), generate


def _rank(typing_context: Any, keys: Any, count: Any, ranks: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        keys, count, ranks = arguments
        whole, lanes = ir.IntType(64), vector_of(32, _LANES)
        rows = builder.udiv(builder.add(count, ir.Constant(whole, _LANES - 1)), ir.Constant(whole, _LANES))
        with cgutils.for_range(builder, rows) as row:
            first = builder.mul(row.index, ir.Constant(whole, _LANES))
            own = builder.load(place_of(context, builder, signature.args[0], keys, first, lanes), align=4)
            rank = cgutils.alloca_once(builder, lanes)
            builder.store(ir.Constant(lanes, None), rank)
            with cgutils.for_range(builder, count) as other:
                place = place_of(context, builder, signature.args[0], keys, other.index, ir.IntType(32))
                than = repeat_value(builder, builder.load(place, align=4), _LANES)
                above = builder.icmp_unsigned(">", own, than)
                builder.store(builder.add(builder.load(rank), builder.zext(above, lanes)), rank)
            to = place_of(context, builder, signature.args[2], ranks, first, lanes)
            builder.store(builder.load(rank), to, align=4)
        return context.get_dummy_value()

    return types.void(keys, count, ranks), generate


add_up_256: Any = intrinsic(_add_up)
"""``add_up_256(values, start)``: turn 256 numbers from `start` on into their running sums, each with its own number.

`values` is a contiguous uint64 array, `start` is int64. Nothing is checked.
"""

first_bit: Any = intrinsic(_first_bit)
"""``first_bit(word)``: the place of the lowest bit of a uint64 that is set, as an int64; 64 where none is."""

rank_keys: Any = intrinsic(_rank)
"""``rank_keys(keys, count, ranks)``: write how many of `count` keys are below each of them.

`keys` and `ranks` are contiguous uint32 arrays of RANKED_KEYS, `count` is int64, at most RANKED_KEYS; what stands
behind the ranks of `count` keys is anything.
"""
