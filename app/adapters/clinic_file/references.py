"""What a clinic file says in one place about another: names that must exist, languages that must be complete.

Works on the values already read, whatever of them was right; each check is a function of the file and the notes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from app.adapters.clinic_file.page import Notes, nearest
from app.adapters.clinic_file.shape import CHANNELS
from app.adapters.clinic_file.values import DEFAULT_LANGUAGE, SECRET_REFERENCE
from app.domain import offers
from app.domain.replies import Intent, read_reply

File = Mapping[str, Any]

NAMES = (
    ("services.*.locations[]", "locations"),
    ("senders.*.locations[]", "locations"),
    ("sources.*.locations[]", "locations"),
    ("sources.*.consent_text[]", "consent_texts"),
    ("routing[].team", "teams"),
    ("playbook.*.team", "teams"),
    ("experiments.*.sequence", "sequences"),
    *(
        (f"{place}.{fact}[]", f"{fact}s")
        for place in ("sequences.*.for", "sequences.*.steps[].if", "sequences.*.steps[].unless", "scoring[].when")
        for fact in ("service", "location", "source", "language")
    ),
)
"""Where a name of something else stands, and the part of the file that must have it."""

STEP_TEXTS = ("sequences.*.steps[].text", "experiments.*.arms.*")
"""What steps say: their own texts, and what an experiment puts in the place of one."""

TEXTS = ("answers.*", "playbook.*.say", "question.ask", "sequences.*.steps[].email.*", *STEP_TEXTS)
COMPLETE_TEXTS = STEP_TEXTS
"""Texts whose map must have every language of the clinic; the others fall back to its first."""

SECRETS = ("senders.*.secret", "sources.*.secret", "bookings.*.secret", "smtp.password")

NOT_YET = (
    ("bookings", "bookings are taken in by POST /bookings only"),
    ("sources.*.fields", "fields are not mapped yet"),
)
"""Keys that are read and kept to their shape, but have no effect in this release; silence would be a promise."""


def check(file: File, notes: Notes) -> None:
    """Notes everything that is wrong, or doubtful, between the parts of a file."""
    for one in (
        _names,
        _languages,
        _steps,
        _scoring,
        _holidays,
        _numbers,
        _help_phone,
        _who_gets_what,
        _absences,
        _escalations,
        _booking_urls,
        _emails,
        _consent_words,
        _question,
        _time_options,
        _secrets,
        _not_yet,
    ):
        one(file, notes)


def at(file: File, pattern: str, notes: Notes) -> Iterator[tuple[str, Any]]:
    """Every value at a pattern such as `sequences.*.steps[].text`, with its path; wrong ones are left out."""
    found: list[tuple[str, Any]] = [("", file)]
    for part in re.findall(r"[^.\[\]]+|\[\]", pattern):
        found = [inner for path, value in found for inner in _inside(path, value, part, notes) if inner[1] is not None]
    return iter(found)


def texts(file: File, pattern: str, notes: Notes) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The texts at a pattern, by language; arms of experiments that are no texts are left out."""
    return ((path, words) for path, words in at(file, pattern, notes) if isinstance(words, Mapping))


def _inside(path: str, value: Any, part: str, notes: Notes) -> list[tuple[str, Any]]:
    if part == "[]":
        # A single value that stands for a list of one has no number.
        numbered = ((f"{path}[{index}]", one) for index, one in enumerate(value))
        return [(each if each in notes.lines else path, one) for each, one in numbered]
    keys = value if part == "*" else [part] if part in value else []
    return [(f"{path}.{key}" if path else key, value[key]) for key in keys]


def _names(file: File, notes: Notes) -> None:
    for pattern, section in NAMES:
        known = languages(file) if section == "languages" else _keys(section, notes)
        for path, name in at(file, pattern, notes):
            if name not in known:
                notes.wrong(
                    path, "reference", f"there is no {section[:-1]} {name!r}", nearest(name, known) or few(known)
                )


FEW = 6


def few(known: tuple[str, ...]) -> str | None:
    """What there is, where that is little enough to say and nothing looks like what was written."""
    return f"there is {', '.join(known)}" if 0 < len(known) <= FEW else None


def _keys(section: str, notes: Notes) -> tuple[str, ...]:
    """The keys a section of the file has, also those whose own value is wrong."""
    start = f"{section}."
    inside = (path.removeprefix(start) for path in notes.lines if path.startswith(start))
    return tuple(name for name in inside if "." not in name and "[" not in name)


def languages(file: File) -> tuple[str, ...]:
    """The clinic's languages, its default first."""
    return tuple(filter(None, file.get("languages", ()))) or ("en",)


def _languages(file: File, notes: Notes) -> None:
    spoken = languages(file)
    for pattern in TEXTS:
        for path, words in texts(file, pattern, notes):
            for other in (name for name in words if name not in (*spoken, DEFAULT_LANGUAGE)):
                notes.warn(f"{path}.{other}", "language", f"the clinic does not list the language {other!r}")
            missing = [name for name in spoken if name not in words and f"{path}.{name}" not in notes.lines]
            if missing and pattern in COMPLETE_TEXTS:
                _incomplete(path, words, missing, spoken, notes)


