"""A choice by number instead of a link: what is offered, how it is written, and which of it a reply picks.

An offer is of times (the clinic's `time_options`) or, before that, of places when several would do. A reply picks
something only if it says nothing else: a number, "the first one", or words of one choice that no other has. Whatever
says more is not a choice but a wish, and is read as any other reply.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, time
from functools import lru_cache

from app.domain.clinic import Clinic, Location, Words
from app.domain.contact import Lead
from app.domain.talk import Offer

LIVES = 24
"""An offer is stale after so many of the clinic's reply windows: a day where the window is an hour."""

MOST = 9
"""More choices than one digit can name are no choice."""


def names(variable: str, words: Words) -> bool:
    """Whether a text of the clinic, in any language, names this variable."""
    return any(re.search(rf"{{[{{%][^}}]*\b{variable}\b", template) for template in words.values())


def named_in(words: Words) -> bool:
    """Whether a text of the clinic offers times."""
    return names("time_options", words)


def instead_of_a_link(clinic: Clinic, lead: Lead) -> bool:
    """Whether YES is answered by a choice: there are times to choose, and no link is wanted or would lead anywhere.

    The clinic wants none when its own `answers.booking_link` names `time_options`; the person wants none when the
    form said `links: no`; a link leads nowhere when the lead's location, or every location, has no `booking_url`.
    """
    if not clinic.time_options:
        return False
    if named_in(clinic.answers.get("booking_link", {})):
        return True
    extra = lead.facts.get("extra")
    refused = isinstance(extra, dict) and str(extra.get("links")).casefold() in ("no", "false")
    return refused or not _leads_somewhere(clinic, lead)


def _leads_somewhere(clinic: Clinic, lead: Lead) -> bool:
    place = clinic.locations.get(lead.location or "")
    return any(one.booking_url for one in ([place] if place else where(clinic, lead.service)))


def where(clinic: Clinic, service: str | None) -> tuple[Location, ...]:
    """The places that offer a service, in the file's order; of one that nobody knows, all."""
    wanted = clinic.services.get(service or "")
    return tuple(one for one in clinic.locations.values() if not wanted or one.key in (wanted.locations or (one.key,)))


def booking_url(clinic: Clinic, location: str | None, service: str | None) -> str | None:
    """Where a lead books: its location's page, else the first of those that offer its service, else the first."""
    named = clinic.locations.get(location or "")
    likely = (*((named,) if named else ()), *where(clinic, service), *clinic.locations.values())
    return next((place.booking_url for place in likely if place.booking_url), None)


def places(clinic: Clinic, lead: Lead) -> tuple[Location, ...]:
    """The places to choose from: none when the form named one, or only one offers the service."""
    fitting = () if lead.location in clinic.locations else where(clinic, lead.service)
    return fitting[:MOST] if len(fitting) > 1 else ()


def times(clinic: Clinic) -> tuple[str, ...]:
    """The keys of the times to choose from, as the clinic file has them."""
    return tuple(clinic.time_options)[:MOST]


def label(clinic: Clinic, key: str, language: str | None) -> str:
    """A time's name in the lead's language: `weekday mornings / mañanas` has one name a language, in their order."""
    names = [name.strip() for name in key.split(" / ")]
    spoken = (language or "").strip().casefold()[:2]
    place = next((at for at, one in enumerate(clinic.languages) if one[:2] == spoken), 0)
    return names[place] if place < len(names) else names[0]


def numbered(labels: Iterable[str]) -> str:
    """`1 weekday mornings, 2 afternoons`: how a choice stands in a text."""
    return ", ".join(f"{number} {name}" for number, name in enumerate(labels, 1))


def labels_of(clinic: Clinic, offer: Offer, language: str | None) -> tuple[str, ...]:
    """The choices of an offer as they were written."""
    if offer.of == "times":
        return tuple(label(clinic, key, language) for key in offer.choices)
    return tuple(clinic.locations[key].name if key in clinic.locations else key for key in offer.choices)


# -- what a reply picks --------------------------------------------------------------------------

