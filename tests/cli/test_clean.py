"""Segmenting with `--clean`: the same as cleaning afterwards, kept in the classifier, and the same again by `apply`."""

import numpy as np
import pytest
import tifffile

from sambaseg.cleaning.clean import Cleaner
from sambaseg.cleaning.steps import CleaningStep, parse_steps
from sambaseg.forest.classifier_file import load_classifier

STEPS = "fill_holes:20,remove_small:40:7,majority:1"
TRAINING = ("--labels", "labels.tif", "--trees", "5", "--depth", "8")


@pytest.mark.usefixtures("phases")
def test_what_is_cleaned_is_the_segmentation_cleaned_and_apply_does_the_same(run, tmp_path):
    raw = run("segment", "steel.tif", *TRAINING, "--out", "raw.tif", "--uncertainty", "raw-u.tif", "--json").json
    arguments = ("--out", "clean.tif", "--uncertainty", "u.tif", "--save-classifier", "c.sambaseg")
    cleaned = run("segment", "steel.tif", *TRAINING, *arguments, "--clean", STEPS, "--json").json
    assert (raw["cleaned"], cleaned["cleaned"]) == (None, STEPS)
    before, after = tifffile.imread(tmp_path / "raw.tif"), tifffile.imread(tmp_path / "clean.tif")
    assert before.shape[0] > 256  # several tiles
    ranks = np.where(before == 7, 2, 1).astype(np.uint8)
    Cleaner(parse_steps(STEPS), (2, 7)).clean(ranks)
    np.testing.assert_array_equal(after, np.where(ranks == 2, 7, 2))
    assert (before != after).any()
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "u.tif"), tifffile.imread(tmp_path / "raw-u.tif"))
    shares = {entry["id"]: entry["fraction"] for entry in cleaned["fractions"]}
    assert shares[7] == pytest.approx((after == 7).mean())
    assert run("apply", "c.sambaseg", "steel.tif", "--out", "again.tif").code == 0
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "again.tif"), after)
    ended = run("apply", "c.sambaseg", "steel.tif", "--out", "none.tif", "--clean", "none")
    assert "cleaned" not in ended.out
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "none.tif"), before)


@pytest.mark.usefixtures("phases")
def test_a_classifier_says_how_it_cleans(run, tmp_path):
    ended = run("train", "steel.tif", *TRAINING, "--out", "c.sambaseg", "--clean", "remove_small:40:7")
    assert ended.code == 0
    assert load_classifier(tmp_path / "c.sambaseg").cleaning == (CleaningStep("remove_small", 40, (7,)),)
    assert "cleaning    remove_small:40:7" in run("info", "c.sambaseg").out
    applied = run("apply", "c.sambaseg", "steel.tif", "--out", "a.tif")
    assert "cleaned by remove_small:40:7" in applied.out


@pytest.mark.usefixtures("phases")
def test_steps_that_make_no_sense_are_refused(run):
    assert run("segment", "steel.tif", *TRAINING, "--out", "a.tif", "--clean", "polish:2").code == 2
    ended = run("segment", "steel.tif", *TRAINING, "--out", "a.tif", "--clean", "remove_small:4:3")
    assert ended.code == 2
    assert "Class 3 is to be cleaned, and the classifier has no such class" in ended.err
