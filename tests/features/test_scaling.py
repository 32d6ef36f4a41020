import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sambaseg.errors import ParameterError
from sambaseg.features.scaling import CLIP, Scaling
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pyramid import TileLayer

INTEGERS = ["uint8", "int8", "uint16", "int16"]
OTHERS = ["uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_short_integers_are_scaled_by_their_range(dtype):
    info = np.iinfo(dtype)
    pixels = np.array([[[info.min, info.max, (info.min + info.max + 1) // 2]]], dtype)
    scaling = Scaling.for_pixels(pixels)
    scaled = scaling.apply(pixels)
    assert scaling.kind == "dtype"
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[0, 0], [0, 1, 0.5], atol=0.003)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_every_level_of_short_integers_stays_apart(dtype):
    info = np.iinfo(dtype)
    levels = np.arange(info.min, info.max + 1, dtype=dtype).reshape(1, 1, -1)
    assert (np.diff(Scaling.for_pixels(levels).apply(levels)) > 0).all()


def test_booleans_become_zero_and_one():
    pixels = np.array([[[False, True]]])
    assert Scaling.for_pixels(pixels).apply(pixels).tolist() == [[[0.0, 1.0]]]


def test_a_16_bit_image_of_few_levels_loses_nothing():
    """The features of 12-bit data in 16 bits are those of the same data stretched, to the precision of float32."""
    from sambaseg.features.recipe import SAMBA_RECIPE
    from sambaseg.features.stack import compute_stack

    low = np.random.default_rng(0).integers(0, 4096, (1, 60, 60)).astype(np.uint16)
    few, full = (Scaling.for_pixels(pixels).apply(pixels) for pixels in (low, low * np.uint16(16)))
    few_stack, full_stack = compute_stack(few, SAMBA_RECIPE), compute_stack(full, SAMBA_RECIPE)
    for index, (plane, stretched) in enumerate(zip(few_stack, full_stack, strict=True)):
        factor = 256 if index in range(14, 42, 5) else 16  # the determinant is quadratic
        np.testing.assert_allclose(plane * factor, stretched, atol=2e-5 * np.ptp(stretched))


@pytest.mark.parametrize("dtype", OTHERS)
def test_other_kinds_are_scaled_by_percentiles(dtype):
    pixels = np.arange(2001).reshape(1, 3, 667).astype(dtype)
    scaling = Scaling.for_pixels(pixels)
    assert scaling.kind == "percentiles"
    np.testing.assert_allclose([*scaling.low_c, *scaling.high_c], [10, 1990], atol=0.5)
    np.testing.assert_allclose(scaling.apply(pixels).ravel()[[10, 1990]], [0, 1], atol=1e-3)


def test_each_channel_has_its_own_window():
    pixels = np.stack([np.linspace(0, 1, 100), np.linspace(500, 900, 100)]).reshape(2, 10, 10).astype(np.float32)
    scaled = Scaling.for_pixels(pixels).apply(pixels)
    np.testing.assert_allclose(scaled[0], scaled[1], atol=1e-4)


def test_small_differences_on_a_large_offset_survive():
    pixels = (1e9 + np.arange(100.0)).reshape(1, 10, 10)
    scaled = Scaling.for_pixels(pixels).apply(pixels)
    np.testing.assert_allclose(np.diff(scaled.ravel()), 1 / 98.01, rtol=1e-4)


def test_nan_and_infinities_become_the_stated_values():
    pixels = np.linspace(2, 4, 400, dtype=np.float32).reshape(1, 20, 20)
    pixels[0, 0, :3] = [np.nan, -np.inf, np.inf]
    scaling = Scaling.for_pixels(pixels)
    assert 2 < scaling.low_c[0] < scaling.high_c[0] < 4
    np.testing.assert_allclose(scaling.apply(pixels)[0, 0, :3], [0, 0, 1], atol=1e-6)


@pytest.mark.parametrize("fill", [np.nan, np.inf, 0.0, -7.0, 3.4e38, 5e-324, 1e308])
def test_image_of_one_value_is_scaled_to_something_finite(fill):
    pixels = np.full((1, 4, 4), fill, np.float64)
    assert np.isfinite(Scaling.for_pixels(pixels).apply(pixels)).all()


def test_image_with_a_few_bright_pixels_is_not_flattened():
    pixels = np.zeros((1, 100, 100), np.float32)
    pixels[0, 50, 50] = 8
    assert Scaling.for_pixels(pixels).apply(pixels).max() == 1


def test_outliers_are_clipped():
    pixels = np.r_[np.linspace(0, 1, 9998), 1e30, -1e30].astype(np.float32).reshape(1, 100, 100)
    scaled = Scaling.for_pixels(pixels).apply(pixels)
    assert (scaled.min(), scaled.max()) == (-CLIP, CLIP)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.uint64]), st.tuples(st.just(1), *[st.integers(1, 6)] * 2)
    )
)
def test_scaled_pixels_are_always_finite_and_bounded(pixels):
    scaled = Scaling.for_pixels(pixels).apply(pixels)
    assert scaled.dtype == np.float32
    assert np.abs(scaled).max() <= CLIP


