"""The funnel: what each fact adds to which figure. Counting only, in the order in which the facts were read.

How to think of it. A `Trail` is what must be remembered of a lead between two facts; a `Tally` is what a batch of facts
adds to the figures. Texts count on the day they were sent, a reply as a text on the day it came. People count once for
each thing they did (replied, asked, booked, declined, opted out), under the last step text that was sent to them
before and on that text's day; who was sent none counts under no step, on the day of the form. So a row's rates compare
like with like, and a row may still grow while people answer late. Test leads never come here.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from app.domain.contact import Stage

NONE = "-"
"""Stands for no sequence, no step, no variant, no service and the like."""

EDGES = (
    *(10, 30, 60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 14_400, 28_800, 43_200),
    *(86_400, 172_800, 259_200, 432_000, 604_800, 1_209_600, 2_592_000),
)
"""Upper ends, in seconds, of the buckets of how long something took; what is longer is in one bucket more."""

OPENED = -1
"""The bucket of a task that was opened: nothing has been measured yet."""

OUTCOMES = {Stage.BOOKED.value: "booked", Stage.DECLINED.value: "declined", Stage.OPTED_OUT.value: "opted_out"}
"""The stages whose first reaching is a figure."""


class Row(NamedTuple):
    """Which row of the funnel a figure belongs to."""

    clinic: str
    day: date
    sequence: str = NONE
    step: str = NONE
    variant: str = NONE
    source: str = NONE
    location: str = NONE
    service: str = NONE


class Span(NamedTuple):
    """Which row a measured time belongs to. `measure`: first_text, first_reply, first_answer or task."""

    clinic: str
    day: date
    measure: str
    sequence: str
    variant: str
    source: str
    kind: str
    team: str
    bucket: int


@dataclass(kw_only=True)
class Trail:
    """A lead as counting knows it: where it came from, its last step text, and what of it was counted."""

    clinic: str
    source: str
    captured_at: datetime
    day: date
    captured_on: date
    service: str = NONE
    location: str = NONE
    sequence: str = NONE
    step: str = NONE
    variant: str = NONE
    entered: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    first_text: datetime | None = None
    first_asked: datetime | None = None
    times: list[tuple[str, str, str, int]] = field(default_factory=list)
    """(measure, sequence, variant, bucket) of each time measured, so that a booking finds its row again."""

    def row(self) -> Row:
        """The row of its last step text."""
        return self.place(self.day, self.sequence, self.step, self.variant)

    def place(self, day: date, sequence: str = NONE, step: str = NONE, variant: str = NONE) -> Row:
        """A row with where this lead came from."""
        return Row(self.clinic, day, sequence, step, variant, self.source, self.location, self.service)

    def forget(self) -> None:
        """Its person was erased: what they came for is nobody's business any more. What was counted stays."""
        self.service = self.location = NONE


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message of ours as counting needs it: `at` is when it left, `day` that moment's date at the clinic."""

    clinic: str
    at: datetime
    day: date
    segments: int
    is_email: bool = False
    sequence: str | None = None
    step: str | None = None
    variant: str | None = None


@dataclass(kw_only=True)
class TaskTrail:
    """A task as counting knows it: under what it was opened, and whether its first answer was counted."""

    clinic: str
    day: date
    opened_at: datetime
    kind: str
    sequence: str = NONE
    variant: str = NONE
    source: str = NONE
    answered: bool = False

    def span(self, team: str, bucket: int) -> Span:
        """The row its opening or its answer belongs to."""
        return Span(self.clinic, self.day, "task", self.sequence, self.variant, self.source, self.kind, team, bucket)


