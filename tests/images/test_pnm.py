"""PNM and PFM: values as they are, text and binary, and what is wrong with broken ones."""

import numpy as np
import pytest

from sambaseg.errors import BrokenImageError, ImageTooLargeError, UnsupportedImageError
from sambaseg.images.reader import read_image


def read(tmp_path, content):
    path = tmp_path / "a.pnm"
    path.write_bytes(content)
    return read_image(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"P1 3 2\n101\n0 1 0", [[[0, 255, 0], [255, 0, 255]]]),  # 1 is black
        (b"P4 3 2\n\xa0\x40", [[[0, 255, 0], [255, 0, 255]]]),
        (b"P2\n# a comment\n2 1 # more\n7\n0 7", [[[0, 7]]]),
        (b"P5 2 1 255\n\x01\xff", [[[1, 255]]]),
        (b"P5 2 1 1000\n\x03\xe8\x00\x01", [[[1000, 1]]]),
        (b"P3 2 1 255 1 2 3 4 5 6", [[[1, 4]], [[2, 5]], [[3, 6]]]),
        (b"P6 1 2 255\n\x01\x02\x03\x04\x05\x06", [[[1], [4]], [[2], [5]], [[3], [6]]]),
        (b"Pf 1 2 -1.0\n" + np.array([1.5, -2], "<f4").tobytes(), [[[-2.0], [1.5]]]),  # rows from the bottom
        (b"PF 1 1 1.0\n" + np.array([1, 2, 3], ">f4").tobytes(), [[[1]], [[2]], [[3]]]),
    ],
)
def test_values_are_kept(tmp_path, content, expected):
    assert read(tmp_path, content).pixels_cyx.tolist() == expected


@pytest.mark.parametrize(("largest", "dtype", "bits"), [(1, np.uint8, 1), (255, np.uint8, 8), (256, np.uint16, 9)])
def test_the_type_follows_the_largest_value(tmp_path, largest, dtype, bits):
    info = read(tmp_path, b"P5 1 1 %d\n\0\1" % largest).info
    assert (info.dtype, info.bits) == (np.dtype(dtype).name, bits)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"P5 2", "ends within its header"),
        (b"P5 2 x 255\n", "where a number was expected"),
        (b"P5 -2 1 255\n", "where a number was expected"),
        (b"P5 0 1 255\n", "size of 0 by 1"),
        (b"P5 1 1 70000\n\0\0", "largest value"),
        (b"P5 1 1 0\n\0\0", "largest value"),
        (b"P5 2 2 255\n\0\0\0", "does not hold as many"),
        (b"P5 1 1 100\n\xff", "holds the value 255"),
        (b"P2 2 2 255\n1 2 3", "does not hold as many"),
        (b"P2 2 2 255\n1 2 3 -4", "does not hold as many"),
        (b"P2 2 2 255\n1 2 3 4.5", "does not hold as many"),
        (b"P2 2 1 255\n1 999", "holds the value 999"),
        (b"P1 2 1\n2 0", "does not hold as many"),
        (b"P1 2 1\n1", "does not hold as many"),
        (b"P4 9 2\n\0\0\0", "does not hold as many"),
        (b"Pf 1 1 -1\n\0\0\0", "does not hold as many"),
    ],
)
def test_broken_files_are_named(tmp_path, content, reason):
    with pytest.raises(BrokenImageError, match=reason):
        read(tmp_path, content)


def test_huge_claims_are_refused_from_the_header(tmp_path):
    with pytest.raises(ImageTooLargeError):
        read(tmp_path, b"P5 100000 100000 255\n")
    with pytest.raises(ImageTooLargeError):
        read(tmp_path, b"P2 10000 10000 255\n")


def test_pam_is_refused_by_name(tmp_path):
    with pytest.raises(UnsupportedImageError, match="PAM"):
        read(tmp_path, b"P7\nWIDTH 1\n")
