"""What a clinic says about itself: the clinic file, read and checked, as plain frozen data.

`adapters/clinic_file.py` makes these from YAML; nothing here knows about YAML, files or versions' storage.
Times of day are clinic-local; spans are kept as written ("1 business day") because their length depends on
the calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from app.domain.experiments import Experiment, arm_of, with_arm
from app.domain.talk import digest

if TYPE_CHECKING:  # Its package reads all rows of the lint; a clinic is read without them.
    from app.domain.lint import Allowed

Interval = tuple[time, time]
"""Open from, open until (exclusive), clinic-local, within one day."""

Week = tuple[tuple[Interval, ...], ...]
"""Seven days, Monday first, each a tuple of intervals in order."""

Words = Mapping[str, str]
"""A text by language: `{"en": "Hi {{ first_name }} …", "es": "…"}`, templates as written."""


Conditions = Mapping[str, tuple[str, ...]]
"""What must be known of a lead, by name, with the values that fulfil it (`conditions`)."""


class Unit(StrEnum):
    """What a span is counted in."""

    MINUTES = "m"
    HOURS = "h"
    DAYS = "d"
    BUSINESS_DAYS = "business day"


@dataclass(frozen=True, kw_only=True)
class Span:
    """A length of time as a clinic writes it: `15m`, `2h`, `3d`, `1 business day`."""

    amount: int
    unit: Unit

    def exact(self) -> timedelta:
        """The length when it does not depend on a calendar; a business day counts as 24 hours here."""
        per_unit = {Unit.MINUTES: 60, Unit.HOURS: 3600, Unit.DAYS: 86400, Unit.BUSINESS_DAYS: 86400}
        return timedelta(seconds=self.amount * per_unit[self.unit])


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When a place is open: a zone, a week, and the days that differ from it. Hashable, for the calendar's memory."""

    zone: str
    week: Week
    closed: frozenset[date] = frozenset()
    half_days: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict, hash=False)

    @cached_property
    def _hash(self) -> int:
        return hash((self.zone, self.week, self.closed))

    def __hash__(self) -> int:
        """Computed once: the calendar asks for it at every turn."""
        return self._hash

    def on(self, day: date) -> tuple[Interval, ...]:
        """The hours of a local date: closures first, then half days, then the week."""
        if day in self.closed:
            return ()
        half_day = self.half_days.get(day)
        return self.week[day.weekday()] if half_day is None else half_day


@dataclass(frozen=True, kw_only=True)
class Location:
    """One place of the clinic; what it leaves out it takes from the clinic."""

    key: str
    name: str
    hours: Hours
    state: str
    zip: str | None = None
    booking_url: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a lead asked for; only `public_label` may ever appear in a text."""

    key: str
    public_label: str
    sensitive: bool = False
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A number we text from. `account` and `secret` are as written, usually `${ENV}` references."""

    key: str
    carrier: str
    number: str
    account: str
    secret: str
    segments_per_second: float = 1.0
    segments_per_day: int = 1800
    stop_confirmed_by: Literal["carrier", "us"] = "carrier"
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A form that sends leads, and the consent words it shows (keys of `consent_texts`)."""

    key: str
    auth: str = "bearer"
    consent_texts: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Absence:
    """Somebody of a team is not there, from a clinic-local date until another, both included."""

    who: str
    from_: date
    until: date


@dataclass(frozen=True, kw_only=True)
class Team:
    """People who answer: how soon, and how many open tasks they can bear.

    `hours` are those in which somebody is there: on days when all its `people` are away the team is closed.
    """

    key: str
    respond_within: Span
    capacity: int
    hours: Hours
    people: tuple[str, ...] = ()
    away: tuple[Absence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Route:
    """A task of this kind, or with one of these words, belongs to that team. Empty means any."""

    team: str
    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """A question that nobody answered goes, `after` the team's open time, `to` another team or a person."""

    after: Span
    to: str


@dataclass(frozen=True, kw_only=True)
class Play:
    """A ready answer a coordinator may send when the question has one of these words."""

    key: str
    when: tuple[str, ...]
    say: Words
    team: str | None = None
    escalate: Escalation | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """The one qualifying question: how it is asked, the lead's field it `fills`, and the values with their synonyms.

    A field that a form has of its own (`service`, `location`, `language`, `request`) is filled; any other is kept
    beside the form's own unknown fields, as `extra.FIELD`.
    """

    ask: Words
    fills: str
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """Either points for a fact (`when` and `add`), or the track a score reaches (`track` and `from_`)."""

    when: Mapping[str, object] = field(default_factory=dict)
    add: int = 0
    track: str | None = None
    from_: int = 0


