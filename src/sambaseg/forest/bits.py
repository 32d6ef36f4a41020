"""Questions to many values at once, with the answers as the bits of one integer.

These few lines of LLVM say what a loop over bytes does not get compiled to: one comparison of 32 bytes and one
instruction that gathers its answers. Bit i stands for pixel i.
"""

# ruff: noqa: ANN401  (llvmlite has no types)
from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic


def vector_of(bits: int, count: int) -> Any:
    """Return LLVM's type of `count` integers of `bits` bits."""
    return ir.VectorType(ir.IntType(bits), count)


def repeat_value(builder: Any, value: Any, count: int) -> Any:
    """Return a vector that holds `value` `count` times."""
    undefined = ir.Constant(ir.VectorType(value.type, count), ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(vector_of(32, count), [0] * count))


def place_of(context: Any, builder: Any, array_type: Any, array: Any, start: Any, vector: Any) -> Any:
    """Return the address of element `start` of a contiguous array, for loading a vector."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer())


def _at_most(typing_context: Any, values: Any, start: Any, limit: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, first, most = arguments
        address = place_of(context, builder, signature.args[0], array, first, vector_of(8, 64))
        pixels = builder.load(address, align=1)
        answers = builder.icmp_unsigned("<=", pixels, repeat_value(builder, most, 64))
        return builder.bitcast(answers, ir.IntType(64))

    return types.uint64(values, start, limit), generate


def _count_below(typing_context: Any, values: Any, start: Any, limit: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, first, above = arguments
        lanes = ir.VectorType(ir.FloatType(), 16)
        address = place_of(context, builder, signature.args[0], array, first, lanes)
        answers = builder.fcmp_ordered("<", builder.load(address, align=4), repeat_value(builder, above, 16))
        bits = builder.zext(builder.bitcast(answers, ir.IntType(16)), ir.IntType(64))
        return builder.ctpop(bits)

    return types.uint64(values, start, limit), generate


def _count_bits(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(arguments[0])

    return types.int64(word), generate


at_most_64: Any = intrinsic(_at_most)
"""``at_most_64(values, start, limit)``: which of 64 bytes from `start` on are <= `limit`, as a uint64.

All are unsigned: `values` a contiguous uint8 array, `start` uint64, `limit` uint8. Nothing is checked.
"""

count_below_16: Any = intrinsic(_count_below)
"""``count_below_16(values, start, limit)``: how many of 16 floats from `start` on are below `limit`, as a uint64.

`values` is a contiguous float32 array, `start` is uint64, `limit` is float32. Nothing is checked.
"""

count_bits: Any = intrinsic(_count_bits)
"""``count_bits(word)``: how many bits of a uint64 are set, as an int64."""
