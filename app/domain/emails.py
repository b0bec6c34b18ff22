"""E-mail as a channel of the same conversation: what an e-mail step says, and the last word before it leaves.

How to think of it: an e-mail is a step like a text, planned with its words and judged again when it is due, by rules
of its own. Consent to texts is not asked for: whoever handed in a form with an address asked to be written to. What
closes the phone closes the e-mails of a sequence too; what closes e-mail closes e-mail alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import calendar
from app.domain.clinic import Clinic, Hours, Step
from app.domain.contact import IN_SEQUENCE, Lead, Stage
from app.domain.gate import MINUTES_BETWEEN_STEPS, SHORTEST_VALIDITY, Ruling, Verdict, in_utc, timed
from app.domain.sequences import Speaker


def address_of(lead: Lead) -> str | None:
    """Where this lead reads e-mail, as the form had it."""
    return str(lead.facts.get("email") or "").strip() or None


def mailbox(clinic: str) -> str:
    """The sender under which a clinic's e-mails are planned; no sender of texts can be called that."""
    return f"smtp:{clinic}"


def written(clinic: Clinic, lead: Lead, step: Step) -> str:
    """The e-mail a step is for this lead: its subject in the first line, a blank line, its body.

    Empty where it cannot be sent (the clinic has no server, the lead no address): then staff write it.
    """
    if clinic.smtp is None or address_of(lead) is None:
        return ""
    speaker = Speaker(clinic=clinic, lead=lead)
    return f"{' '.join(speaker.say(step.subject).split())}\n\n{speaker.say(step.words).strip()}\n"


def parts(text: str) -> tuple[str, str]:
    """Subject and body of what `written` made."""
    subject, _, body = text.partition("\n\n")
    return subject, body


@dataclass(frozen=True, kw_only=True)
class EmailCase:
    """What is judged: one e-mail, and everything that may forbid it, as it stands right now.

    `suppressed_by` is who closed the phone, `email_suppressed_by` who closed e-mail; `asked_at` when the form came in;
    `last_text` when a text last went to the same person.
    """

    expires_at: datetime
    stage: Stage | None
    test: bool
    test_allowed: bool
    suppressed_by: str | None
    email_suppressed_by: str | None
    has_address: bool
    asked_at: datetime | None
    source: str | None
    unread: bool
    sending_all: bool
    sending_clinic: bool
    hours: Hours
    last_text: datetime | None = None
    rehearsed: bool = False

    @property
    def knows_no_hours(self) -> bool:
        """Whether it is a rehearsal's: then hours do not bind, nor the minutes between two channels."""
        return self.rehearsed and self.test and self.test_allowed


def may_email(case: EmailCase, now: datetime) -> Verdict:
    """Judge one e-mail at one moment (aware UTC): the first drop ends it, else it goes once every rule lets it."""
    rulings: list[Ruling] = []
    for rule in RULES:
        ruling = rule(case, now)
        rulings.append(ruling)
        if ruling.verdict == "drop":
            return Verdict(verdict="drop", at=now, rules=tuple(rulings), rule=ruling.rule)
    waits = [one for one in rulings if one.verdict == "wait"]
    if not waits:
        return Verdict(verdict="go", at=now, rules=tuple(rulings))
    endless = next((one for one in waits if one.until is None), None)
    until = None if endless else _first_minute(case, now)
    if until is not None and until >= case.expires_at:
        # It would wake only to be too old: say so now, so that the sequence goes on.
        stale = Ruling(rule="expiry", verdict="drop", evidence={"first_allowed": in_utc(until)})
        return Verdict(verdict="drop", at=now, rules=(*rulings, stale), rule="expiry")
    return Verdict(verdict="wait", at=now, rules=tuple(rulings), rule=(endless or waits[0]).rule, until=until)


def _first_minute(case: EmailCase, now: datetime) -> datetime:
    apart = max(now, case.last_text + MINUTES_BETWEEN_STEPS) if case.last_text else now
    return calendar.next_open(case.hours, apart, SHORTEST_VALIDITY)


# -- the rules, in order -----------------------------------------------------------------------


def _said(rule: str, passes: bool, **evidence: Any) -> Ruling:
    return Ruling(rule=rule, verdict="go" if passes else "drop", evidence=evidence)


def _held(rule: str, passes: bool, **evidence: Any) -> Ruling:
    return Ruling(rule=rule, verdict="go" if passes else "wait", evidence=evidence)


def _test_lead(case: EmailCase, now: datetime) -> Ruling:
    """A test lead's e-mail goes to a server on this machine only."""
    return _said("test_lead", not case.test or case.test_allowed, test=case.test, server_is_local=case.test_allowed)


def _suppression(case: EmailCase, now: datetime) -> Ruling:
    """Who stopped the texts is not written to by another channel: it fails closed."""
    return _said("suppression", case.suppressed_by is None, suppressed_by=case.suppressed_by)


def _email_suppression(case: EmailCase, now: datetime) -> Ruling:
    closed_by = case.email_suppressed_by
    return _said("email_suppression", closed_by is None, suppressed_by=closed_by)


def _request(case: EmailCase, now: datetime) -> Ruling:
    """The form asked us to be in touch, and named the address."""
    asked_at = in_utc(case.asked_at) if case.asked_at else None
    passes = case.asked_at is not None and case.has_address
    return _said("contact_request", passes, asked_at=asked_at, source=case.source, has_address=case.has_address)


def _stage(case: EmailCase, now: datetime) -> Ruling:
    return _said("stage", case.stage in IN_SEQUENCE, stage=case.stage)


def _expiry(case: EmailCase, now: datetime) -> Ruling:
    return _said("expiry", now < case.expires_at, expires_at=in_utc(case.expires_at))


def _switch(case: EmailCase, now: datetime) -> Ruling:
    on = case.sending_all and case.sending_clinic
    return _held("sending", on, all=case.sending_all, clinic=case.sending_clinic)


def _unread(case: EmailCase, now: datetime) -> Ruling:
    return _held("unread_events", not case.unread, unread=case.unread)


def _hours(case: EmailCase, now: datetime) -> Ruling:
    if case.knows_no_hours:
        return _said("clinic_hours", True, apply=False, rehearsal=True)
    local = now.astimezone(ZoneInfo(case.hours.zone))
    evidence = {"zone": case.hours.zone, "local_time": local.isoformat(timespec="minutes")}
    try:
        opens = calendar.next_open(case.hours, now, SHORTEST_VALIDITY)
    except calendar.NeverOpen:
        return Ruling(rule="clinic_hours", verdict="drop", evidence={**evidence, "opens": None})
    return timed("clinic_hours", now, opens, evidence)


def _between_channels(case: EmailCase, now: datetime) -> Ruling:
    """Never a text and an e-mail at the same minute: ten lie between them."""
    if case.knows_no_hours:
        return _said("between_channels", True, apply=False, rehearsal=True)
    last = case.last_text
    evidence = {"last_text": in_utc(last) if last else None}
    return timed("between_channels", now, last + MINUTES_BETWEEN_STEPS if last else now, evidence)


Rule = Callable[[EmailCase, datetime], Ruling]

RULES: tuple[Rule, ...] = (
    _test_lead,
    _suppression,
    _email_suppression,
    _request,
    _stage,
    _expiry,
    _switch,
    _unread,
    _hours,
    _between_channels,
)
