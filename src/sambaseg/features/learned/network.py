"""The encoder's network: a stem, layers that each look further, a head; row by row, so that little is held at once.

The stem is a 3 by 3 convolution with ReLU. A layer convolves each channel by itself (3 by 3, its pixels a dilation
apart), mixes the channels, and adds the ReLU of that to what it was given. The head mixes channels into planes, v
becoming v / (1 + |v|). Convolutions are correlations, as in PyTorch, and only where all pixels are there.

Row r of a layer needs rows r, r + d and r + 2d of the one before. It is computed as soon as these are there, and takes
the place of the first, which nobody needs any more: one ring of rows holds all layers. A row is computed in parts that
fit into the first-level cache. Every pixel is the same sums in the same order wherever its tile begins.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled_without_allocation
from sambaseg.features.arrays import FloatArray
from sambaseg.features.family import Target
from sambaseg.features.learned.encoder import TOGETHER, Encoder
from sambaseg.features.scratch import Scratch

ZERO, ONE = np.float32(0), np.float32(1)
U1, U2, U3, U4 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(TOGETHER)
PART, PART_2, PART_3 = np.uint64(192), np.uint64(2 * 192), np.uint64(3 * 192)
"""Pixels of a row that are computed at once, at most; channels of a part stand as far apart.

