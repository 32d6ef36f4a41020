"""TIFF in all its layouts: what tifffile writes is read back, and what the tags say is obeyed."""

import numpy as np
import pytest
import tifffile

from sambaseg.errors import BrokenImageError, ImageTooLargeError, UnsupportedImageError, UsageError
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import describe_image, read_image

TEXTURE = np.random.default_rng(0).integers(0, 256, (70, 90), dtype=np.uint8)
LOSSLESS = ["lzw", "deflate", "adobe_deflate", "zstd", "lzma", "packbits", "webp", "png", "jpegxl", "jpeg2000", "lerc"]


def read(path, **options):
    return read_image(path, **options).pixels_cyx


@pytest.mark.parametrize(
    "dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8", ">u2", ">i4", ">f4", ">f8"]
)
@pytest.mark.parametrize("layout", [{}, {"tile": (32, 48)}, {"rowsperstrip": 11}, {"bigtiff": True}])
def test_all_numbers_in_all_layouts(tmp_path, dtype, layout):
    image = (TEXTURE.astype(np.float64) * 257 - 20_000).astype(np.dtype(dtype)) if dtype[-2:] != "u1" else TEXTURE
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image, byteorder=">" if dtype.startswith(">") else "<", photometric="minisblack", **layout)
    pixels = read(path)
    assert pixels.dtype == image.dtype.newbyteorder("=")
    assert pixels.dtype.isnative
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, image[np.newaxis])


@pytest.mark.parametrize("compression", LOSSLESS)
@pytest.mark.parametrize("layout", [{}, {"tile": (32, 48)}])
def test_lossless_compressions(tmp_path, compression, layout):
    arguments = {"compressionargs": {"lossless": True}} if compression == "webp" else {}
    image = np.stack([TEXTURE, TEXTURE.T.reshape(70, 90), TEXTURE[::-1]], axis=-1)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image, photometric="rgb", compression=compression, **layout, **arguments)
    micrograph = read_image(path)
    assert micrograph.info.is_rgb
    np.testing.assert_array_equal(micrograph.pixels_cyx, np.moveaxis(image, -1, 0))


@pytest.mark.parametrize(("dtype", "predictor"), [("u1", 2), ("u2", 2), ("i4", 2), ("f4", 3), ("f8", 3)])
def test_predictors(tmp_path, dtype, predictor):
    image = TEXTURE.astype(dtype) * 3
    tifffile.imwrite(tmp_path / "a.tif", image, compression="deflate", predictor=predictor)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), image[np.newaxis])


def test_jpeg_in_tiles_is_close(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)
    image = np.stack([smooth, smooth[::-1], smooth], axis=-1)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", compression="jpeg", tile=(32, 32))
    assert np.abs(read(tmp_path / "a.tif").astype(int) - np.moveaxis(image, -1, 0)).max() < 12


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 24, 31])
def test_packed_numbers_keep_their_values(tmp_path, bits):
    dtype = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    image = (TEXTURE.astype(np.uint64) * 16_777_619 % 2**bits).astype(dtype)
    image = image.astype(bool) if bits == 1 else image
    arguments = {} if bits == 1 else {"bitspersample": bits}
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack", **arguments)
    micrograph = read_image(tmp_path / "a.tif")
    assert micrograph.info.bits == bits
    np.testing.assert_array_equal(micrograph.pixels_cyx[0], image.astype(np.uint8) * 255 if bits == 1 else image)


def test_half_precision_becomes_single(tmp_path):
    image = np.linspace(-2, 2, 35, dtype=np.float16).reshape(5, 7)
    tifffile.imwrite(tmp_path / "a.tif", image)
    micrograph = read_image(tmp_path / "a.tif")
    assert (micrograph.pixels_cyx.dtype, micrograph.info.dtype, micrograph.info.bits) == (np.float32, "float32", 16)
    np.testing.assert_array_equal(micrograph.pixels_cyx[0], image)


def test_nan_and_infinity_are_counted_and_kept(tmp_path):
    image = np.zeros((5, 7), dtype=np.float32)
    image[0, :3], image[1, 0], image[2, :2] = np.nan, np.inf, -np.inf
    tifffile.imwrite(tmp_path / "a.tif", image)
    micrograph = read_image(tmp_path / "a.tif")
    assert (micrograph.info.nan_count, micrograph.info.inf_count) == (3, 3)
    np.testing.assert_array_equal(micrograph.pixels_cyx[0], image)


@pytest.mark.parametrize(
    ("dtype", "stored", "expected"),
    [("u1", [0, 1, 255], [255, 254, 0]), ("u2", [0, 65535], [65535, 0]), ("i1", [-128, 0, 127], [127, -1, -128])],
)
def test_white_is_zero_is_inverted(tmp_path, dtype, stored, expected):
    tifffile.imwrite(tmp_path / "a.tif", np.array([stored], dtype=dtype), photometric="miniswhite")
    assert read(tmp_path / "a.tif")[0, 0].tolist() == expected


