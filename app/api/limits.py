"""How often a key may ask: a steady rate and a second's worth at once, counted in this process and kept nowhere.

How to think of it: every request books the key's next slot. A key whose slots are booked a second ahead is told to
come back when one is free (the generic cell rate algorithm, in two additions and no timer). What is not counted: the
webhooks of carriers and booking systems, for a STOP is never refused.
"""

from dataclasses import dataclass, field
from math import ceil
from time import monotonic

from app.api.problems import Problem

AHEAD = 1.0
"""Seconds of slots that a key may book at once."""

MOST_KNOWN = 4096


@dataclass
class Limits:
    """The keys this process has heard lately, each with the moment its slots are booked until."""

    per_second: float
    _booked: dict[str, float] = field(default_factory=dict)

    def take(self, key_id: str) -> None:
        """Book a slot for this key's request; raises a 429 Problem when the next free one is too far ahead."""
        now = monotonic()
        booked = max(now, self._booked.get(key_id, now)) + 1 / self.per_second
        if booked > now + AHEAD + 1e-9:
            raise _too_many(booked - now - AHEAD)
        if len(self._booked) >= MOST_KNOWN:
            self._booked = {key: until for key, until in self._booked.items() if until > now}
        self._booked[key_id] = booked


def _too_many(seconds: float) -> Problem:
    return Problem(
        429,
        "Too many requests",
        "This key asks more often than it may. Nothing was stored; come back after Retry-After seconds.",
        headers={"Retry-After": str(ceil(seconds))},
    )
