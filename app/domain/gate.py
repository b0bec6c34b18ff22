"""The gate: the last word before a text leaves, whoever wants it sent.

What was lawful when a text was planned may not be when it is due. So every text is judged here, inside the
transaction that claims it, on facts read after its contact was locked. The rules are rows: each says go, wait
(until when) or drop, with its evidence; the first drop ends it, all waits are added up, and the gate names
the first minute in which every rule would let the text go. Every verdict is stored with its message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from app.domain import calendar, windows
from app.domain.clinic import Hours, Interval, Limits
from app.domain.contact import IN_SEQUENCE, Stage
from app.domain.effects import Purpose, Urgency
from app.domain.windows import Cap, Place, Window

MINUTES_BETWEEN_STEPS = timedelta(minutes=10)
LONGEST_VALIDITY = timedelta(hours=1)
SHORTEST_VALIDITY = timedelta(seconds=60)

INVITING = frozenset({Urgency.FIRST_TEXT, Urgency.NURTURE})
"""Texts that begin a talk, or begin it again: they wait while nobody has time for the answers."""

HOT_BEARS = 2
"""Times its capacity that a team may have to do before even hot leads wait."""

DESK_LOOKED_AT_EVERY = timedelta(minutes=1)
DAY = timedelta(hours=24)
WEEK = timedelta(hours=168)
MONTH = timedelta(days=30)

ANY_HOUR = frozenset({Purpose.STOP_CONFIRMATION, Purpose.SAFETY, Purpose.HELP})


@dataclass(frozen=True)
class Desk:
    """The team that would answer a reply: how many tasks need it now, and how many it can bear."""

    team: str
    open: int
    capacity: int


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the gate judges: one text, and everything that may forbid it, as it stands right now.

    `steps_sent` are the moments of step texts to this phone (brand-wide) within the last 168 hours,
    `nurture_sent` those of nurture sequences within the last 30 days;
    `consent_facts` is what the ledger says of the consent, in ids and times;
    `unread` says that an event that matters waits to be read; `held` names a rule that stops the sender. The person
    may be in any of `zones` and of `states`, by what `located` tells; where there are none, the strictest binds.
    `rehearsed` says that the lead asks to be rehearsed (`rehearsal`); it counts for a test lead that may be texted.
    """

    purpose: Purpose
    expires_at: datetime
    stage: Stage | None
    test: bool
    test_allowed: bool
    suppressed_by: str | None
    consent_id: str | None
    consent_standing: bool
    consent_facts: Mapping[str, Any] = field(default_factory=dict)
    unread: bool
    sending_all: bool
    sending_clinic: bool
    sender_held: str | None
    hours: Hours
    zones: tuple[str, ...]
    limits: Limits
    steps_sent: tuple[datetime, ...] = ()
    nurture_sent: tuple[datetime, ...] = ()
    states: tuple[str, ...] = ()
    located: tuple[Place, ...] = ()
    last_email: datetime | None = None
    urgency: int = Urgency.FOLLOW_UP
    hot: bool = False
    desk: Desk | None = None
    rehearsed: bool = False

    @property
    def knows_no_hours(self) -> bool:
        """Whether it is a rehearsal on a phone of staff: then hours and caps do not bind, and everything else does."""
        return self.rehearsed and self.test and self.test_allowed


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What one rule says, and on what evidence. `until` is set on a wait that ends by itself."""

    rule: str
    verdict: Literal["go", "wait", "drop"]
    evidence: dict[str, Any] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The gate's word: `go` (with the validity the carrier is told), `wait` (until) or `drop` (by which rule).

    A wait without `until` ends when something happens, not at a known time.
    """

    verdict: Literal["go", "wait", "drop"]
    at: datetime
    rules: tuple[Ruling, ...]
    rule: str | None = None
    until: datetime | None = None
    validity: timedelta | None = None

    def as_json(self) -> dict[str, Any]:
        """The `decision` that `GET /messages/{id}` shows: every rule, its verdict, its evidence."""
        rows = [{"rule": one.rule, "verdict": one.verdict, "evidence": one.evidence} for one in self.rules]
        decision: dict[str, Any] = {"verdict": self.verdict, "at": in_utc(self.at), "rules": rows}
        if self.rule:
            decision["rule"] = self.rule
        if self.until:
            decision["until"] = in_utc(self.until)
        if self.validity:
            decision["validity_seconds"] = int(self.validity.total_seconds())
        return decision


Rule = Callable[[Case, datetime], Ruling]


