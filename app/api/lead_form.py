"""A lead as a form sends it: which fields there are, how long each may be, and the two ways to write them.

JSON, or `application/x-www-form-urlencoded` with dotted names (`consent.text`). Fields nobody asked for are
kept as `extra`. What is wrong is named by field; nothing sent is ever repeated in an error.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qsl
from zoneinfo import available_timezones

import orjson
from fastapi import Request
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    StringConstraints,
    ValidationError,
)

from app.adapters.phones import parse_us_phone
from app.api.problems import Problem, field_errors, invalid

MOST_FIELDS = 100
LARGEST_EXTRA = 16_384
DEEPEST = 20
ZONES = frozenset(available_timezones())
_STATES = """
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA
RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI
"""
STATES = frozenset(_STATES.split())
"""The states, the district and the territories, by their two letters."""

BOOLEANS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
"""How a form writes a tick; anything else is refused where a boolean is needed."""

Form = TypeVar("Form", bound=BaseModel)

TICKED = ("test", "consent.sms")
"""Form fields that are booleans."""

NESTED = ("consent", "utm")
"""Form fields whose dotted names make an object."""


def _empty_is_none(value: object) -> object:
    """Forms send every field they show; an empty one says nothing."""
    return None if isinstance(value, str) and not value.strip() else value


def _a_phone(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('must be a string such as "+13125550123"')
    return parse_us_phone(value)


def _a_list(value: object) -> object:
    if isinstance(value, str):
        return (value,) if value.strip() else ()
    return () if value is None else value


def _a_zone(value: str) -> str:
    if value not in ZONES:
        raise ValueError("is not a time zone; send an IANA name such as America/Chicago")
    return value


def _a_state(value: str) -> str:
    if value.upper() not in STATES:
        raise ValueError("is not a US state; send its two letters, such as IL")
    return value.upper()


def _in_reach(value: AwareDatetime) -> AwareDatetime:
    if not 2000 <= value.year <= 2100:
        raise ValueError("is out of reach; send a moment such as 2026-11-24T16:00:00Z")
    return value


def _up_to(longest: int, pattern: str | None = None) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, max_length=longest, pattern=pattern)


BLANK = BeforeValidator(_empty_is_none)
Key = Annotated[Annotated[str, _up_to(100)] | None, BLANK]
Label = Annotated[Annotated[str, _up_to(50)] | None, BLANK]
Email = Annotated[Annotated[str, _up_to(254, r"^[^@\s]+@[^@\s]+$")] | None, BLANK]
Zip = Annotated[Annotated[str, _up_to(10, r"^\d{5}(-?\d{4})?$")] | None, BLANK]
Address = Annotated[Annotated[str, _up_to(2000)] | None, BLANK]
Message = Annotated[Annotated[str, _up_to(5000)] | None, BLANK]
ExternalId = Annotated[Annotated[str, _up_to(255)] | None, BLANK]
Moment = Annotated[Annotated[AwareDatetime, AfterValidator(_in_reach)] | None, BeforeValidator(_empty_is_none)]
Phone = Annotated[str, BeforeValidator(_a_phone, json_schema_input_type=str)]
OptionalPhone = Annotated[Phone | None, BLANK]
Zone = Annotated[Annotated[str, AfterValidator(_a_zone)] | None, BeforeValidator(_empty_is_none)]
State = Annotated[Annotated[str, AfterValidator(_a_state)] | None, BeforeValidator(_empty_is_none)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ConsentIn(BaseModel):
    """What the person agreed to, in the exact words shown. Without `sms` true and the words, nobody is texted."""

    model_config = ConfigDict(extra="allow")

    sms: StrictBool = False
    text: Annotated[str, StringConstraints(max_length=5000)] | None = None
    at: Moment = None
    method: Label = None
    url: Address = None
    ip: Key = None
    user_agent: Address = None
    certificate: Address = None


class LeadIn(BaseModel):
    """A person who asks for an appointment."""

    model_config = ConfigDict(extra="allow")

    first_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    phone: Phone
    last_name: Key = None
    email: Email = None
    language: Label = None
    zip: Zip = None
    state: State = None
    timezone: Zone = None
    service: Key = None
    location: Key = None
    preferred_times: Annotated[
        tuple[Line, ...], BeforeValidator(_a_list, json_schema_input_type=str | list[str] | None)
    ] = ()
    message: Message = None
    utm: dict[Annotated[str, StringConstraints(max_length=100)], Address] | None = None
    external_id: ExternalId = None
    test: StrictBool = False
    request: Annotated[Literal["appointment", "call", "information"] | None, BeforeValidator(_empty_is_none)] = None
    preferred_channel: Annotated[Literal["sms", "call", "email"] | None, BeforeValidator(_empty_is_none)] = None
    consent: ConsentIn | None = None

    def extra(self) -> dict[str, Any]:
        """The fields nobody asked for, those inside `consent` too; raises `Problem` when too much to keep."""
        found = dict(self.model_extra or {})
        if self.consent is not None and self.consent.model_extra:
            found["consent"] = self.consent.model_extra
        return _kept(found) if found else found

    def canonical(self) -> bytes:
        """The parsed fields in one writing, to tell whether two submissions say the same."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def _kept(extra: dict[str, Any]) -> dict[str, Any]:
    try:
        raw = orjson.dumps(extra)
    except TypeError:  # a number beyond 64 bits
        raise invalid([("body", "has an unknown field with a number too large to keep")]) from None
    if _depth(extra) > DEEPEST:
        raise invalid([("body", f"has an unknown field of more than {DEEPEST} levels")])
    if len(raw) > LARGEST_EXTRA or len(extra) > MOST_FIELDS:
        raise invalid([("body", f"has unknown fields of more than {LARGEST_EXTRA} bytes in all")])
    kept: dict[str, Any] = orjson.loads(raw)
    return kept


def _depth(value: object) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, parts), default=0)


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
        found = error.errors(include_input=False, include_url=False, include_context=False)
        if found[0]["type"] == "json_invalid":
            raise _unreadable("It is not valid JSON in UTF-8.") from None
        if not found[0]["loc"]:
            raise invalid([("body", "must be an object")]) from None
        raise invalid(dict(field_errors(found, known=_known_part)).items()) from None


def _known_part(place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of an error's place that is a name of ours; names inside `utm` are the sender's."""
    return place[:1] if place[0] == "utm" else place
