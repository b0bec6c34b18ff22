"""What the machine remembers of the course of one lead: what it was told, what it did, and why it is where it is.

How to think of it: the lead's row says where it stands; its course says how it came there. It is what keeps a move to
another sequence from saying anything twice, and what conditions such as `unless: clicked` ask. Like the rest of a
lead's facts it is stored enciphered.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.domain.changing import changed
from app.domain.clinic import Step

PLANS_KEPT = 8
"""Plans of which nothing was heard yet; more than one only when a cancelled step was already on its way."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One step that was planned, or done: its message, its place, and the digests of its words in every language."""

    id: str
    sequence: str
    step: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Course:
    """The memory. `armed` is the message of a step whose conditions held when it fell due, until it has left.

    `since` is the moment from which the planned step counts, `rested` whether a pause had to pass as well.
    `chosen` are the sequences the lead was put into, oldest first, each as JSON shows it (`choosing.Choice`).
    """

    planned: tuple[Told, ...] = ()
    told: tuple[Told, ...] = ()
    armed: str | None = None
    clicked_at: datetime | None = None
    replied_at: datetime | None = None
    since: datetime | None = None
    rested: bool = False
    chosen: tuple[Mapping[str, Any], ...] = ()

    def plan(self, message_id: str, sequence: str, step: Step) -> "Course":
        """With a step planned under this message."""
        plan = Told(id=message_id, sequence=sequence, step=step.key, marks=step.marks)
        return changed(self, planned=(*self.planned, plan)[-PLANS_KEPT:])

    def done(self, message_id: str) -> "Course":
        """With the plan of this message carried out; unchanged when it was none, or not of late."""
        plan = next((one for one in self.planned if one.id == message_id), None)
        if plan is None:
            return self
        return changed(self._settled(message_id), told=(*self.told, plan))

    def undone(self, message_id: str) -> "Course":
        """With the plan of this message given up: it was skipped, dropped or refused."""
        return self if all(one.id != message_id for one in self.planned) else self._settled(message_id)

    def _settled(self, message_id: str) -> "Course":
        left = tuple(one for one in self.planned if one.id != message_id)
        return changed(self, planned=left, armed=None if self.armed == message_id else self.armed)

    def has(self, sequence: str, step: Step) -> bool:
        """Whether this step was done, or its words were said, wherever the lead stood then."""
        place, words = (sequence, step.key), frozenset(step.marks)
        return any((one.sequence, one.step) == place or not words.isdisjoint(one.marks) for one in self.told)

    def as_json(self) -> dict[str, Any]:
        """What is stored; moments in ISO form, nothing for what is empty."""
        moments = {name: moment.isoformat() for name in MOMENTS if (moment := getattr(self, name)) is not None}
        rows = {name: [asdict(one) for one in getattr(self, name)] for name in ("planned", "told")}
        said = {**rows, "armed": self.armed, "rested": self.rested, "chosen": list(self.chosen)}
        return {**{name: value for name, value in said.items() if value}, **moments}


MOMENTS = ("clicked_at", "replied_at", "since")
NOTHING_YET = Course()


def course_from(stored: Mapping[str, Any] | None) -> Course:
    """The memory that `as_json` wrote."""
    if not stored:
        return NOTHING_YET
    rows = {name: tuple(_told(row) for row in stored.get(name, ())) for name in ("planned", "told")}
    moments = {name: datetime.fromisoformat(stored[name]) for name in MOMENTS if name in stored}
    return Course(
        planned=rows["planned"],
        told=rows["told"],
        armed=stored.get("armed"),
        clicked_at=moments.get("clicked_at"),
        replied_at=moments.get("replied_at"),
        since=moments.get("since"),
        rested=bool(stored.get("rested")),
        chosen=tuple(stored.get("chosen", ())),
    )


def _told(row: Mapping[str, Any]) -> Told:
    return Told(**{**row, "marks": tuple(row["marks"])})