_COURTESIES = (
    "the a an one ones option number please pls plz thanks thank you thx ok okay yes yeah yep sure i id ill we would"
    " will like love prefer want choose pick take me my us for at in on of is are be it its that works work good great"
    " fine best better perfect ideal any anytime time times slot location office clinic place"
    " la el las los lo un una opcion numero por favor porfa gracias si quiero prefiero elijo escojo para mi me nos"
    " en de es esta entre bien mejor perfecto conviene seria clinica consultorio horario hora horas"
)
_FILLERS = frozenset(_COURTESIES.split())
_OF_CLOCKS = frozenset({"at", "for", "las", "para", "a"})
"""Beside these a number is an hour, or so many people."""

_ORDINALS = {
    **dict.fromkeys(("1st", "first", "primera", "primero", "primer", "uno"), 1),
    **dict.fromkeys(("2nd", "second", "segunda", "segundo", "two", "dos"), 2),
    **dict.fromkeys(("3rd", "third", "tercera", "tercero", "tercer", "three", "tres"), 3),
    **dict.fromkeys(("4th", "fourth", "cuarta", "cuarto", "four", "cuatro"), 4),
    **dict.fromkeys(("5th", "fifth", "quinta", "quinto", "five", "cinco"), 5),
    **dict.fromkeys(("last", "ultima", "ultimo"), -1),
}
_SAME = {
    "manana": "morning",
    "tarde": "afternoon",
    "noche": "evening",
    "night": "evening",
    "am": "morning",
    "norte": "north",
    "sur": "south",
    "este": "east",
    "oeste": "west",
    "centro": "downtown",
    "semana": "weekday",
    "weeknight": "weekday",
    "sabado": "saturday",
    "sat": "saturday",
    "domingo": "sunday",
    "lune": "monday",
    "mon": "monday",
    "marte": "tuesday",
    "tue": "tuesday",
    "miercole": "wednesday",
    "wed": "wednesday",
    "jueve": "thursday",
    "thur": "thursday",
    "thu": "thursday",
    "vierne": "friday",
    "fri": "friday",
}
"""Words that choices and replies may use for one another, without a plural's s."""


def pick(labels: Sequence[str], words: str) -> int | None:
    """The index of the choice that a reply makes and says nothing beyond; None when it picks none, or several."""
    said = [word for word in spoken(words) if word not in _FILLERS] or [w for w in spoken(words) if w in ("one", "uno")]
    numbers = {_number(word, len(labels)) for word in said}
    if len(numbers) == 1 and None not in numbers and _OF_CLOCKS.isdisjoint(spoken(words)):
        return numbers.pop()
    return _by_words(labels, said)


def _number(word: str, many: int) -> int | None:
    ordinal = int(word) if word.isascii() and word.isdecimal() else 1 if word == "one" else _ORDINALS.get(word)
    if ordinal == -1:
        ordinal = many
    return ordinal - 1 if ordinal is not None and 1 <= ordinal <= many else None


def _by_words(labels: Sequence[str], said: Sequence[str]) -> int | None:
    wanted = {_plain(word) for word in said}
    each = [{_plain(word) for word in spoken(name)} for name in labels]
    if not wanted or not wanted <= set().union(*each):
        return None
    holding = [index for index, choice in enumerate(each) if wanted <= choice]
    return holding[0] if len(holding) == 1 else None


def _plain(word: str) -> str:
    single = word.removesuffix("s") if len(word) > 3 else word
    return _SAME.get(single, single)


@lru_cache(maxsize=4096)
def spoken(words: str) -> tuple[str, ...]:
    """The words of a message, plainly: small letters and digits, no accents, apostrophes or punctuation."""
    bare = unicodedata.normalize("NFKD", words.casefold().replace("'", "").replace("’", ""))
    return tuple(re.findall(r"[a-z0-9]+", "".join(c for c in bare if not unicodedata.combining(c))))


# -- which of the clinic's times a wish fits -----------------------------------------------------

Window = tuple[date | int | None, time, time]
"""A stretch that would suit: a date, a weekday (Monday is 0) or any day; from, until."""


def fitting(clinic: Clinic, windows: Iterable[Window]) -> tuple[str, ...]:
    """The clinic's times that share some stretch with one of these windows, in the file's order."""
    wanted = list(windows)
    return tuple(key for key, week in clinic.time_options.items() if any(_meets(week, one) for one in wanted))


def _meets(week: Sequence[Sequence[tuple[time, time]]], window: Window) -> bool:
    day, opens, closes = window
    weekday = day.weekday() if isinstance(day, date) else day
    days = range(7) if weekday is None else (weekday,)
    return any(begin < closes and opens < end for number in days for begin, end in week[number])
