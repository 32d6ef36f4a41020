"""Class lists: what is a class, and which one comes next."""

from __future__ import annotations

import pytest

from sambaseg.errors import ParameterError
from sambaseg.labels.classes import DEFAULT_CLASSES, FIRST_COLOURS, LabelClass, check_classes, next_class


def test_a_new_project_has_two_classes_in_the_first_colours() -> None:
    assert [(entry.id, entry.name, entry.colour) for entry in DEFAULT_CLASSES] == [
        (1, "Class 1", "#1f77b4"),
        (2, "Class 2", "#ff7f0e"),
    ]


def test_new_classes_take_free_ids_and_colours_that_are_not_used() -> None:
    classes = (LabelClass(1, "Matrix", FIRST_COLOURS[1]), LabelClass(3, "Pores", FIRST_COLOURS[0]))
    assert next_class(classes) == LabelClass(2, "Class 2", FIRST_COLOURS[2])
    assert next_class(classes, 200) == LabelClass(200, "Class 200", FIRST_COLOURS[2])


def test_there_are_255_classes_and_no_more() -> None:
    classes: tuple[LabelClass, ...] = ()
    for _ in range(255):
        classes = (*classes, next_class(classes))
    assert [entry.id for entry in check_classes(classes)] == list(range(1, 256))
    with pytest.raises(ParameterError, match="255 classes at most"):
        next_class(classes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, "A", "#000000"), "between 1 and 255, not 0"),
        ((256, "A", "#000000"), "not 256"),
        ((1, "", "#000000"), "not 0"),
        ((1, "A" * 81, "#000000"), "not 81"),
        ((1, "A", "#00000G"), "colour of class 1"),
        ((1, "A", "red"), "colour of class 1"),
    ],
)
def test_what_is_no_class_is_refused(values: tuple[int, str, str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        LabelClass(*values)


def test_class_lists_are_not_empty_and_have_each_id_once() -> None:
    with pytest.raises(ParameterError, match="one class"):
        check_classes([])
    with pytest.raises(ParameterError, match="id 2 occurs twice"):
        check_classes([LabelClass(2, "A", "#000000"), LabelClass(2, "B", "#000000")])
