"""Labels from image files: ids as they are, and what is no label image."""

import json

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from sambaseg.errors import LabelsFileError, LabelsSizeMismatchError
from sambaseg.images.label_reader import SavedClass, read_label_classes, read_labels
from sambaseg.images.save import save_label_image

LABELS = np.array([[0, 2, 4], [4, 2, 0]])


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", ">u2"])
def test_ids_stay_as_they_are(tmp_path, dtype):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, LABELS.astype(dtype), byteorder=">" if dtype[0] == ">" else "<")
    read = read_labels(path, (2, 3))
    assert read.dtype == np.int32
    np.testing.assert_array_equal(read, LABELS)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_a_palette_gives_its_indices(tmp_path, suffix):
    image = Image.fromarray(LABELS.astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    image.save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_labels(tmp_path / f"a.{suffix}", (2, 3)), LABELS)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_one_bit_is_0_and_1(tmp_path, suffix):
    Image.fromarray(LABELS == 4).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_labels(tmp_path / f"a.{suffix}", (2, 3)), LABELS == 4)


def test_narrow_png_greys_are_not_stretched(make_png):
    path = make_png(4, 1, 2, 0, [[0b00011011]])
    assert read_labels(path, (1, 4)).tolist() == [[0, 1, 2, 3]]


def test_16_bit_png(tmp_path):
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode((LABELS * 10_000).astype(np.uint16)))
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png", (2, 3)), LABELS * 10_000)


def test_polarity_is_not_touched(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", LABELS.astype(np.uint8), photometric="miniswhite")
    np.testing.assert_array_equal(read_labels(tmp_path / "a.tif", (2, 3)), LABELS)


def test_a_grey_picture_saved_as_rgb_counts_as_one_plane(tmp_path):
    Image.fromarray(LABELS.astype(np.uint8)).convert("RGBA").save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png", (2, 3)), LABELS)


def test_a_coloured_picture_is_refused(tmp_path):
    Image.new("RGB", (3, 2), (255, 0, 0)).save(tmp_path / "a.png")
    with pytest.raises(LabelsFileError, match="3 different channels"):
        read_labels(tmp_path / "a.png", (2, 3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_than_whole_numbers_are_refused(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", LABELS.astype(dtype))
    with pytest.raises(LabelsFileError, match="holds float"):
        read_labels(tmp_path / "a.tif", (2, 3))


@pytest.mark.parametrize(
    ("value", "dtype"), [(-1, np.int16), (2**31, np.uint32), (2**63, np.uint64), (-(2**62), np.int64)]
)
def test_numbers_that_are_no_ids_are_refused(tmp_path, value, dtype):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, value, 1]], dtype=dtype))
    with pytest.raises(LabelsFileError, match=str(value)):
        read_labels(tmp_path / "a.tif", (1, 3))


def test_the_largest_id_can_be_stated(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, 256]], dtype=np.uint16))
    assert read_labels(tmp_path / "a.tif", (1, 2)).max() == 256
    with pytest.raises(LabelsFileError, match="from 1 to 255"):
        read_labels(tmp_path / "a.tif", (1, 2), largest_id=255)


def test_another_size_is_refused_before_decoding(make_png):
    with pytest.raises(LabelsSizeMismatchError, match="3 by 2 pixels, but the image has 2 by 3"):
        read_labels(make_png(3, 2, 8, 0, []), (3, 2))


@pytest.mark.parametrize(
    "description",
    [
        '{"sambaseg": 1',
        '{"sambaseg": 1, "values": "spread"}',
        '{"sambaseg": 1, "values": "spread", "classes": [1]}',
        '{"sambaseg"',
    ],
)
def test_a_broken_description_is_passed_over(tmp_path, description):
    tifffile.imwrite(tmp_path / "a.tif", LABELS.astype(np.uint8), description=description, metadata=None)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.tif", (2, 3)), LABELS)
    assert read_label_classes(tmp_path / "a.tif") == ()


def test_names_and_colours_of_saved_classes_are_read(tmp_path):
    classes = (SavedClass(2, "Pores", "#ff7f0e"), SavedClass(4, "Matrix \u03b1", "#1f77b4"))
    save_label_image(tmp_path / "a.tif", LABELS, classes=classes)
    assert read_label_classes(tmp_path / "a.tif") == classes


@pytest.mark.parametrize("entry", [{"id": 0}, {"name": ""}, {"name": "x" * 81}, {"colour": "red"}, {"id": None}])
def test_classes_that_are_none_are_passed_over(tmp_path, entry):
    described = {"sambaseg": "1", "classes": [{"id": 1, "name": "a", "colour": "#000000", **entry}]}
    tifffile.imwrite(tmp_path / "a.tif", LABELS.astype(np.uint8), description=json.dumps(described), metadata=None)
    assert read_label_classes(tmp_path / "a.tif") == ()
