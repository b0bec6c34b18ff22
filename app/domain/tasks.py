"""What a task is made of: its kind's priority, the team it belongs to, and when an answer is due."""

from datetime import datetime

from app.domain import calendar
from app.domain.clinic import Clinic, Team

PRIORITY = {
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


def route(clinic: Clinic, kind: str, about: str) -> Team:
    """The team a task belongs to: the first routing row that fits its kind and words, else the first team."""
    words = about.casefold()
    for row in clinic.routing:
        if (not row.kinds or kind in row.kinds) and (not row.words or any(w.casefold() in words for w in row.words)):
            return clinic.teams[row.team]
    return next(iter(clinic.teams.values()))


def due(team: Team, kind: str, now: datetime) -> datetime:
    """When the team should have answered, in its business time; an urgent task is due at once."""
    return now if kind == "urgent" else calendar.respond_by(team.hours, now, team.respond_within)
