"""What a task is made of: its priority, whose it is, when an answer is due, and where it goes when none comes.

How to think of the clock of a task: it runs in its team's hours (`Team.hours`), from the task's opening to its due
time; a reply, or the task's end, stops it. A task whose clock ran out escalates, once: by the row of the playbook
that fits its words to another team or person, else one step up in the queue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from app.domain import calendar, playbook
from app.domain.clinic import Absence, Clinic, Span, Team

Kind = Literal[
    "question",
    "time_preference",
    "booking_help",
    "callback",
    "call",
    "email_follow_up",
    "urgent",
    "possible_opt_out",
    "wrong_number",
    "unclear",
    "delivery_problem",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

PRIORITY: dict[str, int] = {
    "urgent": 0,
    "possible_opt_out": 1,
    "callback": 2,
    "booking_help": 2,
    "time_preference": 2,
    "question": 3,
    "call": 3,
    "wrong_number": 4,
    "unclear": 4,
    "email_follow_up": 5,
    "delivery_problem": 5,
}
"""Smaller goes first. The keys are all the kinds there are."""

SCHEDULING = frozenset({"time_preference", "booking_help", "callback", "call"})
"""Kinds that a booking makes needless."""

URGENT_WAITS = timedelta(minutes=15)
"""An urgent task is due at once and at any hour; when nobody came in this time, it shows as escalated."""

HIGHEST_RAISED = 1
"""A task that escalates never stands beside the urgent ones, whose priority is 0."""


def route(clinic: Clinic, kind: str, about: str) -> Team:
    """The team a task belongs to: the first routing row that fits its kind and words, else the first team."""
    for row in clinic.routing:
        if (not row.kinds or kind in row.kinds) and (not row.words or playbook.says_any(row.words, about)):
            return clinic.teams[row.team]
    return next(iter(clinic.teams.values()))


def answering_team(clinic: Clinic) -> Team:
    """The team that would answer a lead's reply, whose capacity therefore holds first texts back."""
    return route(clinic, "question", "")


def due(team: Team, kind: str, now: datetime) -> datetime:
    """When the team should have answered, in its business time; an urgent task is due at once."""
    return now if kind == "urgent" else answer_by(team, now, team.respond_within)


def answer_by(team: Team, since: datetime, span: Span) -> datetime:
    """The moment by which the team has had this much of its time; by plain time where it is never there again."""
    try:
        return calendar.respond_by(team.hours, since, span)
    except calendar.NeverOpen:
        return since + span.exact()


@dataclass(frozen=True)
class Deadline:
    """When an unanswered task goes on to others: `to` a team or a person, or (None) one step up in the queue."""

    at: datetime
    to: str | None = None


def deadline(clinic: Clinic, team: Team, kind: str, about: str, now: datetime) -> Deadline | None:
    """When and to whom a task opened now goes on, where that is not simply at its due time."""
    row = playbook.escalation(clinic, about, team.key)
    if row is not None:
        return Deadline(answer_by(team, now, row.after), row.to)
    return Deadline(now + URGENT_WAITS) if kind == "urgent" else None


def answer_anew_by(team: Team, kind: str, since: datetime) -> datetime:
    """When a task that slept until a moment goes on to others, if nobody answers it then."""
    return since + URGENT_WAITS if kind == "urgent" else answer_by(team, since, team.respond_within)


@dataclass(frozen=True)
class Move:
    """What escalating makes of a task: its team and priority, and whose it is now (None: nobody's in particular)."""

    team: str
    priority: int
    person: str | None = None


def escalate(clinic: Clinic, team: str, priority: int, to: str | None, now: datetime) -> Move:
    """Where an unanswered task goes. A target that is away, or no longer in the clinic file, is as good as none."""
    if to in clinic.teams and to != team:
        return Move(str(to), priority)
    if to is not None and is_of_the_clinic(clinic, to) and away_until(clinic, to, now) is None:
        return Move(team, priority, to)
    return Move(team, max(priority - 1, min(priority, HIGHEST_RAISED)))


def is_of_the_clinic(clinic: Clinic, person: str) -> bool:
    """Whether some team names this person."""
    return any(person in team.people for team in clinic.teams.values())


def absences(clinic: Clinic, now: datetime) -> Iterable[Absence]:
    """Who is away at this moment, each on the calendar of the clinic."""
    today = now.astimezone(ZoneInfo(clinic.hours.zone)).date()
    rows = (row for team in clinic.teams.values() for row in team.away)
    return (row for row in rows if row.from_ <= today <= row.until)


def begins(clinic: Clinic, absence: Absence) -> datetime:
    """The first moment of an absence: midnight on the clinic's clock."""
    return datetime.combine(absence.from_, time(), ZoneInfo(clinic.hours.zone))


def away_until(clinic: Clinic, person: str, now: datetime) -> Absence | None:
    """The absence this person is in, the longest where there are several; None when there is none."""
    return max((row for row in absences(clinic, now) if row.who == person), key=lambda row: row.until, default=None)