def may_send(case: Case, now: datetime) -> Verdict:
    """Judge one text at one moment (aware UTC)."""
    rulings: list[Ruling] = []
    for rule in RULES:
        ruling = rule(case, now)
        rulings.append(ruling)
        if ruling.verdict == "drop":
            return Verdict(verdict="drop", at=now, rules=tuple(rulings), rule=ruling.rule)
    waits = [one for one in rulings if one.verdict == "wait"]
    if waits:
        return _wait(case, now, rulings, waits)
    return Verdict(verdict="go", at=now, rules=tuple(rulings), validity=_validity(case, now))


def _wait(case: Case, now: datetime, rulings: list[Ruling], waits: list[Ruling]) -> Verdict:
    endless = next((one for one in waits if one.until is None), None)
    first = endless or waits[0]
    try:
        # What a rule alone can tell (when it looks again) counts too; hours and caps are walked together.
        named = [one.until for one in waits if one.until is not None]
        until = None if endless else max(first_minute(case, now), *named)
    except calendar.NeverOpen:
        never = Ruling(rule="recipient_window", verdict="drop", evidence={"ever_within_clinic_hours": False})
        return Verdict(verdict="drop", at=now, rules=(*rulings, never), rule=never.rule)
    if until is not None and case.expires_at - until < SHORTEST_VALIDITY:
        # It would wake only to be too old: say so now, so that the sequence goes on.
        stale = Ruling(rule="expiry", verdict="drop", evidence={"first_allowed": in_utc(until)})
        return Verdict(verdict="drop", at=now, rules=(*rulings, stale), rule="expiry")
    return Verdict(verdict="wait", at=now, rules=tuple(rulings), rule=first.rule, until=until)


def first_minute(case: Case, at: datetime) -> datetime:
    """The first moment from `at` on in which hours and caps all let this text go; raises `NeverOpen`."""
    for _ in range(50):  # Each round passes one closed stretch or one cap; a week has no more of them.
        opened = _hours_allow(case, at)
        allowed = _caps_allow(case, opened)
        if allowed == opened:
            return opened
        at = allowed
    return at


def _validity(case: Case, now: datetime) -> timedelta:
    """How long the carrier may still deliver: min(rest of the window, time to expiry, 1 h)."""
    if case.purpose in ANY_HOUR or case.knows_no_hours:
        return max(min(case.expires_at - now, LONGEST_VALIDITY), SHORTEST_VALIDITY)
    window = calendar.allowed_until(_limits(case), now) - now
    return min(window, case.expires_at - now, LONGEST_VALIDITY)


def _limits(case: Case) -> calendar.Limits:
    """What must be open at once: the law wherever the person may be, and for steps the clinic."""
    legal = windows.windows(case.zones, case.states)
    return (case.hours, *legal) if case.purpose is Purpose.STEP else legal


def _hours_allow(case: Case, at: datetime) -> datetime:
    if case.purpose in ANY_HOUR or case.knows_no_hours:
        return at
    return calendar.first_allowed(_limits(case), at, SHORTEST_VALIDITY)


def _caps_allow(case: Case, at: datetime) -> datetime:
    if case.purpose is not Purpose.STEP or case.knows_no_hours:
        return at
    if case.last_email is not None:  # Never two channels at the same minute.
        at = max(at, case.last_email + MINUTES_BETWEEN_STEPS)
    moments = [at]
    if case.steps_sent:
        sent = sorted(case.steps_sent)
        moments.append(sent[-1] + MINUTES_BETWEEN_STEPS)
        caps = (*_clinic_caps(case.limits), *_legal_caps(case, at).values())
        moments += [_room(sent, cap, at) for cap in caps]
    if case.urgency == Urgency.NURTURE and case.nurture_sent:
        moments.append(_room(sorted(case.nurture_sent), Cap(case.limits.nurture_per_month, MONTH), at))
    return max(moments)


def _room(sent: list[datetime], cap: Cap, at: datetime) -> datetime:
    """When a cap has room for one more; `sent` is in order."""
    inside = [moment for moment in sent if moment > at - cap.span]
    return inside[-cap.texts] + cap.span if len(inside) >= cap.texts > 0 else at


@lru_cache(maxsize=1024)
def _clinic_caps(limits: Limits) -> tuple[Cap, Cap]:
    return Cap(limits.per_day, DAY), Cap(limits.per_week, WEEK)


