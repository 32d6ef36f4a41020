"""The encoder with weights whose planes are known, beside SciPy, in tiles, and of extreme pixels."""

import io

import numpy as np
import pytest
from scipy import ndimage

from sambaseg.errors import DamagedFileError
from sambaseg.features.families.learned import learned_step
from sambaseg.features.family import Plane, Target
from sambaseg.features.learned import encoder as encoder_file
from sambaseg.features.learned.encoder import read_encoder, shipped_encoder
from sambaseg.features.learned.network import PART, encode_into
from sambaseg.features.scratch import Scratch

CHANNELS, PLANES = 8, 4
BRIGHTER, DARKER = 0, 1
"""Channels of the stem of `make_weights`: the local contrast where it is above 0, and less it where it is below."""


def make_weights(dilations=()):
    """Weights whose first plane shows the sum of all channels, the stem the pixel itself, layers nothing yet."""
    layers = len(dilations)
    weights = {
        "stem_w": np.zeros((CHANNELS, 3, 3)),
        "stem_b": np.zeros(CHANNELS),
        "depth_w": np.zeros((layers, CHANNELS, 3, 3)),
        "point_w": np.zeros((layers, CHANNELS, CHANNELS)),
        "point_b": np.zeros((layers, CHANNELS)),
        "head_w": np.zeros((PLANES, CHANNELS)),
        "head_b": np.zeros(PLANES),
    }
    weights["stem_w"][[BRIGHTER, DARKER], 1, 1] = 1, -1
    weights["head_w"][0, [BRIGHTER, DARKER]] = 1
    return {name: array.astype(np.float32) for name, array in weights.items()} | {
        "dilations": np.array(dilations, np.int64)
    }


def random_weights(channels=16, dilations=(1, 2, 4, 1, 3), planes=8):
    rng, layers = np.random.default_rng(5), len(dilations)
    weights = {
        "stem_w": rng.normal(0, 0.3, (channels, 3, 3)),
        "stem_b": rng.normal(0, 0.1, channels),
        "depth_w": rng.normal(0, 0.25, (layers, channels, 3, 3)),
        "point_w": rng.normal(0, channels**-0.5, (layers, channels, channels)),
        "point_b": rng.normal(0, 0.1, (layers, channels)),
        "head_w": rng.normal(0, 0.3, (planes, channels)),
        "head_b": rng.normal(0, 0.1, planes),
    }
    return {name: array.astype(np.float32) for name, array in weights.items()} | {
        "dilations": np.array(dilations, np.int64)
    }


def npz(weights):
    file = io.BytesIO()
    np.savez(file, **weights)
    return file.getvalue()


def encode(weights, contrast_yx):
    """What the network alone says of a local contrast, where all that it sees is there."""
    encoder = read_encoder(npz(weights))
    around = 2 * (1 + encoder.layers_reach_px)
    height, width = contrast_yx.shape[0] - around, contrast_yx.shape[1] - around
    planes_fyx = np.full((encoder.planes, height, width), np.nan, np.float32)
    contrast_yx = np.ascontiguousarray(contrast_yx, np.float32)
    encode_into(Target(planes_fyx, 0, 0, 0, height, width), contrast_yx, encoder, Scratch())
    return planes_fyx


def compute(weights, pixels_yx):
    """The planes of an image, without the pixels at its edges that do not see enough."""
    encoder = read_encoder(npz(weights))
    step, reach = learned_step(encoder), encoder.support_px
    height, width = pixels_yx.shape[0] - 2 * reach, pixels_yx.shape[1] - 2 * reach
    planes_fyx = np.full((encoder.planes, height, width), np.nan, np.float32)
    plane = Plane(np.ascontiguousarray(pixels_yx, np.float32), reach, reach)
    step.compute((plane,), Target(planes_fyx, 0, 0, 0, height, width), Scratch())
    return planes_fyx


def softsign(values):
    return values / (1 + np.abs(values))


def whole_numbers(shape=(40, 50)):
    return np.random.default_rng(2).integers(-3, 4, shape).astype(np.float32)


def test_head_is_the_softsign_of_weighted_channels():
    weights, contrast_yx = make_weights(), whole_numbers()
    weights["head_w"][1, [BRIGHTER, DARKER]] = 2, -1
    weights["head_b"][2] = -3
    seen = contrast_yx[1:-1, 1:-1]
    planes_fyx = encode(weights, contrast_yx)
    np.testing.assert_array_equal(planes_fyx[0], softsign(np.abs(seen)))
    np.testing.assert_array_equal(planes_fyx[1], softsign(np.where(seen > 0, 2 * seen, seen)))
    np.testing.assert_array_equal(planes_fyx[2], np.float32(-0.75))
    np.testing.assert_array_equal(planes_fyx[3], 0)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 2), (1, 0), (2, 1), (2, 2)])
