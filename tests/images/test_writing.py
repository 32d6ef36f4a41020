"""Images that are written part by part: whatever the order, the file holds what a whole one would."""

import json
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sambaseg.errors import ParameterError, StorageError
from sambaseg.images import tiff_writer
from sambaseg.images.label_reader import read_label_classes, read_labels
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pixels import BandedPixels
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.reader import read_image
from sambaseg.images.save import save_label_image
from sambaseg.images.writing import (
    NamedLabels,
    open_label_writer,
    open_plane_writer,
    open_tiff_writer,
    write_ome_zarr,
)


@dataclass(frozen=True)
class Named:
    id: int
    name: str
    colour: str


CLASSES = [Named(2, "Pores", "#1f77b4"), Named(4, "Matrix µ", "#ff7f0e")]
LABELS_YX = np.random.default_rng(0).choice([0, 2, 4], (300, 521)).astype(np.uint8)


def textured(shape, dtype):
    kind = np.dtype(dtype)
    random = np.random.default_rng(0)
    return random.normal(size=shape).astype(kind) if kind.kind == "f" else random.integers(0, 100, shape).astype(kind)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(1, 1), (256, 256), (300, 521), (513, 255)])
def test_other_readers_find_the_pixels(tmp_path, shape, dtype):
    path = tmp_path / "image.tif"
    image_yx = textured(shape, dtype)
    with open_tiff_writer(path, shape, dtype, description={"kind": "test"}, pixel_size_um=(0.5, 0.25)) as writer:
        writer.write(image_yx)
    np.testing.assert_array_equal(tifffile.imread(path), image_yx)
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), image_yx)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), image_yx)
    micrograph = read_image(path)
    np.testing.assert_array_equal(micrograph.pixels_cyx[0], image_yx)
    assert micrograph.info.pixel_size_um == (0.5, 0.25)
    assert path.read_bytes()[:4] == b"II*\0"


def test_what_is_larger_than_classic_files_hold_becomes_a_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_writer, "_CLASSIC_PIXEL_BYTES", 300_000)
    pages_pyx = textured((3, 300, 521), np.uint8)
    path = tmp_path / "stack.tif"
    with open_tiff_writer(path, (300, 521), np.uint8, pages=3, description={}, page_names=["a", "b", "c"]) as writer:
        for page, image_yx in enumerate(pages_pyx):
            writer.write(image_yx, page=page)
    np.testing.assert_array_equal(tifffile.imread(path), pages_pyx)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        assert [page.tags.valueof(285) for page in file.pages] == ["a", "b", "c"]
        assert json.loads(file.pages[0].description)["sambaseg"]
    with Image.open(path) as image:
        assert image.n_frames == 3


@given(st.data())
def test_bands_and_pages_may_come_in_any_order(tmp_path_factory, data):
    height, pages = data.draw(st.integers(1, 600)), data.draw(st.integers(1, 3))
    image_pyx = textured((pages, height, 3), np.uint16)
    path = tmp_path_factory.mktemp("bands") / "image.tif"
    with open_tiff_writer(path, (height, 3), np.uint16, pages=pages, description={}) as writer:
        places = [0] * pages
        while any(place < height for place in places):
            page = data.draw(st.sampled_from([page for page in range(pages) if places[page] < height]))
            rows = data.draw(st.integers(1, height - places[page]))
            writer.write(image_pyx[page, places[page] : places[page] + rows], page=page)
            places[page] += rows
    np.testing.assert_array_equal(tifffile.imread(path).reshape(image_pyx.shape), image_pyx)


def test_tiles_may_come_from_several_threads(tmp_path):
    image_yx = textured((1000, 1100), np.uint8)
    path = tmp_path / "image.tif"
    places = [(ty, tx) for ty in range(4) for tx in range(5)]
    np.random.default_rng(1).shuffle(places)
    with (
        open_tiff_writer(path, (1000, 1100), np.uint8, description={}) as writer,
        ThreadPoolExecutor(4) as pool,
    ):
        list(
            pool.map(
                lambda at: writer.write_tile(
                    *at, image_yx[at[0] * 256 : (at[0] + 1) * 256, at[1] * 256 : (at[1] + 1) * 256]
                ),
                places,
            )
        )
    np.testing.assert_array_equal(tifffile.imread(path), image_yx)


