"""Decoding in another process: the same answer, the same errors, limits that hold, crashes that are survived."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from sambaseg.errors import (
    BrokenImageError,
    DecodingLimitError,
    ImageTooLargeError,
    LabelsSizeMismatchError,
    UnsupportedImageError,
)
from sambaseg.images import apart, decode_apart
from sambaseg.images.decode_apart import read_image_apart, read_labels_apart
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import read_image

IMAGE = np.random.default_rng(0).normal(size=(2, 30, 40)).astype(np.float32)


@pytest.fixture
def image_file(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.ome.tif", IMAGE, metadata={"axes": "CYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25}
    )
    return tmp_path / "a.ome.tif"


@pytest.fixture
def other_process(monkeypatch):
    """Let the other process run a program of the test's own instead of the decoder."""

    def use(program):
        run = subprocess.run
        monkeypatch.setattr(subprocess, "run", lambda _, **options: run([sys.executable, "-c", program], **options))

    return use


def test_the_same_micrograph_comes_back(image_file):
    apart, here = read_image_apart(image_file, file_name="steel.tif"), read_image(image_file, file_name="steel.tif")
    np.testing.assert_array_equal(apart.pixels_cyx, here.pixels_cyx)
    assert apart.pixels_cyx.dtype == here.pixels_cyx.dtype
    assert apart.info == here.info
    assert apart.info.pixel_size_um == (0.25, 0.5)


def test_labels_come_back(tmp_path):
    labels = np.array([[0, 2], [4, 0]], dtype=np.uint16)
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    np.testing.assert_array_equal(read_labels_apart(tmp_path / "labels.tif", (2, 2)), labels)
    with pytest.raises(LabelsSizeMismatchError):
        read_labels_apart(tmp_path / "labels.tif", (2, 3))


def test_errors_come_back_as_they_are(tmp_path, image_file):
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    with pytest.raises(UnsupportedImageError, match=r"steel\.gif is a GIF") as caught:
        read_image_apart(tmp_path / "a.gif", file_name="steel.gif")
    assert "TIFF" in caught.value.hint
    with pytest.raises(ImageTooLargeError):
        read_image_apart(image_file, limits=ReadLimits(max_bytes=1000))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of the address space")
def test_the_limit_of_memory_holds(tmp_path):
    tifffile.imwrite(tmp_path / "zeros.tif", np.zeros((12_000, 12_000), dtype=np.uint8), compression="zstd")
    with pytest.raises(DecodingLimitError, match="memory"):
        read_image_apart(tmp_path / "zeros.tif", memory_mb=64)
    assert read_image_apart(tmp_path / "zeros.tif", memory_mb=1024).pixels_cyx.shape == (1, 12_000, 12_000)


def test_the_limit_of_time_holds(image_file, other_process):
    other_process("import time; time.sleep(60)")
    start = time.monotonic()
    with pytest.raises(DecodingLimitError, match=r"a\.ome\.tif took longer than 0\.5 seconds"):
        read_image_apart(image_file, seconds=0.5)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("end", ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "raise SystemExit(3)"])
def test_a_crash_of_the_decoder_is_a_broken_image(image_file, other_process, end):
    other_process(end)
    with pytest.raises(BrokenImageError, match=r"a\.ome\.tif made the decoder fail"):
        read_image_apart(image_file)


def test_nothing_is_left_behind(image_file, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    read_image_apart(image_file)
    with pytest.raises(ImageTooLargeError):
        read_image_apart(image_file, limits=ReadLimits(max_bytes=10))
    assert list(folder.iterdir()) == []


def test_an_unknown_error_of_the_other_process_is_a_broken_image():
    error = apart.error_of({"kind": "FutureError", "message": "new", "hint": "x"})
    assert type(error) is BrokenImageError
    assert Path(decode_apart.__file__).name == "decode_apart.py"