def _incomplete(path: str, words: Mapping[str, str], missing: list[str], spoken: tuple[str, ...], notes: Notes) -> None:
    """A map must leave nobody out; a text without a language is for everyone, in the clinic's first."""
    if DEFAULT_LANGUAGE not in words:
        write = f"write it: {_blanks(missing)}"
        notes.wrong(path, "language", f"{path} has no text in {', '.join(missing)}", write)
    elif len(spoken) > 1:
        others = ", ".join(spoken[1:])
        why = f"{path} has no text in {others}: whoever speaks that reads {spoken[0]}"
        notes.warn(path, "language", why, f"write it in each: {{{_blanks(spoken)}}}")


def _blanks(languages: Iterable[str]) -> str:
    return ", ".join(f"{language}: …" for language in languages)


def _steps(file: File, notes: Notes) -> None:
    for path, steps in at(file, "sequences.*.steps", notes):
        keys: set[str] = set()
        for index, step in enumerate(steps):
            if step is not None:
                _step(f"{path}[{index}]", step, keys, notes)
                keys.add(step.get("key"))


def _step(path: str, step: File, earlier: set[str], notes: Notes) -> None:
    channels = [name for name in CHANNELS if name in step]
    if len(channels) > 1:
        notes.wrong(path, "value", f"{path} is one of {', '.join(CHANNELS)}, not {' and '.join(channels)}")
    if "key" in step and step["key"] in earlier:
        own = f"give it one of its own, such as {step['key']}-2"
        notes.wrong(f"{path}.key", "duplicate_key", f"the step key {step['key']!r} is used more than once", own)


def _scoring(file: File, notes: Notes) -> None:
    for path, row in at(file, "scoring[]", notes):
        if {"add", "track"} <= set(row):
            notes.wrong(path, "value", f"{path} either adds to the score or names a track, not both")
        for name, partner in (("add", "when"), ("when", "add"), ("track", "from"), ("from", "track")):
            if name in row and f"{path}.{partner}" not in notes.lines:
                notes.wrong(path, "missing", f"{path}: {partner} is missing beside {name}")


def _holidays(file: File, notes: Notes) -> None:
    for pattern in ("holidays", "locations.*.holidays"):
        for path, holidays in at(file, pattern, notes):
            for day in sorted(set(filter(None, holidays.get("closed", ()))) & set(holidays.get("half_days", {}))):
                notes.wrong(f"{path}.half_days.{day}", "hours", f"{day} is both closed and a half day")


def _numbers(file: File, notes: Notes) -> None:
    seen: dict[str, str] = {}
    for path, number in at(file, "senders.*.number", notes):
        if number in seen:
            notes.wrong(path, "value", f"{path} is the number of {seen[number]} already")
        seen.setdefault(number, path.split(".")[1])


def _help_phone(file: File, notes: Notes) -> None:
    if "help" not in notes.lines or "help.phone" in notes.lines:
        return
    for pattern in TEXTS:
        for path, words in texts(file, pattern, notes):
            if any("help_phone" in text for text in words.values()):
                notes.wrong(path, "template", f"{path} names help_phone, but the clinic has no help.phone")


def _who_gets_what(file: File, notes: Notes) -> None:
    """The first sequence whose `for` matches wins: one must match everyone, and none can follow that one."""
    everyone = None
    follows = {then for _, then in at(file, "sequences.*.then", notes)}
    for path, sequence in at(file, "sequences.*", notes):
        if not sequence.get("for") and path.split(".")[1] in follows:
            continue  # it is nobody's first, but what follows another
        if everyone:
            why = f"{path} is never chosen: {everyone} before it takes every lead"
            notes.warn(path, "unreachable", why, f"put it before {everyone}, or give that one a `for`")
        elif not sequence.get("for"):
            everyone = path
    if not everyone and "sequences" in file and not any(circles(file, notes)):
        why = "no sequence is for everyone: leads that match none get a call task"
        notes.warn("sequences", "catch_all", why, "let the last one have no `for`")
    tracks = {"warm", *(track for _, track in at(file, "scoring[].track", notes))}
    for path, track in at(file, "sequences.*.for.track[]", notes):
        if track not in tracks:
            why = f"no scoring row gives the track {track!r}: this sequence gets no leads"
            notes.warn(
                path, "track", why, nearest(track, tracks) or f"add a row {{track: {track}, from: …}} to scoring"
            )


def circles(file: File, notes: Notes) -> Iterator[tuple[str, ...]]:
    """Sequences that follow each other round and round, each circle once, from its first in the file."""
    follows = {path.split(".")[1]: then for path, then in at(file, "sequences.*.then", notes)}
    told: set[str] = set()
    for key in follows:
        way = [key]
        while (then := follows.get(way[-1])) is not None and then not in way:
            way.append(then)
        if then == key and key not in told:
            told |= set(way)
            yield tuple(way)


LONGEST_ABSENCE = timedelta(days=366)
"""Beyond that somebody is not away but gone."""


