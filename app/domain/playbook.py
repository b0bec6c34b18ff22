"""The playbook: ready answers of the clinic, filled in for one lead and offered to a coordinator.

A play is suggested when one of its `when` words stands in the lead's own words, as a whole word (or phrase),
whatever its case. Nothing here is sent by itself: a person chooses, and the gate judges.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.clinic import Clinic, Play
from app.domain.wording import WordingError, clean_name, pick, plain, render


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


def suggest(clinic: Clinic, about: str, addressee: Addressee) -> tuple[Suggestion, ...]:
    """The plays whose words occur in `about`, in the playbook's order; one that cannot be filled in is left out."""
    words = about.casefold()
    found = (Suggestion(play.key, _filled(clinic, play, addressee)) for play in clinic.playbook if _fits(play, words))
    return tuple(suggestion for suggestion in found if suggestion.text)


def answer(clinic: Clinic, key: str, addressee: Addressee) -> str | None:
    """The text of one play for this person; None when the clinic has no such play or it cannot be filled in."""
    play = next((play for play in clinic.playbook if play.key == key), None)
    return (_filled(clinic, play, addressee) or None) if play else None


def _fits(play: Play, words: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", words) for word in play.when)


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
