"""One table of settings: name, default, help. Environment variables and the manual derive from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from sambaseg.errors import ParameterError


def default_data_dir() -> Path:
    """Return the folder for projects: under ``XDG_DATA_HOME``, ``LOCALAPPDATA`` or the home folder."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".local" / "share") / "sambaseg"


def default_threads() -> int:
    """Return the number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _row(help_text: str, default: object = None, factory: object = None) -> object:
    metadata = {"help": help_text}
    return field(default_factory=factory, metadata=metadata) if factory else field(default=default, metadata=metadata)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Settings:
    """All settings; each is read from ``SAMBASEG_<NAME>`` by `from_environment`."""

    data_dir: Path = _row("folder that holds the projects", factory=default_data_dir)  # type: ignore[assignment]
    host: str = _row("address the server listens on", "127.0.0.1")  # type: ignore[assignment]
    port: int = _row("port the server listens on; 0 takes a free one", 8340)  # type: ignore[assignment]
    threads: int = _row("threads that compute features and forests", factory=default_threads)  # type: ignore[assignment]
    max_upload_mb: int = _row("largest upload, in megabytes", 4096)  # type: ignore[assignment]
    max_image_mb: int = _row("largest decoded image, in megabytes", 1024)  # type: ignore[assignment]
    max_pages: int = _row("most pages of one image file", 10_000)  # type: ignore[assignment]
    decode_seconds: int = _row("longest time to decode one upload, in seconds", 120)  # type: ignore[assignment]
    training_points: int = _row("labelled pixels that train a classifier, at most", 50_000)  # type: ignore[assignment]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings with values of ``SAMBASEG_<NAME>`` put in.

        Raises ParameterError where a value is not of the setting's type.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, object] = {}
        for row in fields(cls):
            text = environment.get(f"SAMBASEG_{row.name.upper()}")
            if text is None:
                continue
            kind = Path if row.name == "data_dir" else int if row.type == "int" else str
            try:
                values[row.name] = kind(text)
            except ValueError:
                raise ParameterError(
                    f"SAMBASEG_{row.name.upper()} must be a whole number, not {text!r}.", hint=str(row.metadata["help"])
                ) from None
        return cls(**values)  # type: ignore[arg-type]
