"""A sender's pace: how many segments may leave now, and when the next may. GCRA, one moment of state a sender.

The state is the theoretical arrival time: the moment at which everything sent so far would have left at the
allowed rate. A text conforms when that moment is not ahead of now (by more than a small burst, for fast senders
only, so that one claim can take several); sending it moves the moment on by its segments.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FAST = 20.0
"""Segments a second above which a claim may take a tenth of a second's worth at once."""

BURST = timedelta(seconds=0.1)


CARRIER_DAY = "America/Los_Angeles"
"""Carriers' daily caps begin anew at midnight Pacific (T-Mobile's brand cap)."""


@dataclass
class Pace:
    """One sender's pace by the real clock: `rate` in segments a second."""

    rate: float
    free_at: datetime

    def allows(self, now: datetime) -> bool:
        """Whether a text may leave now, however long it is."""
        return self.free_at - self._burst() <= now

    def spend(self, segments: int, now: datetime) -> None:
        """A text of so many segments leaves."""
        self.free_at = max(self.free_at, now) + timedelta(seconds=max(segments, 1) / self.rate)

    def wait(self, now: datetime) -> float:
        """Seconds until the next text may leave."""
        return max((self.free_at - self._burst() - now).total_seconds(), 0.0)

    def _burst(self) -> timedelta:
        return BURST if self.rate > FAST else timedelta(0)
