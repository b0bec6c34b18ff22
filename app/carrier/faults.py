"""Misbehaviour on demand: what a carrier does on its bad days, as rows.

A fault waits in a list until a create request arrives that would otherwise have been accepted. The first
fault that takes it decides how it goes wrong; a request suffers one fault at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.carrier.wire import OPTED_OUT, TOO_MANY, Refusal


@dataclass(frozen=True, slots=True)
class Report:
    """One status callback to come; posted `times` times."""

    status: str
    error_code: int | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a create request is treated: is it kept, is it answered, after how long, and what is reported."""

    keeps: bool = True
    answers: bool = True
    refusal: Refusal | None = None
    seconds: float = 0
    reports: tuple[Report, ...] = (Report("sent"), Report("delivered"))


# Code 0: an answer that is not Twilio's JSON at all.
CRASH = Refusal(0, "Internal Server Error", 500)

NORMAL = Behaviour()
BEHAVIOURS: Mapping[str, Behaviour] = {
    "timeout_after_accept": Behaviour(answers=False, seconds=30),
    "http_500": Behaviour(keeps=False, refusal=CRASH),
    "http_500_after_accept": Behaviour(refusal=CRASH),
    "http_429": Behaviour(keeps=False, refusal=TOO_MANY),
    "slow": Behaviour(seconds=3),
    "duplicate_status": Behaviour(reports=(Report("sent", times=3), Report("delivered", times=3))),
    "reordered_status": Behaviour(reports=(Report("delivered"), Report("sent"))),
    "opted_out": Behaviour(keeps=False, refusal=OPTED_OUT),
    "landline": Behaviour(reports=(Report("undelivered", 30006),)),
    "filtered": Behaviour(reports=(Report("undelivered", 30007),)),
}


@dataclass(slots=True)
class Fault:
    """One ordered misbehaviour: for the next `count` requests, or for a `share` of all that follow."""

    kind: str
    count: int | None
    share: float | None
    seconds: float
    seen: int = 0

    @classmethod
    def ordered(cls, order: Mapping[str, Any]) -> "Fault":
        """Reads an order; neither count nor share means once. Raises ValueError with `field: what is wrong`."""
        kind = order.get("kind")
        if not isinstance(kind, str) or kind not in BEHAVIOURS:
            raise ValueError(f"kind: must be one of {', '.join(BEHAVIOURS)}")
        count, share = order.get("count"), order.get("share")
        if count is not None and share is not None:
            raise ValueError("share: give either count or share, not both")
        if count is not None and not _is_count(count):
            raise ValueError("count: must be a whole number from 1")
        if share is not None and not _is_between(share, 0, 1):
            raise ValueError("share: must be a number from 0 to 1")
        seconds = order.get("seconds", BEHAVIOURS[kind].seconds)
        if not _is_between(seconds, 0, 600):
            raise ValueError("seconds: must be a number from 0 to 600")
        return cls(kind, 1 if share is None and count is None else count, share, seconds)

    def takes_this(self) -> bool:
        """Whether this fault claims the request at hand; shares are spread evenly, not drawn."""
        self.seen += 1
        if self.share is None:
            return self.seen <= (self.count or 0)
        # Even spreading makes a share exact and a run repeatable. The tiny term mends 0.1 * 10 < 1.
        return int(self.seen * self.share + 1e-9) > int((self.seen - 1) * self.share + 1e-9)

    @property
    def left(self) -> int | None:
        """How many requests it will still take; None for a share, which never ends."""
        return None if self.count is None else self.count - self.seen

    def as_json(self) -> dict[str, Any]:
        """What GET /faults shows."""
        return {"kind": self.kind, "count": self.left, "share": self.share, "seconds": self.seconds}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_between(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


class Faults:
    """The faults in force, in the order they were given."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def order(self, order: Mapping[str, Any]) -> Fault:
        """Adds one. Raises ValueError."""
        fault = Fault.ordered(order)
        self._active.append(fault)
        return fault

    def take(self) -> Fault | None:
        """The fault that the request at hand suffers; None on a good day."""
        if not self._active:
            return None
        taken = next((fault for fault in self._active if fault.takes_this()), None)
        self._active = [fault for fault in self._active if fault.left != 0]
        return taken

    def active(self) -> list[dict[str, Any]]:
        """All in force, as GET /faults shows them."""
        return [fault.as_json() for fault in self._active]

    def clear(self) -> None:
        """Back to good days."""
        self._active.clear()
