"""The version of this library, in a place of its own so that every part may import it."""

from __future__ import annotations

__version__ = "0.1.0"
