"""`sambaseg`, `serve` and `demo`: which server they start, and that it starts."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from sambaseg.settings import Settings


@pytest.fixture
def started(monkeypatch):
    """Note how the server would be started."""
    calls = []
    monkeypatch.setattr(
        "sambaseg.server.run.run_server",
        lambda settings, *, open_browser, sample=None: calls.append((settings, open_browser, sample)),
    )
    return calls


@pytest.mark.parametrize(
    ("arguments", "opens", "sample"),
    [
        ([], True, None),
        (["serve"], False, None),
        (["serve", "--open"], True, None),
        (["demo"], True, "superalloy"),
        (["demo", "nuclei", "--no-open"], False, "nuclei"),
    ],
)
def test_each_command_starts_its_server(run, started, arguments, opens, sample):
    assert run(*arguments).code == 0
    assert started == [(Settings.from_environment(), opens, sample)]


def test_options_go_before_the_environment_and_that_before_defaults(run, started, monkeypatch):
    monkeypatch.setenv("SAMBASEG_PORT", "9001")
    monkeypatch.setenv("SAMBASEG_HOST", "127.0.0.2")
    assert run("serve", "--port", "0", "--data-dir", "projects", "--threads", "1").code == 0
    settings = started[0][0]
    assert (settings.port, settings.host, settings.threads) == (0, "127.0.0.2", 1)
    assert settings.data_dir == Path("projects")


def test_an_unknown_sample_is_named(run, tmp_path):
    ended = run("demo", "nothing", "--no-open", "--port", "0", "--data-dir", tmp_path / "data")
    assert ended.code == 2
    assert "superalloy" in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_the_server_answers_and_ends_with_ctrl_c(tmp_path):
    command = [sys.executable, "-m", "sambaseg", "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            address = line.split(" at ")[1].split("/?token=")[0]
            with pytest.raises(urllib.error.HTTPError, match="401") as refused:  # it is there, and wants its token
                urllib.request.urlopen(f"{address}/api/health", timeout=20)
            refused.value.close()
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors
