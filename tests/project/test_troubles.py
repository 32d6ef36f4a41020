"""What keeps images from being read: of two looks at a file, the one that began later counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.errors import ImageFileChangedError, MissingFileError, StorageError
from sambaseg.project.troubles import Troubles

MISSING, CHANGED = MissingFileError("It is missing."), ImageFileChangedError("It was changed.")


@given(
    st.lists(st.sampled_from([None, MISSING, CHANGED]), min_size=1, max_size=6).flatmap(
        lambda answers: st.tuples(st.just(answers), st.permutations(range(len(answers))))
    )
)
def test_the_answer_of_the_look_that_began_last_remains_in_whichever_order_they_end(
    case: tuple[list[MissingFileError | ImageFileChangedError | None], list[int]],
) -> None:
    answers, order_of_ends = case
    troubles = Troubles()
    looks = [troubles.look(0) for _ in answers]
    for i in order_of_ends:
        answer, before = answers[i], troubles.get(0)
        news = troubles.found_well(looks[i]) if answer is None else troubles.found(looks[i], answer)
        assert news == (troubles.get(0) is not before)
    assert troubles.get(0) is answers[-1]


def test_the_same_finding_is_news_once() -> None:
    troubles = Troubles()
    assert troubles.found(troubles.look(3), MISSING)
    assert not troubles.found(troubles.look(3), MissingFileError(MISSING.message))
    assert troubles.found(troubles.look(4), MISSING)
    assert troubles.found(troubles.look(3), CHANGED)
    assert troubles.found_well(troubles.look(3))
    assert not troubles.found_well(troubles.look(3))
    assert troubles.get(4) is MISSING


@pytest.mark.parametrize("error", [MISSING, CHANGED, StorageError("The disk is full.")])
def test_trying_again_forgets_what_is_not_a_matter_of_the_file(error: StorageError) -> None:
    troubles = Troubles()
    troubles.put(0, error)
    of_file = not isinstance(error, StorageError)
    assert (troubles.of_file(0) is error) == of_file
    assert not of_file or troubles.get(0) is error
    troubles.found_well(troubles.look(1))
    troubles.try_again(0)
    assert troubles.get(0) is (error if of_file else None)


def test_a_file_that_is_well_says_nothing_of_a_full_disk() -> None:
    troubles = Troubles()
    full = StorageError("The disk is full.")
    troubles.put(0, full)
    assert not troubles.found_well(troubles.look(0))
    assert troubles.get(0) is full


def test_an_image_that_is_forgotten_has_no_trouble() -> None:
    troubles = Troubles()
    troubles.found(troubles.look(0), MISSING)
    troubles.forget(0)
    assert troubles.get(0) is None
