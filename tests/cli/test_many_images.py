"""Folders, stacks and large images on the command line: one file an image, one stack, or an OME-Zarr; resumed."""

import json

import numpy as np
import pytest
import tifffile

from cli.conftest import two_phases
from sambaseg.cli import inputs, segmentations
from sambaseg.images.region_source import open_pixels

FAST = ["--trees", "20", "--depth", "8"]


@pytest.fixture
def series(tmp_path, phases):
    """Write a folder of slices, a stack of the same images, and labels of the first."""
    images = [two_phases(seed)[0] for seed in range(3)]
    (tmp_path / "slices").mkdir()
    for number, image in zip((1, 2, 10), images, strict=True):
        tifffile.imwrite(tmp_path / f"slices/slice{number}.tif", image)
    tifffile.imwrite(tmp_path / "stack.tif", np.stack(images), photometric="minisblack")
    del phases
    return images


@pytest.fixture
def trained(run, series):
    del series
    assert run("train", "steel.tif", "--labels", "labels.tif", "--out", "c.sambaseg", *FAST).code == 0
    for number in range(3):
        name = f"alone-{number}.tif"
        assert run("apply", "c.sambaseg", "stack.tif", "--page", number, "--out", name).code == 0
    return [tifffile.imread(f"alone-{number}.tif") for number in range(3)]


def test_a_folder_and_a_stack_give_a_file_an_image(run, trained):
    for source, out, names in (
        ("slices", "a", ["slice1", "slice2", "slice10"]),
        ("stack.tif", "b", ["stack-1", "stack-2", "stack-3"]),
    ):
        ended = run("apply", "c.sambaseg", source, "--out", out, "--uncertainty", out, "--json")
        assert ended.code == 0, ended.out
        for name, alone in zip(names, trained, strict=True):
            assert np.array_equal(tifffile.imread(f"{out}/{name}-segmentation.tif"), alone)
        assert [answer["out"] for answer in ended.json["results"]] == [
            f"{out}/{name}-segmentation.tif" for name in names
        ]


def test_several_images_become_one_stack(run, trained):
    arguments = ["--out", "seg.tif", "--uncertainty", "unc.tif", "--probabilities", "prob.tif"]
    ended = run("apply", "c.sambaseg", "slices", *arguments)
    assert ended.code == 0, ended.err
    assert np.array_equal(tifffile.imread("seg.tif", key=slice(None)), np.stack(trained))
    with tifffile.TiffFile("seg.tif") as tiff:
        described = json.loads(tiff.pages[0].description)
    assert described["images"] == ["slice1.tif", "slice2.tif", "slice10.tif"]
    assert [entry["id"] for entry in described["classes"]] == [2, 7]
    assert tifffile.imread("unc.tif", key=slice(None)).shape == (3, 300, 280)
    probabilities = tifffile.imread("prob.tif", key=slice(None))
    assert probabilities.shape == (6, 300, 280)
    assert np.array_equal(np.array([2, 7])[probabilities[2:4].argmax(axis=0)], trained[1])


def test_a_stack_that_would_lack_a_page_is_not_written(run, trained, tmp_path):
    del trained
    tifffile.imwrite(tmp_path / "slices/slice11.tif", np.zeros((300, 280), np.uint16))
    assert run("apply", "c.sambaseg", "slices", "--out", "seg.tif").code == 4
    assert not (tmp_path / "seg.tif").exists()
    ended = run("apply", "c.sambaseg", "slices", "--out", "folder")
    assert ended.code == 4
    assert "slice11.tif has uint16 pixels" in ended.err
    assert len(list((tmp_path / "folder").glob("*-segmentation.tif"))) == 3


def test_training_and_all_pages_in_one_command(run, series, trained):
    del series
    arguments = ["--labels", "labels.tif", "--out", "all", *FAST, "--json"]
    ended = run("segment", "steel.tif", "stack.tif", *arguments)
    assert ended.code == 0, ended.out
    assert [answer["image"] for answer in ended.json["results"]] == [
        "steel.tif",
        "stack.tif · 1",
        "stack.tif · 2",
        "stack.tif · 3",
    ]
    for number, alone in enumerate(trained, start=1):
        assert np.array_equal(tifffile.imread(f"all/stack-{number}-segmentation.tif"), alone)


def test_further_labelled_images_train_too(run, series, tmp_path):
    del series
    image, truth = two_phases(1)
    tifffile.imwrite(tmp_path / "second.tif", image)
    tifffile.imwrite(tmp_path / "second-labels.tif", np.where(np.arange(280) < 9, truth, 0).astype(np.uint8))
    also = ["--also", "second.tif", "second-labels.tif"]
    ended = run("segment", "steel.tif", "--labels", "labels.tif", *also, "--out", "s.tif", *FAST, "--json")
    assert ended.code == 0, ended.out
    assert sum(points["labelled"] for points in ended.json["training"]["points"]) > 300 * 9


