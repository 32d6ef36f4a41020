"""segment, train and apply: the same bits by every way, the labels' own ids, outputs that can be read."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from sambaseg.estimator import PixelClassifier
from sambaseg.images.label_reader import SavedClass, read_labels
from sambaseg.images.reader import describe_image
from sambaseg.images.save import save_label_image

FAST = ["--trees", "20", "--depth", "8"]


@pytest.fixture
def segmented(run, phases):
    """Segment steel.tif with every output."""
    del phases
    arguments = ["--out", "seg.tif", "--uncertainty", "unc.tif", "--probabilities", "prob.tif"]
    ended = run("segment", "steel.tif", "--labels", "labels.tif", *arguments, *FAST, "--save-classifier", "c.sambaseg")
    assert ended.code == 0, ended.err
    return ended


def test_the_segmentation_is_right_and_has_the_labels_ids(segmented, phases):
    _, truth, _ = phases
    found = tifffile.imread("seg.tif")
    assert found.dtype == np.uint8
    assert set(np.unique(found)) == {2, 7}
    assert np.mean(found == truth) > 0.97
    assert "Class 2 " in segmented.out
    assert "trained on" in segmented.out


def test_pixel_size_classes_and_image_are_written(segmented):
    del segmented
    assert describe_image_size("seg.tif") == describe_image_size("steel.tif") == pytest.approx((0.2, 0.2))
    for name in ("unc.tif", "prob.tif"):
        assert describe_image_size(name) == pytest.approx((0.2, 0.2))
    described = description("seg.tif")
    assert [entry["id"] for entry in described["classes"]] == [2, 7]
    assert described["image"] == "steel.tif"
    assert description("prob.tif")["class_ids"] == [2, 7]


def test_uncertainty_and_probabilities_belong_to_the_segmentation(segmented):
    del segmented
    probabilities = tifffile.imread("prob.tif", key=slice(None))
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-5)
    np.testing.assert_array_equal(tifffile.imread("seg.tif"), np.array([2, 7])[probabilities.argmax(axis=0)])
    expected = np.rint((1 - probabilities.max(axis=0)) * 255)
    np.testing.assert_array_equal(tifffile.imread("unc.tif"), expected)


def test_apply_python_and_segment_give_the_same_bits(run, segmented, phases):
    del segmented
    ended = run(
        "apply", "c.sambaseg", "steel.tif", "--out", "again.tif", "--probabilities", "prob2.tif", "--threads", "1"
    )
    assert ended.code == 0, ended.err
    np.testing.assert_array_equal(tifffile.imread("again.tif"), tifffile.imread("seg.tif"))
    np.testing.assert_array_equal(tifffile.imread("prob2.tif"), tifffile.imread("prob.tif"))
    loaded = PixelClassifier.load("c.sambaseg")
    np.testing.assert_array_equal(loaded.predict(phases[0]), tifffile.imread("seg.tif"))
    np.testing.assert_array_equal(
        np.moveaxis(loaded.predict_proba(phases[0]), -1, 0), tifffile.imread("prob.tif", key=slice(None))
    )
    fitted = PixelClassifier(trees=20, depth=8).fit(phases[0], phases[2])
    np.testing.assert_array_equal(fitted.predict_proba(phases[0]), loaded.predict_proba(phases[0]))


def test_train_gives_the_classifier_of_segment(run, segmented):
    del segmented
    ended = run("train", "steel.tif", "--labels", "labels.tif", "--out", "d.sambaseg", *FAST, "--json")
    assert ended.code == 0, ended.out
    assert ended.json["training"]["points"][0]["class_id"] == 2
    assert run("apply", "d.sambaseg", "steel.tif", "--out", "again.tif").code == 0
    np.testing.assert_array_equal(tifffile.imread("again.tif"), tifffile.imread("seg.tif"))


def test_several_images_train_one_classifier(run, phases, tmp_path):
    image, truth, labels = phases
    tifffile.imwrite(tmp_path / "second.tif", image[::-1])
    tifffile.imwrite(tmp_path / "second-labels.tif", np.where(labels[::-1] == 7, 9, 0))
    also = ["--also", "second.tif", "second-labels.tif"]
    ended = run("train", "steel.tif", "--labels", "labels.tif", *also, "--out", "c.sambaseg", *FAST, "--json")
    assert ended.code == 0, ended.out
    assert [entry["id"] for entry in ended.json["classes"]] == [2, 7, 9]
    labelled = {points["class_id"]: points["labelled"] for points in ended.json["training"]["points"]}
    assert labelled[9] == np.count_nonzero(labels == 7)
    del truth


def test_ids_above_255_are_kept_in_the_smallest_type(run, phases, tmp_path):
    _, truth, labels = phases
    tifffile.imwrite(tmp_path / "big.tif", np.where(labels == 7, 70_000, labels.astype(np.uint32)))
    arguments = ["--labels", "big.tif", "--out", "seg.tif", "--save-classifier", "c.sambaseg", *FAST]
    assert run("segment", "steel.tif", *arguments).code == 0
    found = tifffile.imread("seg.tif")
    assert found.dtype == np.uint32
    assert np.mean((found == 70_000) == (truth == 7)) > 0.97
    assert run("apply", "c.sambaseg", "steel.tif", "--out", "again.tif").code == 0
    np.testing.assert_array_equal(tifffile.imread("again.tif"), found)


def test_names_and_colours_go_from_saved_labels_to_the_segmentation(run, phases, tmp_path):
    classes = (SavedClass(2, "Matrix", "#112233"), SavedClass(7, "Pores", "#445566"))
    save_label_image(tmp_path / "named.tif", phases[2], classes=classes, values="spread")
    ended = run("segment", "steel.tif", "--labels", "named.tif", "--out", "seg.tif", "--values", "spread", *FAST)
    assert ended.code == 0, ended.err
    assert "Matrix" in ended.out
    described = description("seg.tif")["classes"]
    assert [(e["id"], e["name"], e["colour"], e["value"]) for e in described] == [
        (2, "Matrix", "#112233", 128),
        (7, "Pores", "#445566", 255),
    ]
    assert set(np.unique(tifffile.imread("seg.tif"))) == {128, 255}
    assert set(np.unique(read_labels(tmp_path / "seg.tif"))) == {2, 7}


@pytest.mark.parametrize("option", [["--seed", "1"], ["--points", "100"], ["--recipe", "fast"], ["--balance", "none"]])
def test_options_reach_the_training(run, phases, option):
    del phases
    for name, options in (("a", []), ("b", option), ("c", option)):
        ended = run(
            "segment",
            "steel.tif",
            "--labels",
            "labels.tif",
            "--out",
            f"{name}.tif",
            "--probabilities",
            f"{name}-p.tif",
            *FAST,
            *options,
        )
        assert ended.code == 0, ended.err
    first, second, third = (tifffile.imread(f"{name}-p.tif") for name in "abc")
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(second, third)


def test_many_images_go_on_after_one_that_does_not_fit(run, segmented, phases, tmp_path):
    del segmented
    image = phases[0]
    tifffile.imwrite(tmp_path / "other.tif", image.astype(np.uint16) * 257)
    tifffile.imwrite(tmp_path / "colour.tif", np.stack([image] * 3, axis=-1), photometric="rgb")
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    names = ["other.tif", "broken.tif", "colour.tif", "steel.tif"]
    ended = run("apply", "c.sambaseg", *names, "--out", "results", "--uncertainty", "results")
    assert ended.code == 4
    for sentence in ("other.tif has uint16 pixels", "broken.tif ends within its header", "colour.tif has 3 channels"):
        assert sentence in ended.err
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "sambaseg-results.json",
        "steel-segmentation.tif",
        "steel-uncertainty.tif",
    ]
    np.testing.assert_array_equal(tifffile.imread("results/steel-segmentation.tif"), tifffile.imread("seg.tif"))
    answers = run("apply", "c.sambaseg", *names, "--out", "results", "--json").json["results"]
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        "classifier_mismatch",
        "broken_image",
        "classifier_mismatch",
        None,
    ]


def test_one_image_that_does_not_fit_ends_with_its_code(run, segmented, phases, tmp_path):
    del segmented
    tifffile.imwrite(tmp_path / "other.tif", phases[0].astype(np.float32))
    assert run("apply", "c.sambaseg", "other.tif", "--out", "x.tif").code == 4
    assert not (tmp_path / "x.tif").exists()


@pytest.mark.parametrize(
    ("labels", "code", "sentence"),
    [
        (np.zeros((300, 280), np.uint8), 4, "Nothing is labelled"),
        (np.eye(300, 280, dtype=np.uint8), 4, "Only class 1 is labelled"),
        (np.ones((300, 279), np.uint8), 4, "279 by 300"),
        (np.ones((300, 280), np.float32), 3, "whole number"),
        (-np.eye(300, 280, dtype=np.int16), 3, "holds the number -1"),
        (np.arange(84_000, dtype=np.uint32).reshape(300, 280), 3, "255 classes"),
    ],
)
def test_labels_that_cannot_train_are_refused_by_name(run, phases, tmp_path, labels, code, sentence):
    del phases
    tifffile.imwrite(tmp_path / "bad.tif", labels)
    ended = run("segment", "steel.tif", "--labels", "bad.tif", "--out", "seg.tif")
    assert ended.code == code
    assert sentence in ended.err
    assert not (tmp_path / "seg.tif").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--out", "seg.png"], 2, "must end in"),
        (["--out", "nowhere/seg.tif"], 6, "does not exist"),
        (["--out", "steel.tif"], 2, "would be overwritten"),
        (["--out", "seg.tif", "--uncertainty", "seg.tif"], 2, "two outputs"),
        (["--out", "seg.tif", "--save-classifier", "c.zip"], 2, "must end in .sambaseg"),
        (["--out", "seg.tif", "--trees", "10000"], 2, "trees must be"),
        (["--out", "seg.tif", "--trees", "-1"], 2, "trees must be"),
        (["--out", "seg.tif", "--depth", "99"], 2, "depth of the trees must be"),
        (["--out", "seg.tif", "--points", "5"], 2, "points must be"),
        (["--out", "seg.tif", "--points", "many"], 2, "--points must be"),
        (["--out", "seg.tif", "--seed", "-1"], 2, "seed must be"),
        (["--out", "seg.tif", "--recipe", "nothing.json"], 3, "nothing.json"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_read(run, arguments, code, sentence, tmp_path):
    (tmp_path / "steel.tif").write_bytes(b"not even an image")
    ended = run("segment", "steel.tif", "--labels", "labels.tif", *arguments)
    assert ended.code == code
    assert sentence in ended.err


def test_all_points_can_train(run, phases):
    ended = run(
        "segment", "steel.tif", "--labels", "labels.tif", "--out", "seg.tif", "--points", "all", *FAST, "--json"
    )
    used = sum(points["used"] for points in ended.json["training"]["points"])
    assert used == np.count_nonzero(phases[2])


def describe_image_size(name):
    return describe_image(Path(name)).pixel_size_um


def description(name):
    with tifffile.TiffFile(name) as tiff:
        return json.loads(tiff.pages[0].description)


def test_the_estimate_of_held_out_strokes_is_printed_where_it_is_asked_for(run, phases):
    del phases
    arguments = ["train", "steel.tif", "--labels", "labels.tif", "--out", "d.sambaseg", *FAST, "--estimate"]
    told = run(*arguments, "--json").json["estimate"]
    assert 0 < told["overlap"] <= 1
    assert np.sum(told["confusion_kk"]) > 0
    assert [entry["class_id"] for entry in told["classes"]] == [2, 7]
    assert "from held-out strokes" in run(*arguments).out
