"""Single values: how a key, a phone number, a place, a link and a text are written in a clinic file.

Each reader takes a spot on the page and gives back the value, or raises `Mistake`.
"""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from app.adapters.clinic_file.page import Mistake, Spot, nearest
from app.domain.calendar import is_zone
from app.domain.wording import ALLOWED, UnknownVariable, WordingError, render

Reader = Callable[[Spot], Any]

# fmt: off
STATES = frozenset({
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA",
    "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY", "AS", "GU", "MP", "PR", "VI",
})
# fmt: on

DEFAULT_LANGUAGE = ""
"""The language of a text that is one plain string: the clinic's first, whichever that is."""

SECRET_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def word(spot: Spot) -> str:
    """A non-empty string; numbers and dates count as the characters that were written (`zip: 60657`)."""
    written = spot.scalar("str", "int", "float", "timestamp")
    if written is None or not written.strip():
        raise Mistake("type", f"{spot.label()} must be some text")
    return written


def pattern(shape: str, what: str) -> Reader:
    """A reader of strings that match a shape wholly; `what` says in words what was expected."""
    compiled = re.compile(shape)

    def read(spot: Spot) -> str:
        written = word(spot)
        if compiled.fullmatch(written):
            return written
        raise Mistake("value", f"{spot.label()} must be {what}, not {written!r}")

    return read


key = pattern(r"[a-z0-9][a-z0-9_-]{0,62}", "a key of small letters, digits and dashes")
field = pattern(r"[a-z][a-z0-9_]{0,40}", "the name of a field in small letters, such as visit or service")
language = pattern(r"[a-z]{2,3}(-[A-Z]{2})?", "a language such as en or es")
phone = pattern(r"\+1[2-9]\d{9}", "a US phone number in E.164, such as +13125550100")
zip_code = pattern(r"\d{5}(-\d{4})?", "a ZIP code of five digits")
email = pattern(r"[^@\s{}]+@[^@\s{}]+\.[^@\s{}]+", "an e-mail address")
mailbox = pattern(
    r"[^@\s{}<>\"]+@[^@\s{}<>\"]+|[^@{}<>\",]+ <[^@\s{}<>\"]+@[^@\s{}<>\"]+>",
    "an address such as hello@clinic.example, or Name <hello@clinic.example>",
)
content_hash = pattern(r"sha256:[0-9a-f]{64}", "the hash that `leadline check` prints (sha256: and 64 digits)")
secret = pattern(r"(?!.*\$\{).+|\$\{[A-Za-z_][A-Za-z0-9_]*\}", "a reference such as ${TWILIO_AUTH_TOKEN}")


def one_of(*choices: str) -> Reader:
    """A reader of one word out of a few."""

    def read(spot: Spot) -> str:
        written = word(spot)
        if written in choices:
            return written
        message = f"{spot.label()} must be one of {', '.join(choices)}, not {written!r}"
        raise Mistake("value", message, nearest(written, choices))

    return read


def whole(least: int, most: int) -> Reader:
    """A reader of whole numbers within bounds."""

    def read(spot: Spot) -> int:
        written = spot.scalar("int")
        if written is None or not written.isdecimal() or not least <= int(written) <= most:
            raise Mistake("value", f"{spot.label()} must be a whole number from {least} to {most}")
        return int(written)

    return read


def number(least: float, most: float) -> Reader:
    """A reader of numbers within bounds."""

    def read(spot: Spot) -> float:
        written = spot.scalar("int", "float")
        try:
            if written is not None and least <= float(written) <= most:
                return float(written)
        except ValueError:  # Hexadecimals, not-a-number.
            pass
        raise Mistake("value", f"{spot.label()} must be a number from {least:.12g} to {most:.12g}")

    return read


def share(spot: Spot) -> float:
    """A part of the whole, from 0 to 1."""
    written = spot.scalar("int", "float") or (spot.scalar("str") or "").removesuffix("%").strip()
    percent = int(written) / 100 if re.fullmatch(r"\d{1,3}", written) else None
    try:
        read: float = number(0, 1)(spot)
        return read
    except Mistake as mistake:
        meant = f"{percent:g}" if percent is not None and percent <= 1 else None
        raise Mistake(mistake.rule, mistake.message, meant) from None


def flag(spot: Spot) -> bool:
    """True or false, and nothing that looks like it (YAML 1.2 knows no `yes`)."""
    written = spot.scalar("bool")
    if written is None:
        raise Mistake("type", f"{spot.label()} must be true or false")
    return written.lower() == "true"


def texts_between(spot: Spot) -> int:
    """How many texts lie between two reminders of STOP: `3`, or `3 texts`."""
    matched = re.fullmatch(r"([1-9]\d?)( texts?)?", spot.scalar("int", "str") or "")
    if matched is None:
        raise Mistake("value", f"{spot.label()} must be a number of texts, such as 3 texts")
    return int(matched[1])


# Places, links, words.


def zone(spot: Spot) -> str:
    """A time zone by its name in the zone database."""
    written = word(spot)
    if is_zone(written):
        return written
    raise Mistake("value", f"{written!r} is no known time zone", nearest(written, available_timezones()))


def state(spot: Spot) -> str:
    """A US state or territory by its two letters."""
    written = word(spot)
    if written in STATES:
        return written
    suggestion = written.upper() if written.upper() in STATES else None
    raise Mistake("value", f"{written!r} is no US state; write its two letters", suggestion)


def url(spot: Spot) -> str:
    """A full https link (http only to this machine)."""
    written = word(spot)
    if re.fullmatch(r"https://[^/\s]+(/\S*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?", written):
        return written
    raise Mistake("value", f"{spot.label()} must be a full link that starts with https://")


def template(spot: Spot) -> str:
    """One text as a template that can be filled in."""
    written = word(spot)
    try:
        render(written, dict.fromkeys(ALLOWED, "x"))
    except WordingError as error:
        meant = _variable_meant(error.names[0]) if isinstance(error, UnknownVariable) else None
        raise Mistake("template", f"{spot.label()}: {error}", meant) from None
    return written


SHORT = {
    "name": "first_name",
    "clinic": "clinic_name",
    "phone": "help_phone",
    "link": "booking_link",
    "url": "booking_link",
    "place": "location",
    "times": "time_options",
}
"""What people call a variable whose name is longer."""


def _variable_meant(name: str) -> str | None:
    return nearest(name, ALLOWED) or SHORT.get(nearest(name, SHORT) or "")


def words(spot: Spot) -> dict[str, str]:
    """A text by language; a plain string is the default language alone."""
    if not spot.is_mapping():
        return {DEFAULT_LANGUAGE: template(spot)}
    entries = spot.entries()
    if not entries:
        raise Mistake("missing", f"{spot.label()} has no text")
    return {named: text for named, one in entries.items() if (text := one.read(template)) is not None}
