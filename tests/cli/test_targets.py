"""Where commands may write."""

from pathlib import Path

import pytest

from sambaseg.cli.targets import check_distinct, check_target, check_tiff_target, targets_for
from sambaseg.errors import StorageError, UsageError


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
    check_distinct([Path("a.tif"), None, None, Path("b.tif")])
    with pytest.raises(UsageError, match="two outputs"):
        check_distinct([Path("a.tif"), tmp_path / "a.tif"])


def test_one_image_goes_to_a_file_or_a_folder(tmp_path):
    image = tmp_path / "steel.png"
    assert targets_for(tmp_path / "out.tif", [image], "segmentation", inputs=[image]) == [tmp_path / "out.tif"]
    found = targets_for(tmp_path / "results", [image], "segmentation", inputs=[image])
    assert found == [tmp_path / "results/steel-segmentation.tif"]
    assert (tmp_path / "results").is_dir()


def test_many_images_go_to_a_folder(tmp_path):
    images = [tmp_path / "a.png", tmp_path / "b.tif"]
    found = targets_for(tmp_path / "x/y", images, "uncertainty", inputs=images)
    assert found == [tmp_path / "x/y/a-uncertainty.tif", tmp_path / "x/y/b-uncertainty.tif"]
    (tmp_path / "out.tif").touch()
    with pytest.raises(UsageError, match="a folder is needed for 2 images"):
        targets_for(tmp_path / "out.tif", images, "segmentation", inputs=images)


def test_images_of_one_name_are_refused_before_a_folder_is_made(tmp_path):
    with pytest.raises(UsageError, match="Two images are named a"):
        targets_for(tmp_path / "results", [tmp_path / "a.png", tmp_path / "a.tif"], "segmentation", inputs=[])
    assert not (tmp_path / "results").exists()
