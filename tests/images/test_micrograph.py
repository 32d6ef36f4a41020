"""Micrographs of arrays, and what is said of them."""

import json

import numpy as np
import pytest

from sambaseg.images.micrograph import ImageInfo, Micrograph


@pytest.mark.parametrize(
    ("array", "shape", "dtype", "is_rgb", "names"),
    [
        (np.zeros((4, 5), np.uint16), (1, 4, 5), "uint16", False, ("Grey",)),
        (np.zeros((3, 4, 5), np.uint8), (3, 4, 5), "uint8", True, ("Red", "Green", "Blue")),
        (np.zeros((3, 4, 5), np.float32), (3, 4, 5), "float32", False, ("Channel 1", "Channel 2", "Channel 3")),
        (np.zeros((2, 4, 5), ">i4"), (2, 4, 5), "int32", False, ("Channel 1", "Channel 2")),
        (np.zeros((4, 5), np.float16), (1, 4, 5), "float32", False, ("Grey",)),
    ],
)
def test_an_array_becomes_a_micrograph(array, shape, dtype, is_rgb, names):
    micrograph = Micrograph.from_array(array)
    assert micrograph.pixels_cyx.shape == shape
    assert micrograph.pixels_cyx.dtype.isnative
    assert micrograph.pixels_cyx.flags.c_contiguous
    info = micrograph.info
    assert (info.dtype, info.is_rgb, info.channel_names) == (dtype, is_rgb, names)
    assert (micrograph.channels, *micrograph.shape_yx) == shape


def test_booleans_become_0_and_255_whatever_bytes_stand_for_them():
    odd = np.array([[0, 255], [2, 1]], dtype=np.uint8).view(np.bool_)
    assert Micrograph.from_array(odd).pixels_cyx.tolist() == [[[0, 255], [255, 255]]]
    assert Micrograph.from_array(odd).info.bits == 1


def test_numbers_that_are_not_finite_are_counted():
    info = Micrograph.from_array(np.array([[np.nan, np.inf], [-np.inf, 0]])).info
    assert (info.nan_count, info.inf_count) == (1, 2)


def test_info_survives_json():
    info = Micrograph.from_array(np.zeros((3, 4, 5), np.uint8), pixel_size_um=(0.5, 0.25)).info
    assert ImageInfo.from_json(json.loads(json.dumps(info.to_json()))) == info
    info = Micrograph.from_array(np.zeros((4, 5), np.uint8)).info
    assert ImageInfo.from_json(json.loads(json.dumps(info.to_json()))) == info
