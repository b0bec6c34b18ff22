"""Fields that conditions name: one that is nearly a known one is probably a slip, and its condition never met.

A form may have any field of its own, so no name is wrong; what is written almost like a known one is told.
"""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from app.adapters.clinic_file.page import Notes
from app.adapters.clinic_file.references import at
from app.domain.conditions import FORM_FIELDS, OWN_FIELDS

PLACES = ("sequences.*.for", "sequences.*.steps[].if", "sequences.*.steps[].unless", "scoring[].when")
"""Where conditions stand."""

FORM = (
    OWN_FIELDS
    | FORM_FIELDS
    | {"first_name", "last_name", "phone", "email", "timezone", "message", "external_id", "utm", "test", "consent"}
)
"""The fields that every form may send."""

CAMPAIGN = ("source", "medium", "campaign", "term", "content", "id")
"""What links of campaigns carry, as `utm_source` and so on."""

ALIKE = 0.8
"""How much of two names must be the same for one to be a slip of the other."""


def check(file: Mapping[str, Any], notes: Notes) -> None:
    """Notes every field that is almost a known one."""
    own = {name for _, name in at(file, "question.field", notes)}
    for path, asked in (each for place in PLACES for each in at(file, place, notes)):
        for name, written, known in _named(asked, own):
            if meant := _slip(written, known):
                start = name.rpartition(".")[0]
                why = f"{path} asks for {name}{'' if start else f' {written}'}, a field that no form is known to send"
                notes.warn(f"{path}.{name}", "field", why, f"{start}.{meant}" if start else meant)


def _named(asked: Mapping[str, Any], own: Collection[str]) -> Iterator[tuple[str, str, Collection[str]]]:
    """Every field that conditions name: the condition, the field, and the fields known there."""
    for field in asked.get("has", ()):
        yield "has", field or "", {*FORM, *own}
    for name in asked:
        start, _, field = name.partition(".")
        if start in ("utm", "extra"):
            yield name, field, CAMPAIGN if start == "utm" else own


def _slip(written: str, known: Collection[str]) -> str | None:
    """The known field that was probably meant; None for a known one, and for one that is like none."""
    alike = () if written in known else get_close_matches(written, sorted(known), n=1, cutoff=ALIKE)
    return alike[0] if alike else None
