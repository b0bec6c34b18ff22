"""Every text a clinic has, and every way in which it can leave: each service, place and kind of name filled in.

The words are filled in by the same `Speaker` that fills in real texts, so what is looked at is what would be sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import Literal

from app.domain.checklist.sheet import Sheet
from app.domain.clinic import Channel, Clinic, Sequence, Step, Words
from app.domain.contact import Lead, Stage
from app.domain.sequences import Speaker
from app.domain.wording import NAME_LIMIT, measure

Kind = Literal["step", "email", "answer", "built_in", "safety", "play", "question"]

STAND_IN_URL = "https://leads.example.com"
"""The address of an installation whose own is not known here; as long as most."""

TOKEN = "Xq7vK2ZrT9wLmB4c"  # noqa: S105
"""A link's token: as long as real ones, and saying as little."""

LONG_NAME = ("Marieliz" * NAME_LIMIT)[:NAME_LIMIT]
NAMES = ("Ana", LONG_NAME, "")
"""A plain name, the longest that enters a text, and none."""

ACCENTED_NAME = "María"
"""A usual name that turns a whole text into UCS-2."""


Choices = tuple[str | None, ...]
"""Services or places to try, by key; None for a lead that named none."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """One text in one language: the path of its words, the template, and what it is for.

    `step` is the step that says it; the arms of an experiment are so many ways of saying one step.
    """

    path: str
    language: str
    template: str
    kind: Kind
    first: bool = False
    max_segments: int | None = None
    sequence: str | None = None
    step: str | None = None


def all_texts(sheet: Sheet) -> Iterator[Text]:
    """Every text of the clinic, in every language it is written in."""
    clinic = sheet.clinic
    for sequence in clinic.sequences:
        yield from of_sequence(sheet, sequence)
    for key, words in clinic.answers.items():
        yield from _each(sheet, f"answers.{key}", words, _answer(sheet, key), max_segments=clinic.max_segments)
    if clinic.question:
        yield from _each(sheet, "question.ask", clinic.question.ask, "question")
    for play in clinic.playbook:
        yield from _each(sheet, f"playbook.{play.key}.say", play.say, "play", max_segments=clinic.max_segments)


def _answer(sheet: Sheet, key: str) -> Kind:
    if f"answers.{key}" not in sheet.written:
        return "built_in"
    return "safety" if key == "safety" else "answer"


def of_sequence(sheet: Sheet, sequence: Sequence) -> Iterator[Text]:
    """Every text and e-mail of a sequence, whoever sees it; what is the first text of anybody is marked."""
    found: dict[str, Text] = {}
    for arm in (None, *arms_of(sequence)):
        for text in seen_by(sheet, sequence, arm):
            if text.first or text.path not in found:
                found[text.path] = text
    return iter(found.values())


def arms_of(sequence: Sequence) -> tuple[str, ...]:
    """The arms of what is tried in a sequence; of nothing, none."""
    return tuple(sequence.experiment.arms) if sequence.experiment else ()


def seen_by(sheet: Sheet, sequence: Sequence, arm: str | None) -> Iterator[Text]:
    """Every text and e-mail of a sequence as who has an arm gets them, in their order; without one, as written."""
    steps = sequence.seen_by(arm).steps
    first = next((step.key for step in steps if step.channel is Channel.TEXT), None)
    written = {step.key: index for index, step in enumerate(sequence.steps)}
    for step in steps:
        for place, words in spoken_by(step):
            yield from _each(
                sheet,
                _tried_at(sequence, step, arm) or f"sequences.{sequence.key}.steps[{written[step.key]}].{place}",
                words,
                "step" if step.channel is Channel.TEXT else "email",
                first=step.key == first,
                max_segments=step.max_segments or sheet.clinic.max_segments,
                sequence=sequence.key,
                step=step.key,
            )


def _tried_at(sequence: Sequence, step: Step, arm: str | None) -> str | None:
    """Where the words stand that an arm says instead of a step's own."""
    one = sequence.experiment
    if arm is None or one is None or (one.change, one.step) != ("text", step.key):
        return None
    return f"experiments.{one.key}.arms.{arm}"


def spoken_by(step: Step) -> list[tuple[str, Words]]:
    """What a step says to the person, by its place in the step; a call and a wait say nothing."""
    if step.channel is Channel.TEXT:
        return [("text", step.words)]
    return [("email.subject", step.subject), ("email.body", step.words)] if step.channel is Channel.EMAIL else []


def _each(
    sheet: Sheet,
    path: str,
    words: Words,
    kind: Kind,
    *,
    first: bool = False,
    max_segments: int | None = None,
    sequence: str | None = None,
    step: str | None = None,
) -> Iterator[Text]:
    for language, template in words.items():
        yield Text(
            path=sheet.path(path, language),
            language=language,
            template=template,
            kind=kind,
            first=first,
            max_segments=max_segments,
            sequence=sequence,
            step=step,
        )


def ways(clinic: Clinic, text: Text) -> tuple[str, ...]:
    """The text as it can leave: once for each name, service and place that its template can tell apart.

    Every three of them together; in a large network each with plain others, and the longest with the longest.
    """
    names, services, places = _facts(clinic, text)
    few = len(names) * len(services) * len(places) <= MOST_WAYS
    facts = product(names, services, places) if few else _one_at_a_time(clinic, text, names, services, places)
    return tuple(dict.fromkeys(say(clinic, text, *each) for each in facts))


MOST_WAYS = 100
"""The most ways of one text that are looked at; a text of two services and ten places has ninety-nine."""


def _one_at_a_time(
    clinic: Clinic, text: Text, names: tuple[str, ...], services: Choices, places: Choices
) -> list[tuple[str, str | None, str | None]]:
    by_name = [(name, services[0], places[0]) for name in names]
    by_service = [(names[0], service, places[0]) for service in services]
    by_place = [(names[0], services[0], place) for place in places]
    longest = [
        max(row, key=lambda facts: measure(say(clinic, text, *facts)).units) for row in (by_name, by_service, by_place)
    ]
    return [*by_name, *by_service, *by_place, (longest[0][0], longest[1][1], longest[2][2])]


def say(clinic: Clinic, text: Text, name: str = "Ana", service: str | None = None, location: str | None = None) -> str:
    """The text for one person."""
    lead = replace(SOMEBODY, first_name=name, service=service, location=location, language=text.language)
    return Speaker(clinic=_addressed(clinic), lead=lead).say({text.language: text.template})


SOMEBODY = Lead(
    id="lead_0",
    stage=Stage.TEXTING,
    captured_at=datetime(2026, 1, 1, tzinfo=UTC),
    source="",
    token=TOKEN,
    first_name="Ana",
    zones=(),
)


def _facts(clinic: Clinic, text: Text) -> tuple[tuple[str, ...], Choices, Choices]:
    """The names, services and places to try: only what the words name, for all else makes no difference."""
    asked = "".join(clinic.question.ask.values()) if clinic.question and "question" in text.template else ""
    words = text.template + asked
    names = NAMES if "first_name" in words else NAMES[:1]
    services = (None, *clinic.services) if "service" in words else (None,)
    places = (None, *clinic.locations) if "location" in words else (None,)
    return names, services, places


def _addressed(clinic: Clinic) -> Clinic:
    """The clinic with the address that links will have; a demo's own would say nothing about the texts to come."""
    url = clinic.public_url if clinic.public_url.startswith("https://") else STAND_IN_URL
    return clinic if clinic.public_url == url else replace(clinic, public_url=url)
