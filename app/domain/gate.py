"""The gate: the last word before a text leaves, whoever wants it sent.

What was lawful when a text was planned may not be when it is due. So every text is judged here, inside the
transaction that claims it, on facts read after its contact was locked. The rules are rows: each says go, wait
(until when) or drop, with its evidence; the first drop ends it, all waits are added up, and the gate names
the first minute in which every rule would let the text go. Every verdict is stored with its message.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from app.domain import calendar
from app.domain.clinic import Hours, Limits
from app.domain.contact import Stage
from app.domain.effects import Purpose

MINUTES_BETWEEN_STEPS = timedelta(minutes=10)
LONGEST_VALIDITY = timedelta(hours=1)
SHORTEST_VALIDITY = timedelta(seconds=60)
DAY = timedelta(hours=24)
WEEK = timedelta(hours=168)

ANY_HOUR = frozenset({Purpose.STOP_CONFIRMATION, Purpose.SAFETY, Purpose.HELP})


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the gate judges: one text, and everything that may forbid it, as it stands right now.

    `steps_sent` are the moments of step texts to this phone (brand-wide) within the last 168 hours;
    `unread` says that an event that matters waits to be read; `held` names a rule that stops the sender.
    """

    purpose: Purpose
    expires_at: datetime
    stage: Stage | None
    test: bool
    test_allowed: bool
    suppressed_by: str | None
    consent_id: str | None
    consent_standing: bool
    unread: bool
    sending_all: bool
    sending_clinic: bool
    sender_held: str | None
    hours: Hours
    zones: tuple[str, ...]
    limits: Limits
    steps_sent: tuple[datetime, ...] = ()


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
        decision: dict[str, Any] = {"verdict": self.verdict, "at": _written(self.at), "rules": rows}
        if self.rule:
            decision["rule"] = self.rule
        if self.until:
            decision["until"] = _written(self.until)
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
        until = None if endless else first_minute(case, now)
    except calendar.NeverOpen:
        never = Ruling(rule="recipient_window", verdict="drop", evidence={"ever_within_clinic_hours": False})
        return Verdict(verdict="drop", at=now, rules=(*rulings, never), rule=never.rule)
    if until is not None and case.expires_at - until < SHORTEST_VALIDITY:
        # It would wake only to be too old: say so now, so that the sequence goes on.
        stale = Ruling(rule="expiry", verdict="drop", evidence={"first_allowed": _written(until)})
        return Verdict(verdict="drop", at=now, rules=(*rulings, stale), rule="expiry")
    return Verdict(verdict="wait", at=now, rules=tuple(rulings), rule=first.rule, until=until)


def first_minute(case: Case, at: datetime) -> datetime:
    """The first moment from `at` on in which hours and caps all let this text go; raises `NeverOpen`."""
    for _ in range(50):  # each round passes one closed stretch or one cap; a week has no more of them
        opened = _hours_allow(case, at)
        allowed = _caps_allow(case, opened)
        if allowed == opened:
            return opened
        at = allowed
    return at


def _validity(case: Case, now: datetime) -> timedelta:
    """How long the carrier may still deliver: min(rest of the window, time to expiry, 1 h)."""
    if case.purpose in ANY_HOUR:
        return max(min(case.expires_at - now, LONGEST_VALIDITY), SHORTEST_VALIDITY)
    window = calendar.allowed_until(_clinic_hours(case), case.zones, now) - now
    return min(window, case.expires_at - now, LONGEST_VALIDITY)


def _clinic_hours(case: Case) -> Hours | None:
    return case.hours if case.purpose is Purpose.STEP else None


def _hours_allow(case: Case, at: datetime) -> datetime:
    if case.purpose in ANY_HOUR:
        return at
    return calendar.first_allowed(_clinic_hours(case), case.zones, at, SHORTEST_VALIDITY)


