"""PNG, JPEG, BMP and WebP: values, alpha, palettes, orientation, bombs, damage."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageFile, ImageOps, PngImagePlugin

from sambaseg.errors import (
    BrokenImageError,
    ImageTooLargeError,
    MissingFileError,
    NotAnImageError,
    UnsupportedImageError,
    UsageError,
)
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import describe_image, read_image

TEXTURE = np.random.default_rng(0).integers(0, 256, (33, 47), dtype=np.uint8)
RGB = np.stack([TEXTURE, TEXTURE[::-1], TEXTURE[:, ::-1]], axis=-1)


def read(path):
    return read_image(path).pixels_cyx


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp"])
def test_lossless_rgb(tmp_path, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(RGB).save(path, **options)
    micrograph = read_image(path)
    assert micrograph.info.is_rgb
    assert micrograph.info.format.lower() == suffix
    np.testing.assert_array_equal(micrograph.pixels_cyx, np.moveaxis(RGB, -1, 0))


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_lossless_grey(tmp_path, suffix):
    Image.fromarray(TEXTURE).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read(tmp_path / f"a.{suffix}"), TEXTURE[np.newaxis])


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_equals_its_decoder(tmp_path, mode):
    path = tmp_path / "a.jpg"
    Image.fromarray(RGB).convert(mode).save(path, quality=90)
    with Image.open(path) as image:
        expected = np.atleast_3d(np.asarray(image.convert("L" if mode == "L" else "RGB")))
    difference = read(path).astype(int) - np.moveaxis(expected, -1, 0)
    assert np.abs(difference).max() <= (1 if mode == "CMYK" else 0)


@pytest.mark.parametrize("shape", [(33, 47), (33, 47, 2), (33, 47, 3), (33, 47, 4)])
def test_16_bit_png_keeps_all_bits(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 65536, shape, dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(image))
    micrograph = read_image(tmp_path / "a.png")
    colours = {2: 1, 4: 3}.get(shape[-1], shape[-1]) if len(shape) == 3 else 1
    assert (micrograph.pixels_cyx.dtype, micrograph.info.bits) == (np.uint16, 16)
    np.testing.assert_array_equal(micrograph.pixels_cyx, np.moveaxis(np.atleast_3d(image)[:, :, :colours], -1, 0))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (5, 5), (8, 8), (33, 47)])
def test_interlaced_16_bit_png_is_read_and_its_size_checked(make_png, shape):
    image = np.random.default_rng(0).integers(0, 65536, shape, dtype=np.uint16)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [image[y::step_y, x::step_x] for x, y, step_x, step_y in passes]
    rows = [row.astype(">u2").tobytes() for part in parts if part.size for row in part]
    height, width = shape
    np.testing.assert_array_equal(read(make_png(width, height, 16, 0, rows, interlaced=1)), image[np.newaxis])
    rows[-1] = rows[-1][:-1]
    with pytest.raises(BrokenImageError, match="lacks 1 bytes"):
        read_image(make_png(width, height, 16, 0, rows, interlaced=1))


def test_16_bit_png_with_a_transparent_colour_keeps_its_channels(make_png):
    row = struct.pack(">6H", 1, 2, 3, 60_000, 5, 6)
    path = make_png(2, 1, 16, 2, [row], before=[(b"tRNS", struct.pack(">3H", 1, 2, 3))])
    assert read(path)[:, 0].T.tolist() == [[1, 2, 3], [60_000, 5, 6]]


@pytest.mark.parametrize(("bits", "row", "expected"), [(2, 0b00011011, [0, 1, 2, 3]), (4, 0x0F, [0, 15])])
def test_narrow_greys_keep_their_values(make_png, bits, row, expected):
    micrograph = read_image(make_png(len(expected), 1, bits, 0, [[row]]))
    assert micrograph.pixels_cyx.tolist() == [[expected]]
    assert micrograph.info.bits == bits


def test_one_bit_becomes_0_and_255(make_png):
    assert read(make_png(4, 1, 1, 0, [[0b01010000]])).tolist() == [[[0, 255, 0, 255]]]


def test_palettes_become_colours_or_greys(make_png):
    colours = [(b"PLTE", bytes([1, 2, 3, 255, 0, 9]))]
    assert read(make_png(2, 1, 8, 3, [[1, 0]], before=colours)).tolist() == [[[255, 1]], [[0, 2]], [[9, 3]]]
    greys = [(b"PLTE", bytes([7, 7, 7, 9, 9, 9])), (b"tRNS", b"\0")]
    assert read(make_png(2, 1, 8, 3, [[1, 0]], before=greys)).tolist() == [[[9, 7]]]


def test_a_palette_index_without_an_entry_is_black_or_refused(make_png):
    path = make_png(2, 1, 8, 3, [[200, 0]], before=[(b"PLTE", bytes([1, 2, 3]))])
    assert read(path).tolist() == [[[0, 1]], [[0, 2]], [[0, 3]]]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_left_out_and_its_colours_are_kept(tmp_path, mode):
    image = np.concatenate([RGB, np.zeros_like(RGB[:, :, :1])], axis=-1)
    stored = image if mode == "RGBA" else image[:, :, 2:]
    Image.fromarray(stored, mode).save(tmp_path / "a.png")
    micrograph = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(micrograph.pixels_cyx, np.moveaxis(stored[:, :, :-1], -1, 0))
    assert micrograph.info.notes == ("The alpha channel was left out.",)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(RGB).save(path, exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    np.testing.assert_array_equal(read(path), np.moveaxis(expected, -1, 0))
    described = describe_image(path)
    assert (described.height, described.width) == expected.shape[:2]


def test_png_exif_after_the_pixels_counts_too(make_png):
    exif = Image.Exif()
    exif[274] = 6
    path = make_png(3, 1, 8, 0, [[1, 2, 3]], after=[(b"eXIf", exif.tobytes()[6:])])
    assert read(path).tolist() == [[[1], [2], [3]]]


@pytest.mark.parametrize(("per_metre", "size"), [(2_000_000, 0.5), (3_780, None), (11_811, None)])
def test_png_pixel_size_is_believed_where_it_is_a_micrographs(make_png, per_metre, size):
    path = make_png(1, 1, 8, 0, [[0]], before=[(b"pHYs", struct.pack(">IIB", per_metre, 2 * per_metre, 1))])
    described = describe_image(path).pixel_size_um
    assert described == (None if size is None else pytest.approx((size / 2, size), rel=1e-4))


def test_a_huge_claimed_size_is_refused_from_the_header(make_png, tmp_path):
    bomb = make_png(60_000, 60_000, 8, 2, [bytes(180_000)] * 3)
    with pytest.raises(ImageTooLargeError, match="60000 by 60000 pixels, which need 10,300 MB"):
        read_image(bomb)
    Image.new("L", (8, 8)).save(tmp_path / "a.jpg")
    data = bytearray((tmp_path / "a.jpg").read_bytes())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(ImageTooLargeError, match="65000 by 65000"):
        read_image(tmp_path / "a.jpg")
    Image.new("L", (8, 8)).save(tmp_path / "a.bmp")
    data = bytearray((tmp_path / "a.bmp").read_bytes())
    data[18:26] = struct.pack("<ii", 2**30, 2**30)
    (tmp_path / "a.bmp").write_bytes(data)
    with pytest.raises(ImageTooLargeError):
        read_image(tmp_path / "a.bmp")
    header = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\xff\xff" + b"\xff\xff\xff"
    (tmp_path / "a.webp").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(header)) + b"WEBP" + header)
    with pytest.raises(ImageTooLargeError, match="16777216 by 16777216"):
        read_image(tmp_path / "a.webp")


def test_the_budget_of_bytes_replaces_pillows_budget_of_pixels(make_png, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    path = make_png(200, 200, 8, 0, [bytes(200)] * 200)
    assert read(path).shape == (1, 200, 200)
    with pytest.raises(ImageTooLargeError):
        read_image(path, limits=ReadLimits(max_bytes=39_999))


def test_a_compressed_text_bomb_does_no_harm(make_png):
    bomb = zlib.compress(bytes(20_000_000))
    path = make_png(1, 1, 8, 0, [[5]], before=[(b"zTXt", b"bomb\0\0" + bomb)])
    with pytest.raises(BrokenImageError):
        read_image(path)


def test_a_wrong_check_sum_is_found(make_png):
    path = make_png(50, 50, 8, 0, [bytes(range(50))] * 50)
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)
    with pytest.raises(BrokenImageError, match="check sum of its IDAT"):
        read_image(path)


def test_a_png_with_too_few_rows_is_refused(make_png):
    with pytest.raises(BrokenImageError):
        read_image(make_png(50, 50, 8, 0, [bytes(50)] * 49))
    with pytest.raises(BrokenImageError):
        read_image(make_png(50, 50, 16, 0, [bytes(100)] * 49))


@pytest.mark.parametrize(("bits", "colour_type"), [(3, 0), (16, 3), (8, 1), (8, 5), (1, 2)])
def test_impossible_png_kinds_are_refused(make_png, bits, colour_type):
    with pytest.raises(BrokenImageError, match="claims"):
        read_image(make_png(1, 1, bits, colour_type, [[0]]))


def test_an_animation_gives_its_first_image(tmp_path):
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    for suffix in ("png", "webp"):
        path = tmp_path / f"a.{suffix}"
        frames[0].save(
            path, save_all=True, append_images=frames[1:], **({"lossless": True} if suffix == "webp" else {})
        )
        micrograph = read_image(path)
        np.testing.assert_array_equal(micrograph.pixels_cyx, np.moveaxis(RGB, -1, 0))
        assert "animation" in micrograph.info.notes[-1]
        with pytest.raises(UsageError, match="1 page"):
            read_image(path, page=1)


def test_pillow_is_not_told_to_accept_truncated_files():
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
    assert PngImagePlugin.PngImageFile.format == "PNG"


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"", NotAnImageError, "is empty"),
        (b"hello", NotAnImageError, "no image in a known format"),
        (b"II", NotAnImageError, "no image"),
        (b"GIF89a" + bytes(50), UnsupportedImageError, "is a GIF"),
        (b"\x89HDF\r\n\x1a\n", UnsupportedImageError, "HDF5"),
        (b"PK\x03\x04", UnsupportedImageError, "ZIP"),
        (b"<svg xmlns=", UnsupportedImageError, "SVG"),
        (bytes(128) + b"DICM", UnsupportedImageError, "DICOM"),
        (b"\x89PNG\r\n\x1a\n", BrokenImageError, "PNG header"),
        (b"\xff\xd8\xff", BrokenImageError, "broken"),
        (b"BM", BrokenImageError, "broken"),
        (b"RIFF\0\0\0\0WEBP", BrokenImageError, "WebP"),
    ],
)
def test_other_content_is_refused_by_name(tmp_path, content, kind, reason):
    path = tmp_path / "micrograph.tif"
    path.write_bytes(content)
    with pytest.raises(kind, match=reason) as caught:
        read_image(path)
    assert "micrograph.tif" in caught.value.message


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "nothing.tif", tmp_path):
        with pytest.raises(MissingFileError, match=path.name):
            read_image(path)


def test_messages_use_the_name_that_the_person_knows(tmp_path):
    (tmp_path / "upload-1").write_bytes(b"GIF89a")
    with pytest.raises(UnsupportedImageError, match=r"^steel\.tif is a GIF"):
        read_image(tmp_path / "upload-1", file_name="steel.tif")
