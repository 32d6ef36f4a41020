"""What work in another process shares: its memory limit, and errors that travel as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sambaseg.errors import BrokenImageError, SambasegError


def limit_memory(memory_mb: int) -> None:
    """Limit the address space to what is in use now and `memory_mb` more, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    statm = Path("/proc/self/statm")
    used = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2**30
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def load_decoders() -> None:
    """Import the decoders, before the memory is limited."""
    import imagecodecs
    import PIL.Image
    import tifffile

    del imagecodecs, PIL, tifffile


def described_error(error: BaseException) -> dict[str, str]:
    """Return an error as JSON values; MemoryError becomes DecodingLimitError."""
    if isinstance(error, SambasegError):
        return {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
    if isinstance(error, MemoryError):
        return {
            "kind": "DecodingLimitError",
            "message": "Decoding the file took more memory than is allowed.",
            "hint": "",
        }
    raise error


def error_of(described: dict[str, str]) -> SambasegError:
    """Return the error that another process described."""
    for kind in _subclasses(SambasegError):
        if kind.__name__ == described["kind"]:
            return kind(described["message"], hint=described["hint"])
    return BrokenImageError(described["message"], hint=described["hint"])


def _subclasses(kind: type[SambasegError]) -> Iterator[type[SambasegError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _subclasses(below)
