"""Damaged files of every format: either the right pixels or a named error, nothing else."""

import contextlib
import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sambaseg.errors import SambasegError
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import describe_image, read_image

TEXTURE = np.random.default_rng(0).integers(0, 256, (24, 31), dtype=np.uint8)
RGB = np.stack([TEXTURE, TEXTURE[::-1], TEXTURE // 2], axis=-1)
LIMITS = ReadLimits(max_bytes=64 * 2**20, max_pages=100)
FILES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def with_pillow(kind, image, **options):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def with_tifffile(image, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, image, **options)
    return file.getvalue()


WHOLE = {
    "png": with_pillow("PNG", RGB),
    "png16": imagecodecs.png_encode(TEXTURE.astype(np.uint16) * 257),
    "jpeg": with_pillow("JPEG", RGB, quality=80),
    "jpeg progressive": with_pillow("JPEG", RGB, quality=80, progressive=True),
    "bmp": with_pillow("BMP", RGB),
    "webp": with_pillow("WEBP", RGB, lossless=True),
    "pgm": b"P5 31 24 255\n" + TEXTURE.tobytes(),
    "plain pgm": b"P2 31 24 255\n" + " ".join(str(v) for v in TEXTURE.flat).encode(),
    "tiff": with_tifffile(TEXTURE),
    "tiff deflate": with_tifffile(RGB, photometric="rgb", compression="deflate", predictor=2, rowsperstrip=5),
    "tiff lzw tiles": with_tifffile(TEXTURE, compression="lzw", tile=(16, 16)),
    "tiff jpeg": with_tifffile(RGB, photometric="rgb", compression="jpeg", tile=(16, 16)),
    "tiff zstd big": with_tifffile(TEXTURE.astype(np.float32), compression="zstd", bigtiff=True, byteorder=">"),
    "tiff imagej": with_tifffile(np.stack([TEXTURE, TEXTURE]), imagej=True, metadata={"axes": "CYX"}),
    "tiff ome": with_tifffile(
        np.stack([TEXTURE, TEXTURE]), ome=True, metadata={"axes": "CYX"}, photometric="minisblack"
    ),
}


def try_reading(path):
    """Return the pixels, or None where the file was refused; anything else is raised."""
    with contextlib.suppress(SambasegError):
        describe_image(path, limits=LIMITS)
    try:
        return read_image(path, limits=LIMITS).pixels_cyx
    except SambasegError as error:
        named = path.name in error.message
    assert named
    return None


@pytest.mark.parametrize("kind", WHOLE)
@FILES
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_gives_the_right_pixels_or_an_error(tmp_path, kind, share):
    path = tmp_path / "cut"
    path.write_bytes(WHOLE[kind])
    right = read_image(path).pixels_cyx
    path.write_bytes(WHOLE[kind][: int(len(WHOLE[kind]) * share)])
    pixels = try_reading(path)
    assert pixels is None or np.array_equal(pixels, right)


@pytest.mark.parametrize("kind", WHOLE)
@FILES
@given(data=st.data())
def test_changed_bytes_give_pixels_or_an_error(tmp_path, kind, data):
    content = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        # mostly in the structures at both ends of the file, where lengths and offsets stand
        place = data.draw(
            st.one_of(st.integers(0, 63), st.integers(1, 300).map(lambda back: -back), st.integers(0, len(content) - 1))
        )
        content[max(place, -len(content))] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed"
    path.write_bytes(content)
    try_reading(path)


@FILES
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08",
            b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
            b"P5 ",
            b"BM",
            b"\xff\xd8\xff",
        ]
    ),
)
def test_random_content_gives_an_error(tmp_path, content, start):
    path = tmp_path / "random"
    path.write_bytes(start + content)
    try_reading(path)


@FILES
@given(
    st.lists(
        st.tuples(st.integers(250, 345), st.integers(0, 20), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
        max_size=20,
    )
)
def test_random_tags_give_pixels_or_an_error(tmp_path, tags):
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    path = tmp_path / "tags"
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + bytes(range(256)))
    try_reading(path)
