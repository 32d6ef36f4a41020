"""Reading parts of an image gives what reading it whole gives, or the same refusal."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from images.test_robustness_files import READ, REFUSED
from sambaseg.errors import BrokenImageError, ImageTooLargeError, MissingFileError, SambasegError, UsageError
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import describe_image, read_image
from sambaseg.images.region_source import open_pixels
from sambaseg.images.tiff_pixels import SegmentCache


def textured(shape, dtype=np.uint8):
    kind = np.dtype(dtype)
    random = np.random.default_rng(0)
    return random.normal(size=shape).astype(kind) if kind.kind == "f" else random.integers(0, 100, shape).astype(kind)


def assert_same_in_parts(path, *, page=0, must_stream=True):
    whole_cyx = read_image(path, page=page).pixels_cyx
    pixels = open_pixels(path, page=page)
    if pixels is None:
        assert not must_stream
        return
    assert (pixels.shape, pixels.dtype) == (whole_cyx.shape, whole_cyx.dtype)
    np.testing.assert_array_equal(pixels.load(), whole_cyx)
    random = np.random.default_rng(1)
    for _ in range(20):
        y0, y1 = np.sort(random.choice(whole_cyx.shape[1] + 1, 2, replace=False))
        x0, x1 = np.sort(random.choice(whole_cyx.shape[2] + 1, 2, replace=False))
        part = pixels[:, y0:y1, x0:x1]
        np.testing.assert_array_equal(part, whole_cyx[:, y0:y1, x0:x1])
        assert part.dtype.isnative


@pytest.mark.parametrize("name", READ)
def test_files_of_the_collection_are_read_alike_in_parts(shared_data, name):
    assert_same_in_parts(shared_data / "robustness" / name, must_stream=False)


@pytest.mark.parametrize("name", REFUSED)
def test_files_of_the_collection_are_refused_alike(shared_data, name):
    kind, reason = REFUSED[name]
    path = shared_data / "robustness" / name
    started = time.monotonic()

    def read():
        assert open_pixels(path) is None
        read_image(path)

    with pytest.raises(kind, match=reason):
        read()
    assert time.monotonic() - started < 5


LAYOUTS = {
    "raw": {},
    "raw in tiles": {"tile": (64, 48)},
    "raw in strips with gaps": {"rowsperstrip": 16, "compression": None},
    "deflate in tiles": {"tile": (64, 48), "compression": "deflate"},
    "deflate in strips": {"rowsperstrip": 13, "compression": "deflate"},
    "zstd in tiles": {"tile": (32, 256), "compression": "zstd"},
    "lzw in strips with predictor": {"rowsperstrip": 50, "compression": "lzw", "predictor": 2},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, ">u2", np.uint32, np.float32, np.uint64])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_layouts_and_numbers(tmp_path, layout, dtype, byteorder):
    if "predictor" in LAYOUTS[layout] and np.dtype(dtype).kind == "f":
        pytest.skip("the predictor is for integers")
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, textured((217, 301), dtype), byteorder=byteorder, metadata=None, **LAYOUTS[layout])
    assert_same_in_parts(path)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colours_and_channels_side_by_side_or_apart(tmp_path, layout, planar):
    path = tmp_path / "image.tif"
    shape = (217, 301, 4) if planar == "contig" else (4, 217, 301)
    for photometric, extra in (("rgb", ["unassalpha"]), ("rgb", ["assocalpha"]), ("minisblack", [0, 0, 0])):
        options = {"photometric": photometric, "extrasamples": extra, "planarconfig": planar, "metadata": None}
        tifffile.imwrite(path, textured(shape), **options, **LAYOUTS[layout])
        assert_same_in_parts(path)


def test_pages_and_channels_on_pages(tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, textured((5, 80, 90)), photometric="minisblack", metadata=None, rowsperstrip=7)
    for page in range(5):
        assert_same_in_parts(path, page=page)
    with pytest.raises(UsageError, match="no page 5"):
        open_pixels(path, page=5)
    tifffile.imwrite(path, textured((4, 3, 80, 90), np.uint16), imagej=True, metadata={"axes": "ZCYX"})
    for page in range(4):
        assert_same_in_parts(path, page=page)
    tifffile.imwrite(path, textured((3, 80, 90)), ome=True, metadata={"axes": "CYX"}, tile=(16, 32))
    assert_same_in_parts(path)


def test_images_that_only_a_description_tells_of(tmp_path):
    path = tmp_path / "stack.tif"
    with tifffile.TiffWriter(path, imagej=True, byteorder=">") as file:
        file.write(textured((6, 80, 90), np.uint16), metadata={"axes": "ZYX"}, truncate=True)
    assert describe_image(path).pages == 6
    for page in range(6):
        assert_same_in_parts(path, page=page)


def test_parts_may_be_read_by_several_threads(tmp_path):
    path = tmp_path / "image.tif"
    image_yx = textured((700, 900))
    tifffile.imwrite(path, image_yx, tile=(64, 48), compression="deflate")
    pixels = open_pixels(path)
    random = np.random.default_rng(2)
    corners = [(int(random.integers(0, 600)), int(random.integers(0, 800))) for _ in range(200)]
    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda at: pixels[0, at[0] : at[0] + 100, at[1] : at[1] + 100], corners))
    for (y0, x0), part_yx in zip(corners, parts, strict=True):
        np.testing.assert_array_equal(part_yx, image_yx[y0 : y0 + 100, x0 : x0 + 100])


def test_decoded_pieces_are_kept_within_their_budget(tmp_path, monkeypatch):
    path = tmp_path / "image.tif"
    image_yx = textured((700, 900))
    tifffile.imwrite(path, image_yx, tile=(64, 48), compression="deflate")
    cache = SegmentCache(10 * 64 * 48)
    monkeypatch.setattr("sambaseg.images.tiff_pixels.SegmentCache", lambda: cache)
    pixels = open_pixels(path)
    for _ in range(2):
        np.testing.assert_array_equal(pixels[0, 10:600, 20:800], image_yx[10:600, 20:800])
        assert len(cache._segments) == 10
        assert cache._held_bytes == 10 * 64 * 48


@pytest.mark.parametrize("options", [{"photometric": "miniswhite"}, {"photometric": "palette"}, {"bits": 1}])
def test_polarity_palettes_and_single_bits(tmp_path, options):
    path = tmp_path / "image.tif"
    image = textured((100, 120))
    if options.get("photometric") == "palette":
        options = {**options, "colormap": np.random.default_rng(0).integers(0, 2**16, (3, 256)).astype(np.uint16)}
    if options.pop("bits", 8) == 1:
        image = image > 50
        tifffile.imwrite(path, image, rowsperstrip=9, compression="packbits", metadata=None)
    else:
        tifffile.imwrite(path, image, rowsperstrip=9, metadata=None, **options)
    assert_same_in_parts(path)


def test_what_is_better_decoded_whole_is_not_read_in_parts(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, textured((100, 120)), compression="deflate", rowsperstrip=100)
    assert open_pixels(path) is None
    tifffile.imwrite(path, textured((100, 120)), extratags=[(274, "H", 1, 6, True)])
    assert open_pixels(path) is None


def test_the_budget_is_another_one_for_what_is_read_in_parts(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, textured((1000, 1000)), tile=(256, 256), compression="deflate")
    small = ReadLimits(max_bytes=1000)
    assert describe_image(path, limits=small).width == 1000
    assert open_pixels(path, limits=small) is not None
    with pytest.raises(ImageTooLargeError, match="at most 0 MB"):
        read_image(path, limits=small)
    smaller = ReadLimits(max_bytes=1000, max_streamed_bytes=999_999)
    with pytest.raises(ImageTooLargeError) as caught:
        open_pixels(path, limits=smaller)
    assert "MAX_STREAMED_MB" in caught.value.hint
    tifffile.imwrite(path, textured((1000, 1000)), rowsperstrip=1000, compression="deflate")
    assert open_pixels(path, limits=small) is None
    with pytest.raises(ImageTooLargeError) as caught:
        describe_image(path, limits=small)
    assert "of tiles" in caught.value.hint


def test_a_file_that_changes_or_goes_is_told_by_name(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, textured((100, 120)))
    pixels = open_pixels(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(BrokenImageError, match=r"image\.tif was changed"):
        pixels[:]
    path.unlink()
    with pytest.raises(MissingFileError, match=r"image\.tif cannot be read any more") as caught:
        pixels[:]
    assert str(path) in caught.value.hint


@given(st.data())
def test_changed_bytes_give_pixels_or_an_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("changed") / "image.tif"
    layout = data.draw(st.sampled_from([name for name in LAYOUTS if name != "raw"]))
    tifffile.imwrite(path, textured((80, 90)), metadata=None, **LAYOUTS[layout])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content)
    limits = ReadLimits(max_bytes=2**22, max_streamed_bytes=2**22)
    try:
        pixels = open_pixels(path, limits=limits)
        if pixels is not None:
            pixels.load()
    except SambasegError:
        pass
