"""What a rehearsal shows: each text, reply, task and turn of its lead, once, in the order in which it happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.cli.screen import give_json, rfc3339, say

if TYPE_CHECKING:
    from app.adapters.store.reading import LeadSeen, MessageSeen
    from app.adapters.store.timeline import Timeline

GONE = ("sent", "delivered", "unknown")
FAILED = ("dropped", "failed", "undelivered", "expired")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that happened. `key` is what it is known by, so that it is told once."""

    key: str
    at: datetime
    kind: str
    what: str
    words: str = ""
    failed: bool = False


@dataclass(kw_only=True)
class Watch:
    """Who looks on: in which zone's time, as lines for a person or for a program, and what was told already."""

    zone: str
    jsonl: bool
    told: set[str] = field(default_factory=set)
    sent: int = 0
    failed: int = 0

    def tell(self, found: Sequence[Line]) -> None:
        """Say what is new, oldest first."""
        for line in sorted((one for one in found if one.key not in self.told), key=lambda one: one.at):
            self.told.add(line.key)
            self.sent += line.kind in ("text", "email") and not line.failed
            self.failed += line.failed
            self._say(line)

    def _say(self, line: Line) -> None:
        if self.jsonl:
            give_json({"at": rfc3339(line.at), "kind": line.kind, "what": line.what, "words": line.words}, indent=None)
            return
        local = line.at.astimezone(ZoneInfo(self.zone))
        say(f"{local:%H:%M:%S}  {line.kind:<6} {line.what:<24} {' '.join(line.words.split())}".rstrip())


def lines(lead: "LeadSeen", timeline: "Timeline") -> list[Line]:
    """Everything that has happened to this lead, and what is planned next."""
    found = [line for one in timeline.messages if one.due_at >= lead.captured_at for line in _message(one)]
    found += [Line(key=one.id, at=one.opened_at, kind="task", what=one.kind, words=one.about) for one in timeline.tasks]
    found += [
        Line(key=one.id, at=one.at, kind="stage", what=one.to_stage, words=f"sequence {lead.sequence}")
        if one.from_stage is None
        else Line(key=one.id, at=one.at, kind="stage", what=one.to_stage)
        for one in timeline.stages
    ]
    return found


def _message(one: "MessageSeen") -> Iterator[Line]:
    if one.direction == "in":
        read = f"{one.reading['intent']}, {one.reading['certainty']}" if one.reading else ""
        yield Line(key=one.id, at=one.sent_at or one.due_at, kind="reply", what=read, words=one.text)
    elif (one.decision or {}).get("rule") == "condition":
        yield Line(key=one.id, at=one.due_at, kind="skip", what=one.step or "", words="its conditions do not hold")
    elif one.status in GONE:
        yield Line(key=one.id, at=one.sent_at or one.due_at, kind=one.channel, what=_named(one), words=one.text)
    elif one.status in FAILED:
        why = one.error_code or (one.decision or {}).get("rule") or ""
        what = f"{_named(one)} {one.status}"
        yield Line(key=f"{one.id} failed", at=one.due_at, kind=one.channel, what=what, words=str(why), failed=True)


def _named(one: "MessageSeen") -> str:
    return one.step or one.purpose


def why_not(lead: "LeadSeen", timeline: "Timeline") -> str:
    """Why nobody is texted, as the task or the ledger says it."""
    if lead.suppressed_by is not None:
        return (
            f"this phone is closed to texts ({lead.suppressed_by}); text START from it, or use `leadline suppress lift`"
        )
    return next((task.about for task in timeline.tasks if task.about), lead.consent_problem or "no consent on record")
