"""The chain of a TIFF's images: circles, endless chains, absurd claims."""

import struct
import time

import numpy as np
import pytest
import tifffile

from sambaseg.errors import BrokenImageError, TooManyPagesError
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import describe_image, read_image

TAGS = [(256, 3, [2]), (257, 3, [2]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]), (273, 4, [8]), (279, 4, [4])]
PIXELS = bytes([1, 2, 3, 4])


def write_chain(path, pages, *, circle_to=None):
    """Write a TIFF of many small pages that share their pixels; the last may lead back to an earlier one."""
    size = 2 + 12 * len(TAGS) + 4
    entries = b"".join(
        struct.pack("<HHI4s", code, kind, 1, struct.pack("<I", values[0])) for code, kind, values in TAGS
    )
    with path.open("wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, 12) + PIXELS)
        for page in range(pages):
            last = 0 if circle_to is None else 12 + circle_to * size
            following = last if page == pages - 1 else 12 + (page + 1) * size
            file.write(struct.pack("<H", len(TAGS)) + entries + struct.pack("<I", following))
    return path


@pytest.mark.parametrize(("pages", "circle_to"), [(1, 0), (5, 0), (5, 3), (300, 299)])
def test_a_circle_is_walked_once(tmp_path, pages, circle_to):
    path = write_chain(tmp_path / "circle.tif", pages, circle_to=circle_to)
    micrograph = read_image(path, page=pages - 1)
    assert micrograph.info.pages == pages
    assert micrograph.pixels_cyx.tolist() == [[[1, 2], [3, 4]]]
    assert "leads back" in micrograph.info.notes[0]


def test_hundreds_of_thousands_of_pages_are_refused_at_once(tmp_path):
    path = write_chain(tmp_path / "endless.tif", 200_000)
    start = time.monotonic()
    with pytest.raises(TooManyPagesError, match=r"endless\.tif has more than 10,000 pages"):
        read_image(path)
    assert time.monotonic() - start < 3


def test_as_many_pages_as_allowed_are_read_quickly(tmp_path):
    path = write_chain(tmp_path / "many.tif", 10_000)
    start = time.monotonic()
    assert read_image(path, page=9_999).info.pages == 10_000
    assert time.monotonic() - start < 5
    with pytest.raises(TooManyPagesError):
        describe_image(path, limits=ReadLimits(max_pages=9_999))


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"II*\0", "ends within its header"),
        (b"II*\0\0\0\0\0", "without an image"),
        (b"II*\0\xff\xff\xff\xff", "beyond its end"),
        (b"MM\0*\0\0\0\x08\0", "beyond its end"),
        (b"II*\0\x08\0\0\0\0\0", "claims 0 tags"),
        (b"II*\0\x08\0\0\0\xff\xff" + bytes(40), "claims 65,535 tags"),
        (b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + b"\xff" * 8, "claims 18,446,744,073,709,551,615 tags"),
        (b"II*\0\x08\0\0\0\x05\0" + bytes(30), "ends within the tags of page 1"),
    ],
)
def test_broken_structures_are_named(tmp_path, file, reason):
    (tmp_path / "broken.tif").write_bytes(file)
    with pytest.raises(BrokenImageError, match=reason):
        read_image(tmp_path / "broken.tif")


def test_a_second_page_beyond_the_end_is_a_truncated_file(make_tiff):
    with pytest.raises(BrokenImageError, match="page 2"):
        read_image(make_tiff(TAGS, PIXELS, next_ifd=4_000_000))


def test_tags_that_claim_millions_of_numbers_are_refused(tmp_path):
    entries = b"".join(
        struct.pack("<HHI4s", code, kind, 1, struct.pack("<I", values[0])) for code, kind, values in TAGS[:-1]
    )
    entries += struct.pack("<HHII", 279, 4, 2**30, 8)
    path = tmp_path / "a.tif"
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(TAGS)) + entries + bytes(4))
    with pytest.raises(BrokenImageError, match="tag 279 of page 1 beyond its end"):
        read_image(path)


def test_private_tags_that_claim_millions_of_numbers_are_refused(make_tiff, tmp_path):
    whole = make_tiff([*TAGS, (40_000, 4, [0])], PIXELS).read_bytes()
    entry = struct.pack("<HHII", 40_000, 4, 1, 0)
    (tmp_path / "a.tif").write_bytes(whole.replace(entry, struct.pack("<HHII", 40_000, 4, 2**30, 8)))
    with pytest.raises(BrokenImageError, match=r"a\.tif claims 1,073,741,831 values"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_thumbnails_are_seen_in_all_kinds_of_files(tmp_path, byteorder, bigtiff):
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder=byteorder, bigtiff=bigtiff) as writer:
        for subfiletype in (0, 1, 0, 4):
            photometric = "mask" if subfiletype == 4 else "minisblack"
            kind = bool if subfiletype == 4 else np.uint8
            writer.write(np.zeros((5, 6), dtype=kind), photometric=photometric, subfiletype=subfiletype, metadata=None)
    assert describe_image(tmp_path / "a.tif").pages == 2


def test_a_chain_that_ends_with_the_file_has_ended(make_tiff):
    path = make_tiff(TAGS, PIXELS)
    path.write_bytes(path.read_bytes()[:-4])
    assert read_image(path).pixels_cyx.tolist() == [[[1, 2], [3, 4]]]