def test_work_that_was_stopped_goes_on_where_it_stopped(run, trained, tmp_path, monkeypatch):
    del trained
    done = []
    original = segmentations.Saver.save

    def stopped(saver, number, micrograph):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(number)
        return original(saver, number, micrograph)

    monkeypatch.setattr(segmentations.Saver, "save", stopped)
    assert run("apply", "c.sambaseg", "slices", "--out", "results").code == 130
    assert done == [0, 1]
    done.clear()
    ended = run("apply", "c.sambaseg", "slices", "--out", "results", "--resume", "--json")
    assert ended.code == 0
    assert done == [2]
    assert len(ended.json["results"]) == 3
    done.clear()
    assert run("apply", "c.sambaseg", "slices", "--out", "results", "--resume").code == 0
    assert done == []
    image = tifffile.imread(tmp_path / "slices/slice2.tif")
    tifffile.imwrite(tmp_path / "slices/slice2.tif", image[::-1])
    (tmp_path / "results/slice10-segmentation.tif").unlink()
    assert run("apply", "c.sambaseg", "slices", "--out", "results", "--resume").code == 0
    assert done == [1, 2]
    done.clear()
    assert run("train", "steel.tif", "--labels", "labels.tif", "--out", "d.sambaseg", "--trees", "9").code == 0
    for arguments in (["d.sambaseg"], ["c.sambaseg", "--values", "spread"]):
        run("apply", arguments[0], "slices", *arguments[1:], "--out", "results", "--resume")
        assert done == [0, 1]
        done.clear()


@pytest.mark.parametrize("out", ["seg.tif", "seg.zarr"])
def test_going_on_needs_a_folder(run, phases, out):
    del phases
    ended = run("segment", "steel.tif", "--labels", "labels.tif", "--out", out, "--resume")
    assert ended.code == 2
    assert "needs a folder" in ended.err


def test_an_ome_zarr_holds_image_and_segmentation_with_names_and_colours(run, trained, tmp_path, phases):
    del trained
    ended = run("apply", "c.sambaseg", "steel.tif", "--out", "steel.zarr")
    assert ended.code == 0, ended.err
    run("apply", "c.sambaseg", "steel.tif", "--out", "steel-seg.tif")
    written = open_pixels(tmp_path / "steel.zarr")
    assert np.array_equal(written[0], phases[0])
    labels = open_pixels(tmp_path / "steel.zarr/labels/segmentation")
    assert np.array_equal(labels[0], tifffile.imread("steel-seg.tif"))
    values = json.loads((tmp_path / "steel.zarr/labels/segmentation/zarr.json").read_text())
    named = values["attributes"]["ome"]["image-label"]["properties"]
    assert [entry["label-value"] for entry in named] == [2, 7]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    assert run("apply", "c.sambaseg", "steel.tif", "--out", "steel.zarr").code == 2


def test_large_files_are_read_in_parts_with_the_same_bits(run, trained, phases, tmp_path, monkeypatch):
    image, _, labels = phases
    run("apply", "c.sambaseg", "steel.tif", "--out", "whole.tif")
    tifffile.imwrite(tmp_path / "tiled.tif", image, tile=(64, 64), compression="zlib")
    tifffile.imwrite(tmp_path / "tiled-labels.tif", labels, tile=(64, 64))
    monkeypatch.setattr(inputs, "SMALL_BYTES", 0)
    monkeypatch.setattr(inputs, "read_micrograph", None)
    monkeypatch.setattr("sambaseg.images.label_reader.read_labels", None)
    ended = run("segment", "tiled.tif", "--labels", "tiled-labels.tif", "--out", "parts.tif", *FAST)
    assert ended.code == 0, ended.err
    assert np.array_equal(tifffile.imread("parts.tif"), tifffile.imread("whole.tif"))
    del trained


@pytest.mark.parametrize("values", ["ids", "spread"])
def test_labels_that_this_program_saved_mean_the_same_in_parts(run, trained, monkeypatch, values):
    del trained
    run("apply", "c.sambaseg", "steel.tif", "--out", "as-labels.tif", "--values", values)
    arguments = ["--labels", "as-labels.tif", *FAST, "--points", "500", "--json"]
    whole = run("train", "steel.tif", *arguments, "--out", "w.sambaseg").json
    monkeypatch.setattr(inputs, "SMALL_BYTES", 0)
    parts = run("train", "steel.tif", *arguments, "--out", "p.sambaseg").json
    assert parts["training"] == whole["training"]
    assert [entry["id"] for entry in parts["classes"]] == [2, 7]


def test_a_budget_that_is_too_small_is_said_before_anything_is_written(run, trained, tmp_path):
    del trained
    for arguments in (
        ["apply", "c.sambaseg", "steel.tif", "--out", "x.tif"],
        ["segment", "steel.tif", "--labels", "labels.tif", "--out", "x.tif"],
    ):
        ended = run(*arguments, "--memory", "256MB")
        assert ended.code == 5
        assert "needs at least" in ended.err
        assert "--memory" in ended.err
    assert not (tmp_path / "x.tif").exists()
    assert run("apply", "c.sambaseg", "steel.tif", "--out", "x.tif", "--memory", "1.5GB").code == 0


@pytest.mark.parametrize("memory", ["much", "2TB", "0", "100MB", ""])
def test_memory_that_is_no_amount_is_refused(run, phases, memory):
    del phases
    ended = run("segment", "steel.tif", "--labels", "labels.tif", "--out", "x.tif", "--memory", memory)
    assert ended.code == 2
    assert "memory must be" in ended.err
