"""`sambaseg suggest`: masks of clicks, learning from labels, and what is refused by name."""

import json

import numpy as np
import pytest
import tifffile

from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.prompt import Prompt, PromptPoint
from sambaseg.smart.view_image import ViewImage


def discs():
    """Return a noisy image of two bright discs on a dark ground, and the pixels of the first."""
    y, x = np.indices((90, 120))
    first, second = (y - 40) ** 2 + (x - 30) ** 2 <= 18**2, (y - 50) ** 2 + (x - 85) ** 2 <= 18**2
    noise = np.random.default_rng(0).normal(0, 4, first.shape)
    return np.clip(np.where(first | second, 190, 60) + noise, 0, 255).astype(np.uint8), first


@pytest.fixture
def files(tmp_path):
    """Write steel.tif and points.json, with a click in the first disc's middle and one at the edge of the image."""
    image, disc = discs()
    tifffile.imwrite(tmp_path / "steel.tif", image)
    (tmp_path / "points.json").write_text("[[40, 30], [0, 119]]")
    return image, disc


@pytest.fixture
def suggest(run):
    """Run `sambaseg suggest steel.tif --points points.json --out masks.npz` with more arguments."""
    return lambda *arguments: run("suggest", "steel.tif", "--points", "points.json", "--out", "masks.npz", *arguments)


def overlap(one, two):
    return np.count_nonzero(one & two) / np.count_nonzero(one | two)


def test_masks_and_scores_of_each_point_are_written(suggest, files):
    ended = suggest()
    assert ended.code == 0, ended.err
    assert "three masks for each of 2 prompts, Built in" in ended.out
    with np.load("masks.npz") as saved:
        masks, scores = saved["masks"], saved["scores"]
    assert (masks.dtype, masks.shape) == (np.bool_, (2, 3, 90, 120))
    assert (scores.dtype, scores.shape) == (np.float32, (2, 3))
    assert max(overlap(mask, files[1]) for mask in masks[0]) > 0.95
    assert masks[1, :, 0, 119].all()
    assert not masks[1, 0, 40, 30]


def test_they_are_those_of_the_package(suggest, files):
    assert suggest().code == 0
    table = HierarchySuggester().prepare(ViewImage.from_pixels(files[0], is_rgb=False))
    expected = table.suggest(Prompt((PromptPoint(40.5, 30.5),)))
    with np.load("masks.npz") as saved:
        np.testing.assert_array_equal(saved["masks"][0], expected.masks_3yx)
        np.testing.assert_array_equal(saved["scores"][0], expected.scores_3)


def test_boxes_and_points_outside_are_understood(suggest, files, tmp_path):
    rows = [{"box": [22, 12, 59, 49]}, {"points": [[40, 30], [40, 60, False]]}]
    (tmp_path / "points.json").write_text(json.dumps(rows))
    assert suggest().code == 0
    with np.load("masks.npz") as saved:
        masks = saved["masks"]
    assert max(overlap(mask, files[1]) for mask in masks[0]) > 0.95
    assert not masks[1, :, 40, 60].any()


def test_it_learns_from_labels(suggest, files, tmp_path):
    labels = np.zeros((90, 120), np.uint8)
    labels[36:44, 26:34] = 4
    labels[2:8, 2:110] = 2
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    assert suggest().code == 0
    with np.load("masks.npz") as saved:
        before = saved["scores"]
    ended = suggest("--labels", "labels.tif", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["learned"] is True
    with np.load("masks.npz") as saved:
        assert max(overlap(mask, files[1]) for mask in saved["masks"][0]) > 0.9
        assert not np.array_equal(saved["scores"], before)


def test_json_says_what_was_done(suggest, files):
    del files
    facts = suggest("--json").json
    assert {key: facts[key] for key in ("out", "prompts", "model", "learned")} == {
        "out": "masks.npz",
        "prompts": 2,
        "model": "builtin",
        "learned": False,
    }
    assert facts["seconds"] > 0


def test_no_prompts_give_no_masks(suggest, files, tmp_path):
    del files
    (tmp_path / "points.json").write_text("[]")
    assert suggest().code == 0
    with np.load("masks.npz") as saved:
        assert saved["masks"].shape == (0, 3, 90, 120)


@pytest.mark.parametrize(
    ("arguments", "prompts", "code", "error"),
    [
        ((), "{}", 3, "prompt_file"),
        ((), "[[1, 2", 3, "prompt_file"),
        ((), "[[90, 3]]", 2, "parameter"),
        (("--model", "nothing"), "[[1, 2]]", 2, "unknown_model"),
        (("--model", "mobile_sam"), "[[1, 2]]", 2, "model_not_installed"),
        (("--out", "masks.png"), "[[1, 2]]", 2, "usage"),
        (("--out", "points.json"), "[[1, 2]]", 2, "usage"),
        (("--points", "none.json"), "[[1, 2]]", 3, "missing_file"),
        (("--labels", "none.tif"), "[[1, 2]]", 3, "missing_file"),
    ],
)
def test_errors_have_names_and_leave_no_file(suggest, files, tmp_path, monkeypatch, arguments, prompts, code, error):
    del files
    (tmp_path / "points.json").write_text(prompts)
    monkeypatch.setenv("SAMBASEG_DATA_DIR", str(tmp_path))
    ended = suggest("--json", *arguments)
    assert (ended.json["error"]["code"], ended.code) == (error, code)
    assert not (tmp_path / "masks.npz").exists()


def test_more_masks_than_memory_allows_are_refused(suggest, files, tmp_path, monkeypatch):
    del files
    (tmp_path / "points.json").write_text(json.dumps([[1, 2]] * 300))
    monkeypatch.setenv("SAMBASEG_MAX_IMAGE_MB", "2")
    ended = suggest("--json")
    assert ended.code > 0
    assert "300 prompts" in ended.json["error"]["message"]


def test_an_earlier_file_stays_where_a_run_fails(suggest, files, tmp_path):
    del files
    assert suggest().code == 0
    before = (tmp_path / "masks.npz").read_bytes()
    (tmp_path / "points.json").write_text("[[90, 3]]")
    assert suggest().code == 2
    assert (tmp_path / "masks.npz").read_bytes() == before
