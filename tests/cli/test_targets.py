"""Where commands may write."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sambaseg.cli.targets import check_distinct, check_out, check_target, check_tiff_target, targets_for
from sambaseg.errors import StorageError, UsageError
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.stack import FoundImage


def test_endings_are_checked(tmp_path):
    check_tiff_target(tmp_path / "a.TIFF", inputs=[])
    check_tiff_target(None, inputs=[])
    with pytest.raises(UsageError, match=r"a\.png must end in \.tif or \.tiff"):
        check_tiff_target(tmp_path / "a.png", inputs=[])


def test_folders_are_checked(tmp_path):
    with pytest.raises(StorageError, match="does not exist"):
        check_target(tmp_path / "nowhere/a.tif", (".tif",), inputs=[])
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        check_target(tmp_path / "folder.tif", (".tif",), inputs=[])


def test_an_input_is_never_overwritten(tmp_path):
    (tmp_path / "a.tif").touch()
    (tmp_path / "same.tif").symlink_to(tmp_path / "a.tif")
    with pytest.raises(UsageError, match="would be overwritten"):
        check_target(tmp_path / "same.tif", (".tif",), inputs=[tmp_path / "a.tif"])
    check_target(tmp_path / "a.tif", (".tif",), inputs=[tmp_path / "other.tif"])


def test_two_outputs_need_two_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_distinct([[Path("a.tif"), Path("a.tif")], [], [Path("b.tif")]])
    with pytest.raises(UsageError, match="two outputs"):
        check_distinct([[Path("c.tif"), Path("a.tif")], [tmp_path / "a.tif"]])


def test_names_of_other_kinds_of_files_are_no_folders(tmp_path):
    check_out(tmp_path / "results.v2", inputs=[])
    check_out(tmp_path / "a.zarr", inputs=[])
    with pytest.raises(UsageError, match=r"a\.png must end in \.tif or \.zarr"):
        check_out(tmp_path / "a.png", inputs=[])
    (tmp_path / "folder.png").mkdir()
    check_out(tmp_path / "folder.png", inputs=[])


def found(path, page=0, pages=1, size=(30, 20)):
    info = replace(Micrograph.from_array(np.zeros((2, 2), np.uint8)).info, pages=pages, width=size[0], height=size[1])
    return FoundImage(path, page, path.name, info)


def test_one_image_goes_to_a_file_or_a_folder(tmp_path):
    image = tmp_path / "steel.png"
    assert targets_for(tmp_path / "out.tif", [found(image)], "segmentation", inputs=[image]) == [tmp_path / "out.tif"]
    targets = targets_for(tmp_path / "results", [found(image)], "segmentation", inputs=[image])
    assert targets == [tmp_path / "results/steel-segmentation.tif"]
    assert (tmp_path / "results").is_dir()
    assert targets_for(tmp_path / "o.zarr", [found(image)], "segmentation", inputs=[], zarr=True) == [
        tmp_path / "o.zarr"
    ]
    (tmp_path / "o.zarr").mkdir()
    with pytest.raises(UsageError, match="something at"):
        targets_for(tmp_path / "o.zarr", [found(image)], "segmentation", inputs=[], zarr=True)


def test_many_images_go_to_a_folder_or_become_a_stack(tmp_path):
    images = [found(tmp_path / "a.png"), found(tmp_path / "b.tif")]
    targets = targets_for(tmp_path / "x/y", images, "uncertainty", inputs=[])
    assert targets == [tmp_path / "x/y/a-uncertainty.tif", tmp_path / "x/y/b-uncertainty.tif"]
    assert targets_for(tmp_path / "out.tif", images, "segmentation", inputs=[]) == [tmp_path / "out.tif"] * 2
    with pytest.raises(UsageError, match="2 different sizes"):
        targets_for(tmp_path / "out.tif", [images[0], found(tmp_path / "c.tif", size=(9, 9))], "s", inputs=[])
    (tmp_path / "out").touch()
    with pytest.raises(UsageError, match="a folder is needed for 2 images"):
        targets_for(tmp_path / "out", images, "segmentation", inputs=[])
    with pytest.raises(UsageError, match="holds one image, not 2"):
        targets_for(tmp_path / "o.zarr", images, "segmentation", inputs=[], zarr=True)


def test_pages_are_numbered_as_people_count_and_in_one_order(tmp_path):
    pages = [found(tmp_path / "stack.tif", page, 12) for page in (0, 8, 11)]
    names = [path.name for path in targets_for(tmp_path / "x", pages, "segmentation", inputs=[])]
    assert names == ["stack-01-segmentation.tif", "stack-09-segmentation.tif", "stack-12-segmentation.tif"]
    assert targets_for(tmp_path / "x", pages[1:2], "s", inputs=[]) == [tmp_path / "x/stack-s.tif"]


def test_images_of_one_name_are_refused_before_a_folder_is_made(tmp_path):
    with pytest.raises(UsageError, match="Two images are named a"):
        targets_for(tmp_path / "results", [found(tmp_path / "a.png"), found(tmp_path / "a.tif")], "s", inputs=[])
    assert not (tmp_path / "results").exists()
