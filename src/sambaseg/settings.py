"""One table of settings: name, default, help. Environment variables and the manual derive from it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from sambaseg.errors import ParameterError


def default_data_dir() -> Path:
    """Return the folder for projects: under ``XDG_DATA_HOME``, ``LOCALAPPDATA`` or the home folder."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".local" / "share") / "sambaseg"


def default_threads() -> int:
    """Return the number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def default_memory_mb() -> int:
    """Return half of the memory that this process may use, in megabytes (2^20 bytes), and 8192 at most."""
    return max(512, min(_machine_memory() // 2**21, 8192))


def _machine_memory() -> int:
    """Return the bytes of memory of this machine, or of the container that this process runs in."""
    found = [_physical_memory()]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            found.append(int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no container, another system, or "max"
            continue
    return min(found)


def _physical_memory() -> int:
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 or 4 * 2**30
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def parse_memory_mb(text: str) -> int:
    """Return the megabytes (2^20 bytes) of "2GB", "1.5 GB", "800MB" or a number of megabytes.

    Raises ParameterError for anything else, and for less than 256 MB.
    """
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([MG]B?)?\s*", text, re.IGNORECASE)
    if found is None:
        raise ParameterError(f"The memory must be like 2GB or 800MB, not {text[:40]!r}.", hint=_MEMORY_HELP)
    megabytes = round(float(found[1]) * (1024 if (found[2] or "M")[0] in "gG" else 1))
    if megabytes < LEAST_MEMORY_MB:
        raise ParameterError(
            f"The memory must be {LEAST_MEMORY_MB} MB at least, not {megabytes} MB.", hint=_MEMORY_HELP
        )
    return megabytes


LEAST_MEMORY_MB = 256
_MEMORY_HELP = "memory that all work together may take, such as 2GB or 800MB"


_PREPARED_HELP = "prepared views kept in memory, in megabytes; no more than an eighth of the memory of all"


def _help(text: str, *, variable: str | None = None, read: Callable[[str], object] | None = None) -> dict[str, Any]:
    return {"help": text, "variable": variable, "read": read}


@dataclass(frozen=True)
class Settings:
    """All settings; each is read from its `variable_of` by `from_environment`."""

    data_dir: Path = field(default_factory=default_data_dir, metadata=_help("folder that holds the projects"))
    host: str = field(default="127.0.0.1", metadata=_help("address the server listens on"))
    port: int = field(default=8340, metadata=_help("port the server listens on; 0 takes a free one"))
    threads: int = field(default_factory=default_threads, metadata=_help("threads that compute features and forests"))
    max_upload_mb: int = field(default=4096, metadata=_help("largest upload, in megabytes"))
    max_image_mb: int = field(default=1024, metadata=_help("largest decoded image, in megabytes"))
    max_streamed_mb: int = field(
        default=262_144, metadata=_help("largest image that is read piece by piece, in megabytes")
    )
    max_pages: int = field(default=10_000, metadata=_help("most pages of one image file"))
    decode_seconds: int = field(default=120, metadata=_help("longest time to decode one upload, in seconds"))
    training_points: int = field(default=50_000, metadata=_help("labelled pixels that train a classifier, at most"))
    memory_mb: int = field(
        default_factory=default_memory_mb,
        metadata=_help(_MEMORY_HELP, variable="SAMBASEG_MEMORY", read=parse_memory_mb),
    )
    models_mirror: str = field(default_factory=str, metadata=_help("address of NAME/FILE to fetch models from instead"))
    suggestions_mb: int = field(default=400, metadata=_help(_PREPARED_HELP))

    @property
    def prepared_mb(self) -> int:
        """What prepared views may take: as they may, but no more than an eighth of the memory of all."""
        return min(self.suggestions_mb, self.memory_mb // 8)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings with the values of their variables put in.

        Raises ParameterError where a value is not of the setting's type.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, object] = {}
        for row in fields(cls):
            variable = variable_of(row)
            text = environment.get(variable)
            if text is None:
                continue
            kind = row.metadata["read"] or (Path if row.name == "data_dir" else int if row.type == "int" else str)
            try:
                values[row.name] = kind(text)
            except ValueError:
                raise ParameterError(
                    f"{variable} must be a whole number, not {text!r}.", hint=str(row.metadata["help"])
                ) from None
        return cls(**values)  # type: ignore[arg-type]


def variable_of(row: Field[Any]) -> str:
    """Return the environment variable of a setting: ``SAMBASEG_<NAME>`` where none is stated."""
    return row.metadata["variable"] or f"SAMBASEG_{row.name.upper()}"
