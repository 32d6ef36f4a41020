"""Scoring a cut behind each of 256 bins at once, from running sums of a histogram: the inner loop of best cuts.

The score of a cut is the sum over both sides of the sum of squared class weights over the weight of the side. It is
kept as a dividend and a divisor, so that thousands of cuts that are not the best cost no division. This is written in
LLVM's language because a loop over bins with one over classes inside keeps nothing in registers.
"""

# ruff: noqa: ANN401  (llvmlite has no types)
from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from sambaseg.forest.bits import place_of, repeat_value, vector_of

BIN_COUNT = 256

_LANES = 16
"""Bins at once: two registers of the widest kind, since the steps of one wait for each other."""
_WHOLE, _REAL = ir.IntType(64), ir.DoubleType()
_BINS, _COUNTS, _REALS = vector_of(64, _LANES), vector_of(32, _LANES), ir.VectorType(_REAL, _LANES)


def _number(value: int) -> Any:
    return ir.Constant(_WHOLE, value)


def _reals(value: float) -> Any:
    return ir.Constant(_REALS, [value] * _LANES)


class _Arrays:
    """Arrays that a kernel was given, and reading from them."""

    def __init__(self, context: Any, builder: Any) -> None:
        self._context = context
        self._builder = builder

    def place(self, array_type: Any, array: Any, at: Any, kind: Any) -> Any:
        return place_of(self._context, self._builder, array_type, array, at, kind)

    def load(self, array_type: Any, array: Any, at: Any, kind: Any) -> Any:
        return self._builder.load(self.place(array_type, array, at, kind), align=8)


class _Sides:
    """What is summed over classes for some bins: samples and weight on the left, squared weights on both sides."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._samples = cgutils.alloca_once(builder, _COUNTS)
        self._sums = [cgutils.alloca_once(builder, _REALS) for _ in range(3)]
        builder.store(ir.Constant(_COUNTS, None), self._samples)
        for sums in self._sums:
            builder.store(_reals(0.0), sums)

    def add(self, entries: Any, weight: Any, whole: Any) -> None:
        """Add a class by its entries in the histogram, the weight of a draw and of all draws."""
        builder = self._builder
        samples = builder.trunc(builder.lshr(entries, ir.Constant(_BINS, [32] * _LANES)), _COUNTS)
        builder.store(builder.add(builder.load(self._samples), samples), self._samples)
        draws = builder.sitofp(builder.trunc(entries, _COUNTS), _REALS)
        left = builder.fmul(draws, repeat_value(builder, weight, _LANES))
        right = builder.fsub(repeat_value(builder, whole, _LANES), left)
        added = left, builder.fmul(left, left), builder.fmul(right, right)
        for sums, more in zip(self._sums, added, strict=True):
            builder.store(builder.fadd(builder.load(sums), more), sums)

    def score(self, total: Any) -> tuple[Any, Any, Any]:
        """Return the samples on the left, the divisor and the dividend."""
        builder = self._builder
        left, left_square, right_square = (builder.load(sums) for sums in self._sums)
        right = builder.fsub(repeat_value(builder, total, _LANES), left)
        dividend = builder.fadd(builder.fmul(left_square, right), builder.fmul(right_square, left))
        return builder.load(self._samples), builder.fmul(left, right), dividend


class _Best:
    """The highest score so far in each lane, as divisor and dividend."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._divisor, self._dividend = (cgutils.alloca_once_value(builder, _reals(value)) for value in (1.0, -1.0))

    def consider(self, possible: Any, divisor: Any, dividend: Any) -> None:
        """Take the scores that are higher, of cuts that are possible."""
        builder = self._builder
        before, below = builder.load(self._dividend), builder.load(self._divisor)
        higher = builder.fcmp_ordered(">", builder.fmul(dividend, below), builder.fmul(before, divisor))
        better = builder.and_(possible, higher)
        builder.store(builder.select(better, dividend, before), self._dividend)
        builder.store(builder.select(better, divisor, below), self._divisor)

    def score(self) -> Any:
        """Return the highest of all lanes."""
        builder = self._builder
        scores = builder.fdiv(builder.load(self._dividend), builder.load(self._divisor))
        lanes = [builder.extract_element(scores, ir.Constant(ir.IntType(32), lane)) for lane in range(_LANES)]
        highest = lanes[0]
        for score in lanes[1:]:
            highest = builder.select(builder.fcmp_ordered(">", score, highest), score, highest)
        return highest


