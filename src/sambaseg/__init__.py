"""sambaseg: trainable segmentation of micrographs in the browser, on the command line and in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sambaseg.version import __version__

if TYPE_CHECKING:
    from sambaseg.estimator import PixelClassifier

__all__ = ["PixelClassifier", "__version__"]


def __getattr__(name: str) -> object:
    """Import `PixelClassifier` when it is first asked for, so that importing the package stays quick."""
    if name == "PixelClassifier":
        from sambaseg.estimator import PixelClassifier

        return PixelClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
