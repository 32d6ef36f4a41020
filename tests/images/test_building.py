"""Building layers in another process: what comes out, what can be seen meanwhile, and how it ends."""

import hashlib
import os
import sys
import time

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from images.test_robustness_files import READ, REFUSED
from sambaseg.errors import (
    BrokenImageError,
    CancelledError,
    DecodingLimitError,
    ImageTooLargeError,
    MissingFileError,
    ParameterError,
    StorageError,
    UsageError,
)
from sambaseg.images import build_workers
from sambaseg.images.building import PyramidBuild
from sambaseg.images.contrast import display_windows, value_ranges
from sambaseg.images.hashing import hash_source
from sambaseg.images.inspect_apart import find_images_apart, inspect_image_apart
from sambaseg.images.inspection import inspect_image
from sambaseg.images.layer_building import fill_layer
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.reader import read_image
from sambaseg.images.reduction import halve
from sambaseg.images.region_source import open_pixels


def textured(shape, dtype=np.uint8):
    kind = np.dtype(dtype)
    random = np.random.default_rng(0)
    return random.normal(size=shape).astype(kind) if kind.kind == "f" else random.integers(0, 100, shape).astype(kind)


def assert_levels_of(layer, image_cyx):
    expected = image_cyx
    for level in range(layer.levels):
        np.testing.assert_array_equal(layer.array(level), expected)
        expected = halve(expected, "mean")


@pytest.fixture
def large_tiff(tmp_path):
    image_yx = textured((2300, 3100))
    path = tmp_path / "large.tif"
    tifffile.imwrite(path, image_yx, tile=(240, 256), compression="deflate", resolution=(2e4, 4e4), resolutionunit=3)
    return path, image_yx[None]


@pytest.mark.parametrize("keep_finest", [True, False])
def test_a_layer_is_built_with_or_without_its_finest_level(tmp_path, large_tiff, keep_finest):
    path, image_cyx = large_tiff
    build = PyramidBuild(path, tmp_path / "layer", keep_finest=keep_finest, file_name="shown.tif", threads=2)
    build.start()
    with pytest.raises(ParameterError, match="already"):
        build.start()
    assert build.wait_for_tile(0, 0, 0, 60)
    finest = None if keep_finest else open_pixels(path)
    early = TileLayer.open(tmp_path / "layer", finest=finest)
    np.testing.assert_array_equal(early.read_tile(0, 0, 0), image_cyx[:, :256, :256])
    assert build.wait_for_tile(1, 4, 0, 60)
    np.testing.assert_array_equal(early.read_tile(1, 4, 0), halve(image_cyx, "mean")[:, 1024:, :256])
    built = build.result()
    assert build.progress == 1
    assert (built.info.file_name, built.info.width, built.info.pixel_size_um) == ("shown.tif", 3100, (0.25, 0.5))
    assert built.contrast == display_windows(image_cyx)
    assert built.value_range == value_ranges(image_cyx) == ((0.0, 99.0),)
    assert built.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    layer = TileLayer.open(tmp_path / "layer", finest=finest)
    assert_levels_of(layer, image_cyx)
    assert (tmp_path / "layer" / "0").exists() == keep_finest
    if not keep_finest:
        with pytest.raises(StorageError, match="source is needed"):
            TileLayer.open(tmp_path / "layer")
        with pytest.raises(StorageError, match="but its source has"):
            TileLayer.open(tmp_path / "layer", finest=image_cyx[:, 1:])


@pytest.mark.parametrize("name", READ)
def test_files_of_the_collection_are_built_as_they_are_read(shared_data, tmp_path, name):
    path = shared_data / "robustness" / name
    build = PyramidBuild(path, tmp_path / "layer")
    build.start()
    built = build.result()
    micrograph = read_image(path)
    assert built.info == micrograph.info
    np.testing.assert_array_equal(TileLayer.open(tmp_path / "layer").array(), micrograph.pixels_cyx)


@pytest.mark.parametrize("name", REFUSED)
def test_files_of_the_collection_are_refused_by_name(shared_data, tmp_path, name):
    kind, reason = REFUSED[name]
    build = PyramidBuild(shared_data / "robustness" / name, tmp_path / "layer", seconds=20)
    started = time.monotonic()
    build.start()
    for ask in (build.result, lambda: build.wait_for_tile(0, 0, 0, 10)):
        with pytest.raises(kind, match=reason):
            ask()
    assert time.monotonic() - started < 15