def _legal_caps(case: Case, at: datetime) -> Mapping[str, Cap]:
    """The caps of the states' rows in force, by the rows' keys. They count steps: answers are no follow-ups."""
    legal = windows.windows(case.zones, case.states)
    if not windows.any_cap(legal):
        return {}
    return _caps_on(legal, tuple(at.astimezone(ZoneInfo(window.zone)).date() for window in legal))


@lru_cache(maxsize=4096)
def _caps_on(legal: tuple[Window, ...], days: tuple[date, ...]) -> Mapping[str, Cap]:
    rows = [windows.in_force(window.state, day) for window, day in zip(legal, days, strict=True)]
    return {row.key: row.cap for row in rows if row.cap is not None}


# -- the rules, in order -----------------------------------------------------------------------


def _test_lead(case: Case, now: datetime) -> Ruling:
    if not case.test:
        return Ruling(rule="test_lead", verdict="go", evidence={"test": False})
    evidence = {"test": True, "phone_allowed": case.test_allowed}
    if case.rehearsed:
        evidence["rehearsal"] = case.knows_no_hours
    return Ruling(rule="test_lead", verdict="go" if case.test_allowed else "drop", evidence=evidence)


def _answers_a_stop(case: Case) -> bool:
    """The one text that may follow a STOP: its confirmation, or the safety text to who wrote of a danger beside it.

    The latter sells nothing and answers a danger to health (47 CFR 64.1200(a)(1), (f)(4)).
    """
    if case.purpose is Purpose.SAFETY:
        return case.suppressed_by == "stop"
    return case.purpose is Purpose.STOP_CONFIRMATION


def _suppression(case: Case, now: datetime) -> Ruling:
    passes = case.suppressed_by is None or _answers_a_stop(case)
    evidence = {"suppressed_by": case.suppressed_by}
    return Ruling(rule="suppression", verdict="go" if passes else "drop", evidence=evidence)


def _consent(case: Case, now: datetime) -> Ruling:
    if _answers_a_stop(case):
        return Ruling(rule="consent", verdict="go", evidence={"needed": False})
    evidence = {"consent_id": case.consent_id, "standing": case.consent_standing, **case.consent_facts}
    return Ruling(rule="consent", verdict="go" if case.consent_standing else "drop", evidence=evidence)


def _stage(case: Case, now: datetime) -> Ruling:
    passes = case.purpose is not Purpose.STEP or case.stage in IN_SEQUENCE
    return Ruling(rule="stage", verdict="go" if passes else "drop", evidence={"stage": case.stage})


def _expiry(case: Case, now: datetime) -> Ruling:
    evidence = {"expires_at": in_utc(case.expires_at)}
    fresh = now < case.expires_at
    if fresh and case.purpose not in ANY_HOUR and case.expires_at - now < SHORTEST_VALIDITY:
        fresh = False
    return Ruling(rule="expiry", verdict="go" if fresh else "drop", evidence=evidence)


def _switch(case: Case, now: datetime) -> Ruling:
    evidence = {"all": case.sending_all, "clinic": case.sending_clinic}
    on = case.sending_all and case.sending_clinic
    return Ruling(rule="sending", verdict="go" if on else "wait", evidence=evidence)


def _unread(case: Case, now: datetime) -> Ruling:
    return Ruling(rule="unread_events", verdict="wait" if case.unread else "go", evidence={"unread": case.unread})


def _sender(case: Case, now: datetime) -> Ruling:
    held = case.sender_held
    return Ruling(rule="sender", verdict="wait" if held else "go", evidence={"held_for_code": held})


def _rehearsed(rule: str) -> Ruling:
    return Ruling(rule=rule, verdict="go", evidence={"apply": False, "rehearsal": True})


def _hours(case: Case, now: datetime) -> Ruling:
    if case.knows_no_hours:
        return _rehearsed("clinic_hours")
    if case.purpose is not Purpose.STEP:
        return Ruling(rule="clinic_hours", verdict="go", evidence={"apply": False})
    local = now.astimezone(ZoneInfo(case.hours.zone))
    evidence = {
        "zone": case.hours.zone,
        "local_time": local.isoformat(timespec="minutes"),
        "hours": _written_hours(case.hours.on(local.date())),
    }
    try:
        opens = calendar.next_open(case.hours, now, SHORTEST_VALIDITY)
    except calendar.NeverOpen:
        return Ruling(rule="clinic_hours", verdict="drop", evidence={**evidence, "opens": None})
    return timed("clinic_hours", now, opens, evidence)


