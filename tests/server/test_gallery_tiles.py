"""Tiles of shared files are made when somebody looks, and go when there is no room."""

from __future__ import annotations

import numpy as np
import pytest

from sambaseg.errors import BrokenImageError, DamagedFileError, NotAnImageError, ParameterError
from sambaseg.images.save import save_label_image
from sambaseg.project.image_shelf import BuildSettings
from sambaseg.server import entry_tiles
from sambaseg.server.entry_tiles import EntryTiles, SharedFile
from sambaseg.storage.disk import DiskStore
from server.conftest import tiff_of, two_phases
from server.gallery_people import CLASSES


@pytest.fixture
def store(tmp_path):
    return DiskStore(tmp_path / "files")


@pytest.fixture
def tiles(tmp_path):
    tiles = EntryTiles(tmp_path / "tiles", BuildSettings(threads=1))
    yield tiles
    tiles.close()


def shared(store, content, name="a.tif", *, labels_of=None):
    sha256 = store.put(content).sha256
    return SharedFile(sha256, name, lambda: store.as_file(sha256), labels_of=labels_of)


def test_tiles_are_the_image(store, tiles):
    pixels_yx = two_phases(300, 400, np.uint16)
    file = shared(store, tiff_of(pixels_yx))
    assert np.array_equal(tiles.read_tile(file, 0, 1, 1)[0], pixels_yx[256:, 256:])
    shown = tiles.describe(file)
    assert (shown.width, shown.height, shown.channels, shown.dtype, shown.levels) == (400, 300, 1, "uint16", 2)
    assert shown.contrast[0].low < shown.contrast[0].high
    with pytest.raises(ParameterError):
        tiles.read_tile(file, 0, 5, 5)


def test_tiles_that_are_there_are_not_made_again(store, tiles, tmp_path):
    file = shared(store, tiff_of(two_phases(300, 400)))
    shown = tiles.describe(file)
    made = (tmp_path / "tiles" / file.sha256 / "known.json").stat().st_mtime_ns
    again = EntryTiles(tmp_path / "tiles", BuildSettings(threads=1))
    assert again.describe(file) == shown
    assert (tmp_path / "tiles" / file.sha256 / "known.json").stat().st_mtime_ns == made


def test_class_ids_are_never_averaged(store, tiles, tmp_path):
    classes_yx = np.ones((300, 300), np.uint8)
    classes_yx[::2, ::2] = 2
    classes_yx[1::2, 1::2] = 2
    path = tmp_path / "labels.tif"
    save_label_image(path, classes_yx, classes=CLASSES)
    file = shared(store, path, "labels.tif", labels_of=(300, 300))
    assert np.array_equal(tiles.read_tile(file, 0, 0, 0)[0], classes_yx[:256, :256])
    assert set(np.unique(tiles.read_tile(file, 1, 0, 0))) <= {1, 2}


@pytest.mark.parametrize(
    ("content", "labels_of", "error"),
    [
        (b"no image at all", None, NotAnImageError),
        (tiff_of(two_phases(300, 400))[:1000], None, BrokenImageError),
        (tiff_of(two_phases(30, 40, np.uint16)), (30, 40), DamagedFileError),
    ],
)
def test_file_that_cannot_be_shown_says_why_each_time(store, tiles, content, labels_of, error):
    file = shared(store, content, labels_of=labels_of)
    for _ in range(2):
        with pytest.raises(error):
            tiles.read_tile(file, 0, 0, 0)
        with pytest.raises(error):
            tiles.describe(file)


def test_what_nobody_looked_at_for_long_goes_when_there_is_no_room(store, tmp_path, monkeypatch):
    monkeypatch.setattr(entry_tiles, "IDLE_SECONDS", 0.0)
    tiles = EntryTiles(tmp_path / "tiles", BuildSettings(threads=1), max_mb=1)
    noise = np.random.default_rng(0).integers(0, 255, (900, 900)).astype(np.uint8)
    first, second = shared(store, tiff_of(noise)), shared(store, tiff_of(noise[::-1]))
    tiles.describe(first)
    tiles.describe(second)
    assert not (tmp_path / "tiles" / first.sha256).exists()
    assert np.array_equal(tiles.read_tile(first, 0, 0, 0)[0], noise[:256, :256])
    tiles.close()
