"""Images in files and folders, in natural order."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sambaseg.errors import BrokenImageError, MissingFileError, NotAnImageError, TooManyPagesError
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.stack import FoundImage, find_images, natural_key


def test_names_are_sorted_as_people_do():
    names = ["slice10.tif", "Slice2.tif", "slice1.tif", "slice02.tif", "10", "9", "a", "slice", "slice2b.tif", ""]
    expected = ["", "9", "10", "a", "slice", "slice1.tif", "Slice2.tif", "slice02.tif", "slice2b.tif", "slice10.tif"]
    assert sorted(names, key=natural_key) == expected


@given(st.lists(st.text(alphabet="aB0129._ ²٣", max_size=8), max_size=8))
def test_any_names_can_be_sorted_and_only_equal_ones_are_equal(names):
    keys = sorted(map(natural_key, names))
    assert len(set(keys)) == len(set(names))
    assert natural_key("1" * 10_000) > natural_key("9")


def write_png(path, shape=(3, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros(shape, np.uint8)).save(path)
    return path


def test_a_folder_gives_its_images_in_natural_order_without_hidden_ones(tmp_path):
    for name in ("slice10.png", "slice2.png", ".hidden.png", "more/a1.PNG", ".cache/b.png", "more/deep/c.png"):
        write_png(tmp_path / "stack" / name.replace(".PNG", ".png"))
    (tmp_path / "stack" / "notes.txt").write_text("no image")
    (tmp_path / "stack" / "round").symlink_to(tmp_path / "stack")
    found = find_images([tmp_path / "stack"])
    assert [image.name for image in found] == ["slice2.png", "slice10.png", "a1.png", "c.png"]
    assert found[0] == FoundImage.from_json(found[0].to_json())
    assert (found[0].page, found[0].info.width) == (0, 4)


def test_pages_are_images_of_their_own(tmp_path):
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((12, 5, 6), np.uint8), photometric="minisblack")
    found = find_images([write_png(tmp_path / "z.png"), tmp_path / "stack.tif"])
    assert [image.name for image in found] == ["z.png", *(f"stack.tif · {page}" for page in range(1, 13))]
    assert [image.page for image in found] == [0, *range(12)]
    assert found[3].info.page == 2
    with pytest.raises(TooManyPagesError):
        find_images([tmp_path / "stack.tif"], ReadLimits(max_pages=11))


def test_what_is_no_image_is_told_by_name(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotAnImageError, match="no image in the folder empty"):
        find_images([tmp_path / "empty"])
    with pytest.raises(MissingFileError, match=r"nowhere\.tif"):
        find_images([tmp_path / "nowhere.tif"])
    (tmp_path / "empty" / "bad.tif").write_bytes(b"II*\0")
    with pytest.raises(BrokenImageError, match=r"bad\.tif"):
        find_images([tmp_path / "empty"])


def test_folder_of_far_too_much_is_refused_by_name(tmp_path, monkeypatch):
    """Somebody chooses a whole disk by mistake: that ends soon, with a sentence."""
    for number in range(4):
        (tmp_path / f"folder {number}").mkdir()
        tifffile.imwrite(tmp_path / f"folder {number}" / "a.tif", np.zeros((4, 5), np.uint8))
    assert len(find_images([tmp_path])) == 4
    with pytest.raises(TooManyPagesError, match=f"The folder {tmp_path.name} has more than 3 images"):
        find_images([tmp_path], ReadLimits(max_pages=3))
    monkeypatch.setattr("sambaseg.images.stack.MOST_ENTRIES", 6)
    with pytest.raises(TooManyPagesError, match="more than 6 files"):
        find_images([tmp_path])
