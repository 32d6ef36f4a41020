"""A classifier's parts belong together, and it says what an image lacks."""

from dataclasses import replace

import numpy as np
import pytest

from sambaseg.errors import ClassifierMismatchError, ParameterError
from sambaseg.features.recipe import DEFAULT_RECIPE
from sambaseg.features.scaling import Scaling
from sambaseg.forest.classifier import ClassEntry, entries_for
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import LabelClass


def image(shape, dtype):
    return Micrograph.from_array(np.zeros(shape, dtype), name="new.tif")


def test_an_image_of_the_same_kind_fits(classifier):
    classifier.check_fits(image((1, 5, 5), np.uint8))


def test_another_number_of_channels_is_named_with_what_can_be_done(classifier):
    with pytest.raises(ClassifierMismatchError, match=r"1 channel, and new\.tif has 3 channels") as caught:
        classifier.check_fits(image((3, 5, 5), np.uint8))
    assert "train a new classifier" in caught.value.hint


def test_another_kind_of_pixels_is_named(classifier):
    with pytest.raises(ClassifierMismatchError, match=r"uint8 pixels, and new\.tif has uint16 pixels"):
        classifier.check_fits(image((1, 5, 5), np.uint16))


def test_features_are_named_in_the_order_of_the_forest(classifier):
    assert len(classifier.plane_names) == classifier.forest.features


@pytest.mark.parametrize(
    "parts",
    [
        {"recipe": DEFAULT_RECIPE},
        {"channels": 2},
        {"scaling": Scaling("dtype", "uint8", (0.0, 0.0), (255.0, 255.0))},
        {"classes": ()},
        {"classes": entries_for([2, 4, 8], ())},
        {"classes": entries_for([7, 4, 2], ())},
    ],
)
def test_parts_that_do_not_belong_together_are_refused(classifier, parts):
    with pytest.raises(ParameterError):
        replace(classifier, **parts)


@pytest.mark.parametrize("values", [(0, "a", "#000000"), (1, "", "#000000"), (1, "x" * 81, "#000000"), (1, "a", "red")])
def test_a_class_that_cannot_be_is_refused(values):
    with pytest.raises(ParameterError):
        ClassEntry(*values)


def test_entries_take_names_from_the_list_and_are_made_up_elsewhere():
    listed = (LabelClass(4, "Pores", "#abcdef", locked=True),)
    assert entries_for([2, 4, 300], listed) == (
        ClassEntry(2, "Class 2", "#ff7f0e"),
        ClassEntry(4, "Pores", "#abcdef"),
        ClassEntry(300, "Class 300", "#8c564b"),
    )