def _absences(file: File, notes: Notes) -> None:
    """Who is away is one of the team, for a span that has an end."""
    for path, row in at(file, "teams.*.away[]", notes):
        people = [name for _, name in at(file, f"teams.{path.split('.')[1]}.people[]", notes)]
        if people and row.get("who") not in (*people, None):
            notes.wrong(f"{path}.who", "reference", f"{row['who']!r} is none of the team", nearest(row["who"], people))
        if {"from", "until"} <= set(row) and not timedelta() <= row["until"] - row["from"] <= LONGEST_ABSENCE:
            notes.wrong(f"{path}.until", "value", f"{path} must end after it begins, and within a year")


def _escalations(file: File, notes: Notes) -> None:
    """A question goes on to a team, or to a person that a team names."""
    people = {person for _, person in at(file, "teams.*.people[]", notes)}
    known = (*_keys("teams", notes), *sorted(people))
    for path, to in at(file, "playbook.*.escalate.to", notes):
        if to not in known:
            notes.wrong(path, "reference", f"there is no team and no person {to!r}", nearest(to, known))


def _booking_urls(file: File, notes: Notes) -> None:
    if not any("booking_url" in place for _, place in at(file, "locations.*", notes)):
        notes.warn("locations", "booking_url", "no location has a booking_url: who answers YES gets a link to nowhere")


def _emails(file: File, notes: Notes) -> None:
    """An e-mail needs a server that takes it, and somebody to answer to; who logs in needs both name and word."""
    for path, _ in at(file, "sequences.*.steps[].email", notes):
        if "smtp" not in notes.lines:
            why = f"{path}: the clinic has no smtp, so staff get an email_follow_up task instead"
            notes.warn(path, "smtp", why, "add smtp: {host: …, from: …}")
    if "smtp" not in file:
        return
    for name, partner in (("user", "password"), ("password", "user")):
        if name in file["smtp"] and f"smtp.{partner}" not in notes.lines:
            notes.wrong("smtp", "missing", f"smtp: {partner} is missing beside {name}")
    if "help.email" not in notes.lines:
        notes.warn("smtp", "reply_to", "without help.email, who answers an e-mail writes to smtp.from: is it read?")


def _consent_words(file: File, notes: Notes) -> None:
    """A form without words on file is a form whose people are called, not texted."""
    for path, source in at(file, "sources.*", notes):
        if not source.get("consent_text") and f"{path}.consent_text" not in notes.lines:
            notes.warn(path, "consent", f"{path} has no consent_text: nobody who comes by this form is ever texted")


def _question(file: File, notes: Notes) -> None:
    """One question, asked by a step, whose answers mean nothing else."""
    steps, elsewhere = _naming("question", file, notes)
    for path in elsewhere:
        notes.wrong(path, "template", f"{path} names question: only the text of a step asks it")
    if "question" not in file:
        for path in steps:
            notes.wrong(path, "template", f"{path} names question, but the clinic has none")
        return
    if not steps:
        notes.warn("question", "unused", "no step's text says {{ question }}: it is never asked")
    asked = file["question"]
    for value, others in asked.get("values", {}).items():
        _answer(f"question.values.{value}", asked.get("field"), value, others, notes)


def _answer(path: str, field: str | None, value: str, others: tuple[str, ...], notes: Notes) -> None:
    place = path if path in notes.lines else "question.values"
    section = f"{field}s" if field in ("service", "location") else "languages" if field == "language" else None
    if section and section in notes.lines and value not in _keys(section, notes) and section != "languages":
        notes.wrong(place, "reference", f"there is no {field} {value!r}", nearest(value, _keys(section, notes)))
    for word in (value, *filter(None, others)):
        read = read_reply(word)
        if read.certainty == "sure" and read.intent is not Intent.OTHER:
            notes.wrong(place, "value", f"{word!r} is no answer to the question: it is read as {read.intent}")


def _time_options(file: File, notes: Notes) -> None:
    if "time_options" not in file:
        for path in (path for paths in _naming("time_options", file, notes) for path in paths):
            notes.wrong(path, "template", f"{path} names time_options, but the clinic has none")


def _naming(variable: str, file: File, notes: Notes) -> tuple[list[str], list[str]]:
    """Where texts name a variable: in texts of steps, and elsewhere."""
    found: tuple[list[str], list[str]] = ([], [])
    for pattern in TEXTS:
        for path, words in texts(file, pattern, notes):
            if offers.names(variable, words):
                found[pattern not in STEP_TEXTS].append(path)
    return found


def _secrets(file: File, notes: Notes) -> None:
    for pattern in SECRETS:
        for path, secret in at(file, pattern, notes):
            if not SECRET_REFERENCE.fullmatch(secret):
                notes.warn(path, "secret", f"{path} is written out: keep it in the environment, as ${{NAME}}")


def _not_yet(file: File, notes: Notes) -> None:
    for pattern, consequence in NOT_YET:
        for path, _ in at(file, pattern, notes):
            notes.warn(path, "not_yet", consequence)
