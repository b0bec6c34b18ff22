"""From the values of a file without mistakes to the clinic: what is left out gets its default here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import holidays

from app.adapters.clinic_file.answers import CHOICES, built_in
from app.adapters.clinic_file.references import languages
from app.adapters.clinic_file.values import DEFAULT_LANGUAGE
from app.domain.clinic import (
    Absence,
    Approval,
    Channel,
    Clinic,
    Conditions,
    Escalation,
    Hours,
    Limits,
    Location,
    Play,
    Question,
    Route,
    ScoreRow,
    Sender,
    Sequence,
    Service,
    Smtp,
    Source,
    Step,
    Team,
    Words,
)
from app.domain.experiments import Experiment

if TYPE_CHECKING:
    from app.domain.lint import Allowed

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
        time_options=file.get("time_options", {}),
        question=_question(file["question"], first) if "question" in file else None,
        teams={key: _team(key, team, hours) for key, team in file["teams"].items()},
        routing=tuple(_route(row) for row in file.get("routing", ())),
        playbook=tuple(_play(key, play, first) for key, play in file.get("playbook", {}).items()),
        scoring=tuple(_score_row(row) for row in file.get("scoring", ())),
        sequences=tuple(_sequence(key, sequence, file, first) for key, sequence in file["sequences"].items()),
        smtp=_smtp(file["smtp"]) if "smtp" in file else None,
        test_phones=frozenset(file.get("test_phones", ())),
        allowed=_allowed(file.get("lint", {}).get("allow", ())),
        approvals=tuple(Approval(**row) for row in file.get("approvals", ())),
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


def _smtp(smtp: File) -> Smtp:
    return Smtp(from_=smtp["from"], **_given(smtp, "host", "port", "user", "password"))


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
    own = replace(hours, week=team["hours"]) if "hours" in team else hours
    away = tuple(
        Absence(who=row["who"], from_=row["from"], until=row.get("until", row["from"])) for row in team.get("away", ())
    )
    deserted = _all_away(team.get("people", ()), away)
    own = replace(own, closed=own.closed | deserted) if deserted else own
    return Team(key=key, hours=own, away=away, **_given(team, "respond_within", "capacity", "people"))


def _all_away(people: tuple[str, ...], away: tuple[Absence, ...]) -> frozenset[date]:
    """The dates on which nobody of a team is there; none where its people are not named."""
    missing = [{day for one in away if one.who == person for day in _dates(one)} for person in people]
    return frozenset(set.intersection(*missing)) if missing else frozenset()


def _dates(absence: Absence) -> Iterator[date]:
    return (absence.from_ + timedelta(days=n) for n in range((absence.until - absence.from_).days + 1))


def _route(row: File) -> Route:
    when = row.get("when", {})
    return Route(team=row["team"], kinds=when.get("kind", ()), words=when.get("words", ()))


def _question(question: File, first: str) -> Question:
    return Question(ask=_words(question["ask"], first), fills=question["field"], values=question["values"])


def _play(key: str, play: File, first: str) -> Play:
    escalate = Escalation(**play["escalate"]) if "escalate" in play else None
    return Play(key=key, when=play["when"], say=_words(play["say"], first), team=play.get("team"), escalate=escalate)


def _score_row(row: File) -> ScoreRow:
    return ScoreRow(from_=row.get("from", 0), **_given(row, "when", "add", "track"))


def _sequence(key: str, sequence: File, file: File, first: str) -> Sequence:
    then = sequence.get("then")
    return Sequence(
        key=key,
        steps=tuple(_step(step, first) for step in sequence["steps"]),
        for_=sequence.get("for", {}),
        then=None if then == "finished" else then,
        experiment=_experiment(key, file, first),
    )


def _experiment(sequence: str, file: File, first: str) -> Experiment | None:
    """What is tried in a sequence: there is one experiment at most."""
    for key, one in file.get("experiments", {}).items():
        if one["sequence"] == sequence:
            arms = {arm: _words(said, first) if one["change"] == "text" else said for arm, said in one["arms"].items()}
            limit = one.get("stop_if", {}).get("opt_out_rate")
            step = None if one["change"] == "order" else one["step"]
            return Experiment(
                key=key, sequence=sequence, change=one["change"], step=step, arms=arms, opt_out_limit=limit
            )
    return None


_NO_WORDS: Words = {}


def _step(step: File, first: str) -> Step:
    channel = next(channel for channel in Channel if channel.value in step)
    words, note, subject = step.get("text", {}), step.get("call", ""), _NO_WORDS
    if channel is Channel.EMAIL:
        words, subject = step["email"]["body"], _words(step["email"]["subject"], first)
        note = subject.get(first) or next(iter(subject.values()))
    given = _given(step, "key", "after", "at", "max_segments")
    asked = {"if_": step.get("if", {}), "unless": step.get("unless", {})}
    if channel is Channel.CALL:
        asked["if_"] = _unanswered(**asked)
    return Step(channel=channel, words=_words(words, first), note=note, subject=subject, **asked, **given)


def _unanswered(if_: Conditions, unless: Conditions) -> Conditions:
    """Whom a call step calls: who did not answer, unless its own conditions speak of answers."""
    asked = {*if_.get("signal", ()), *unless.get("signal", ())}
    if asked & {"replied", "no_reply"}:
        return if_
    return {**if_, "signal": (*if_.get("signal", ()), "no_reply")}


def _words(words: Words, first: str) -> Words:
    """A text by language, a plain string being the clinic's first."""
    return {first if language == DEFAULT_LANGUAGE else language: text for language, text in words.items()}


def _allowed(rows: Iterable[File]) -> tuple["Allowed", ...]:
    """Words that a named person lets pass; the lint is read only where there are such."""
    if not rows:
        return ()
    from app.domain.lint import Allowed

    return tuple(Allowed(word=row["word"], cls=row["class"], by=row["by"], reason=row["reason"]) for row in rows)


def _answers(file: File, first: str) -> dict[str, Words]:
    """The standing answers: the built-in ones, with the clinic's own words over them."""
    answers = built_in(languages(file), file["help"])
    if "time_options" not in file:  # there is nothing to choose from
        answers = {kind: words for kind, words in answers.items() if kind not in CHOICES}
    for kind, words in file.get("answers", {}).items():
        answers[kind] = {**answers.get(kind, {}), **_words(words, first)}
    return answers