def test_stem_is_a_correlation(row, column):
    weights, contrast_yx = make_weights(), np.abs(whole_numbers())
    weights["stem_w"][:] = 0
    weights["stem_w"][BRIGHTER, row, column] = 1
    seen = np.roll(contrast_yx, (1 - row, 1 - column), (0, 1))[1:-1, 1:-1]
    np.testing.assert_array_equal(encode(weights, contrast_yx)[0], softsign(seen))


@pytest.mark.parametrize("dilation", [1, 3, 8])
@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 1), (1, 2), (2, 0), (2, 2)])
def test_layer_adds_what_stands_a_dilation_away(dilation, row, column):
    weights, contrast_yx = make_weights((dilation,)), np.abs(whole_numbers())
    weights["depth_w"][0, BRIGHTER, row, column] = 1
    weights["point_w"][0, BRIGHTER, BRIGHTER] = 2
    away = np.roll(contrast_yx, (dilation * (1 - row), dilation * (1 - column)), (0, 1))
    inner = np.s_[1 + dilation : -1 - dilation, 1 + dilation : -1 - dilation]
    np.testing.assert_array_equal(encode(weights, contrast_yx)[0], softsign((contrast_yx + 2 * away)[inner]))


def test_layer_mixes_from_the_last_axis_to_the_one_before_and_adds_nothing_below_zero():
    weights, contrast_yx = make_weights((1,)), whole_numbers()
    weights["depth_w"][0, :, 1, 1] = 1
    weights["point_w"][0, 5, BRIGHTER] = 3
    weights["point_w"][0, 6, DARKER] = -3
    weights["point_b"][0, 5] = -2
    weights["head_w"][:3] = np.eye(CHANNELS)[[5, 6, BRIGHTER]]
    seen = contrast_yx[2:-2, 2:-2]
    planes_fyx = encode(weights, contrast_yx)
    np.testing.assert_array_equal(planes_fyx[0], softsign(np.maximum(3 * np.maximum(seen, 0) - 2, 0)))
    np.testing.assert_array_equal(planes_fyx[1], 0)
    np.testing.assert_array_equal(planes_fyx[2], softsign(np.maximum(seen, 0)))


def test_layers_together_see_as_far_as_stated_and_no_further():
    dilations = (2, 1, 4)
    weights, reach = make_weights(dilations), 1 + sum(dilations)
    weights["stem_w"][BRIGHTER] = np.eye(3)
    weights["depth_w"][:, BRIGHTER, 0, 0] = 1
    weights["point_w"][:, BRIGHTER, BRIGHTER] = 1
    contrast_yx = np.zeros((2 * reach + 2, 2 * reach + 2))
    contrast_yx[0, 0] = 1
    np.testing.assert_array_equal(encode(weights, contrast_yx)[0], [[0.5, 0], [0, 0]])


@pytest.mark.parametrize("level", [0, 0.3, 1, 1e4, -1e4])
def test_even_image_has_no_contrast(level):
    np.testing.assert_allclose(compute(make_weights(), np.full((110, 105), level)), 0, atol=1e-6)


def test_contrast_of_a_checkered_pattern_is_its_sign_whatever_its_strength():
    signs = 1 - 2 * (np.indices((120, 120)).sum(0) % 2)
    weights = make_weights()
    weights["head_w"][0, [BRIGHTER, DARKER]] = 1, -1
    for strength in (0.2, 300):
        np.testing.assert_allclose(compute(weights, 0.5 + strength * signs)[0], signs[49:-49, 49:-49] / 2, rtol=1e-4)


def test_single_bright_pixel_stands_out_by_eight_at_most():
    image = np.zeros((101, 101))
    image[50, 50] = 1
    assert compute(make_weights(), image)[0, 1, 1] == np.float32(8 / 9)


def expected_planes(weights, pixels_yx):
    """The definition in double precision, with SciPy, as large as the image; the edges are of no use."""
    taps = np.exp(-0.5 * (np.arange(-48, 49) / 16) ** 2)
    taps /= taps.sum()

    def local_mean(values_yx):
        return ndimage.correlate1d(ndimage.correlate1d(values_yx, taps, 0), taps, 1)

    mean_yx = local_mean(pixels_yx)
    variance_yx = np.maximum(local_mean(pixels_yx**2) - mean_yx**2, 0) + 1e-6
    contrast_yx = np.clip((pixels_yx - mean_yx) / np.sqrt(variance_yx), -8, 8)
    stem = [ndimage.correlate(contrast_yx, kernel) for kernel in weights["stem_w"].astype(float)]
    state_cyx = np.maximum(np.stack(stem) + weights["stem_b"][:, None, None], 0)
    for dilation, depth, point, bias in zip(
        weights["dilations"], weights["depth_w"], weights["point_w"], weights["point_b"], strict=True
    ):
        wide = np.zeros((len(depth), 2 * dilation + 1, 2 * dilation + 1))
        wide[:, ::dilation, ::dilation] = depth
        gathered = np.stack([ndimage.correlate(plane, kernel) for plane, kernel in zip(state_cyx, wide, strict=True)])
        state_cyx = state_cyx + np.maximum(np.tensordot(point, gathered, 1) + bias[:, None, None], 0)
    return softsign(np.tensordot(weights["head_w"], state_cyx, 1) + weights["head_b"][:, None, None])