@dataclass
class Tally:
    """What some facts add to the figures."""

    figures: Counter[tuple[Row, str]] = field(default_factory=Counter)
    spans: Counter[Span] = field(default_factory=Counter)
    booked: Counter[Span] = field(default_factory=Counter)

    def captured(self, trail: Trail) -> None:
        """A form became a lead."""
        self.figures[trail.row(), "captured"] += 1

    def sent(self, trail: Trail | None, text: Sent) -> None:
        """A carrier took a text, or a server an e-mail. A step's text is what counts for what follows."""
        row = _row_of(trail, text)
        if text.is_email:
            self.figures[row, "emails"] += 1
            return
        self.figures[row, "sent"] += 1
        self.figures[row, "segments"] += text.segments
        if trail is not None and text.step is not None:
            self._step(trail, text)

    def _step(self, trail: Trail, text: Sent) -> None:
        sequence = text.sequence or NONE
        same = sequence == trail.sequence
        trail.variant = text.variant or (trail.variant if same else NONE)
        trail.sequence, trail.step, trail.day = sequence, text.step or NONE, text.day
        if sequence not in trail.entered:
            trail.entered.append(sequence)
            self.figures[trail.row(), "entered"] += 1
        if trail.first_text is None:
            trail.first_text = text.at
            self.figures[trail.row(), "leads"] += 1
            self._measure(trail, "first_text", trail.captured_at, text.at)

    def ended(self, trail: Trail | None, text: Sent, figure: str) -> None:
        """A text was `delivered`, or `failed`: that counts where its sending did, however late it is told."""
        if not text.is_email:
            self.figures[_row_of(trail, text), figure] += 1

    def replied(self, trail: Trail | None, clinic: str, at: datetime, day: date) -> None:
        """The person wrote: one more text, and the first time one more person who replied."""
        if trail is None:
            self.figures[Row(clinic, day), "replies"] += 1
            return
        self.figures[trail.row()._replace(day=day), "replies"] += 1
        self.did(trail, "replied")
        if trail.first_text is not None:
            self._measure(trail, "first_reply", trail.first_text, at)

    def did(self, trail: Trail, what: str) -> None:
        """A person replied, asked a question, booked, declined or opted out; once each."""
        if what in trail.seen:
            return
        trail.seen.append(what)
        self.figures[trail.row(), what] += 1
        if what == "booked":
            for time in trail.times:
                self.booked[_span(trail, time)] += 1

    def opened(self, trail: Trail | None, task: TaskTrail) -> None:
        """Somebody of the clinic is asked."""
        if trail is not None:
            task.sequence, task.variant, task.source = trail.sequence, trail.variant, trail.source
            trail.first_asked = trail.first_asked or task.opened_at
            if task.kind == "question":
                self.did(trail, "question")
        self.spans[task.span(NONE, OPENED)] += 1

    def answered(self, trail: Trail | None, task: TaskTrail, team: str, at: datetime) -> None:
        """Somebody wrote to the person, or finished the task: the first of either is its answer."""
        if task.answered:
            return
        task.answered = True
        self.spans[task.span(team, bucket_of(at, since=task.opened_at))] += 1
        if trail is not None and trail.first_asked is not None:
            self._measure(trail, "first_answer", trail.first_asked, at)

    def _measure(self, trail: Trail, measure: str, since: datetime, at: datetime) -> None:
        if all(known != measure for known, *_ in trail.times):
            time = (measure, trail.sequence, trail.variant, bucket_of(at, since=since))
            trail.times.append(time)
            self.spans[_span(trail, time)] += 1


def _row_of(trail: Trail | None, text: Sent) -> Row:
    """The row of a text: of its step; of none where it is an answer, a reply of the staff, a confirmation."""
    if trail is None:
        return Row(text.clinic, text.day)
    if text.step is None:
        return trail.place(text.day)
    return trail.place(text.day, text.sequence or NONE, text.step, text.variant or NONE)


def _span(trail: Trail, time: Sequence[Any]) -> Span:
    measure, sequence, variant, bucket = time
    return Span(trail.clinic, trail.captured_on, measure, sequence, variant, trail.source, NONE, NONE, bucket)


def bucket_of(at: datetime, *, since: datetime) -> int:
    """The bucket of how long it took; a clock that went back counts as at once."""
    return bisect_left(EDGES, max((at - since).total_seconds(), 0))


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The seconds within which this share (0 to 1) was done, straight between a bucket's ends; None without any.

    In the open last bucket it is its lower end, so the truth is longer.
    """
    total = sum(buckets.values())
    if not total:
        return None
    left = share * total
    for bucket in sorted(buckets):
        if left <= buckets[bucket]:
            return _inside(bucket, left / buckets[bucket])
        left -= buckets[bucket]
    return float(EDGES[-1])


def _inside(bucket: int, share: float) -> float:
    low = EDGES[bucket - 1] if bucket else 0
    high = EDGES[bucket] if bucket < len(EDGES) else low
    return low + share * (high - low)
