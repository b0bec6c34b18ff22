"""What a person wrote for a simulation: leads as `POST /leads` takes them, and replies that come some time later.

Both are JSON Lines; leads may also be one JSON document, an object or a list. Every mistake is named with its
place, all at once, and never repeats a value.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from app.adapters.clinic_file.times import span_of
from app.adapters.form_errors import FormError, errors_of
from app.adapters.lead_form import LeadIn, captured_facts
from app.domain.calendar import NeverOpen, planned_at
from app.domain.clinic import Clinic, Span

MOST_MISTAKES = 20
"""Mistakes told at most; a file with more of them has one cause."""


class BadScript(ValueError):
    """A file that cannot be used; the text has a line for each mistake."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A lead that comes in at a moment. `name` is what lines and replies call it: its external id, or its number.

    `clinic` is whose form it was, where that is not the first clinic's.
    """

    name: str
    at: datetime
    form: LeadIn
    clinic: str | None = None


@dataclass(frozen=True, kw_only=True)
class Said:
    """Words that a lead writes at a moment."""

    form: Form
    at: datetime
    text: str


Piece = TypeVar("Piece")


def read_leads(
    raw: bytes, file: str, clinic: Clinic, source: str | None, at: datetime, beside: Sequence[Clinic] = ()
) -> list[Form]:
    """The leads of a file, all of which come in at one moment; raises `BadScript`.

    With clinics `beside`, a lead may say which it comes to: `"clinic": "oak"`; else it comes to the first.
    """
    pieces = list(_pieces(raw, "lead"))
    names: dict[str, bytes] = {}
    clinics = {one.key: one for one in (clinic, *beside)}

    def read(number: int, piece: bytes) -> Form | None:
        form = LeadIn.model_validate_json(piece)
        whose = _clinic_of(form, clinics) if beside else clinic
        captured_facts(form, whose, source_at(whose, source) if beside else source, received=at)
        name = form.external_id or str(number)
        if names.setdefault(name, form.canonical()) != form.canonical():
            raise FormError([("external_id", "is that of an earlier lead, with another body")])
        return Form(name=name, at=at, form=form, clinic=whose.key)

    found = _all_right(file, pieces, read)
    if not found:
        raise BadScript(f"{file}: there is no lead in it")
    return list({one.name: one for one in reversed(found)}.values())[::-1]


def _clinic_of(form: LeadIn, clinics: dict[str, Clinic]) -> Clinic:
    named = (form.model_extra or {}).get("clinic", next(iter(clinics)))
    if named not in clinics:
        raise FormError([("clinic", f"is not known here; known are: {', '.join(clinics)}")])
    return clinics[named]


def source_at(clinic: Clinic, wanted: str | None) -> str | None:
    """The source that leads come by at a clinic: the one asked for if it has that, else its first."""
    return wanted if wanted in clinic.sources else next(iter(clinic.sources), None)


def read_replies(raw: bytes, file: str, clinic: Clinic, forms: Sequence[Form]) -> list[Said]:
    """The replies of a file, `{"lead", "after", "text"}` a line; raises `BadScript`.

    `lead` is a lead's external id, or its number from 1; `after` is counted from its capture, as a clinic file
    writes spans (`90m`, `2h`, `1 business day`) or in seconds.
    """
    by_name = {one.name: one for one in forms}

    def read(_: int, piece: bytes) -> Said:
        given = orjson.loads(piece)
        if not isinstance(given, dict):
            raise FormError([("reply", 'must be an object with "lead", "after" and "text"')])
        form = _whose(given.get("lead"), by_name, forms)
        text = given.get("text")
        if not isinstance(text, str):
            raise FormError([("text", "must be a string")])
        return Said(form=form, at=_moment(given.get("after"), form, clinic), text=text)

    return _all_right(file, list(_pieces(raw, "reply")), read)


def _whose(name: Any, by_name: dict[str, Form], forms: Sequence[Form]) -> Form:
    found = by_name.get(str(name)) if isinstance(name, str | int) else None
    if found is None and isinstance(name, str | int) and str(name).isdecimal() and 0 < int(name) <= len(forms):
        found = forms[int(name) - 1]
    if found is None:
        raise FormError([("lead", f"is neither the external_id of a lead nor its number, 1 to {len(forms)}")])
    return found


def _moment(after: Any, form: Form, clinic: Clinic) -> datetime:
    if isinstance(after, int | float) and not isinstance(after, bool) and 0 <= after < 10**9:
        return form.at + timedelta(seconds=after)
    span = span_of(after) if isinstance(after, str) else None
    if span is None:
        raise FormError([("after", "must be a duration such as 15m, 2h, 3d or 1 business day")])
    return _later(form, span, clinic)


def _later(form: Form, span: Span, clinic: Clinic) -> datetime:
    try:
        return planned_at(clinic.hours_of(form.form.location), form.at, span, None)
    except NeverOpen:
        raise FormError([("after", "counts business days, and the clinic has none")]) from None


# -- pieces of a file --------------------------------------------------------------------------


def _pieces(raw: bytes, what: str) -> Iterator[tuple[str, bytes]]:
    """Each JSON value of a file with its place: `:3` for a line, `: lead 3` in a list."""
    whole = _whole(raw)
    if isinstance(whole, list):
        yield from ((f": {what} {number}", orjson.dumps(one)) for number, one in enumerate(whole, 1))
    elif whole is not None:
        yield ":1", raw
    else:
        yield from ((f":{number}", line) for number, line in enumerate(raw.splitlines(), 1) if line.strip())


def _whole(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _all_right(
    file: str, pieces: Sequence[tuple[str, bytes]], read: Callable[[int, bytes], Piece | None]
) -> list[Piece]:
    """Every piece read; raises `BadScript` with all mistakes when there is one."""
    found: list[Piece] = []
    mistakes: list[str] = []
    for number, (place, piece) in enumerate(pieces, 1):
        try:
            one = read(number, piece)
        except (FormError, ValidationError, orjson.JSONDecodeError) as error:
            mistakes.append(f"{file}{place}: {_said(error)}")
        else:
            if one is not None:
                found.append(one)
    if mistakes:
        more = [f"and {len(mistakes) - MOST_MISTAKES} more"] if len(mistakes) > MOST_MISTAKES else []
        raise BadScript("\n".join(mistakes[:MOST_MISTAKES] + more))
    return found


def _said(error: Exception) -> str:
    if isinstance(error, orjson.JSONDecodeError):
        return "is not JSON"
    if isinstance(error, ValidationError):
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            return "is not JSON"
        error = FormError(errors_of(error))
    return str(error)