def test_what_is_not_readable_in_parts_is_built_only_as_a_copy(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(textured((300, 400))).save(path)
    build = PyramidBuild(path, tmp_path / "copy")
    build.start()
    build.result()
    build = PyramidBuild(path, tmp_path / "linked", keep_finest=False)
    build.start()
    with pytest.raises(ParameterError, match="part by part"):
        build.result()


def test_refusals_have_the_kind_they_have_elsewhere(tmp_path, large_tiff):
    path, _ = large_tiff
    for asked, kind in (
        ({"page": 3}, UsageError),
        ({"limits": ReadLimits(max_streamed_bytes=1000)}, ImageTooLargeError),
    ):
        build = PyramidBuild(path, tmp_path / "layer", **asked)
        build.start()
        with pytest.raises(kind):
            build.result()
    build = PyramidBuild(tmp_path / "nowhere.tif", tmp_path / "layer")
    build.start()
    with pytest.raises(MissingFileError):
        build.result()
    (tmp_path / "file").write_bytes(b"")
    build = PyramidBuild(path, tmp_path / "file")
    build.start()
    with pytest.raises(StorageError):
        build.result()


def test_a_broken_tile_ends_the_building_by_name(tmp_path, large_tiff):
    path, _ = large_tiff
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[100]
    content = bytearray(path.read_bytes())
    content[offset : offset + 20] = bytes(20)
    path.write_bytes(content)
    build = PyramidBuild(path, tmp_path / "layer")
    build.start()
    with pytest.raises(BrokenImageError, match=r"large\.tif"):
        build.result()


def replaced_process(monkeypatch, code):
    """Let another program stand in for the one that builds."""
    build_workers.end_idle_workers()
    original = build_workers.subprocess.Popen
    monkeypatch.setattr(
        build_workers.subprocess, "Popen", lambda _, **options: original([sys.executable, "-c", code], **options)
    )


def test_a_builder_that_takes_too_long_is_ended(tmp_path, large_tiff, monkeypatch):
    replaced_process(monkeypatch, "import time; time.sleep(60)")
    build = PyramidBuild(large_tiff[0], tmp_path / "layer", seconds=0.3)
    build.start()
    assert not build.wait_for_tile(0, 0, 0, 0.05)
    with pytest.raises(DecodingLimitError, match=r"longer than 0\.3 seconds"):
        build.result()


@pytest.mark.parametrize("end", ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "raise SystemExit(3)"])
def test_a_builder_that_dies_is_a_broken_image(tmp_path, large_tiff, monkeypatch, end):
    replaced_process(monkeypatch, end)
    build = PyramidBuild(large_tiff[0], tmp_path / "layer")
    build.start()
    with pytest.raises(BrokenImageError, match="made the decoder fail"):
        build.result()


def test_cancelling_ends_the_process_and_all_who_wait(tmp_path, large_tiff, monkeypatch):
    replaced_process(monkeypatch, "import time; time.sleep(60)")
    build = PyramidBuild(large_tiff[0], tmp_path / "layer")
    build.start()
    started = time.monotonic()
    build.cancel()
    for ask in (build.result, lambda: build.wait_for_tile(0, 0, 0, 10)):
        with pytest.raises(CancelledError):
            ask()
    assert build.ended
    assert time.monotonic() - started < 5
    build.cancel()


def test_looking_at_a_file_ends_like_building(tmp_path, large_tiff, monkeypatch):
    path, _ = large_tiff
    with monkeypatch.context() as patched:
        replaced_process(patched, "import time; time.sleep(60)")
        with pytest.raises(DecodingLimitError, match=r"longer than 0\.3 seconds"):
            inspect_image_apart(path, seconds=0.3)
    with monkeypatch.context() as patched:
        replaced_process(patched, "raise SystemExit(3)")
        with pytest.raises(BrokenImageError, match="exit code 3"):
            find_images_apart([path])
    with pytest.raises(MissingFileError):
        find_images_apart([tmp_path / "nowhere.tif"])


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="address space is limited on Linux")  # noqa: PTH110
def test_memory_is_limited(tmp_path):
    path = tmp_path / "large.png"
    Image.fromarray(np.zeros((9000, 9000), np.uint8)).save(path)
    build = PyramidBuild(path, tmp_path / "layer", memory_mb=60)
    build.start()
    with pytest.raises(DecodingLimitError, match="memory"):
        build.result()


