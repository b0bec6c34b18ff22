"""What a simulation tells: one line for each message, task and change of stage, with the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

KINDS = ("text", "email", "call", "task", "stage", "held", "dropped")
"""What programs are told of. What a person does here is not what we do: only people are shown it."""

REPLY, CLICK, UNSUBSCRIBE = "reply", "click", "unsubscribe"

Why = Mapping[str, Any]
"""`{"rule", "verdict", "evidence"}`, as a message's stored decision has them."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that happened. `lead` is the name its form or script calls it by; `zone` the person's likeliest.

    `clinic` is told only where several are simulated at once.
    """

    at: datetime
    kind: str
    lead: str
    phone: str
    state: str | None
    zone: str
    sequence: str | None = None
    version: int | None = None
    step: str | None = None
    variant: str | None = None
    text: str | None = None
    segments: int | None = None
    stage: str | None = None
    why: Sequence[Why] = field(default=())
    clinic: str | None = None

    @property
    def local(self) -> datetime:
        """The moment on the person's own clock."""
        return self.at.astimezone(_zone(self.zone))

    def as_json(self) -> dict[str, Any]:
        """The line for programs, its keys in their fixed order."""
        row = {
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "local_time": self.local.isoformat(timespec="seconds"),
            "kind": self.kind,
            "lead": self.lead,
            "phone": self.phone,
            "state": self.state,
            "zone": self.zone,
            "sequence": self.sequence,
            "version": self.version,
            "step": self.step,
            "variant": self.variant,
            "text": self.text,
            "segments": self.segments,
            "stage": self.stage,
            "why": list(self.why),
        }
        return row if self.clinic is None else {**row, "clinic": self.clinic}


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def because(rule: str, **evidence: Any) -> Why:
    """A reason in the shape of the gate's: what made a task open or a stage change."""
    return {"rule": rule, "verdict": "go", "evidence": evidence}
