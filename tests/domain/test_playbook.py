"""The playbook: which answers are offered, and what they say."""

from dataclasses import replace
from datetime import time

import pytest

from app.domain.clinic import Clinic, Hours, Location, Play, Service
from app.domain.playbook import Addressee, Suggestion, answer, suggest

HOURS = Hours(zone="America/Chicago", week=(((time(9), time(17)),),) * 7)

CLINIC = Clinic(
    key="lakeside",
    name="Lakeside Clinic",
    brand="lakeside",
    state="IL",
    hours=HOURS,
    languages=("en", "es"),
    help_phone="+13125550100",
    services={"fertility": Service(key="fertility", public_label="appointment", sensitive=True)},
    locations={"north": Location(key="north", name="Lakeside North", hours=HOURS, state="IL")},
    playbook=(
        Play(
            key="pricing",
            when=("price", "how much", "cuesta"),
            say={"en": "Thanks, {{ first_name }}. Call {{ help_phone }}.", "es": "Gracias, {{ first_name }}."},
        ),
        Play(key="place", when=("where",), say={"en": "We’re at {{ location }}."}),
        Play(key="visit", when=("visit",), say={"en": "Your {{ service }}: {{ booking_link }}"}),
    ),
    public_url="https://t.example",
)


@pytest.mark.parametrize(
    ("about", "keys"),
    [
        ("What is the PRICE?", ["pricing"]),
        ("How much? And where?", ["pricing", "place"]),
        ("priceless", []),
        ("somewhere", []),
        ("¿Cuánto cuesta?", ["pricing"]),
        ("", []),
    ],
)
def test_a_play_is_offered_when_one_of_its_words_is_there(about: str, keys: list[str]) -> None:
    """As a whole word or phrase, in any case, in the playbook's order."""
    found = suggest(CLINIC, about, Addressee(first_name="Ana", location="north"))

    assert [suggestion.key for suggestion in found] == keys


def test_a_play_is_filled_in_for_the_lead() -> None:
    """In the lead's language, in plain characters, with the public label and never the service's own key."""
    ana = Addressee(first_name="Ana", service="fertility", location="north", language="es-MX", token="tok")

    assert suggest(CLINIC, "price where visit", ana) == (
        Suggestion("pricing", "Gracias, Ana."),
        Suggestion("place", "We're at Lakeside North."),
        Suggestion("visit", "Your appointment: https://t.example/b/tok"),
    )


def test_a_play_that_needs_what_is_unknown_is_not_offered() -> None:
    """A name may be missing, as forms leave it out; a place or a link may not."""
    assert suggest(CLINIC, "price where visit", Addressee()) == (Suggestion("pricing", "Thanks. Call +13125550100."),)


def test_any_play_may_be_chosen_by_its_key() -> None:
    """None for a key that the clinic has not, or that cannot be filled in."""
    ana = Addressee(first_name="Ana")

    assert [answer(CLINIC, key, ana) for key in ("pricing", "place", "nothing")] == [
        "Thanks, Ana. Call +13125550100.",
        None,
        None,
    ]


RANKED = replace(
    CLINIC,
    playbook=(
        Play(key="hours", when=("open", "when"), say={"en": "All day."}),
        Play(key="cost", when=("cost", "much", "insurance"), say={"en": "It depends."}, team="billing"),
        Play(key="much", when=("how much",), say={"en": "We will call."}),
        Play(key="english", when=("parking",), say={"en": "Behind {{ location }}."}),
        Play(key="where", when=("parking", "where"), say={"en": "By the door."}),
    ),
)


@pytest.mark.parametrize(
    ("about", "team", "keys"),
    [
        ("how much is it when you open", None, ["hours", "much", "cost"]),
        ("how much is it when you open", "billing", ["cost", "hours", "much"]),
        ("where is the parking", None, ["where"]),
        ("do you take my insurence", None, ["cost"]),
        ("wher is the parkng", None, ["where"]),
        ("whne do you opne", None, []),
    ],
)
def test_the_best_play_comes_first(about: str, team: str | None, keys: list[str]) -> None:
    """The team's own before the others, then what matches more words and longer phrases, then the file's order.

    A slip of the thumb in a long word still matches; short words are too easily alike.
    """
    assert [one.key for one in suggest(RANKED, about, Addressee(), team)] == keys