class Channel(StrEnum):
    """How a step reaches the person; `wait` reaches nobody."""

    TEXT = "text"
    EMAIL = "email"
    CALL = "call"
    WAIT = "wait"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One turn of a sequence: how long after the last one, at what time of day, and what.

    `words` are the text's templates by language for `text`, the body for `email`; `note` is what staff read
    on a `call` task, or an e-mail's subject in the clinic's first language (`subject` has all). When it falls due and a
    condition of `if_` fails, or one of `unless` holds, the step is skipped.
    """

    key: str
    after: Span
    channel: Channel
    at: time | None = None
    words: Words = field(default_factory=dict)
    note: str = ""
    subject: Words = field(default_factory=dict)
    max_segments: int | None = None
    if_: Conditions = field(default_factory=dict)
    unless: Conditions = field(default_factory=dict)

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """The digests of what it says, in every language: two steps that share one say the same."""
        return tuple(sorted({digest(text) for text in self.words.values()}))


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """Steps in order, whom they are for, and what follows the last: another sequence, `nurture`, or nothing (finished).

    `version` is given when the file is applied; a lead finishes on the version it began. With an `experiment` a lead
    sees the steps of its arm (`seen_by`).
    """

    key: str
    steps: tuple[Step, ...]
    for_: Conditions = field(default_factory=dict)
    then: str | None = None
    version: int = 1
    experiment: Experiment | None = None

    @cached_property
    def _arms(self) -> Mapping[str, "Sequence"]:
        return {arm: with_arm(self, arm) for arm in self.experiment.arms} if self.experiment else {}

    def seen_by(self, variant: str | None) -> "Sequence":
        """The sequence with this arm of its experiment in it; itself without one."""
        return self if variant is None else self._arms.get(variant, self)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Step texts to one phone: per rolling 24 h, per rolling 168 h, nurture per month."""

    per_day: int = 2
    per_week: int = 4
    nurture_per_month: int = 2


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A named person stands for words, on a day; `of` is the words' hash (`approvals.parts`)."""

    by: str
    on: date
    of: str


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """The server that takes the clinic's e-mail, and the address it comes from.

    `password` is a reference to the environment until it is used; without a `user` nobody logs in.
    """

    host: str
    from_: str
    port: int = 587
    user: str | None = None
    password: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, so that no certificate proves anything and nothing leaves the house."""
        return self.host in ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """A whole clinic file, with what the installation adds: its version, its link base, its sequences' versions.

    `pinned` holds every sequence version that leads may still stand in, by (key, version), the current
    ones among them. `stopped` are arms of experiments that get no new leads, as (edition, arm). `public_url` is where
    links in texts point.
    """

    key: str
    name: str
    brand: str
    state: str
    hours: Hours
    languages: tuple[str, ...] = ("en",)
    help_phone: str | None = None
    help_email: str | None = None
    limits: Limits = Limits()
    reply_window: timedelta = timedelta(minutes=60)
    resume_after: Span = Span(amount=1, unit=Unit.BUSINESS_DAYS)
    stop_reminder_every: int = 3
    max_segments: int = 2
    locations: Mapping[str, Location] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    senders: Mapping[str, Sender] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    consent_texts: Mapping[str, str] = field(default_factory=dict)
    intake_link: str | None = None
    answers: Mapping[str, Words] = field(default_factory=dict)
    time_options: Mapping[str, Week] = field(default_factory=dict)
    question: Question | None = None
    teams: Mapping[str, Team] = field(default_factory=dict)
    routing: tuple[Route, ...] = ()
    playbook: tuple[Play, ...] = ()
    scoring: tuple[ScoreRow, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    smtp: Smtp | None = None
    test_phones: frozenset[str] = frozenset()
    allowed: tuple["Allowed", ...] = ()
    approvals: tuple[Approval, ...] = ()
    version: int = 0
    public_url: str = ""
    pinned: Mapping[tuple[str, int], Sequence] = field(default_factory=dict)
    stopped: frozenset[tuple[str, str]] = frozenset()

    def sequence(self, key: str, version: int, variant: str | None = None) -> Sequence | None:
        """The sequence a lead stands in, at the version it began and with its arm; None when that version is gone."""
        found = self.pinned.get((key, version))
        return found if variant is None or found is None else found.seen_by(variant)

    @property
    def experiments(self) -> Mapping[str, Experiment]:
        """The experiments of the file, by key."""
        found = (one.experiment for one in self.sequences)
        return {experiment.key: experiment for experiment in found if experiment is not None}

    def arm_for(self, sequence: Sequence, contact_id: str) -> str | None:
        """The arm that a contact gets in this sequence; None where nothing is tried."""
        experiment = sequence.experiment
        if experiment is None:
            return None
        stopped = [arm for edition, arm in self.stopped if edition == experiment.edition]
        return arm_of(experiment, self.key, contact_id, stopped)

    def hours_of(self, location: str | None) -> Hours:
        """The opening hours that bind a lead: its location's, else the clinic's."""
        place = self.locations.get(location or "")
        return place.hours if place else self.hours

    def state_of(self, location: str | None) -> str:
        """The state a lead's location is in, else the clinic's."""
        place = self.locations.get(location or "")
        return place.state if place else self.state

    def sender_for(self, location: str | None) -> Sender:
        """The number that texts leads of this location: the first that names it, else the first for all."""
        named = [s for s in self.senders.values() if location and location in s.locations]
        free = [s for s in self.senders.values() if not s.locations]
        return (named or free or list(self.senders.values()))[0]

    def with_versions(
        self,
        version: int,
        pinned: Mapping[tuple[str, int], Sequence],
        newest: Mapping[str, int],
        public_url: str,
        stopped: frozenset[tuple[str, str]] = frozenset(),
    ) -> "Clinic":
        """This clinic as the installation knows it: every sequence carries the version it was applied as."""
        return replace(
            self,
            version=version,
            sequences=tuple(replace(s, version=newest.get(s.key, 1)) for s in self.sequences),
            pinned={key: replace(sequence, version=key[1]) for key, sequence in pinned.items()},
            public_url=public_url,
            stopped=stopped,
        )
