"""Confusion tables against what can be worked out by hand."""

import numpy as np
import pytest

from sambaseg.trust.confusion import (
    answer_rates,
    count_answers,
    mean_overlap,
    overlaps,
    precisions,
    recalls,
    true_shares,
)

JOINT = np.array([[0.5, 0.1], [0.0, 0.4]])


def test_counts_are_by_truth_and_answer():
    counts = count_answers(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), 2)
    assert counts.tolist() == [[1, 1], [1, 2]]


def test_overlap_recall_and_precision_of_a_joint_table():
    assert overlaps(JOINT) == pytest.approx([0.5 / 0.6, 0.4 / 0.5])
    assert recalls(JOINT) == pytest.approx([0.5 / 0.6, 1.0])
    assert precisions(JOINT) == pytest.approx([1.0, 0.4 / 0.5])
    assert mean_overlap(JOINT) == pytest.approx((5 / 6 + 0.8) / 2)


def test_a_class_that_is_absent_does_not_count():
    assert mean_overlap(np.array([[1.0, 0.0], [0.0, 0.0]])) == 1.0
    assert np.isnan(overlaps(np.zeros((2, 2)))).all()


def test_true_shares_undo_the_answers_of_a_known_table():
    rates, shares = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.1, 0.9]]), np.array([0.2, 0.5, 0.3])
    assert true_shares(rates, shares @ rates) == pytest.approx(shares, abs=1e-3)


def test_true_shares_stay_shares_where_no_shares_explain_the_answers():
    found = true_shares(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0.05, 0.95]))  # less than one in five is class 0
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx([0, 1], abs=1e-2)


def test_few_pixels_are_never_quite_sure():
    rates = answer_rates(np.array([[3.0, 0.0], [0.0, 0.0]]))
    assert rates[0].tolist() == pytest.approx([3.75 / 4, 0.25 / 4])
    assert rates[1].tolist() == pytest.approx([0.25, 0.75])