def test_a_process_is_used_again_after_work_that_ended_well(tmp_path, large_tiff):
    path, image_cyx = large_tiff
    build_workers.end_idle_workers()
    used = []
    for number in range(3):
        build = PyramidBuild(path, tmp_path / f"layer {number}", keep_finest=number == 1)
        build.start()
        used.append(build.pid)
        assert build.result().sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        path.write_bytes(path.read_bytes() + bytes(2))
    assert len(set(used)) == 1
    assert_levels_of(TileLayer.open(tmp_path / "layer 1"), image_cyx)
    path.write_bytes(path.read_bytes()[:9000])
    build = PyramidBuild(path, tmp_path / "broken")
    build.start()
    assert build.pid == used[0]
    with pytest.raises(BrokenImageError):
        build.result()
    path.write_bytes(b"II*\0")
    build = PyramidBuild(path, tmp_path / "broken")
    build.start()
    assert build.pid != used[0]
    with pytest.raises(BrokenImageError):
        build.result()


def test_processes_are_not_kept_for_long_nor_many_of_them(tmp_path, large_tiff, monkeypatch):
    monkeypatch.setattr(build_workers, "IDLE_SECONDS", 0.2)
    builds = [PyramidBuild(large_tiff[0], tmp_path / f"layer {number}") for number in range(4)]
    for build in builds:
        build.start()
    for build in builds:
        build.result()
    assert len(build_workers._idle) <= build_workers.MOST_IDLE
    deadline = time.monotonic() + 20
    while build_workers._idle and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not build_workers._idle


LAYOUTS = [
    {},
    {"rowsperstrip": 100, "compression": "deflate"},
    {"rowsperstrip": 1000, "compression": "lzw"},
    {"tile": (512, 2048), "compression": "zstd"},
    {"tile": (16, 16)},
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("shape", "dtype"), [((2100, 1300), np.float32), ((1100, 2500, 3), np.uint8)])
def test_every_layout_gives_the_same_layer(tmp_path, layout, threads, shape, dtype):
    path = tmp_path / "image.tif"
    image = textured(shape, dtype)
    if dtype == np.float32:
        image[5:9, 7] = np.nan
        image[1500, 100:102] = np.inf
    tifffile.imwrite(path, image, metadata=None, **layout)
    image_cyx = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    pixels = open_pixels(path)
    layer = TileLayer.create(tmp_path / "layer", image_cyx.shape, dtype)
    shares = []
    facts = fill_layer(layer, pixels, threads=threads, progress=shares.append)
    assert_levels_of(layer, image_cyx)
    assert facts.contrast == display_windows(image_cyx)
    assert facts.value_range == value_ranges(image_cyx)
    assert (facts.nan_count, facts.inf_count) == ((4, 2) if dtype == np.float32 else (0, 0))
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_zarr_is_built_and_its_hash_is_that_of_all_files(tmp_path):
    image = textured((1500, 1100))
    zarr.create_array(tmp_path / "a.zarr", data=image, chunks=(500, 500))
    build = PyramidBuild(tmp_path / "a.zarr", tmp_path / "layer", keep_finest=False)
    build.start()
    built = build.result()
    assert_levels_of(TileLayer.open(tmp_path / "layer", finest=open_pixels(tmp_path / "a.zarr")), image[None])
    before = hash_source(tmp_path / "a.zarr")
    assert built.sha256 == before
    (tmp_path / "a.zarr" / "c" / "0" / "0").rename(tmp_path / "a.zarr" / "c" / "0" / "9")
    assert hash_source(tmp_path / "a.zarr") != before


def test_inspection_samples_what_can_be_read_in_parts(tmp_path, large_tiff):
    path, image_cyx = large_tiff
    inspected = inspect_image_apart(path, file_name="shown.tif")
    assert inspected == inspect_image(path, file_name="shown.tif")
    assert inspected.streamable
    assert inspected.info.file_name == "shown.tif"
    assert inspected.value_range == value_ranges(image_cyx)
    assert np.allclose(inspected.contrast, display_windows(image_cyx), atol=1)
    picture = tmp_path / "a.png"
    Image.fromarray(textured((30, 40))).save(picture)
    inspected = inspect_image_apart(picture)
    assert (inspected.streamable, inspected.contrast, inspected.value_range) == (False, None, None)
    with pytest.raises(UsageError):
        inspect_image_apart(path, page=1)
    found = find_images_apart([path, picture])
    assert [(image.path, image.name, image.info.width) for image in found] == [
        (path, "large.tif", 3100),
        (picture, "a.png", 40),
    ]
    assert find_images_apart([]) == []
