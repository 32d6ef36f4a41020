"""Reports and cancelling."""

import pytest

from sambaseg.errors import CancelledError
from sambaseg.pipeline.progress import CancelToken, Progress, Stage


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_stage_reports_its_part_of_the_whole_and_the_seconds_left():
    reports, clock = [], Clock()
    stage = Stage(reports.append, "Features", start=0.2, end=0.6, began=90.0, clock=clock)
    stage.tell(0.5)
    assert reports == [Progress("Features", pytest.approx(0.4), pytest.approx(15.0))]


def test_a_fraction_never_goes_down_nor_over_the_end_of_its_stage():
    reports = []
    stage = Stage(reports.append, "Trees", start=0.5, end=1.0)
    for share in (0.4, 0.2, 3.0):
        stage.tell(share)
    assert [report.fraction for report in reports] == pytest.approx([0.7, 0.7, 1.0])
    assert reports[-1].seconds_left is None


def test_a_stage_without_a_listener_is_silent():
    Stage(None, "Features").tell(0.5)


def test_a_token_raises_only_after_it_was_cancelled():
    token = CancelToken()
    token.raise_if_cancelled()
    assert not token.cancelled
    token.cancel()
    assert token.cancelled
    with pytest.raises(CancelledError):
        token.raise_if_cancelled()
