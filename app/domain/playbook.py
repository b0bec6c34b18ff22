"""The playbook: ready answers of the clinic, filled in for one lead and offered to a coordinator, the best first.

A play is suggested when one of its `when` words stands in the lead's own words: as a whole word or phrase, whatever
its case, accents or plural, or as a word so like it that it is a slip of the thumb. Plays of the task's own team come
first, then those that match better. Nothing here is sent by itself: a person chooses, and the gate judges.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from app.domain.clinic import Clinic, Escalation, Play
from app.domain.wording import WordingError, clean_name, pick, plain, render

ALIKE = 85.0
"""Similarity (0 to 100) from which a word of the lead counts as a misspelt word of the play."""

SHORTEST_MISSPELT = 5
"""Letters below which two words are too easily alike: `cost` and `most`."""


@dataclass(frozen=True)
class Suggestion:
    """A ready answer: the playbook's key and the text as it would be sent."""

    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """What a play may say about the person it answers; all may be unknown."""

    first_name: str | None = None
    service: str | None = None
    location: str | None = None
    language: str | None = None
    token: str | None = None


def suggest(clinic: Clinic, about: str, addressee: Addressee, team: str | None = None) -> tuple[Suggestion, ...]:
    """The plays whose words occur in `about`, the best first; one that cannot be filled in is left out."""
    found = (Suggestion(play.key, _filled(clinic, play, addressee)) for play in ranked(clinic, about, team))
    return tuple(suggestion for suggestion in found if suggestion.text)


def answer(clinic: Clinic, key: str, addressee: Addressee) -> str | None:
    """The text of one play for this person; None when the clinic has no such play or it cannot be filled in."""
    play = next((play for play in clinic.playbook if play.key == key), None)
    return (_filled(clinic, play, addressee) or None) if play else None


def escalation(clinic: Clinic, about: str, team: str | None = None) -> Escalation | None:
    """What the best play that fits says of a question nobody answers; None when none says anything."""
    if not any(play.escalate for play in clinic.playbook):
        return None
    return next((play.escalate for play in ranked(clinic, about, team) if play.escalate), None)


# --- which plays fit ---------------------------------------------------------------------------------------


def ranked(clinic: Clinic, about: str, team: str | None = None) -> list[Play]:
    """The plays that fit these words: those of the team first, then by how well they match, then in file order."""
    said = Said(about)
    scored = [(play, said.fit(play.when)) for play in clinic.playbook]
    fitting = [(play, score) for play, score in scored if score > 0]
    fitting.sort(key=lambda one: (team is None or one[0].team != team, -one[1]))
    return [play for play, _ in fitting]


def says_any(words: Iterable[str], about: str) -> bool:
    """Whether one of these words or phrases stands in the text, as a whole."""
    said = Said(about)
    return any(said.has(word) for word in words)


class Said:
    """What somebody wrote, folded, and its words; made once for all the words it is searched for."""

    def __init__(self, about: str) -> None:
        self.text = _folded(about)
        self.words = {word for word in re.findall(r"\w+", self.text) if len(word) >= SHORTEST_MISSPELT - 1}

    def has(self, word: str) -> bool:
        """Whether this word or phrase stands there as a whole, in any case, with or without a plural s."""
        return _pattern(word).search(self.text) is not None

    def fit(self, when: Iterable[str]) -> float:
        """How well the words of a play match: a point for each that stands there, less for a misspelt one.

        Every further word of a phrase counts half a point more, so that "how much" beats "much".
        """
        return sum(self._likeness(word) * (1 + word.count(" ") / 2) for word in when)

    def _likeness(self, word: str) -> float:
        """1 for a word or phrase that stands there; for a single word else half its similarity to the nearest, or 0."""
        if self.has(word):
            return 1.0
        if " " in word or len(word) < SHORTEST_MISSPELT:
            return 0.0
        nearest = process.extractOne(_row_word(word), self.words, scorer=fuzz.ratio, score_cutoff=ALIKE)
        return nearest[1] / 200 if nearest else 0.0


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    """How a word of a row is found. Remembered, for rows are few; what people wrote never is."""
    return re.compile(rf"(?<!\w){re.escape(_folded(word))}(?:e?s)?(?!\w)")


@lru_cache(maxsize=4096)
def _row_word(word: str) -> str:
    return _folded(word)


def _folded(text: str) -> str:
    """Lower case, without accents: what people leave out on a phone."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


# --- what they say -----------------------------------------------------------------------------------------


def _filled(clinic: Clinic, play: Play, addressee: Addressee) -> str:
    try:
        template = pick(play.say, addressee.language, clinic.languages)
        return plain(render(template, _variables(clinic, addressee)))
    except WordingError:
        return ""


def _variables(clinic: Clinic, addressee: Addressee) -> Mapping[str, str]:
    service = clinic.services.get(addressee.service or "")
    location = clinic.locations.get(addressee.location or "")
    known = {
        "first_name": clean_name(addressee.first_name or ""),
        "clinic_name": clinic.name,
        "help_phone": clinic.help_phone or "",
        "service": service.public_label if service else None,
        "location": location.name if location else None,
        "booking_link": f"{clinic.public_url}/b/{addressee.token}" if addressee.token else None,
        "intake_link": clinic.intake_link,
    }
    # What is unknown stays undefined, so that a play which needs it is not offered with a hole.
    return {name: value for name, value in known.items() if value is not None}
