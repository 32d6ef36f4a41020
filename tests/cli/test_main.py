"""What all commands share: help, version, exit codes, errors without stack traces, Ctrl+C."""

import importlib.metadata
import subprocess
import sys

import pytest

from sambaseg import __version__
from sambaseg.cli import parser, program
from sambaseg.cli.commands import info
from sambaseg.errors import (
    ClassifierMismatchError,
    ImageTooLargeError,
    MissingExtraError,
    NotAnImageError,
    ParameterError,
)

COMMANDS = ["serve", "demo", "segment", "train", "apply", "features", "info", "convert"]


def test_help_lists_every_command_and_the_exit_codes(run):
    ended = run("--help")
    assert ended.code == 0
    for command in COMMANDS:
        assert f"\n    {command} " in ended.out
    assert "130 stopped by Ctrl+C" in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_that_is_understood(run, command):
    ended = run(command, "--help")
    assert ended.code == 0
    example = ended.out.split("example:\n  ")[1].splitlines()[0].split()
    assert example[:2] == ["sambaseg", command]
    assert parser.parse(example[1:]).function == command


@pytest.mark.skipif(sys.platform == "win32", reason="the time a child spent computing is read as POSIX has it")
def test_help_answers_quickly():
    """Computing time counts, not the clock's: other work may run beside it."""
    import resource

    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "sambaseg", "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert min(seconds) < 0.3


def test_version(run):
    assert run("--version").out == f"sambaseg {__version__}\n"
    assert importlib.metadata.version("sambaseg") == __version__


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["info"],
        ["info", "--page", "one", "a.tif"],
        ["segment", "a.tif", "--out", "b.tif"],
        ["segment", "a.tif", "--labels", "l.tif", "--out", "b.tif", "--balance", "odd"],
        ["serve", "--port", "70000"],
        ["features", "a.tif", "--ou", "b.tif"],
    ],
)
def test_bad_usage_ends_with_2_and_a_sentence(run, arguments):
    ended = run(*arguments)
    assert ended.code == 2
    assert ended.err.startswith("sambaseg: ")
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_bad_usage_is_told_to_machines_too(run):
    ended = run("info", "--json")
    assert ended.code == 2
    assert ended.json["error"]["code"] == "usage"
    assert ended.err == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ParameterError("p"), 2),
        (NotAnImageError("n"), 3),
        (ClassifierMismatchError("m"), 4),
        (ImageTooLargeError("l"), 5),
        (MemoryError(), 5),
        (MissingExtraError("x"), 6),
        (OSError(28, "No space left on device"), 6),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("surprise"), 1),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_every_error_is_a_sentence_with_its_exit_code(run, monkeypatch, error, code, flags):
    def fail(*_):
        raise error

    monkeypatch.setattr(info, "info", fail)
    ended = run("info", "a.tif", *flags)
    assert ended.code == code
    assert "Traceback" not in ended.out + ended.err
    if code != 130 and flags:
        assert set(ended.json["error"]) == {"code", "message", "hint"}
    elif not flags:
        assert ended.err


def test_stack_traces_are_for_those_who_ask(run, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr(info, "info", fail)
    monkeypatch.setenv(program.DEBUG_VARIABLE, "1")
    with pytest.raises(ZeroDivisionError):
        run("info", "a.tif")


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 1 1 255\n\0")
    command = [sys.executable, "-c", "import sys, time; time.sleep(1); from sambaseg.cli import main; sys.exit(main())"]
    process = subprocess.Popen([*command, "info", tmp_path / "a.pgm"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0
    process.stderr.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_a_running_command_with_130(tmp_path):
    code = """
import os, signal, sys, threading
from sambaseg.cli import main
from sambaseg.cli.commands import info
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
info.info = lambda *_: (threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start(), threading.Event().wait(20))
sys.exit(main(["info", "a.tif"]))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ended.returncode, ended.stderr, ended.stdout) == (130, "Stopped.\n", "")