def _caps_allow(case: Case, at: datetime) -> datetime:
    if case.purpose is not Purpose.STEP:
        return at
    sent = sorted(case.steps_sent)
    moments = [at]
    if sent:
        moments.append(sent[-1] + MINUTES_BETWEEN_STEPS)
    for cap, span in ((case.limits.per_day, DAY), (case.limits.per_week, WEEK)):
        inside = [moment for moment in sent if moment > at - span]
        if len(inside) >= cap > 0:
            moments.append(inside[-cap] + span)
    return max(moments)


# -- the rules, in order -----------------------------------------------------------------------


def _test_lead(case: Case, now: datetime) -> Ruling:
    if not case.test:
        return Ruling(rule="test_lead", verdict="go", evidence={"test": False})
    evidence = {"test": True, "phone_allowed": case.test_allowed}
    return Ruling(rule="test_lead", verdict="go" if case.test_allowed else "drop", evidence=evidence)


def _suppression(case: Case, now: datetime) -> Ruling:
    passes = case.suppressed_by is None or case.purpose is Purpose.STOP_CONFIRMATION
    evidence = {"suppressed_by": case.suppressed_by}
    return Ruling(rule="suppression", verdict="go" if passes else "drop", evidence=evidence)


def _consent(case: Case, now: datetime) -> Ruling:
    if case.purpose is Purpose.STOP_CONFIRMATION:
        return Ruling(rule="consent", verdict="go", evidence={"needed": False})
    evidence = {"consent_id": case.consent_id, "standing": case.consent_standing}
    return Ruling(rule="consent", verdict="go" if case.consent_standing else "drop", evidence=evidence)


def _stage(case: Case, now: datetime) -> Ruling:
    passes = case.purpose is not Purpose.STEP or case.stage is Stage.TEXTING
    return Ruling(rule="stage", verdict="go" if passes else "drop", evidence={"stage": case.stage})


def _expiry(case: Case, now: datetime) -> Ruling:
    evidence = {"expires_at": _written(case.expires_at)}
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


def _hours(case: Case, now: datetime) -> Ruling:
    if case.purpose is not Purpose.STEP:
        return Ruling(rule="clinic_hours", verdict="go", evidence={"apply": False})
    evidence = {"zone": case.hours.zone}
    try:
        opens = calendar.next_open(case.hours, now, SHORTEST_VALIDITY)
    except calendar.NeverOpen:
        return Ruling(rule="clinic_hours", verdict="drop", evidence={**evidence, "opens": None})
    return _timed("clinic_hours", now, opens, evidence)


def _window(case: Case, now: datetime) -> Ruling:
    if case.purpose in ANY_HOUR:
        return Ruling(rule="recipient_window", verdict="go", evidence={"apply": False})
    opens = calendar.first_allowed(None, case.zones, now, SHORTEST_VALIDITY)
    evidence = {"zones": list(case.zones), "window": "08:00-21:00", "source": "47 CFR 64.1200(c)(1)"}
    return _timed("recipient_window", now, opens, evidence)


def _caps(case: Case, now: datetime) -> Ruling:
    if case.purpose is not Purpose.STEP:
        return Ruling(rule="caps", verdict="go", evidence={"apply": False})
    evidence = {
        "last_24h": sum(moment > now - DAY for moment in case.steps_sent),
        "per_day": case.limits.per_day,
        "last_168h": len(case.steps_sent),
        "per_week": case.limits.per_week,
    }
    return _timed("caps", now, _caps_allow(case, now), evidence)


def _timed(rule: str, now: datetime, opens: datetime, evidence: dict[str, Any]) -> Ruling:
    if opens <= now:
        return Ruling(rule=rule, verdict="go", evidence=evidence)
    return Ruling(rule=rule, verdict="wait", evidence={**evidence, "opens": _written(opens)}, until=opens)


def _written(moment: datetime) -> str:
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
)
"""In this order: what forbids for good comes before what merely delays."""