def test_wrong_parts_are_refused_and_nothing_is_left(tmp_path):
    path = tmp_path / "image.tif"
    tile = np.zeros((256, 256), np.uint8)

    def writing(*steps, shape=(300, 300), pages=1):
        with open_tiff_writer(path, shape, np.uint8, pages=pages, description={}) as writer:
            for step in steps:
                step(writer)

    for steps in (
        [lambda writer: writer.write_tile(0, 1, tile)],
        [lambda writer: writer.write_tile(0, 0, tile, page=1)],
        [lambda writer: writer.write_tile(-1, 0, tile)],
        [lambda writer: writer.write_tile(0, 0, tile)] * 2,
        [lambda writer: writer.write(np.zeros((1, 299), np.uint8))],
        [lambda writer: writer.write(np.zeros((301, 300), np.uint8))],
        [lambda writer: writer.write(np.zeros((256, 300), np.uint8))],
    ):
        with pytest.raises(ParameterError):
            writing(*steps)
    with pytest.raises(ParameterError):
        writing(shape=(0, 5))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_back_does_not_take_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_writer.zlib, "crc32", lambda _: next(counter))
    counter = iter(range(100))
    with (
        pytest.raises(StorageError, match="could not be read back"),
        open_tiff_writer(tmp_path / "image.tif", (5, 5), np.uint8, description={}) as writer,
    ):
        writer.write(np.zeros((5, 5), np.uint8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("values", ["ids", "spread"])
def test_labels_in_bands_equal_labels_saved_whole(tmp_path, values):
    whole, bands = tmp_path / "whole.tif", tmp_path / "bands.tif"
    options = {"classes": CLASSES, "pixel_size_um": (0.5, 0.25), "values": values, "extra": {"image": "a.tif"}}
    save_label_image(whole, LABELS_YX, **options)
    with open_label_writer(bands, LABELS_YX.shape, **options) as writer:
        for y0 in range(0, 300, 77):
            writer.write(LABELS_YX[y0 : y0 + 77])
    np.testing.assert_array_equal(tifffile.imread(bands), tifffile.imread(whole))
    np.testing.assert_array_equal(read_labels(bands), LABELS_YX)
    assert read_label_classes(bands) == read_label_classes(whole)
    with tifffile.TiffFile(whole) as first, tifffile.TiffFile(bands) as second:
        assert first.pages[0].description == second.pages[0].description


def test_unknown_ids_are_refused(tmp_path):
    with (
        pytest.raises(ParameterError, match="class id 4"),
        open_label_writer(tmp_path / "a.tif", LABELS_YX.shape, classes=CLASSES[:1]) as writer,
    ):
        writer.write(LABELS_YX)


def test_planes_are_pages_with_names(tmp_path):
    planes_cyx = textured((2, 300, 521), np.float32)
    with open_plane_writer(tmp_path / "p.tif", (300, 521), np.float32, names=["a", "b"], extra={"x": 1}) as writer:
        for y0 in range(0, 300, 256):
            for page in range(2):
                writer.write(planes_cyx[page, y0 : y0 + 256], page=page)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "p.tif"), planes_cyx)
    with tifffile.TiffFile(tmp_path / "p.tif") as file:
        described = json.loads(file.pages[0].description)
    assert (described["kind"], described["names"], described["x"]) == ("planes", ["a", "b"], 1)


def test_an_ome_zarr_holds_image_labels_and_their_classes(tmp_path):
    image_cyx = textured((3, 300, 521), np.uint8)
    micrograph = Micrograph.from_array(image_cyx, name="a.tif")
    labels = BandedPixels(LABELS_YX.shape, np.uint8, lambda y0, y1: LABELS_YX[y0:y1])
    shares = []
    write_ome_zarr(
        tmp_path / "a.ome.zarr",
        image_cyx,
        micrograph.info,
        labels=[NamedLabels("segmentation", labels, CLASSES)],
        pixel_size_um=(0.5, 0.25),
        progress=shares.append,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.ome.zarr"]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    np.testing.assert_array_equal(group["0"][:], image_cyx)
    np.testing.assert_array_equal(group["labels/segmentation/0"][:], LABELS_YX[None])
    assert group["labels/segmentation/1"].shape == (1, 150, 261)
    meaning = group["labels/segmentation"].attrs["ome"]["image-label"]
    assert meaning["colors"][0] == {"label-value": 2, "rgba": [0x1F, 0x77, 0xB4, 255]}
    assert meaning["properties"][1] == {"label-value": 4, "name": "Matrix µ"}
    assert group.attrs["ome"]["omero"]["channels"][1]["color"] == "00FF00"
    np.testing.assert_array_equal(TileLayer.open(tmp_path / "a.ome.zarr").array(), image_cyx)
    with pytest.raises(StorageError, match="already"):
        write_ome_zarr(tmp_path / "a.ome.zarr", image_cyx, micrograph.info)
    with pytest.raises(ParameterError, match="size"):
        write_ome_zarr(tmp_path / "b", image_cyx[:, :5], micrograph.info, labels=[NamedLabels("l", labels, CLASSES)])


def test_ome_zarr_is_valid_for_the_published_models(tmp_path):
    models = pytest.importorskip("ome_zarr_models.v05")
    micrograph = Micrograph.from_array(textured((1, 300, 521), np.uint16), name="a.tif")
    labels = NamedLabels("segmentation", LABELS_YX[None], CLASSES)
    write_ome_zarr(tmp_path / "a.ome.zarr", micrograph.pixels_cyx, micrograph.info, labels=[labels])
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    image = models.Image.from_zarr(group)
    assert [axis.name for axis in image.ome_attributes.multiscales[0].axes] == ["c", "y", "x"]
    models.Labels.from_zarr(group["labels"])
    models.ImageLabel.from_zarr(group["labels/segmentation"])


def test_offsets_are_even_and_directories_lie_behind_the_tiles(tmp_path):
    path = tmp_path / "image.tif"
    with open_tiff_writer(path, (600, 300), np.uint8, pages=2, description={}) as writer:
        for page in range(2):
            writer.write(textured((600, 300), np.uint8), page=page)
    content = path.read_bytes()
    (first,) = struct.unpack("<I", content[4:8])
    assert first % 2 == 0
    assert (writer.offsets % 2 == 0).all()
    assert first > writer.offsets.max()
