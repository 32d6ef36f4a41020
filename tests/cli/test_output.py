"""What commands say while they work."""

import io
import sys
import time

import pytest

from sambaseg.cli.output import Output
from sambaseg.pipeline.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(output):
    with output.progress("steel.tif") as show:
        if show is None:
            return None
        for fraction in (0.25, 0.5, 0.4, 1.0):
            time.sleep(0.11)  # the bar is drawn ten times a second at most
            show(Progress("Segmenting", fraction, 1.0))
    return True


def test_a_bar_is_shown_to_people_at_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert work(Output(as_json=False))
    shown = terminal.getvalue()
    assert "steel.tif: Segmenting" in shown
    assert " 50%" in shown
    assert "100%" in shown


@pytest.mark.parametrize(("as_json", "stream"), [(True, Terminal()), (False, io.StringIO())])
def test_nobody_else_gets_a_bar(monkeypatch, as_json, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    assert work(Output(as_json=as_json)) is None
    assert stream.getvalue() == ""


def test_words_that_a_terminal_cannot_show_do_not_end_the_command(monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    Output(as_json=False).result({}, ["280 × 300 pixels of 0.2 µm"])
    assert narrow.buffer.getvalue() == b"280 ? 300 pixels of 0.2 ?m\n"