A constant, so that the compiler knows that they do not overlap, and vectorises.
"""
VECTOR = np.uint64(16)


def ring_rows(encoder: Encoder) -> int:
    """Return how many rows of all channels are held at once."""
    return 2 * encoder.layers_reach_px + 1


def encode_into(target: Target, contrast_yx: FloatArray, encoder: Encoder, scratch: Scratch) -> None:
    """Write the planes of `contrast_yx`, C-contiguous, wider than the target by the reach of stem and layers."""
    columns = contrast_yx.shape[1] - 2
    ring_rcx = scratch.array("encoder rows", (ring_rows(encoder), encoder.channels, columns))
    gathered = scratch.array("encoder part", (encoder.channels * int(PART),))
    mixed = scratch.array("encoder sums", (TOGETHER * int(PART),))
    _encode(encoder, contrast_yx, ring_rcx, gathered, mixed, *target[:4])


@compiled_without_allocation
def _encode(
    encoder: Encoder,
    contrast_yx: FloatArray,
    ring_rcx: FloatArray,
    gathered: FloatArray,
    mixed: FloatArray,
    out_fyx: FloatArray,
    first: int,
    top: int,
    left: int,
) -> None:
    """Go through the rows: of each, the stem, and what then can be computed of each layer and of the planes."""
    rows = ring_rcx.shape[0]
    for stem_row in range(contrast_yx.shape[0] - 2):
        row, width = stem_row, ring_rcx.shape[2]
        _stem_row(encoder, contrast_yx, row, ring_rcx[row % rows], gathered)
        for layer in range(encoder.dilations_l.size):
            dilation = encoder.dilations_l[layer]
            row -= 2 * dilation
            width -= 2 * dilation
            if row < 0:
                break
            first_cx, last_cx = ring_rcx[row % rows], ring_rcx[(row + 2 * dilation) % rows]
            middle_cx = ring_rcx[(row + dilation) % rows]
            _layer_row(
                encoder, layer, first_cx, middle_cx, last_cx, np.uint64(dilation), np.uint64(width), gathered, mixed
            )
        if row >= 0:
            _head_row(encoder, ring_rcx[row % rows], np.uint64(width), gathered, mixed, out_fyx, first, top + row, left)


@compiled_without_allocation
def _stem_row(encoder: Encoder, contrast_yx: FloatArray, row: int, out_cx: FloatArray, gathered: FloatArray) -> None:
    above, middle, below = contrast_yx[row], contrast_yx[row + 1], contrast_yx[row + 2]
    width = np.uint64(out_cx.shape[1])
    part = _part_of(width)
    for begin in range(np.uint64(0), width, part):
        start = np.uint64(begin)
        count = min(part, width - start)
        for channel in range(np.uint64(out_cx.shape[0])):
            _convolve(above, middle, below, encoder.stem_ct[channel], U1, start, count, gathered, np.uint64(0))
            bias, out = encoder.stem_bias_c[channel], out_cx[channel]
            for x in range(count):
                value = gathered[x] + bias
                out[start + x] = value if value > ZERO else ZERO


@compiled_without_allocation
def _layer_row(
    encoder: Encoder,
    layer: int,
    first_cx: FloatArray,
    middle_cx: FloatArray,
    last_cx: FloatArray,
    dilation: np.uint64,
    width: np.uint64,
    gathered: FloatArray,
    mixed: FloatArray,
) -> None:
    """Write a row of a layer in the place of `first_cx`; what is right of a part is read before it is written."""
    depth_ct, point_oi, bias_o = encoder.depth_lct[layer], encoder.point_loi[layer], encoder.point_bias_lo[layer]
    channels = np.uint64(first_cx.shape[0])
    part = _part_of(width)
    for begin in range(np.uint64(0), width, part):
        start = np.uint64(begin)
        count = min(part, width - start)
        for channel in range(channels):
            above, middle, below = first_cx[channel], middle_cx[channel], last_cx[channel]
            _convolve(above, middle, below, depth_ct[channel], dilation, start, count, gathered, channel * PART)
        for output in range(np.uint64(0), channels, U4):
            _mix(gathered, point_oi, bias_o, np.uint64(output), channels, count, mixed)
            for index in range(U4):
                at, out, given = index * PART, first_cx[output + index], middle_cx[output + index]
                for x in range(count):
                    value = mixed[at + x]
                    out[start + x] = given[start + dilation + x] + (value if value > ZERO else ZERO)


@compiled_without_allocation
def _head_row(
    encoder: Encoder,
    row_cx: FloatArray,
    width: np.uint64,
    gathered: FloatArray,
    mixed: FloatArray,
    out_fyx: FloatArray,
    first: int,
    y: int,
    x0: int,
) -> None:
    channels, planes, left = np.uint64(row_cx.shape[0]), np.uint64(encoder.head_bias_f.size), np.uint64(x0)
    part = _part_of(width)
    for begin in range(np.uint64(0), width, part):
        start = np.uint64(begin)
        count = min(part, width - start)
        for channel in range(channels):
            at, values = channel * PART, row_cx[channel]
            for x in range(count):
                gathered[at + x] = values[start + x]
        for output in range(np.uint64(0), planes, U4):
            _mix(gathered, encoder.head_fi, encoder.head_bias_f, np.uint64(output), channels, count, mixed)
            for index in range(U4):
                at, out = index * PART, out_fyx[np.uint64(first) + output + index, y]
                for x in range(count):
                    value = mixed[at + x]
                    out[left + start + x] = value / (ONE + abs(value))


@compiled_without_allocation
def _part_of(width: np.uint64) -> np.uint64:
    """Return how many pixels a part has where a row of `width` is cut into parts of about the same size."""
    parts = (width + PART - U1) // PART
    vectors = (width + parts * VECTOR - U1) // (parts * VECTOR)
    part: np.uint64 = vectors * VECTOR
    return part


@compiled_without_allocation
def _convolve(
    above: FloatArray,
    middle: FloatArray,
    below: FloatArray,
    taps: FloatArray,
    step: np.uint64,
    start: np.uint64,
    count: np.uint64,
    out: FloatArray,
    at: np.uint64,
) -> None:
    """Write `count` pixels of the correlation of three rows from `start` on with nine taps into `out`, from `at` on."""
    a1, a2, a3 = taps[0], taps[1], taps[2]
    m1, m2, m3 = taps[3], taps[4], taps[5]
    b1, b2, b3 = taps[6], taps[7], taps[8]
    steps = step + step
    for x in range(count):
        left = start + x
        out[at + x] = (
            (a1 * above[left] + a2 * above[left + step] + a3 * above[left + steps])
            + (m1 * middle[left] + m2 * middle[left + step] + m3 * middle[left + steps])
            + (b1 * below[left] + b2 * below[left + step] + b3 * below[left + steps])
        )


@compiled_without_allocation
def _mix(
    gathered: FloatArray,
    weights_oi: FloatArray,
    bias_o: FloatArray,
    output: np.uint64,
    channels: np.uint64,
    count: np.uint64,
    mixed: FloatArray,
) -> None:
    """Write four outputs from `output` on, each the bias and the weighted sum of all channels, four at a time."""
    o1, o2, o3 = output + U1, output + U2, output + U3
    for x in range(count):
        mixed[x] = bias_o[output]
        mixed[PART + x] = bias_o[o1]
        mixed[PART_2 + x] = bias_o[o2]
        mixed[PART_3 + x] = bias_o[o3]
    for i in range(np.uint64(0), channels, U4):
        i1, i2, i3 = i + U1, i + U2, i + U3
        p0, p1, p2, p3 = weights_oi[output, i], weights_oi[output, i1], weights_oi[output, i2], weights_oi[output, i3]
        q0, q1, q2, q3 = weights_oi[o1, i], weights_oi[o1, i1], weights_oi[o1, i2], weights_oi[o1, i3]
        r0, r1, r2, r3 = weights_oi[o2, i], weights_oi[o2, i1], weights_oi[o2, i2], weights_oi[o2, i3]
        s0, s1, s2, s3 = weights_oi[o3, i], weights_oi[o3, i1], weights_oi[o3, i2], weights_oi[o3, i3]
        at = i * PART
        for x in range(count):
            a, b = gathered[at + x], gathered[at + PART + x]
            c, d = gathered[at + PART_2 + x], gathered[at + PART_3 + x]
            mixed[x] += (p0 * a + p1 * b) + (p2 * c + p3 * d)
            mixed[PART + x] += (q0 * a + q1 * b) + (q2 * c + q3 * d)
            mixed[PART_2 + x] += (r0 * a + r1 * b) + (r2 * c + r3 * d)
            mixed[PART_3 + x] += (s0 * a + s1 * b) + (s2 * c + s3 * d)
