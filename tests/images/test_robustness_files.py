"""Every file of the shared robustness collection is read right or refused by name, quickly and in little memory.

The expected pixels come from readers that this program does not use for that file, or from what the file was made of.
"""

import time

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from sambaseg.errors import BrokenImageError, ImageTooLargeError, UnsupportedImageError
from sambaseg.images.decode_apart import read_image_apart
from sambaseg.images.reader import describe_image, read_image

REFUSED = {
    "colour/logluv-3c-16b.tiff": (UnsupportedImageError, "LOGLUV"),
    "colour/separate_planar_extra_samples.tiff": (BrokenImageError, "Piece 2 of 2"),
    "hostile/libtiff_segfault.tif": (ImageTooLargeError, "3,686,288 MB"),
    "hostile/oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif": (BrokenImageError, "ends within the tags of page 1"),
    "hostile/seek_too_large.tif": (BrokenImageError, "beyond its end"),
    "png_etc/truncated.jpg": (BrokenImageError, "truncated"),
    "png_etc/truncated_image.png": (BrokenImageError, "truncated after 81,920 bytes"),
}


def pillow(path):
    """Return (C, H, W) as Pillow sees the first image, upright."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        pixels = np.asarray(upright.convert("RGB") if upright.mode in ("P", "RGBA") else upright)
    pixels = pixels.astype(np.uint8) * 255 if pixels.dtype == np.bool_ else pixels
    return np.moveaxis(np.atleast_3d(pixels), -1, 0)


def opencv(path):
    """Return (C, H, W) as OpenCV sees the first image, in RGB order and without alpha."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels[:, :, 2::-1], -1, 0)


def cmyk_by_formula(path):
    inks = tifffile.imread(path)[:, :, :4].astype(float) / 255
    return np.moveaxis(np.floor(255 * (1 - inks[..., :3]) * (1 - inks[..., 3:]) + 0.5), -1, 0)


def unmultiplied(path):
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.rint(pixels[:, :, 2::-1] * 65535 / pixels[:, :, 3:])
    return np.moveaxis(np.where(pixels[:, :, 3:] > 0, np.minimum(whole, 65535), 0), -1, 0)


def steps_of_three_bits(_):
    return [[list(range(8)), list(range(7, -1, -1))]]


def inverted_steps_of_six_bits(_):
    return [[[63, 53, 43, 33, 23, 13, 3, 0]] * 2]


READ = {
    "bitdepth/10ct_32bit_128.tiff": ((1, 128, 128), np.float32, pillow),
    "bitdepth/gradient-1c-32b-float.tiff": ((1, 1, 256), np.float32, opencv),
    "bitdepth/gradient-1c-32b.tiff": ((1, 1, 256), np.uint32, opencv),
    "bitdepth/gradient-1c-64b-float.tiff": ((1, 1, 256), np.float64, opencv),
    "bitdepth/gradient-1c-64b.tiff": ((1, 1, 256), np.uint64, opencv),
    "bitdepth/minisblack-1c-3b.tiff": ((1, 2, 8), np.uint8, steps_of_three_bits),
    "bitdepth/miniswhite-1c-1b.tiff": ((1, 151, 157), np.uint8, pillow),
    "bitdepth/miniswhite-1c-6b.tiff": ((1, 2, 8), np.uint8, inverted_steps_of_six_bits),
    "colour/cmyk-4c-8b.tiff": ((3, 151, 157), np.uint8, cmyk_by_formula),
    "colour/tiff_16bit_RGBa.tiff": ((3, 40, 100), np.uint16, unmultiplied),
    "colour/tiled-jpeg-ycbcr.tif": ((3, 499, 374), np.uint8, pillow),
    "compression/fax2d.tif": ((1, 1082, 1728), np.uint8, pillow),
    "compression/hopper_lzma.tif": ((3, 128, 128), np.uint8, pillow),
    "compression/imagemagick_group4.tiff": ((1, 200, 640), np.uint8, opencv),
    "compression/int16_zstd.tif": ((1, 64, 64), np.int16, pillow),
    "compression/issue_69_packbits.tiff": ((1, 45, 45), np.uint16, opencv),
    "hostile/tiff_wrong_bits_per_sample_3.tiff": ((3, 256, 512), np.uint8, pillow),
    "instrument/test_image.ome.tif": ((3, 513, 639), np.uint8, opencv),
    "layout/BigTIFFMotorola.tif": ((3, 64, 64), np.uint8, opencv),
    "layout/g4_orientation_6.tif": ((1, 88, 590), np.uint8, pillow),
    "layout/multipage_single_frame_loop.tiff": ((3, 10, 10), np.uint8, pillow),
    "layout/no_rows_per_strip.tiff": ((3, 512, 512), np.uint8, opencv),
    "layout/tiled-oversize-gray-i8.tif": ((1, 374, 499), np.int8, opencv),
    "mislabelled/12.tiff": ((1, 330, 330), np.uint8, opencv),
    "png_etc/exif_imagemagick_orientation.png": ((3, 512, 512), np.uint8, pillow),
    "png_etc/hopper_16bit.pgm": ((1, 128, 128), np.uint16, opencv),
    "png_etc/sequence_start.png": ((3, 64, 128), np.uint8, pillow),
    "png_etc/transparent.png": ((3, 150, 200), np.uint8, opencv),
}


