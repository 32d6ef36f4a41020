"""Saved segmentations and planes open elsewhere, say what they mean, and are never half written."""

import errno
import json
import os
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.label_reader import read_labels
from sambaseg.images.reader import describe_image, read_image
from sambaseg.images.save import save_label_image, save_planes


@dataclass(frozen=True)
class Named:
    id: int
    name: str
    colour: str


PORES = Named(2, "Pores", "#ff7f0e")
MATRIX = Named(4, "Matrix \u03b1", "#1f77b4")
LABELS = np.array([[0, 2, 2, 4], [4, 4, 0, 2], [2, 2, 2, 2]], dtype=np.int32)


def with_tifffile(path):
    return tifffile.imread(path)


def with_pillow(path):
    with Image.open(path) as image:
        return np.asarray(image)


def with_opencv(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


READERS = [with_tifffile, with_pillow, with_opencv]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("largest", "dtype"), [(4, np.uint8), (255, np.uint8), (256, np.uint16), (65535, np.uint16)])
def test_ids_are_read_by_other_programs_in_the_smallest_type(tmp_path, reader, largest, dtype):
    path = tmp_path / "labels.tif"
    labels = np.where(LABELS == 4, largest, LABELS)
    save_label_image(path, labels, classes=[PORES, Named(largest, "Matrix", "#1f77b4")])
    read = reader(path)
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, labels)


def test_ids_above_65535_are_kept(tmp_path):
    path = tmp_path / "labels.tif"
    labels = np.where(LABELS == 4, 70_000, LABELS)
    save_label_image(path, labels, classes=[PORES, Named(70_000, "Matrix", "#1f77b4")])
    assert tifffile.imread(path).dtype == np.uint32
    np.testing.assert_array_equal(read_labels(path, labels.shape), labels)


@pytest.mark.parametrize("reader", READERS)
def test_spread_values_can_be_told_apart_and_are_mapped_back(tmp_path, reader):
    path = tmp_path / "labels.tif"
    save_label_image(path, LABELS, classes=[MATRIX, PORES], values="spread")
    expected = np.select([LABELS == 2, LABELS == 4], [128, 255]).astype(np.uint8)
    np.testing.assert_array_equal(reader(path), expected)
    np.testing.assert_array_equal(read_labels(path, LABELS.shape), LABELS)


def test_255_classes_spread_to_255_values(tmp_path):
    labels = np.arange(256).reshape(16, 16)
    classes = [Named(i, f"{i}", "#000000") for i in range(1, 256)]
    save_label_image(tmp_path / "a.tif", labels, classes=classes, values="spread")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), labels)
    with pytest.raises(ParameterError, match="256 classes"):
        save_label_image(
            tmp_path / "b.tif", labels, classes=[*classes, Named(256, "one more", "#000000")], values="spread"
        )
    assert not (tmp_path / "b.tif").exists()


def test_the_description_names_the_classes(tmp_path):
    path = tmp_path / "labels.tif"
    extra = {"classifier": "abc"}
    save_label_image(path, LABELS, classes=[PORES, MATRIX], pixel_size_um=(0.5, 0.25), values="spread", extra=extra)
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        described = json.loads(page.description)
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
    assert described["classes"] == [
        {"id": 2, "name": "Pores", "colour": "#ff7f0e", "value": 128},
        {"id": 4, "name": "Matrix \u03b1", "colour": "#1f77b4", "value": 255},
    ]
    assert described["pixel_size_um"] == [0.5, 0.25]
    assert described["classifier"] == "abc"
    assert described["kind"] == "labels"


