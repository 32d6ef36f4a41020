"""Whether the kernels are compiled, and getting them compiled in another process, so that nobody waits for it here.

Numba compiles at first use and keeps the code on disk beside the sources. Compiling takes a good part of a minute once
for each version and machine, and holds the GIL; a process of its own does it (`sambaseg.server.warmup`) and leaves a
mark beside the compiled code when it is done.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import platform
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import sambaseg
from sambaseg.server.background import step_back
from sambaseg.server.garbage import leave_out_what_is_loaded

log = logging.getLogger("sambaseg.server")
COMPILE = (sys.executable, "-m", "sambaseg.server.warmup")
SECONDS_FOR_TILES = 1.5
"""The page that was opened loads its first tiles meanwhile."""
SOURCES = ("cleaning", "features", "forest", "images", "labels", "measure", "pipeline", "smart")
Part = Literal["suggestions", "default", "all"]
"""Kernels of the suggestions come first, since a person meets them first; then those of the default recipe."""
PARTS: tuple[Part, ...] = ("suggestions", "default", "all")


def kernels_mark(part: Part = "all") -> Path:
    """Return the file that says that the kernels of this very code are compiled for this machine, or a part of them."""
    return mark_folder() / f"kernels-{part}-{code_fingerprint(SOURCES)}.ready"


def code_fingerprint(folders: Sequence[str]) -> str:
    """Return what tells this very code of the package's `folders`, on this machine, from any other."""
    package = Path(sambaseg.__file__).parent
    parts = [version("numba"), version("numpy"), sys.version, platform.machine(), platform.node(), str(package)]
    for folder in folders:
        for source in sorted((package / folder).rglob("*.py")):
            status = source.stat()
            parts.append(f"{source.relative_to(package)} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def mark_folder() -> Path:
    """Return where numba keeps compiled code, or a folder of the person's own where that cannot be written."""
    package = Path(sambaseg.__file__).parent
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen) if chosen else package / "__pycache__"
    if os.access(folder if folder.is_dir() else folder.parent, os.W_OK):
        return folder
    return Path(tempfile.gettempdir()) / f"sambaseg-{os.getuid() if hasattr(os, 'getuid') else 'kernels'}"


def part_for(families: Sequence[str]) -> Part:
    """Return the part that holds the kernels of these families of features, and of forests."""
    from sambaseg.features.recipe import DEFAULT_RECIPE

    return "default" if set(families) <= set(DEFAULT_RECIPE.families) else "all"


class Kernels:
    """Knows whether the kernels are compiled; has them compiled once otherwise. All methods are thread-safe."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._closed = threading.Event()
        self._started = False
        self._loading: set[Part] = set()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ready(self) -> bool:
        """Whether a job would start at once."""
        if not self._ended.is_set() and not self._started and kernels_mark().exists():
            self._ended.set()
        return self._ended.is_set()

    def has(self, part: Part) -> bool:
        """Whether this part is compiled, or could not be and will be at first use."""
        return self.ready or (part != "all" and kernels_mark(part).exists())

    def prepare(self) -> None:
        """Start compiling in the background, unless that was done before."""
        with self._lock:
            if self._started or self.ready:
                return
            self._started = True
        threading.Thread(target=self._compile, name="kernels", daemon=True).start()

    def wait(self, part: Part = "all", *, stop: Callable[[], bool]) -> None:
        """Return when a part is compiled, or could not be (then it is at first use), or at `stop`."""
        self.prepare()
        while not (self._ended.wait(0.05) or self.has(part) or stop()):
            pass

    def load(self, part: Part = "default") -> None:
        """Have compiled kernels loaded in the background, once, so that who needs them first need not wait."""
        with self._lock:
            if part in self._loading:
                return
            self._loading.add(part)
        threading.Thread(target=self._load, args=(part,), name="kernels").start()

    def close(self) -> None:
        """End the compiling process; it begins anew with the next start."""
        self._closed.set()
        with self._lock:
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()

    def _load(self, part: Part) -> None:
        step_back()
        self._closed.wait(SECONDS_FOR_TILES)
        self.wait(part, stop=self._closed.is_set)
        if self._closed.is_set():
            return
        try:
            _load_suggestion_kernels() if part == "suggestions" else _load_default_kernels()
            leave_out_what_is_loaded()
        except Exception as error:  # only a preparation: a job that needs them will tell the person
            if not self._closed.is_set():
                log.warning("The kernels could not be loaded ahead: %s", error)

    def _compile(self) -> None:
        try:
            with self._lock:
                self._process = subprocess.Popen(
                    COMPILE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
            _, complaint = self._process.communicate()
            if self._process.returncode > 0:
                log.warning("The kernels could not be compiled ahead: %s", complaint.decode(errors="replace")[-500:])
        except OSError as error:
            log.warning("The kernels could not be compiled ahead: %s", error)
        finally:
            self._ended.set()


@functools.cache
def _load_default_kernels() -> None:
    """Run what most trainings need, once for this process."""
    from sambaseg.features.recipe import DEFAULT_RECIPE
    from sambaseg.server.warmup import run_kernels

    run_kernels(DEFAULT_RECIPE.families, ["uint8"])


@functools.cache
def _load_suggestion_kernels() -> None:
    """Prepare a small view, once for this process."""
    from sambaseg.server.warmup import run_suggestion_kernels

    run_suggestion_kernels()