def test_equals_scipy(peer_image):
    weights = random_weights()
    reach = read_encoder(npz(weights)).support_px
    expected = expected_planes(weights, peer_image.astype(float))[:, reach:-reach, reach:-reach]
    found = compute(weights, peer_image)
    assert (np.ptp(expected, axis=(1, 2)) > 0.05).all()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("columns", [1, 15, 170, int(PART), int(PART) + 1, 2 * int(PART) + 37])
def test_tiles_equal_the_whole_bit_for_bit(columns):
    weights = random_weights()
    reach = read_encoder(npz(weights)).support_px
    rng = np.random.default_rng(3)
    image = rng.random((2 * reach + 30, 2 * reach + columns), dtype=np.float32)
    whole_fyx = compute(weights, image)
    assert np.isfinite(whole_fyx).all()
    for y, x in ((0, 0), (7, columns // 3), (29, columns - 1)):
        tile_fyx = compute(weights, image[y:, x:])
        np.testing.assert_array_equal(tile_fyx.view(np.uint32), whole_fyx[:, y:, x:].view(np.uint32))
        tile_fyx = compute(weights, image[: 2 * reach + y + 1, : 2 * reach + x + 1])
        np.testing.assert_array_equal(tile_fyx.view(np.uint32), whole_fyx[:, : y + 1, : x + 1].view(np.uint32))


@pytest.mark.parametrize("kind", ["noise", "checkered", "spot", "step"])
def test_planes_of_the_largest_scaled_pixels_are_finite_and_within_one(kind):
    y, x = np.indices((150, 140))
    image = {
        "noise": np.random.default_rng(4).choice([-1e4, 0, 1e4], y.shape),
        "checkered": 1e4 * (1 - 2.0 * ((y + x) % 2)),
        "spot": 1e4 * ((y == 75) & (x == 70)),
        "step": np.where(x < 70, -1e4, 1e4),
    }[kind]
    planes_fyx = compute(random_weights(), image)
    assert np.isfinite(planes_fyx).all()
    assert np.abs(planes_fyx).max() <= 1


def test_step_needs_no_more_memory_than_it_states():
    encoder = read_encoder(npz(random_weights(32, (1, 1, 2, 1, 2, 4, 2, 4, 8, 4, 8, 16), 16)))
    step = learned_step(encoder)
    for size in (128, 256):
        side, scratch = size + 2 * encoder.support_px, Scratch()
        plane = Plane(np.zeros((side, side), np.float32), encoder.support_px, encoder.support_px)
        target = Target(np.empty((encoder.planes, size, size), np.float32), 0, 0, 0, size, size)
        step.compute((plane,), target, scratch)
        own = sum(taken for name, taken in scratch.sizes().items() if not name.startswith("blur"))
        assert own <= 4 * step.scratch_planes * side**2 + 2**16


def test_half_precision_weights_are_read_as_they_are():
    halves = {name: array.astype(np.float16) for name, array in random_weights().items() if name != "dilations"}
    encoder = read_encoder(npz(halves | {"dilations": np.array([1, 2, 4, 1, 3])}))
    assert encoder.point_loi.dtype == np.float32
    np.testing.assert_array_equal(encoder.point_loi, halves["point_w"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"head_b": None}, "head_b"),
        ({"stem_w": np.zeros((CHANNELS, 5, 5))}, "stem_w"),
        ({"point_b": np.full((1, CHANNELS), np.nan)}, "point_b"),
        ({"dilations": np.array([0])}, "dilations"),
        ({"head_w": np.zeros((3, CHANNELS)), "head_b": np.zeros(3)}, "multiples of 4"),
        ({"stem_b": np.array([{}] * CHANNELS)}, "no file of an encoder"),
    ],
)
def test_file_that_is_no_encoder_is_refused(changes, said):
    changed = {name: array for name, array in (make_weights((1,)) | changes).items() if array is not None}
    with pytest.raises(DamagedFileError, match=said):
        read_encoder(npz(changed))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken off", npz(random_weights())])
def test_damaged_missing_or_other_weights_are_refused_with_a_sentence(content, tmp_path, monkeypatch):
    monkeypatch.setattr(encoder_file, "files", lambda _: tmp_path)
    if content is not None:
        (tmp_path / encoder_file.FILE).write_bytes(content)
    with pytest.raises(DamagedFileError, match="damaged or missing") as refused:
        shipped_encoder.__wrapped__()
    assert "Install sambaseg anew" in refused.value.hint


def test_weights_of_the_family_never_change():
    """A classifier names the family and means these weights: better ones are another family, beside this one."""
    assert encoder_file.SHA256 == "189b3c32ca7a88ff06e763f29d46596885838ad29127d66dba62c6542a2251fa"
    encoder = shipped_encoder()
    assert (encoder.planes, encoder.support_px) == (16, 102)