def test_a_part_of_an_image_is_scaled_as_in_the_whole():
    pixels = np.random.default_rng(0).normal(0, 50, (2, 30, 40)).astype(np.float32)
    scaling = Scaling.for_pixels(pixels)
    np.testing.assert_array_equal(scaling.apply(pixels[:, 5:9, 3:20]), scaling.apply(pixels)[:, 5:9, 3:20])


def test_micrograph_is_scaled_by_its_pixels():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert Scaling.for_image(Micrograph.from_array(pixels)) == Scaling("dtype", "uint8", (0.0,), (255.0,))


@pytest.mark.parametrize("pixels", [np.zeros((1, 2, 2), np.uint8), np.random.default_rng(0).random((2, 5, 5))])
def test_json_gives_back_the_scaling(pixels):
    scaling = Scaling.for_pixels(pixels)
    assert Scaling.from_json(json.loads(json.dumps(scaling.to_json()))) == scaling


GOOD = {"kind": "percentiles", "dtype": "float32", "low": [0.0], "high": [1.0]}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "minmax"},
        {"kind": 3},
        {"dtype": "complex64"},
        {"dtype": "uint8"},
        {"kind": "dtype"},
        {"low": []},
        {"low": [0, 0]},
        {"low": 0},
        {"low": [True]},
        {"low": ["0"]},
        {"low": [float("nan")]},
        {"low": [10**400]},
        {"high": [0]},
        {"high": [float("inf")]},
        {"low": [-1.7e308], "high": [1.7e308]},
        {"extra": 1},
    ],
)
def test_bad_scaling_is_refused(change):
    Scaling.from_json(GOOD)
    with pytest.raises(ParameterError):
        Scaling.from_json({**GOOD, **change})


@pytest.mark.parametrize("values", [None, [], {"kind": "dtype"}])
def test_json_of_another_form_is_refused(values):
    with pytest.raises(ParameterError, match="object with kind, dtype, low and high"):
        Scaling.from_json(values)


@pytest.mark.parametrize("pixels", [np.zeros((1, 2, 2), np.uint16), np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2))])
def test_pixels_of_another_kind_are_refused(pixels):
    with pytest.raises(ParameterError, match="1 channels of uint8"):
        Scaling("dtype", "uint8", (0.0,), (255.0,)).apply(pixels)


def test_complex_pixels_are_refused():
    with pytest.raises(ParameterError, match="complex128"):
        Scaling.for_pixels(np.zeros((1, 2, 2), complex))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int32])
def test_pixels_that_lie_in_a_file_give_the_scaling_of_the_array(tmp_path, monkeypatch, dtype):
    monkeypatch.setattr("sambaseg.features.scaling.SAMPLE_LIMIT", 10_000)
    image_cyx = (np.random.default_rng(0).normal(size=(2, 700, 523)) * 50).astype(dtype)
    layer = TileLayer.create(tmp_path, image_cyx.shape, dtype)
    layer.write_array(image_cyx)
    micrograph = Micrograph(layer.pixels(), Micrograph.from_array(image_cyx).info)
    expected = Scaling.for_pixels(image_cyx)
    assert Scaling.for_image(micrograph) == expected
    monkeypatch.setattr("sambaseg.images.pixels._SAMPLE_BYTES", 1)
    assert Scaling.for_image(micrograph) == expected
    np.testing.assert_array_equal(micrograph.array(), image_cyx)
