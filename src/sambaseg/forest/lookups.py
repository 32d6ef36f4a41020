"""Adding a leaf's value to each of 256 pixels, where the pixels of each leaf are given as bits.

First each pixel gets the place of its leaf in a list, then values are looked up by these places. Processors look up
many values at once in a table that fits into registers; that is said here in LLVM's language, with the instructions of
AVX-512 and AVX2. Others do without (`values_in_registers` is 0 there), and a loop does the same.
"""

# ruff: noqa: ANN401  (llvmlite has no types)
from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from sambaseg.forest.bits import place_of, vector_of
from sambaseg.forest.visits import MASK_BITS

PIXELS = 256
_WORD_BITS = 64
_PARTS = 4
"""A table lies in at most so many registers."""


def _lanes(context: Any) -> int:
    """Return how many values of 32 bits are looked up at once by the processor that code is generated for, or 0."""
    features = context.codegen().magic_tuple()[2]
    return 16 if "+avx512f" in features else 8 if "+avx2" in features else 0


def _values_in_registers(typing_context: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return ir.Constant(ir.IntType(64), _PARTS * _lanes(context))

    return types.uint64(), generate


def _place_leaves(typing_context: Any, masks: Any, items: Any, start: Any, count: Any, places: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        masks, items, start, count, places = arguments
        masks_type, items_type, _, _, places_type = signature.args
        whole, lanes = ir.IntType(64), vector_of(8, _WORD_BITS)
        words = range(PIXELS // _WORD_BITS)
        held = [cgutils.alloca_once_value(builder, ir.Constant(lanes, None)) for _ in words]
        number = cgutils.alloca_once_value(builder, ir.Constant(lanes, None))
        one = ir.Constant(lanes, [1] * _WORD_BITS)
        with cgutils.for_range(builder, count) as loop:
            at = builder.add(start, loop.index)
            item = builder.load(place_of(context, builder, items_type, items, at, whole), align=8)
            first = builder.and_(item, ir.Constant(whole, MASK_BITS))
            for word in words:
                at = builder.add(first, ir.Constant(whole, word))
                mask = builder.load(place_of(context, builder, masks_type, masks, at, whole), align=8)
                chosen = builder.bitcast(mask, vector_of(1, _WORD_BITS))
                builder.store(builder.select(chosen, builder.load(number), builder.load(held[word])), held[word])
            builder.store(builder.add(builder.load(number), one), number)
        for word in words:
            at = ir.Constant(whole, word * _WORD_BITS)
            builder.store(builder.load(held[word]), place_of(context, builder, places_type, places, at, lanes), align=1)
        return context.get_dummy_value()

    return types.void(masks, items, start, count, places), generate


def _permute(builder: Any, tables: list[Any], places: Any) -> Any:
    """Return the values of one or two tables at `places`, of which only as many bits count as it takes."""
    lanes, vector = places.type.count, places.type
    if lanes == 16 and len(tables) == 2:
        kind, name = ir.FunctionType(vector, [vector] * 3), "llvm.x86.avx512.vpermi2var.d.512"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [tables[0], places, tables[1]])
    kind = ir.FunctionType(vector, [vector] * 2)
    name = "llvm.x86.avx512.permvar.si.512" if lanes == 16 else "llvm.x86.avx2.permd"
    permute = cgutils.get_or_insert_function(builder.module, kind, name)
    found = [builder.call(permute, [table, places]) for table in tables]
    return found[0] if len(found) == 1 else _choose(builder, found, places, lanes)


def _choose(builder: Any, found: list[Any], places: Any, bit: int) -> Any:
    """Return the second of two vectors where a bit of `places` is set, else the first."""
    vector = places.type
    second = builder.icmp_unsigned(
        "!=",
        builder.and_(places, ir.Constant(vector, [bit] * vector.count)),
        ir.Constant(vector, None),
    )
    return builder.select(second, found[1], found[0])


def _add_looked_up(parts: int) -> Any:
    def declare(typing_context: Any, sums: Any, start: Any, table: Any, places: Any) -> Any:  # noqa: ARG001
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            lanes = _lanes(context)
            if lanes == 0:
                return context.get_dummy_value()  # never reached: see `values_in_registers`
            sums, start, table, places = arguments
            sums_type, _, table_type, places_type = signature.args
            whole, vector = ir.IntType(64), vector_of(32, lanes)
            tables = [
                builder.load(
                    place_of(context, builder, table_type, table, ir.Constant(whole, part * lanes), vector), align=4
                )
                for part in range(parts)
            ]
            with cgutils.for_range(builder, ir.Constant(whole, PIXELS // lanes)) as loop:
                first = builder.mul(loop.index, ir.Constant(whole, lanes))
                bytes_at = place_of(context, builder, places_type, places, first, vector_of(8, lanes))
                at = builder.zext(builder.load(bytes_at, align=1), vector)
                found = [_permute(builder, tables[part : part + 2], at) for part in range(0, parts, 2)]
                values = found[0] if len(found) == 1 else _choose(builder, found, at, 2 * lanes)
                to = place_of(context, builder, sums_type, sums, builder.add(start, first), vector)
                builder.store(builder.add(builder.load(to, align=4), values), to, align=4)
            return context.get_dummy_value()

        return types.void(sums, start, table, places), generate

    return declare


values_in_registers: Any = intrinsic(_values_in_registers)
"""``values_in_registers()``: how many values a table may have for `add_looked_up_4`; 0 where there is no such thing.

Half and a quarter of it are what `add_looked_up_2` and `add_looked_up_1` take.
"""

place_leaves: Any = intrinsic(_place_leaves)
"""``place_leaves(masks, items, start, count, places)``: write for 256 pixels which of `count` leaves they are in.

The pixels of leaf i are four words of bits in `masks` (contiguous uint64), from where ``items[start + i]`` (contiguous
uint64, see `visits`) says; `places` are 256 contiguous bytes, 0 for pixels that are in none. `start` is uint64, `count`
is int64, at most 256.
"""

add_looked_up_1: Any = intrinsic(_add_looked_up(1))
add_looked_up_2: Any = intrinsic(_add_looked_up(2))
add_looked_up_4: Any = intrinsic(_add_looked_up(4))
"""``add_looked_up_4(sums, start, table, places)``: add ``table[places[i]]`` to the i-th of 256 sums from `start` on.

`sums` and `table` are contiguous uint32 arrays, `table` as long as what is read: `values_in_registers` for this one.
`places` are 256 contiguous bytes, `start` is uint64. Nothing is checked.
"""
