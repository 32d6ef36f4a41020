"""Reasons that people give for what they do to an entry."""

from __future__ import annotations

from sambaseg.errors import ParameterError

LONGEST_REASON = 4000


def checked_reason(reason: str, *, needed_by: str | None = None) -> str:
    """Return a reason without the space around it. Raises ParameterError where it is too long, or needed and empty."""
    reason = reason.strip()
    if len(reason) > LONGEST_REASON:
        raise ParameterError(f"reason: at most {LONGEST_REASON} characters are possible, not {len(reason)}.")
    if needed_by is not None and not reason:
        raise ParameterError(f"reason: Say why, so that {needed_by}.")
    return reason
