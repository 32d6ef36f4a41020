"""The real server as a process of its own, which a test can stop and start again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ADDRESS = re.compile(r"(?<=sambaseg runs at )https?://\S+(?=\s)")
START_SECONDS = 60


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerProcess:
    """`sambaseg serve` on one folder of projects and one port, which stay the same when it is started again."""

    def __init__(self, data_dir: Path, mode: str = "local") -> None:
        self.data_dir = data_dir
        self.mode = mode
        self.port = free_port()
        self.address = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data_dir.with_suffix(".log")

    @property
    def log(self) -> str:
        """Return what the server printed since it was started."""
        return self._log.read_text(encoding="utf-8")

    def start(self) -> None:
        """Start the server; `address` is then the one that it printed, in local mode with the token."""
        environment = {**os.environ, "SAMBASEG_DATA_DIR": str(self.data_dir), "SAMBASEG_PORT": str(self.port)}
        environment["PYTHONFAULTHANDLER"] = "1"
        command = [str(Path(sys.executable).with_name("sambaseg")), "serve", "--mode", self.mode]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_SECONDS
        while not (found := ADDRESS.search(self.log)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"The server printed no address within {START_SECONDS} s:\n{self.log}")
            time.sleep(0.05)
        self.address = found.group()

    def stop(self) -> None:
        """Stop the server as Ctrl+C would, and wait until it is gone."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server without any chance to tidy up."""
        self._end(signal.SIGKILL)

    def _end(self, with_signal: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(with_signal)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired as timeout:
            self._process.send_signal(signal.SIGABRT)  # it prints what each of its threads is doing
            self._process.wait()
            raise RuntimeError(f"The server did not end:\n{self.log}") from timeout
        finally:
            self._process = None
