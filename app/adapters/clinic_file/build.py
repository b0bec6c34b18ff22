"""From the values of a file without mistakes to the clinic: what is left out gets its default here."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import holidays

from app.adapters.clinic_file.answers import built_in
from app.adapters.clinic_file.references import languages
from app.adapters.clinic_file.values import DEFAULT_LANGUAGE
from app.domain.clinic import (
    Channel,
    Clinic,
    Hours,
    Limits,
    Location,
    Play,
    Route,
    ScoreRow,
    Sender,
    Sequence,
    Service,
    Source,
    Step,
    Team,
    Words,
)

File = Mapping[str, Any]

HOLIDAY_YEARS = range(2024, 2041)
"""Holidays are written out as dates when the file is read; a clinic is applied more often than that."""


def clinic(file: File) -> Clinic:
    """The clinic a file describes."""
    hours, first = _hours(file), languages(file)[0]
    places = {key: _location(key, place, file) for key, place in file.get("locations", {}).items()}
    return Clinic(
        key=file["clinic"],
        brand=file.get("brand", file["clinic"]),
        hours=hours,
        languages=languages(file),
        help_phone=file["help"].get("phone"),
        help_email=file["help"].get("email"),
        limits=Limits(**file.get("limits", {})),
        locations=places,
        services={key: Service(key=key, **service) for key, service in file.get("services", {}).items()},
        senders={key: Sender(key=key, **sender) for key, sender in file["senders"].items()},
        sources={key: _source(key, source) for key, source in file["sources"].items()},
        answers=_answers(file, first),
        teams={key: _team(key, team, hours) for key, team in file["teams"].items()},
        routing=tuple(_route(row) for row in file.get("routing", ())),
        playbook=tuple(_play(key, play, first) for key, play in file.get("playbook", {}).items()),
        scoring=tuple(_score_row(row) for row in file.get("scoring", ())),
        sequences=tuple(_sequence(key, sequence, first) for key, sequence in file["sequences"].items()),
        test_phones=frozenset(file.get("test_phones", ())),
        **_given(
            file,
            "name",
            "state",
            "resume_after",
            "stop_reminder_every",
            "max_segments",
            "consent_texts",
            "intake_link",
        ),
        **({"reply_window": file["reply_window"].exact()} if "reply_window" in file else {}),
    )


def _given(values: File, *names: str) -> dict[str, Any]:
    """Those of the values that the file has; the others keep the default of the dataclass."""
    return {name: values[name] for name in names if name in values}


def _hours(file: File) -> Hours:
    """Opening hours with their holidays; a half day is open even where the calendar has a holiday."""
    given = file.get("holidays", {})
    half_days = given.get("half_days", {})
    calendar = _holidays(given["calendar"]) if "calendar" in given else frozenset()
    closed = (calendar - half_days.keys()) | set(given.get("closed", ()))
    return Hours(zone=file["timezone"], week=file["hours"], closed=frozenset(closed), half_days=half_days)


@cache
def _holidays(calendar: str) -> frozenset[date]:
    """The public holidays of `US` or of a state such as `US-IL`, days in lieu included."""
    country, _, state = calendar.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=state or None, years=HOLIDAY_YEARS))


def _location(key: str, place: File, file: File) -> Location:
    """A location; hours, holidays, zone and state that it leaves out are the clinic's."""
    inherited = _given(file, "timezone", "hours", "holidays", "state")
    whole = {**inherited, **place}
    return Location(key=key, hours=_hours(whole), **_given(whole, "name", "state", "zip", "booking_url", "phone"))


def _source(key: str, source: File) -> Source:
    named = {"consent_texts": source.get("consent_text", ())}
    return Source(key=key, **named, **_given(source, "auth", "defaults", "locations"))


def _team(key: str, team: File, hours: Hours) -> Team:
    """A team; its hours are its own week in the clinic's zone, on the clinic's holidays."""
    own = hours if "hours" not in team else _hours_with(hours, team["hours"])
    return Team(key=key, hours=own, **_given(team, "respond_within", "capacity", "people"))


def _hours_with(hours: Hours, week: Any) -> Hours:
    return Hours(zone=hours.zone, week=week, closed=hours.closed, half_days=hours.half_days)


def _route(row: File) -> Route:
    when = row.get("when", {})
    return Route(team=row["team"], kinds=when.get("kind", ()), words=when.get("words", ()))


def _play(key: str, play: File, first: str) -> Play:
    return Play(key=key, when=play["when"], say=_words(play["say"], first), team=play.get("team"))


def _score_row(row: File) -> ScoreRow:
    return ScoreRow(from_=row.get("from", 0), **_given(row, "when", "add", "track"))


def _sequence(key: str, sequence: File, first: str) -> Sequence:
    then = sequence.get("then")
    return Sequence(
        key=key,
        steps=tuple(_step(step, first) for step in sequence["steps"]),
        for_=sequence.get("for", {}),
        then=None if then == "finished" else then,
    )


def _step(step: File, first: str) -> Step:
    channel = next(channel for channel in Channel if channel.value in step)
    words, note = step.get("text", {}), step.get("call", "")
    if channel is Channel.EMAIL:
        words, note = step["email"]["body"], _words(step["email"]["subject"], first)[first]
    given = _given(step, "key", "after", "at", "max_segments")
    return Step(channel=channel, words=_words(words, first), note=note, **given)


def _words(words: Words, first: str) -> Words:
    """A text by language, a plain string being the clinic's first."""
    return {first if language == DEFAULT_LANGUAGE else language: text for language, text in words.items()}


def _answers(file: File, first: str) -> dict[str, Words]:
    """The standing answers: the built-in ones, with the clinic's own words over them."""
    answers = built_in(languages(file), file["help"])
    for kind, words in file.get("answers", {}).items():
        answers[kind] = {**answers.get(kind, {}), **_words(words, first)}
    return answers
