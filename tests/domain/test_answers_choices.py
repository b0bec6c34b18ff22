"""A choice by number instead of a link: who is offered it, what a reply picks, and what a pick leads to."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from app.domain import offers
from app.domain.clinic import Clinic, Location, Service
from app.domain.contact import Contact, Lead, Stage
from app.domain.effects import OpenTask, Purpose, ScheduleText
from app.domain.machine import Decision, decide
from tests.domain import builders as make
from tests.domain.builders import HOURS, NOW, a_clinic, a_contact, a_lead, a_reply

MORNINGS, AFTERNOONS = ((time(9), time(12)),), ((time(13), time(17)),)
TIMES = {
    "weekday mornings / mañanas": (MORNINGS,) * 5 + ((), ()),
    "weekday afternoons / tardes": (AFTERNOONS,) * 5 + ((), ()),
    "Saturday / sábado": ((),) * 5 + (MORNINGS, ()),
}
ANSWERS = {
    **make.ANSWERS,
    "choose_time": {"en": "Which? {{ time_options }}", "es": "¿Cuándo? {{ time_options }}"},
    "choose_place": {"en": "Where? {{ time_options }}"},
}


def a_place(key: str, url: str | None = None) -> Location:
    return Location(key=key, name=f"Lakeside {key.title()}", hours=HOURS, state="IL", booking_url=url)


NORTH, SOUTH = a_place("north"), a_place("south")
LINKED = {"north": a_place("north", "https://book.example/north"), "south": a_place("south", "https://book.example/s")}


def clinic(**changes: Any) -> Clinic:
    given = {"time_options": TIMES, "answers": ANSWERS, "languages": ("en", "es"), "locations": {"north": NORTH}}
    return a_clinic(**{**given, **changes})


def says(words: str, contact: Contact, where: Clinic, minutes: float = 0) -> Decision:
    at = NOW + timedelta(minutes=minutes)
    return decide(contact, a_reply(words, at=at), at, where)


def answers(decision: Decision) -> list[str]:
    texts = [one for one in decision.effects if isinstance(one, ScheduleText)]
    return [one.text for one in texts if one.purpose is Purpose.ANSWER]


def asked(decision: Decision) -> OpenTask:
    (task,) = [one for one in decision.effects if isinstance(one, OpenTask)]
    return task


def lead_of(decision: Decision) -> Lead:
    (lead,) = decision.contact.leads
    return lead


ENGLISH = "Which? 1 weekday mornings, 2 weekday afternoons, 3 Saturday"
LINK = "Lakeside: http://leadline.test/b/token"


# -- where the link leads ---------------------------------------------------------------------

SOUTH_ONLY = {"imaging": Service(key="imaging", public_label="appointment", locations=("south",))}


@pytest.mark.parametrize(
    ("location", "service", "page"),
    [
        ("south", None, "https://book.example/s"),
        (None, "imaging", "https://book.example/s"),
        ("north", "imaging", "https://book.example/north"),
        (None, None, "https://book.example/north"),
        (None, "gone", "https://book.example/north"),
    ],
)
def test_a_lead_books_where_its_form_said_else_where_its_service_is_offered(
    location: str | None, service: str | None, page: str
) -> None:
    assert offers.booking_url(clinic(locations=LINKED, services=SOUTH_ONLY), location, service) == page


def test_where_the_likely_place_has_no_page_any_of_the_clinic_will_do() -> None:
    bare = clinic(locations={"north": LINKED["north"], "south": SOUTH}, services=SOUTH_ONLY)
    assert offers.booking_url(bare, "south", None) == "https://book.example/north"
    assert offers.booking_url(clinic(), "north", None) is None


# -- who is offered what -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "lead", "expected"),
    [
        (clinic(), a_lead(location="north"), ENGLISH),
        (clinic(), a_lead(language="es"), "¿Cuándo? 1 mañanas, 2 tardes, 3 sábado"),
        (clinic(locations=LINKED), a_lead(location="north"), LINK),
        (clinic(locations=LINKED), a_lead(location="north", facts={"extra": {"links": "no"}}), ENGLISH),
        (clinic(locations=LINKED), a_lead(location="north", facts={"extra": {"links": False}}), ENGLISH),
        (
            clinic(locations=LINKED),
            a_lead(facts={"extra": {"links": "no"}}),
            "Where? 1 Lakeside North, 2 Lakeside South",
        ),
        (clinic(time_options={}), a_lead(location="north"), LINK),
    ],
    ids=["no page", "Spanish", "a page", "no links wanted", "nor false", "two places", "nothing to choose"],
)
def test_yes_is_answered_by_a_link_or_by_a_choice(place: Clinic, lead: Lead, expected: str) -> None:
    decision = says("YES", a_contact(lead), place)
    assert answers(decision) == [expected]
    assert (lead_of(decision).stage, lead_of(decision).pending is not None) == (Stage.TEXTING, True)


def test_a_clinic_whose_own_answer_names_the_times_offers_them_to_everybody() -> None:
    own = {**ANSWERS, "booking_link": {"en": "{{ booking_link }} or reply: {{ time_options }}"}}
    decision = says("YES", a_contact(a_lead(location="north")), clinic(answers=own, locations=LINKED))
    assert answers(decision) == [
        "http://leadline.test/b/token or reply: 1 weekday mornings, 2 weekday afternoons, 3 Saturday"
    ]
    assert says("3", decision.contact, clinic(answers=own), 2).contact.leads[0].facts["preferred_times"] == ["Saturday"]


# -- what a reply picks ------------------------------------------------------------------------

LABELS = ("weekday mornings", "weekday afternoons", "Saturday")
PLACES = ("Lakeside North", "Lakeside South")


@pytest.mark.parametrize(
    ("labels", "words", "index"),
    [
        *(
            (LABELS, words, 0)
            for words in ("1", "#1", "1.", "option 1", "the first one", "1st", "one please", "mornings")
        ),
        *(
            (LABELS, words, 0)
            for words in ("la primera", "Número 1 por favor", "uno", "mañanas", "in the morning works")
        ),
        *((LABELS, words, 1) for words in ("2", "second", "weekday afternoons", "afternoon", "la segunda", "tardes")),
        *(
            (LABELS, words, 2)
            for words in ("3", "the last one", "saturday is best", "SATURDAY!!", "el sábado", "la última")
        ),
        (PLACES, "north", 0),
        (PLACES, "The north one, please", 0),
        (PLACES, "Lakeside South", 1),
        (PLACES, "sur", 1),
    ],
)
def test_a_reply_picks_by_number_by_order_or_by_name(labels: tuple[str, ...], words: str, index: int) -> None:
    assert offers.pick(labels, words) == index


@pytest.mark.parametrize(
    "words",
    [
        *(
            "4",
            "0",
            "1 or 2",
            "1 2",
            "weekdays",
            "at 2",
            "a las 2",
            "after 3",
            "2pm",
            "for 2 people",
            "not mornings",
            "no mornings please",
        ),
        *("Tuesday", "saturday afternoons", "mornings but not Monday", "yes", "", "12", "either", "which is cheaper?"),
    ],
)
def test_what_names_none_or_several_or_says_more_picks_nothing(words: str) -> None:
    assert offers.pick(LABELS, words) is None


# -- what a pick leads to ----------------------------------------------------------------------


def offered(lead: Lead | None = None, where: Clinic | None = None) -> Contact:
    """A contact that has just been offered the times."""
    return says("YES", a_contact(lead or a_lead(location="north")), where or clinic()).contact


def test_a_picked_time_is_a_wish_and_a_task_and_books_nothing() -> None:
    decision = says("2", offered(), clinic(), 5)
    task = asked(decision)
    chosen = "weekday afternoons / tardes"
    assert (task.kind, task.about) == ("time_preference", "2 (weekday afternoons)")
    assert task.wish == {"chosen": chosen, "location": "north", "fits": [chosen]}
    lead = lead_of(decision)
    assert (lead.stage, lead.pending, lead.facts["preferred_times"]) == (Stage.PAUSED, None, ["weekday afternoons"])
    assert decision.contact.talk.offer is None


def test_the_place_is_asked_first_and_then_the_time() -> None:
    two = clinic(locations={"north": NORTH, "south": SOUTH})
    where = says("YES", a_contact(a_lead()), two)
    when = says("south", where.contact, two, 3)
    assert answers(where) == ["Where? 1 Lakeside North, 2 Lakeside South"]
    lead = lead_of(when)
    assert (answers(when), lead.location, lead.stage) == ([ENGLISH], "south", Stage.TEXTING)
    chosen = says("1", when.contact, two, 6)
    assert asked(chosen).wish == {
        "chosen": "weekday mornings / mañanas",
        "location": "south",
        "fits": ["weekday mornings / mañanas"],
    }


def test_a_service_of_one_place_asks_for_no_place() -> None:
    services = {"check-up": replace(a_clinic().services["check-up"], locations=("south",))}
    one = clinic(locations={"north": NORTH, "south": SOUTH}, services=services)
    assert answers(says("YES", a_contact(a_lead(service="check-up")), one)) == [ENGLISH]


def test_a_number_means_nothing_without_an_offer() -> None:
    assert asked(says("1", a_contact(a_lead()), clinic())).wish is None


def test_an_offer_is_stale_after_a_day_of_reply_windows() -> None:
    assert asked(says("1", offered(), clinic(), 24 * 60 - 1)).wish is not None
    assert asked(says("1", offered(), clinic(), 24 * 60)).wish is None


def test_an_offer_ends_when_another_text_goes_out() -> None:
    contact = offered()
    sent = make.a_sent(message_id=contact.leads[0].pending, step="second")
    assert asked(says("1", decide(contact, sent, NOW, clinic()).contact, clinic(), 5)).wish is None


def test_an_offer_outlives_its_own_text_and_a_help_text() -> None:
    contact = offered()
    contact = says("HELP", contact, clinic(), 2).contact
    for said in contact.talk.said:
        contact = decide(contact, make.a_sent(message_id=said.id, step=None), NOW, clinic()).contact
    assert asked(says("1", contact, clinic(), 5)).wish is not None


def test_a_step_that_names_the_times_opens_an_offer_when_it_is_sent() -> None:
    steps = (make.STEPS[0], replace(make.STEPS[1], words={"en": "Which? {{ time_options }}"}), *make.STEPS[2:])
    place = clinic(sequences=(replace(make.SEQUENCE, steps=steps),))
    sent = decide(a_contact(a_lead()), make.a_sent(), NOW, place)
    assert asked(says("saturday", sent.contact, place, 5)).wish == {
        "chosen": "Saturday / sábado",
        "location": None,
        "fits": ["Saturday / sábado"],
    }


@pytest.mark.parametrize(
    ("words", "kind"), [("how much is 1?", "question"), ("call me", "callback"), ("no", None), ("STOP", None)]
)
def test_what_outranks_a_choice_is_no_choice(words: str, kind: str | None) -> None:
    decision = says(words, offered(), clinic(), 5)
    assert [one.kind for one in decision.effects if isinstance(one, OpenTask)] == ([kind] if kind else [])


def test_another_persons_offer_is_not_picked_from() -> None:
    contact = offered()
    (maria,) = contact.leads
    jo = a_lead(id="lead_jo", token="jo", pending=None)
    shared = replace(contact, leads=(replace(maria, stage=Stage.PAUSED, pending=None), jo))
    assert asked(says("1", shared, clinic(), 5)).wish is None


@pytest.mark.parametrize(
    ("words", "kind", "wish"),
    [
        (
            "Tuesday mornings",
            "time_preference",
            {"weekdays": ["tuesday"], "parts": ["morning"], "fits": ["weekday mornings / mañanas"]},
        ),
        (
            "please call me tomorrow after 3pm",
            "callback",
            {
                "dates": ["2026-11-18"],
                "ranges": [{"from": "15:00", "until": "23:59"}],
                "fits": ["weekday afternoons / tardes"],
            },
        ),
        ("call me", "callback", None),
        ("how much is it on Tuesday?", "question", None),
    ],
)
def test_a_task_about_a_time_has_what_is_certain_of_it(words: str, kind: str, wish: Any) -> None:
    task = asked(says(words, a_contact(a_lead()), clinic()))
    assert (task.kind, task.about, task.wish) == (kind, words, wish)


# -- which of the clinic's times a wish fits ---------------------------------------------------


@pytest.mark.parametrize(
    ("window", "fits"),
    [
        ((date(2026, 11, 24), time(10), time(11)), ["weekday mornings / mañanas"]),
        ((1, time(11), time(14)), ["weekday mornings / mañanas", "weekday afternoons / tardes"]),
        ((5, time(0), time(23, 59)), ["Saturday / sábado"]),
        ((None, time(9), time(12)), ["weekday mornings / mañanas", "Saturday / sábado"]),
        ((6, time(9), time(17)), []),
        ((0, time(12), time(13)), []),
    ],
)
def test_a_wish_fits_the_times_it_shares_a_stretch_with(window: offers.Window, fits: list[str]) -> None:
    assert list(offers.fitting(clinic(), [window])) == fits