def _score(typing_context: Any, histogram: Any, on_left: Any, table: Any, classes: Any, limits: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        histogram, on_left, table, classes, limits = arguments
        histogram_type, on_left_type, table_type, classes_type, _ = signature.args
        sizes, weights, wholes = cgutils.unpack_tuple(builder, classes)
        sizes_type, weights_type, wholes_type = classes_type.types
        total, fewest, most = cgutils.unpack_tuple(builder, limits)
        fewest, most = (repeat_value(builder, builder.trunc(each, ir.IntType(32)), _LANES) for each in (fewest, most))
        arrays, best = _Arrays(context, builder), _Best(builder)
        count = context.make_array(sizes_type)(context, builder, sizes).nitems
        with cgutils.for_range(builder, _number(BIN_COUNT // _LANES)) as step:
            first, sides = builder.mul(step.index, _number(_LANES)), _Sides(builder)
            with cgutils.for_range(builder, count) as turn:
                size = arrays.load(sizes_type, sizes, turn.index, _WHOLE)
                with builder.if_then(builder.icmp_signed(">", size, _number(0))):
                    at = builder.add(builder.mul(turn.index, _number(BIN_COUNT)), first)
                    sides.add(
                        arrays.load(histogram_type, histogram, at, _BINS),
                        arrays.load(weights_type, weights, turn.index, _REAL),
                        arrays.load(wholes_type, wholes, turn.index, _REAL),
                    )
            samples, divisor, dividend = sides.score(total)
            builder.store(samples, arrays.place(on_left_type, on_left, first, _COUNTS), align=4)
            builder.store(divisor, arrays.place(table_type, table, first, _REALS), align=8)
            second = builder.add(first, _number(BIN_COUNT))
            builder.store(dividend, arrays.place(table_type, table, second, _REALS), align=8)
            enough = builder.icmp_signed(">=", samples, fewest), builder.icmp_signed("<=", samples, most)
            best.consider(builder.and_(*enough), divisor, dividend)
        return best.score()

    return types.float64(histogram, on_left, table, classes, limits), generate


def _above(typing_context: Any, table: Any, start: Any, factor: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, start, factor = arguments
        lanes = ir.VectorType(_REAL, 64)
        divisors, dividends = (
            builder.load(
                place_of(context, builder, signature.args[0], table, builder.add(start, _number(row)), lanes), align=8
            )
            for row in (0, BIN_COUNT)
        )
        limits = builder.fmul(divisors, repeat_value(builder, factor, 64))
        return builder.bitcast(builder.fcmp_ordered(">", dividends, limits), _WHOLE)

    return types.uint64(table, start, factor), generate


score_bins: Any = intrinsic(_score)
"""``score_bins(histogram, on_left, table, (sizes, weights, node_weights), (total, fewest, most))``: score all cuts.

`histogram` (uint64, 256 a class) holds running sums of how many samples there are (high half) and how often they were
drawn (low half), of classes with as many samples as `sizes` (int64) says; others are left out. A draw weighs `weights`
(float64), all draws of a class weigh `node_weights`, of all classes `total`. Writes the samples on the left of each cut
into `on_left` (256 int32), and the scores into `table` (float64), 256 divisors and then 256 dividends. Returns about
the highest score of cuts with `fewest` to `most` (int64) samples on the left; -1 where there are none. Nothing is
checked.
"""

above_64: Any = intrinsic(_above)
"""``above_64(table, start, score)``: which of 64 cuts from `start` on score higher, as the bits of a uint64.

`table` is what `score_bins` wrote, `start` is uint64 and `score` float64. Nothing is checked.
"""