def _window(case: Case, now: datetime) -> Ruling:
    if case.knows_no_hours:
        return _rehearsed("recipient_window")
    if case.purpose in ANY_HOUR:
        return Ruling(rule="recipient_window", verdict="go", evidence={"apply": False})
    legal = windows.windows(case.zones, case.states)
    evidence = {"places": [_place(case, window, now) for window in legal]}
    try:
        opens = calendar.first_allowed(legal, now, SHORTEST_VALIDITY)
    except calendar.NeverOpen:
        return Ruling(rule="recipient_window", verdict="drop", evidence={**evidence, "opens": None})
    return timed("recipient_window", now, opens, evidence)


def _place(case: Case, window: Window, now: datetime) -> dict[str, Any]:
    """One place in which the text must be lawful: who says that the person may be there, its clock, and its row."""
    local = now.astimezone(ZoneInfo(window.zone))
    opens = calendar.next_open(window, now, SHORTEST_VALIDITY)
    return {
        "zone": window.zone,
        "zone_by": [place.source for place in case.located if place.zone == window.zone],
        "state": window.state,
        "state_by": [place.source for place in case.located if place.state == window.state],
        "local_time": local.isoformat(timespec="minutes"),
        **_row_on(window.state, local.date()),
        "opens": None if opens <= now else in_utc(opens),
    }


@lru_cache(maxsize=4096)
def _row_on(state: str, day: date) -> Mapping[str, Any]:
    """What a state's law says on a date, as evidence."""
    row = windows.in_force(state, day)
    since = row.since.isoformat()
    return {"hours": _written_hours(row.on(day)), "row": row.key, "since": since, "citation": row.citation}


def _caps(case: Case, now: datetime) -> Ruling:
    if case.knows_no_hours:
        return _rehearsed("caps")
    if case.purpose is not Purpose.STEP:
        return Ruling(rule="caps", verdict="go", evidence={"apply": False})
    evidence: dict[str, Any] = {
        "last_24h": sum(moment > now - DAY for moment in case.steps_sent),
        "per_day": case.limits.per_day,
        "last_168h": len(case.steps_sent),
        "per_week": case.limits.per_week,
    }
    if case.last_email is not None:
        evidence["last_email"] = in_utc(case.last_email)
    if case.urgency == Urgency.NURTURE:
        evidence["nurture_last_30_days"] = sum(moment > now - MONTH for moment in case.nurture_sent)
        evidence["nurture_per_month"] = case.limits.nurture_per_month
    by_law = [_counted(case, now, row, cap) for row, cap in _legal_caps(case, now).items()]
    if by_law:
        evidence["by_law"] = by_law
    return timed("caps", now, _caps_allow(case, now), evidence)


def _counted(case: Case, now: datetime, row: str, cap: Cap) -> dict[str, Any]:
    sent = sum(moment > now - cap.span for moment in case.steps_sent)
    return {"row": row, "texts": cap.texts, "hours": cap.span // timedelta(hours=1), "sent": sent}


def _capacity(case: Case, now: datetime) -> Ruling:
    """A talk is not begun while the team that would answer has more to do than it can bear."""
    desk = case.desk
    if desk is None or case.urgency not in INVITING:
        return Ruling(rule="capacity", verdict="go", evidence={"apply": False})
    bears = desk.capacity * (HOT_BEARS if case.hot else 1)
    evidence = {"team": desk.team, "open_tasks": desk.open, "capacity": desk.capacity, "hot": case.hot, "bears": bears}
    return timed("capacity", now, now + DESK_LOOKED_AT_EVERY if desk.open > bears else now, evidence)


def timed(rule: str, now: datetime, opens: datetime, evidence: dict[str, Any]) -> Ruling:
    """The ruling of a rule that opens at a moment: go from then on, wait before it."""
    if opens <= now:
        return Ruling(rule=rule, verdict="go", evidence=evidence)
    return Ruling(rule=rule, verdict="wait", evidence={**evidence, "opens": in_utc(opens)}, until=opens)


@lru_cache(maxsize=1024)
def _written_hours(intervals: tuple[Interval, ...]) -> list[str]:
    return [f"{start:%H:%M}-{end:%H:%M}" for start, end in intervals]


def in_utc(moment: datetime) -> str:
    """A moment in UTC as evidence shows it."""
    return moment.isoformat().replace("+00:00", "Z")


RULES: tuple[Rule, ...] = (
    _test_lead,
    _suppression,
    _consent,
    _stage,
    _expiry,
    _switch,
    _unread,
    _sender,
    _hours,
    _window,
    _caps,
    _capacity,
)
"""In this order: what forbids for good comes before what merely delays."""
