"""The clock of a task: when an answer is due, when it goes on to others, and to whom; and who is away."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain import tasks
from app.domain.clinic import Absence, Escalation, Hours, Play, Route, Team
from app.domain.tasks import Deadline, Move
from tests.domain.builders import HOURS, a_clinic, span

DESK = Team(key="desk", respond_within=span(2, "h"), capacity=40, hours=HOURS, people=("ana", "bo"))
BILLING = Team(key="billing", respond_within=span(1), capacity=20, hours=HOURS, people=("cy",))
PRICING = Play(
    key="pricing",
    when=("price", "insurance"),
    say={"en": "We will call."},
    team="billing",
    escalate=Escalation(after=span(3, "h"), to="billing"),
)
CLINIC = a_clinic(
    teams={"desk": DESK, "billing": BILLING},
    playbook=(PRICING, Play(key="parking", when=("park",), say={"en": "By the door."})),
    routing=(Route(team="billing", kinds=("question",), words=("bill", "how much")),),
)


def chicago(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 on the clinic's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("America/Chicago")).astimezone(UTC)


@pytest.mark.parametrize(
    ("about", "team"),
    [
        ("My BILL is wrong", "billing"),
        ("two bills", "billing"),
        ("¿How múch is it?", "billing"),
        ("the billboard", "desk"),
        ("much how", "desk"),
        ("", "desk"),
    ],
)
def test_words_route_a_question_as_whole_words(about: str, team: str) -> None:
    """In any case, with or without accents or a plural s; never as a part of another word."""
    assert tasks.route(CLINIC, "question", about).key == team


def test_the_team_that_would_answer_is_the_one_for_questions_without_words() -> None:
    """A row that needs words cannot be known to fit before they are said."""
    everything = Route(team="billing", kinds=("question", "unclear"))

    assert tasks.answering_team(CLINIC).key == "desk"
    assert tasks.answering_team(a_clinic(teams=CLINIC.teams, routing=(everything,))).key == "billing"


@pytest.mark.parametrize(
    ("kind", "about", "opened", "deadline"),
    [
        # Tuesday 16:00 and three hours of open time: one on Tuesday, two on Wednesday morning.
        ("question", "What is the price?", chicago(17, 16), Deadline(chicago(18, 11), "billing")),
        ("unclear", "insurance?", chicago(17, 9), Deadline(chicago(17, 12), "billing")),
        ("question", "Where do I park?", chicago(17, 9), None),
        ("question", "Is it cold?", chicago(17, 9), None),
        ("urgent", "it hurts", chicago(21, 3), Deadline(chicago(21, 3, 15))),
    ],
)
def test_a_row_of_the_playbook_says_when_and_to_whom_a_question_goes_on(
    kind: str, about: str, opened: datetime, deadline: Deadline | None
) -> None:
    """In the team's own open time; without a row it is the due time, and an urgent task waits a quarter of an hour."""
    assert tasks.deadline(CLINIC, DESK, kind, about, opened) == deadline


@pytest.mark.parametrize(
    ("team", "priority", "to", "move"),
    [
        ("desk", 3, "billing", Move("billing", 3)),
        ("desk", 3, "cy", Move("desk", 3, "cy")),
        ("desk", 3, "ana", Move("desk", 2)),
        ("billing", 3, "billing", Move("billing", 2)),
        ("desk", 3, "nobody-like-it", Move("desk", 2)),
        ("desk", 3, None, Move("desk", 2)),
        ("desk", 2, None, Move("desk", 1)),
        ("desk", 1, None, Move("desk", 1)),
        ("desk", 0, None, Move("desk", 0)),
    ],
)
def test_what_escalates_moves_or_rises_by_one(team: str, priority: int, to: str | None, move: Move) -> None:
    """Whoever is away, unknown or the same again is no help; and nothing rises to stand beside the urgent ones."""
    away = (Absence(who="ana", from_=date(2026, 11, 16), until=date(2026, 11, 17)),)
    clinic = a_clinic(teams={"desk": replace(DESK, away=away), "billing": BILLING})

    assert tasks.escalate(clinic, team, priority, to, chicago(17, 10)) == move


def test_an_absence_lasts_from_midnight_to_midnight_at_the_clinic() -> None:
    """Both its days included, on the clinic's clock and not on ours."""
    row = Absence(who="ana", from_=date(2026, 11, 17), until=date(2026, 11, 18))
    clinic = a_clinic(teams={"desk": replace(DESK, away=(row,))})
    moments = [chicago(16, 23, 59), chicago(17, 0), chicago(18, 23, 59), chicago(19, 0)]

    assert [tasks.away_until(clinic, "ana", moment) for moment in moments] == [None, row, row, None]
    assert tasks.away_until(clinic, "bo", chicago(17, 12)) is None
    assert tasks.begins(clinic, row) == chicago(17, 0)


def test_an_answer_is_due_when_somebody_is_there_again() -> None:
    """A day on which all are away is a closed day of the team; who is never there again answers by plain time."""
    monday_off = Hours(zone=HOURS.zone, week=HOURS.week, closed=frozenset({date(2026, 11, 23)}))
    deserted = Hours(zone=HOURS.zone, week=((),) * 7)
    late_on_friday = chicago(20, 16)

    def due(hours: Hours) -> datetime:
        team = Team(key="desk", respond_within=span(2, "h"), capacity=1, hours=hours)
        return tasks.due(team, "question", late_on_friday)

    assert due(HOURS) == chicago(23, 10)
    assert due(monday_off) == chicago(24, 10)
    assert due(deserted) == late_on_friday + timedelta(hours=2)


def test_a_task_that_slept_has_its_teams_whole_time_again() -> None:
    """From the moment it wakes; an urgent one its quarter of an hour."""
    assert tasks.answer_anew_by(DESK, "question", chicago(18, 9)) == chicago(18, 11)
    assert tasks.answer_anew_by(DESK, "urgent", chicago(18, 3)) == chicago(18, 3, 15)