@pytest.mark.parametrize("size", [(0.5, 0.25), (1e-5, 3e-5), (123.0, 99.0), (0.0123456789, 0.0123456789)])
def test_pixel_size_is_kept_for_this_program_and_in_the_standard_tags(tmp_path, size):
    path = tmp_path / "labels.tif"
    save_label_image(path, LABELS, classes=[PORES, MATRIX], pixel_size_um=size)
    assert describe_image(path).pixel_size_um == size
    with tifffile.TiffFile(path) as tiff:
        tags = tiff.pages[0].tags
        assert tags["ResolutionUnit"].value == 3
        for name, expected in (("YResolution", size[0]), ("XResolution", size[1])):
            over, under = tags[name].value
            assert 10_000 * under / over == pytest.approx(expected, rel=1e-6)
    with Image.open(path) as image:
        per_inch_x, per_inch_y = image.info["dpi"]
        assert 25_400 / float(per_inch_x) == pytest.approx(size[1], rel=1e-5)
        assert 25_400 / float(per_inch_y) == pytest.approx(size[0], rel=1e-5)


def test_a_pixel_too_small_for_the_standard_tags_is_kept_in_the_description(tmp_path):
    path = tmp_path / "labels.tif"
    save_label_image(path, LABELS, classes=[PORES, MATRIX], pixel_size_um=(1e-6, 1e-6))
    assert describe_image(path).pixel_size_um == (1e-6, 1e-6)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.pages[0].tags["XResolution"].value == (1, 1)
        assert tiff.pages[0].tags["ResolutionUnit"].value == 1


def test_without_a_pixel_size_none_is_read(tmp_path):
    save_label_image(tmp_path / "labels.tif", LABELS, classes=[PORES, MATRIX])
    assert describe_image(tmp_path / "labels.tif").pixel_size_um is None


def test_an_id_without_a_class_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="class id 4"):
        save_label_image(tmp_path / "labels.tif", LABELS, classes=[PORES])
    with pytest.raises(ParameterError, match="class id 4"):
        save_label_image(tmp_path / "labels.tif", LABELS, classes=[PORES, Named(5, "Above", "#000000")])
    assert list(tmp_path.iterdir()) == []


def test_planes_are_pages_with_names(tmp_path):
    path = tmp_path / "planes.tif"
    planes = np.random.default_rng(0).random((3, 5, 7), dtype=np.float32)
    planes[0, 0, 0] = np.nan
    save_planes(path, planes, names=["a", "b", "c"], pixel_size_um=(1.0, 1.0))
    np.testing.assert_array_equal(tifffile.imread(path, key=slice(None)), planes)
    with Image.open(path) as image:
        image.seek(2)
        np.testing.assert_array_equal(np.asarray(image), planes[2])
    _, pages = cv2.imreadmulti(str(path), flags=cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(pages, planes)
    np.testing.assert_array_equal(read_image(path, page=1).pixels_cyx, planes[1:2])
    assert describe_image(path).pages == 3
    with tifffile.TiffFile(path) as tiff:
        assert json.loads(tiff.pages[0].description)["names"] == ["a", "b", "c"]


def test_one_pixel_is_saved(tmp_path):
    save_label_image(tmp_path / "one.tif", np.array([[2]]), classes=[PORES])
    assert tifffile.imread(tmp_path / "one.tif").tolist() == [[2]]


def test_planes_need_as_many_names(tmp_path):
    with pytest.raises(ParameterError, match="2 planes"):
        save_planes(tmp_path / "planes.tif", np.zeros((2, 3, 3), dtype=np.float32), names=["a"])


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "labels.tif"
    save_label_image(path, LABELS, classes=[PORES, MATRIX])
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        save_label_image(path, LABELS * 0, classes=[PORES, MATRIX])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_read_back_is_not_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(tifffile.TiffPage, "asarray", lambda *_, **__: np.zeros((3, 4), dtype=np.uint8))
    with pytest.raises(StorageError, match="read back"):
        save_label_image(tmp_path / "labels.tif", LABELS, classes=[PORES, MATRIX])
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StorageError, match="nowhere"):
        save_label_image(tmp_path / "nowhere/labels.tif", LABELS, classes=[PORES, MATRIX])