def test_floats_with_white_as_zero_are_kept_and_it_is_said(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0.5, 2.0]], dtype=np.float32), photometric="miniswhite")
    micrograph = read_image(tmp_path / "a.tif")
    assert micrograph.pixels_cyx.tolist() == [[[0.5, 2.0]]]
    assert "kept as they are" in micrograph.info.notes[0]


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_planar_and_interleaved_samples(tmp_path, planar):
    image = np.stack([TEXTURE, TEXTURE[::-1], TEXTURE[:, ::-1]])
    stored = image if planar == "separate" else np.moveaxis(image, 0, -1)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), image)


@pytest.mark.parametrize(("extra", "note"), [("unassalpha", "left out"), ("unspecified", "left out")])
def test_alpha_is_left_out(tmp_path, extra, note):
    image = np.stack([TEXTURE, TEXTURE[::-1], TEXTURE[:, ::-1], TEXTURE // 2], axis=-1)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", extrasamples=[extra])
    micrograph = read_image(tmp_path / "a.tif")
    assert micrograph.info.is_rgb
    assert note in micrograph.info.notes[-1]
    np.testing.assert_array_equal(micrograph.pixels_cyx, np.moveaxis(image[:, :, :3], -1, 0))


def test_premultiplied_colours_are_divided_by_alpha(tmp_path):
    image = np.array([[[100, 50, 0, 200], [9, 9, 9, 0], [10, 20, 30, 255], [255, 1, 1, 10]]], dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", extrasamples=["assocalpha"])
    expected = [[128, 64, 0], [0, 0, 0], [10, 20, 30], [255, 26, 26]]  # 100 * 255 / 200 = 127.5, to even
    assert read(tmp_path / "a.tif")[:, 0].T.tolist() == expected


def test_grey_with_extra_samples_is_several_channels_and_with_alpha_is_one(tmp_path):
    image = np.stack([TEXTURE, TEXTURE[::-1]], axis=-1)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack", planarconfig="contig")
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), np.moveaxis(image, -1, 0))
    tifffile.imwrite(
        tmp_path / "b.tif", image, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]
    )
    np.testing.assert_array_equal(read(tmp_path / "b.tif"), TEXTURE[np.newaxis])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_printing_colours_become_rgb(tmp_path, dtype):
    top = int(np.iinfo(dtype).max)
    inks = [[0, 0, 0, 0], [top, 0, 0, 0], [0, top, top, 0], [0, 0, 0, top], [top // 2 + 1, 0, 0, top // 2 + 1]]
    tifffile.imwrite(tmp_path / "a.tif", np.array([inks], dtype=dtype), photometric="separated")
    colours = read(tmp_path / "a.tif")[:, 0].T.tolist()
    half = top // 2
    quarter = (half * half + half) // top
    assert colours == [[top] * 3, [0, top, top], [top, 0, 0], [0, 0, 0], [quarter, half, half]]


def test_a_palette_of_colours_becomes_rgb_and_one_of_greys_becomes_grey(tmp_path):
    ramp = np.arange(256, dtype=np.uint16) * 257
    colours = np.stack([ramp, ramp[::-1], np.zeros_like(ramp)])
    tifffile.imwrite(tmp_path / "a.tif", TEXTURE, photometric="palette", colormap=colours)
    micrograph = read_image(tmp_path / "a.tif")
    assert micrograph.info.is_rgb
    np.testing.assert_array_equal(micrograph.pixels_cyx, [TEXTURE, 255 - TEXTURE, TEXTURE * 0])
    tifffile.imwrite(tmp_path / "b.tif", TEXTURE, photometric="palette", colormap=np.stack([ramp[::-1]] * 3))
    np.testing.assert_array_equal(read(tmp_path / "b.tif"), [255 - TEXTURE])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(tmp_path, orientation):
    upright = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    tag = (274, 3, 1, orientation, True)
    tifffile.imwrite(tmp_path / "a.tif", np.ascontiguousarray(stored), photometric="minisblack", extratags=[tag])
    assert read(tmp_path / "a.tif").tolist() == [upright.tolist()]
    described = describe_image(tmp_path / "a.tif")
    assert (described.height, described.width) == (2, 3)


def test_pages_are_counted_and_chosen(tmp_path):
    stack = np.stack([TEXTURE + shift for shift in range(4)]).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack", metadata=None)
    for page in range(4):
        micrograph = read_image(tmp_path / "a.tif", page=page)
        np.testing.assert_array_equal(micrograph.pixels_cyx[0], stack[page])
        assert (micrograph.info.pages, micrograph.info.page) == (4, page)
    for page in (4, -1):
        with pytest.raises(UsageError, match="4 pages"):
            read_image(tmp_path / "a.tif", page=page)


def test_pages_may_differ(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(TEXTURE, metadata=None)
        writer.write(TEXTURE[:10, :20].astype(np.float32), metadata=None)
    assert read(tmp_path / "a.tif", page=1).shape == (1, 10, 20)


def test_thumbnails_and_masks_are_no_pages(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(TEXTURE[::4, ::4], subfiletype=1, metadata=None)
        writer.write(TEXTURE, metadata=None)
    described = describe_image(tmp_path / "a.tif")
    assert (described.pages, described.height, described.width) == (1, *TEXTURE.shape)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_complex_numbers_are_refused(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((4, 4), dtype=dtype))
    with pytest.raises(UnsupportedImageError, match=r"a\.tif"):
        read_image(tmp_path / "a.tif")


def test_volumes_in_one_page_are_refused(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((4, 32, 32), dtype=np.uint8), volumetric=True, photometric="minisblack"
    )
    with pytest.raises(UnsupportedImageError, match="volume"):
        read_image(tmp_path / "a.tif")


def test_cielab_and_colour_filter_mosaics_are_refused(make_tiff):
    for photometric, name in ((8, "CIELAB"), (32803, "CFA")):
        tags = [(256, 3, [2]), (257, 3, [2]), (258, 3, [8]), (259, 3, [1]), (262, 3, [photometric]), (273, 4, [8])]
        path = make_tiff([*tags, (277, 3, [1]), (278, 3, [2]), (279, 4, [4])], b"abcd")
        with pytest.raises(UnsupportedImageError, match=name):
            read_image(path)


def test_the_byte_budget_counts_before_decoding(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((1000, 1000), dtype=np.uint8), compression="deflate")
    assert read(tmp_path / "a.tif", limits=ReadLimits(max_bytes=1_000_000)).shape == (1, 1000, 1000)
    with pytest.raises(ImageTooLargeError, match="1000 by 1000"):
        read_image(tmp_path / "a.tif", limits=ReadLimits(max_bytes=999_999))


def test_the_byte_budget_counts_all_channels(tmp_path):
    image = np.zeros((4, 100, 100), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.ome.tif", image, metadata={"axes": "CYX"}, photometric="minisblack")
    with pytest.raises(ImageTooLargeError):
        read_image(tmp_path / "a.ome.tif", limits=ReadLimits(max_bytes=39_999))


@pytest.mark.parametrize("compression", [None, "deflate", "lzw", "zstd", "packbits"])
@pytest.mark.parametrize("layout", [{}, {"tile": (32, 32)}, {"rowsperstrip": 7}])
def test_a_file_cut_anywhere_is_refused(tmp_path, compression, layout):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, TEXTURE, compression=compression, **layout)
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BrokenImageError):
            read_image(path)


@pytest.mark.parametrize("compression", ["deflate", "lzw", "packbits"])
def test_a_strip_that_holds_too_few_pixels_is_refused(tmp_path, compression):
    """The byte count of the strip is shortened, as if it had been cut while it was written."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, TEXTURE, compression=compression, rowsperstrip=70)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        counts = tiff.pages[0].tags["StripByteCounts"]
        counts.overwrite([counts.value[0] // 2])
    with pytest.raises(BrokenImageError):
        read_image(path)


def test_a_missing_piece_is_named(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, TEXTURE, compression="deflate", rowsperstrip=10)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        counts = list(tiff.pages[0].tags["StripByteCounts"].value)
        tiff.pages[0].tags["StripByteCounts"].overwrite([*counts[:3], 0, *counts[4:]])
    with pytest.raises(BrokenImageError, match="Piece 4 of 7"):
        read_image(path)


def test_a_piece_that_claims_more_pixels_than_its_image_is_refused(make_png, make_tiff):
    bomb = make_png(20_000, 20_000, 8, 0, [], name="bomb.png").read_bytes()
    tags = [(256, 3, [16]), (257, 3, [16]), (258, 3, [8]), (259, 3, [34933]), (262, 3, [1]), (273, 4, [8])]
    path = make_tiff([*tags, (277, 3, [1]), (278, 3, [16]), (279, 4, [len(bomb)])], bomb)
    with pytest.raises(BrokenImageError, match="400,000,000 pixels"):
        read_image(path)


def test_a_file_without_photometric_tag_is_grey(make_tiff):
    tags = [(256, 3, [2]), (257, 3, [2]), (258, 3, [8]), (259, 3, [1]), (273, 4, [8]), (279, 4, [4])]
    assert read(make_tiff(tags, bytes([1, 2, 3, 4]))).tolist() == [[[1, 2], [3, 4]]]
