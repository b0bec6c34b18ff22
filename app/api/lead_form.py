"""Reading a form's body at a door: JSON, or `application/x-www-form-urlencoded` with dotted names (`consent.text`).

What the fields are is in `app/adapters/lead_form.py`. What is wrong is named by field; nothing sent is ever
repeated in an error.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from app.adapters.form_errors import errors_of
from app.adapters.lead_form import MOST_FIELDS
from app.api.problems import Problem, invalid

Form = TypeVar("Form", bound=BaseModel)

BOOLEANS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
"""How a form writes a tick; anything else is refused where a boolean is needed."""

TICKED = ("test", "consent.sms", "consent.prechecked")
"""Form fields that are booleans."""

NESTED = ("consent", "utm")
"""Form fields whose dotted names make an object."""


async def read_form(request: Request, form: type[Form]) -> Form:
    """The body as this form; raises `Problem`: 400 unreadable, 415 of another kind, 422 with the fields to blame."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw = await request.body()
    if kind == "application/json" or kind.endswith("+json"):
        return parse_json(raw, form)
    if kind == "application/x-www-form-urlencoded":
        return _validated(lambda: form.model_validate(_nested(form_pairs(raw))))
    raise Problem(415, "Send JSON", "Content-Type must be application/json or application/x-www-form-urlencoded.")


def parse_json(raw: bytes, form: type[Form]) -> Form:
    """JSON bytes as this form; raises `Problem`. Of a key written twice, the last counts."""
    if b"\\u0000" in raw and "\0" in _strings(_loaded(raw)):
        raise _unreadable("It holds a NUL character, which no field may.")
    return _validated(lambda: form.model_validate_json(raw))


def form_pairs(raw: bytes, most: int = MOST_FIELDS, *, nul: bool = False) -> list[tuple[str, str]]:
    """The (name, value) pairs of a urlencoded body, in order; raises `Problem` 400 when it is none.

    A NUL is refused unless the caller takes it out itself.
    """
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=most)
    except UnicodeDecodeError:
        raise _unreadable("It is not UTF-8.") from None
    except ValueError:
        raise _unreadable(f"It has more than {most} fields.") from None
    if not nul and any("\0" in name or "\0" in value for name, value in pairs):
        raise _unreadable("It holds a NUL character, which no field may.")
    return pairs


def _unreadable(detail: str) -> Problem:
    return Problem(400, "The body cannot be read", detail)


def _loaded(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None  # not JSON: the form's own parser says so better


def _strings(value: object) -> str:
    """Every string in a JSON value, names too, end to end."""
    if isinstance(value, dict):
        return "".join(_strings(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return "".join(map(_strings, value))
    return value if isinstance(value, str) else ""


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Pairs as the object that JSON would have been; a name given twice is a list for `preferred_times`."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        head, dot, tail = name.partition(".")
        written: object = BOOLEANS.get(value.strip().lower(), value) if name in TICKED else value
        if dot and head in NESTED:
            inner = found[head] = found[head] if isinstance(found.get(head), dict) else {}
            inner[tail] = written
        elif name == "preferred_times":
            found.setdefault(name, []).append(value)
        else:
            found[name] = written
    return found


def _validated(build: Callable[[], Form]) -> Form:
    try:
        return build()
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise _unreadable("It is not valid JSON in UTF-8.") from None
        raise invalid(errors_of(error)) from None