def test_every_file_of_the_collection_has_an_expectation(shared_data):
    folder = shared_data / "robustness"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"INDEX.csv"}
    assert found == {*READ, *REFUSED}


@pytest.mark.parametrize("name", READ)
def test_readable_files_are_read_right(shared_data, name):
    path = shared_data / "robustness" / name
    shape, dtype, reader = READ[name]
    micrograph = read_image(path)
    assert micrograph.pixels_cyx.shape == shape
    assert micrograph.pixels_cyx.dtype == dtype
    np.testing.assert_array_equal(micrograph.pixels_cyx, reader(path))
    described = describe_image(path)
    assert (described.channels, described.height, described.width) == shape
    assert described == micrograph.info


@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused_by_name(shared_data, name):
    kind, reason = REFUSED[name]
    path = shared_data / "robustness" / name
    with pytest.raises(kind, match=reason) as caught:
        read_image(path)
    assert path.name in caught.value.message


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("bitdepth/miniswhite-1c-1b.tiff", "White was stored as 0"),
        ("colour/cmyk-4c-8b.tiff", "CMYK"),
        ("colour/tiff_16bit_RGBa.tiff", "divided by the alpha channel"),
        ("layout/g4_orientation_6.tif", "turned or mirrored"),
        ("layout/multipage_single_frame_loop.tiff", "leads back to an earlier one"),
        ("png_etc/sequence_start.png", "animation"),
        ("png_etc/transparent.png", "alpha channel was left out"),
    ],
)
def test_what_was_changed_is_said(shared_data, name, note):
    assert any(note in sentence for sentence in describe_image(shared_data / "robustness" / name).notes)


def test_the_content_decides_the_format(shared_data):
    assert describe_image(shared_data / "robustness/mislabelled/12.tiff").format == "PNG"


def test_pixel_sizes_are_believed_only_where_they_are_physical(shared_data):
    sizes = {name: describe_image(shared_data / "robustness" / name).pixel_size_um for name in READ}
    assert sizes.pop("instrument/test_image.ome.tif") == (1.0, 1.0)
    assert set(sizes.values()) == {None}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_need_neither_time_nor_memory(shared_data, name):
    with pytest.raises(REFUSED[name][0], match=REFUSED[name][1]):
        read_image_apart(shared_data / "robustness" / name, memory_mb=256, seconds=10)


def test_reading_takes_little_time(shared_data):
    for name in READ:
        start = time.monotonic()
        read_image(shared_data / "robustness" / name)
        assert time.monotonic() - start < 10
