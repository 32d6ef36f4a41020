"""The one way this project compiles a kernel: numba, without the GIL, cached on disk, exact arithmetic.

``fastmath`` stays off everywhere: a result must not depend on where a tile begins.

numba's cache notices a change of the file that a kernel is in. What the kernel calls, and constants that it reads, are
compiled into it from other files; an old kernel that is called with what a new one expects ends the process. So the
cache is told of all files of the package that the kernel's file imports, directly or through others.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

_IMPORTS = re.compile(r"^(?:from|import) +([\w.]+)", re.MULTILINE)
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Return `kernel` compiled on first use, releasing the GIL, and cached where the cache folder can be written."""
    return _compile(kernel)


def compiled_without_allocation(kernel: Kernel) -> Kernel:
    """Return `kernel` as `compiled` does, for one that makes no arrays and does not return any.

    Nobody counts who uses an array then. Where a kernel takes many arrays out of tuples, counting takes two fifths of
    its time, and more where threads share the arrays.
    """
    return _compile(kernel, _nrt=False)


def inlined(kernel: Kernel) -> Kernel:
    """Return `kernel` as `compiled_without_allocation` does, for kernels that call it: it becomes part of them."""
    return _compile(kernel, _nrt=False, forceinline=True)


def _compile(kernel: Kernel, **options: bool) -> Kernel:
    try:
        made = numba.njit(nogil=True, cache=True, **options)(kernel)
    except RuntimeError:  # no folder for the cache can be written: compile anew in each process
        uncached: Kernel = numba.njit(nogil=True, **options)(kernel)
        return uncached
    index = made._cache._cache_file  # numba has no other way to say what a kernel is made from
    index._source_stamp = index._source_stamp, _digest_of_sources(kernel.__module__)
    cached: Kernel = made
    return cached


@functools.cache
def _digest_of_sources(module: str) -> str:
    """Return what tells the sources of a module, and of all that it imports from its own package, from any others."""
    found, waiting = set[Path](), _files_of(module)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            for imported in _imported_by(path):
                waiting += _files_of(imported) if imported.partition(".")[0] == module.partition(".")[0] else []
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(found))).hexdigest()


@functools.cache
def _imported_by(path: Path) -> tuple[str, ...]:
    """Return the names of the modules that a file imports at its top."""
    return tuple(_IMPORTS.findall(path.read_text(encoding="utf-8")))


def _files_of(module: str) -> list[Path]:
    """Return the file of a module, or all files directly in a package, any of which may be what is imported."""
    package, *names = module.split(".")
    places = [Path(root, *names) for root in getattr(sys.modules.get(package), "__path__", [])]
    return [
        path
        for place in places
        for path in (place.glob("*.py") if place.is_dir() else [place.with_suffix(".py")])
        if path.is_file()
    ]
