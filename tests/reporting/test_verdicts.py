"""The report on an experiment, from constructed tables of people: its figures and the one sentence they come to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.store.experiments import Person, Stop
from app.domain.experiments import Experiment
from app.reporting import experiments
from app.reporting.experiments import Tried

BEGAN = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
WORDS = {"a": {"en": "one"}, "b": {"en": "two"}, "c": {"en": "three"}}


def a_person(arm: str, number: int = 0, *, booked: bool = False, **changes: Any) -> Person:
    """Somebody who began `number` minutes after the first, and was texted at once."""
    began = BEGAN + timedelta(minutes=number)
    given: dict[str, Any] = {
        "arm": arm,
        "entered_at": began,
        "first_text_at": began,
        "sent": 1,
        "delivered": 1,
        "replied_at": None,
        "booked_at": began + timedelta(days=2) if booked else None,
        "opted_out_at": None,
    }
    return Person(**{**given, **changes})


def people(number: int, **rates: float) -> list[Person]:
    """So many of each arm, taking turns, of whom that share booked, evenly spread."""
    found = []
    for turn in range(number):
        for arm, rate in rates.items():
            booked = int((turn + 1) * rate) > int(turn * rate)
            found.append(a_person(arm, len(found), booked=booked))
    return found


def told(rows: list[Person], *stops: Stop, arms: str = "ab", running: bool = True) -> dict[str, Any]:
    experiment = Experiment(
        key="ask", sequence="gentle", step="hello", change="text", arms={arm: WORDS[arm] for arm in arms}
    )
    tried = Tried(key="ask", edition=experiment.edition, arms=tuple(arms), running=running, experiment=experiment)
    return experiments.document(tried, rows, stops, NOW)


def test_before_anybody_came_it_is_too_early_and_the_plan_is_told() -> None:
    report = told([])
    assert (report["state"], report["verdict"]) == ("early", "Too early: 0 of about 5,100 leads per arm.")
    assert (report["needed"], report["missing"], report["since"]) == (5100, 5100, None)
    assert [(one["arm"], one["n"], one["rates"]["booked"]["rate"]) for one in report["arms"]] == [
        ("a", 0, None),
        ("b", 0, None),
    ]


def test_too_early_says_how_many_there_are_and_how_many_it_takes() -> None:
    report = told(people(120, a=0.4, b=0.4))
    assert (report["state"], report["verdict"]) == ("early", "Too early: 120 of about 900 leads per arm.")
    assert (report["needed"], report["missing"]) == (900, 780)
    assert report["comparisons"][0]["booked"]["shown"] is False


def test_an_arm_that_books_more_is_said_to_with_its_interval() -> None:
    report = told(people(900, a=0.30, b=0.45))
    booked = report["comparisons"][0]["booked"]
    sentence = (
        f"b books more: {booked['difference'] * 100:+.1f} points"
        f" ({booked['low'] * 100:.1f} to {booked['high'] * 100:.1f})."
    )
    assert (report["state"], report["verdict"], report["missing"]) == ("different", sentence, 0)
    assert booked["low"] > 0
    assert booked["difference"] == pytest.approx(0.15, abs=0.02)


def test_where_the_first_books_more_it_is_the_first_that_is_named() -> None:
    report = told(people(900, a=0.45, b=0.30))
    booked = report["comparisons"][0]["booked"]
    assert booked["high"] < 0
    low, high = -booked["high"] * 100, -booked["low"] * 100
    assert report["verdict"] == f"a books more: {-booked['difference'] * 100:+.1f} points ({low:.1f} to {high:.1f})."


def test_with_all_that_was_planned_and_no_difference_it_says_so() -> None:
    report = told(people(1500, a=0.40, b=0.40))
    booked = report["comparisons"][0]["booked"]
    figures = f"{booked['difference'] * 100:+.1f} points ({booked['low'] * 100:.1f} to {booked['high'] * 100:.1f})"
    assert (report["state"], report["missing"]) == ("no_difference", 0)
    assert report["verdict"] == f"No difference worth acting on: {figures}."
    assert -0.08 < booked["low"] < 0 < booked["high"] < 0.08


def test_with_all_that_was_planned_and_a_small_difference_it_does_not_say_that_there_is_none() -> None:
    report = told(people(1500, a=0.40, b=0.44))
    assert (report["state"], report["missing"]) == ("no_difference", 0)
    assert report["verdict"].startswith("No difference shown: +")


def test_what_an_experiment_that_is_over_lacked_is_told_and_nothing_is_asked_for() -> None:
    report = told(people(120, a=0.4, b=0.4), running=False)
    assert report["verdict"] == "It ended too early: 120 of about 900 leads per arm."
    assert report["missing"] == 0


def test_of_three_arms_each_is_compared_with_the_first() -> None:
    report = told(people(1700, a=0.30, b=0.45, c=0.30), arms="abc")
    assert [(one["arm"], one["against"]) for one in report["comparisons"]] == [("b", "a"), ("c", "a")]
    assert report["verdict"].startswith("b books more than a: +")
    assert "No difference worth acting on between a and c: +0.0 points" in report["verdict"]


def test_a_stopped_arm_is_told_and_who_came_afterwards_is_not_compared() -> None:
    """After the stop all are given the first arm, in another season perhaps: they are no match for those before."""
    rows = people(100, a=0.4, b=0.4)
    later = [a_person("a", 1000 + number, booked=True) for number in range(500)]
    stop = Stop(arm="b", at=BEGAN + timedelta(minutes=900), people=60, opted_out=20, limit=0.05)
    report = told([*rows, *later], stop)
    assert report["verdict"] == "b was stopped on 2026-09-02: 20 of 60 opted out, the limit is 5%."
    assert (report["state"], report["missing"]) == ("stopped", 0)
    assert report["arms"][1]["stopped"] == {
        "arm": "b",
        "at": BEGAN + timedelta(minutes=900),
        "people": 60,
        "opted_out": 20,
        "limit": 0.05,
    }
    assert report["comparisons"][0]["booked"]["difference"] == 0.0


def test_what_somebody_did_counts_for_fourteen_days_from_the_first_text() -> None:
    texted = BEGAN + timedelta(days=3)
    rows = [
        a_person("a", first_text_at=texted, booked_at=texted + timedelta(days=14)),
        a_person("a", 1, first_text_at=texted, booked_at=texted + timedelta(days=14, minutes=1)),
        a_person("b", 2, first_text_at=None, sent=0, delivered=0, booked_at=BEGAN + timedelta(days=1)),
        a_person("b", 3, replied_at=BEGAN + timedelta(days=20), opted_out_at=BEGAN + timedelta(days=20)),
    ]
    figures = [
        {name: arm[name] for name in ("n", "texted", "sent", "replied", "booked", "opted_out", "judged")}
        for arm in told(rows)["arms"]
    ]
    assert figures == [
        {"n": 2, "texted": 2, "sent": 2, "replied": 0, "booked": 1, "opted_out": 0, "judged": 2},
        {"n": 2, "texted": 1, "sent": 1, "replied": 0, "booked": 1, "opted_out": 1, "judged": 2},
    ]


def test_judged_is_who_began_before_the_first_whose_days_still_run() -> None:
    """Otherwise an arm whose people book sooner, or are texted later, would seem better or worse for a while."""
    running = a_person("b", 3, first_text_at=NOW - timedelta(days=13))
    early = [a_person("a"), a_person("b", 1), a_person("a", 2)]
    after = [a_person("a", 4, booked=True)]
    running = Person(**{**vars(running), "entered_at": BEGAN + timedelta(minutes=3)})
    report = told([*early, Person(**{**vars(running), "entered_at": NOW - timedelta(days=13)}), *after])
    assert [(one["n"], one["judged"], one["booked"]) for one in report["arms"]] == [(3, 2, 1), (2, 1, 0)]
    assert report["arms"][0]["rates"]["booked"]["rate"] == 0.0
