"""Estimates of agreement are judged on what the regression has not seen: data sets, or images."""

import numpy as np
import pytest
from training.agreement import Case, fit, image_of, judge, mean_error

from sambaseg.trust.evidence import Evidence


def case_of(data_set, image, share_right, truth):
    """Return a case whose probabilities promise an overlap, and where it is really `truth`."""
    wrong = (1 - share_right) / 2
    opinion_kk = np.array([[share_right / 2, wrong], [wrong, share_right / 2]])
    evidence = Evidence(
        (1, 2), (1, 1), (10, 10), (), np.array([0.5, 0.5]), opinion_kk, (), (), np.zeros((2, 2), np.int64)
    )
    return Case(data_set, image, 1, evidence, truth, (0.5, 0.5), 1.0)


def overlap_of(share_right):
    return share_right / (2 - share_right)


def cases_of(sets, worse):
    """Return three images of each data set; in those named the truth is worse than it seems."""
    shares = (0.7, 0.8, 0.9)
    return [
        case_of(name, f"{at}", share, overlap_of(share) - (0.3 if name in worse else 0.0))
        for name in sets
        for at, share in enumerate(shares)
    ]


def test_an_estimate_comes_from_the_other_data_sets_only():
    cases = cases_of("abcd", worse="d")
    estimates = judge(cases, ("opinion",))
    of_d = np.array([case.data_set == "d" for case in cases])
    honest = np.array([overlap_of(share) for share in (0.7, 0.8, 0.9)])
    assert estimates[of_d] == pytest.approx(honest, abs=0.02)  # a, b and c know nothing of what is wrong with d


def test_with_images_left_out_the_regression_knows_the_data_set():
    cases = cases_of("ab", worse="ab")
    cases[0] = case_of("a", "0", 0.7, 0.99)  # only another image of it would tell
    without_image, without_set = judge(cases, ("opinion",), image_of), judge(cases, ("opinion",))
    rest = [case for case in cases if (case.data_set, case.image) != ("a", "0")]
    weights, offset = fit(rest, ("opinion",))
    score = offset + weights["opinion"] * np.log(overlap_of(0.7) / (1 - overlap_of(0.7)))
    assert without_image[0] == pytest.approx(1 / (1 + np.exp(-score)))
    assert without_image[1] != pytest.approx(without_set[1], abs=1e-3)


def test_data_sets_count_the_same_in_the_mean_error():
    cases = [case_of("a", "0", 0.8, 0.5), *(case_of("b", str(at), 0.8, 0.5) for at in range(3))]
    assert mean_error(cases, np.array([0.6, 0.5, 0.5, 0.5])) == pytest.approx(0.05)
