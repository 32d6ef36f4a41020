"""The models that give suggestions: the built-in one, and Segment Anything files that a person fetched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sambaseg.errors import UnknownModelError
from sambaseg.server.smart_schemas import SmartModel

if TYPE_CHECKING:
    from sambaseg.smart.suggester import Suggester

BUILTIN = "builtin"
BUILTIN_MODEL = SmartModel(
    name=BUILTIN,
    title="Built in",
    interface="hierarchy",
    licence="MIT",
    size_bytes=0,
    installed=True,
    state="ready",
    progress=None,
    error=None,
    seconds_per_view=0.2,
    memory_mb=100,
    note="Works at once and without a download, and learns from each training.",
)


class SmartModels:
    """What is known, fetched and loaded. All methods may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list_models(self) -> list[SmartModel]:
        """Return all models, the built-in one first."""
        return [BUILTIN_MODEL]

    def download(self, name: str) -> None:
        """Begin to fetch a model in the background, unless it is here or on its way. Raises UnknownModelError."""
        raise self._unknown(name)

    def remove(self, name: str) -> None:
        """End the download of a model, or remove its files. Raises UnknownModelError."""
        raise self._unknown(name)

    def take_file(self, name: str, part: str, path: Path) -> None:
        """Take a file from disk as a part of a model, once it was verified. Raises UnknownModelError."""
        raise self._unknown(name)

    def decoder(self, name: str) -> tuple[Path, str]:
        """Return the decoder's file and its SHA-256. Raises UnknownModelError and ModelNotInstalledError."""
        raise self._unknown(name)

    def check_installed(self, name: str) -> None:
        """Raise UnknownModelError or ModelNotInstalledError unless the model can prepare views."""
        if name != BUILTIN:
            raise self._unknown(name)

    def find_suggester(self, name: str) -> Suggester:
        """Return what prepares views. Raises UnknownModelError and ModelNotInstalledError."""
        if name == BUILTIN:
            from sambaseg.smart.hierarchy.suggester import HierarchySuggester

            return HierarchySuggester()
        raise self._unknown(name)

    def _unknown(self, name: str) -> UnknownModelError:
        return UnknownModelError(f"There is no model {name!r:.80}.", hint="See the list of models.")
