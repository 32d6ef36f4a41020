"""Cleaned copies: the same pixels and pixel size, and nothing else of what the file told."""

from __future__ import annotations

import numpy as np
import pytest

from images.metadata_files import NOTE, PERSON, PLACE, SECRETS, SERIAL, jpeg_file, png_16_file, png_file, tiff_file
from images.metadata_files import webp_file as make_webp
from sambaseg.images.cleaning import write_cleaned
from sambaseg.images.jpeg_segments import jpeg_segments
from sambaseg.images.reader import read_image
from sambaseg.images.told import MOST_TOLD, told_by

BEHIND = f"{PERSON} and a preview".encode()
NOISE_16 = np.random.default_rng(3).integers(0, 2**16, (20, 31, 3)).astype(np.uint16)
FILES = {
    "grey.jpg": jpeg_file("L"),
    "rgb.jpg": jpeg_file("RGB", behind=BEHIND),
    "progressive.jpg": jpeg_file("RGB", progressive=True, quality=95),
    "restarts.jpg": jpeg_file("RGB", restart_marker_blocks=2),
    "cmyk.jpg": jpeg_file("CMYK"),
    "turned.jpg": jpeg_file("RGB", orientation=6),
    "mirrored.jpg": jpeg_file("L", orientation=2, dpi=(0, 0)),
    "grey.png": png_file("L"),
    "rgb.png": png_file("RGB", behind=BEHIND),
    "alpha.png": png_file("RGBA"),
    "palette.png": png_file("P"),
    "turned.png": png_file("RGB", orientation=8),
    "deep.png": png_16_file(NOISE_16),
}


@pytest.fixture(params=sorted(FILES))
def source(request, tmp_path):
    path = tmp_path / request.param
    path.write_bytes(FILES[request.param])
    return path


def test_a_cleaned_copy_has_the_pixels_and_their_size_and_nothing_else(source, tmp_path):
    target = tmp_path / "cleaned"
    assert write_cleaned(source, target, source.name)
    before, after = read_image(source), read_image(target)
    np.testing.assert_array_equal(after.array(), before.array())
    assert after.array().dtype == before.array().dtype
    assert (before.info.pixel_size_um is None) == (source.name in ("mirrored.jpg", "deep.png"))
    if before.info.pixel_size_um is not None:
        assert after.info.pixel_size_um == pytest.approx(before.info.pixel_size_um, rel=1e-6)
    content = target.read_bytes()
    assert [secret for secret in SECRETS if secret.encode() in content] == []
    assert told_by(source, source.name) != ()
    assert told_by(target, source.name) == ()
    again = tmp_path / "again"
    assert write_cleaned(target, again, source.name)
    assert again.read_bytes() == content


def test_all_that_a_file_tells_is_named(source):
    told = {each.name: each.value for each in told_by(source, source.name)}
    if source.name == "deep.png":
        assert told == {"Author": PERSON}
        return
    assert (told["Artist"], told["BodySerialNumber"], told["GPSLatitude"]) == (PERSON, SERIAL, "(47.0, 33.0, 21.125)")
    assert PLACE in told["GPSProcessingMethod"]
    assert (told["Comment"], PERSON in told["XMP" if source.suffix == ".jpg" else "XML:com.adobe.xmp"]) == (NOTE, True)
    assert ("Behind the image" in told) == (source.name in ("rgb.jpg", "rgb.png"))
    assert not {"Orientation", "XResolution", "JFIF"} & told.keys()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:2] + b"no marker" + data[2:],
        lambda data: data[:20],
        lambda data: data.replace(b"\xff\xda", b"\xff\xdb"),
    ],
)
def test_what_is_not_built_as_a_jpeg_is_left_to_be_written_anew(tmp_path, damage):
    path = tmp_path / "damaged.jpg"
    path.write_bytes(damage(FILES["rgb.jpg"]))
    assert not write_cleaned(path, tmp_path / "cleaned", path.name)
    assert [each.name for each in told_by(path, path.name)][-1:] != []


def test_segments_end_where_the_image_ends():
    data = FILES["rgb.jpg"]
    *_, last = jpeg_segments(data, "rgb.jpg")
    assert data[last.end :] == b"\xff\xd9" + BEHIND


@pytest.mark.parametrize("options", [{}, {"compression": "zlib", "tile": (16, 16)}])
def test_a_tiff_tells_its_tags_but_not_where_its_pixels_lie(tmp_path, options):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_file(NOISE_16[..., 0], **options))
    told = {each.name: each.value for each in told_by(path, path.name)}
    assert told == {
        "ImageDescription": NOTE,
        "Software": "Scope 3",
        "Artist": PERSON,
        "HostComputer": SERIAL,
        "XMP": told["XMP"],
        "50000": PLACE,
    }
    assert PERSON in told["XMP"]
    assert not write_cleaned(path, tmp_path / "cleaned", path.name)


def test_a_webp_tells_exif_and_xmp(tmp_path):
    path = tmp_path / "a.webp"
    path.write_bytes(make_webp())
    told = {each.name: each.value for each in told_by(path, path.name)}
    assert (told["Artist"], told["BodySerialNumber"], PLACE in told["XMP"]) == (PERSON, SERIAL, True)


def test_what_is_told_is_short_whatever_stands_in_the_file(tmp_path):
    import tifffile

    path = tmp_path / "long.tif"
    tags = [(40_000 + number, "s", 0, "x" * 10_000, True) for number in range(MOST_TOLD + 50)]
    tifffile.imwrite(path, NOISE_16[..., 0], extratags=tags)
    told = told_by(path, path.name)
    assert (len(told), max(len(each.value) for each in told)) == (MOST_TOLD, 200)
    path.write_bytes(b"not an image")
    assert len(told_by(path, path.name)) == 1
