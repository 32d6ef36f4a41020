"""`sambaseg models`: listing, adding from disk, removing, and errors by name."""

import shutil
from pathlib import Path

import pytest

from sambaseg.cli import parser

DATA = Path(__file__).parents[1] / "smart/models/data"


@pytest.fixture
def models(run, tmp_path):
    """Run `sambaseg models` with a data folder of the test."""
    return lambda *arguments: run("models", *arguments, "--data-dir", tmp_path / "data", "--json")


def test_the_catalogue_and_own_models_are_listed(run, models):
    plain = run("models")
    assert plain.code == 0
    assert "mobile_sam" in plain.out
    assert models("add", DATA / "sam1", "--name", "own").code == 0
    rows = {row["name"]: row for row in models("list").json["models"]}
    assert not rows["mobile_sam"]["installed"]
    assert rows["mobile_sam"]["size_bytes"] == 44_653_652
    assert rows["vit_b"]["needs_export"]
    assert rows["own"]["installed"]


def test_a_model_is_added_from_disk_and_removed(models, tmp_path):
    ended = models("add", DATA / "sam2/encoder.onnx", DATA / "sam2/decoder.onnx", "--name", "two", "--title", "Two")
    assert ended.code == 0, ended.out
    assert ended.json["model"]["interface"] == "sam2"
    assert ended.json["model"]["title"] == "Two"
    assert (tmp_path / "data/models/two/model.json").is_file()
    assert models("remove", "two").json == {"removed": "two"}
    assert not (tmp_path / "data/models/two").exists()
    assert models("remove", "two").code == 2


def test_a_name_is_made_of_the_folder_where_none_is_given(models, tmp_path):
    shutil.copytree(DATA / "sam1_tjs", tmp_path / "My model (2)")
    assert models("add", tmp_path / "My model (2)").json["model"]["name"] == "my_model_2"


def test_files_under_a_name_of_the_catalogue_are_checked(models, tmp_path):
    ended = models("add", DATA / "sam1/encoder.onnx", DATA / "sam1/decoder.onnx", "--name", "mobile_sam")
    assert ended.code == 2
    assert "mobile_sam_image_encoder.onnx" in ended.json["error"]["message"]
    shutil.copy(DATA / "sam1/encoder.onnx", tmp_path / "mobile_sam_image_encoder.onnx")
    ended = models("add", tmp_path / "mobile_sam_image_encoder.onnx", "--name", "mobile_sam")
    assert ended.code == 4
    assert ended.json["error"]["code"] == "model_mismatch"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("add", "nothing"), 2, "unknown_model"),
        (("add", "nothing.onnx", "--name", "x"), 3, "missing_file"),
        (("add", DATA / "sam1/encoder.onnx", "--name", "x"), 3, "unknown_interface"),
        (("add", DATA / "sam1", "--name", "../x"), 2, "parameter"),
        (("remove", "../x"), 2, "parameter"),
        (("export", "nothing.pth", "--out", "x", "--add", "no/name"), 2, "parameter"),
    ],
)
def test_what_cannot_be_done_is_named(models, arguments, code, error):
    ended = models(*arguments)
    assert ended.code == code
    assert ended.json["error"]["code"] == error


@pytest.mark.parametrize("what", [(), ("list",), ("add",), ("remove",), ("export",)])
def test_help_has_an_example_that_is_understood(run, what):
    ended = run("models", *what, "--help")
    assert ended.code == 0
    example = ended.out.split("example:\n  ")[1].splitlines()[0].split()
    assert parser.parse(example[1:]).module == "models"
