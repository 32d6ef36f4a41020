"""How long a job will still take, told without jumping about."""

from __future__ import annotations

FIRST_FRACTION = 0.03
FIRST_SECONDS = 0.3
SMOOTHING = 0.25


class TimeLeft:
    """Estimates the end from the share that is done, smoothed over the reports.

    The share is taken as proportional to the time since it began to grow; the end moves a quarter of the way to each
    new estimate.
    """

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None
        self._end: float | None = None

    def after(self, fraction: float, now: float) -> float | None:
        """Return the seconds left when `fraction` (0 to 1) is done at time `now` (s), or None while too little is."""
        if self._began is None or fraction <= self._began[0]:  # what came before does not tell of the rest
            self._began = fraction, now
        first, began = self._began
        done, elapsed = fraction - first, now - began
        if done < FIRST_FRACTION or elapsed < FIRST_SECONDS:
            return None
        estimate = now + elapsed * (1 - fraction) / done
        self._end = estimate if self._end is None else self._end + SMOOTHING * (estimate - self._end)
        return round(max(0.0, self._end - now), 1)
