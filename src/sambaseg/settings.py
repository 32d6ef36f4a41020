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


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True)
class Settings:
    """All settings; each is read from ``SAMBASEG_<NAME>`` by `from_environment`."""

    data_dir: Path = field(default_factory=default_data_dir, metadata=_help("folder that holds the projects"))
    host: str = field(default="127.0.0.1", metadata=_help("address the server listens on"))
    port: int = field(default=8340, metadata=_help("port the server listens on; 0 takes a free one"))
    threads: int = field(default_factory=default_threads, metadata=_help("threads that compute features and forests"))
    max_upload_mb: int = field(default=4096, metadata=_help("largest upload, in megabytes"))
    max_image_mb: int = field(default=1024, metadata=_help("largest decoded image, in megabytes"))
    max_pages: int = field(default=10_000, metadata=_help("most pages of one image file"))
    decode_seconds: int = field(default=120, metadata=_help("longest time to decode one upload, in seconds"))
    training_points: int = field(default=50_000, metadata=_help("labelled pixels that train a classifier, at most"))
    models_mirror: str = field(default_factory=str, metadata=_help("address of NAME/FILE to fetch models from instead"))
    suggestions_mb: int = field(default=400, metadata=_help("prepared views kept in memory, in megabytes"))

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
