"""A lead as a form writes it: which fields there are, how long each may be, and what they mean at a clinic.

Whoever takes leads in reads them here: the API's doors, and the simulator from a file. Fields nobody asked for
are kept as `extra`. What is wrong is named by field (`FormError`); nothing sent is ever repeated in an error.
"""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    StringConstraints,
)

from app.adapters.form_errors import FormError
from app.adapters.phones import parse_us_phone
from app.adapters.places import locate, read_state, read_zip
from app.domain import rehearsal
from app.domain.clinic import Clinic, Source
from app.domain.consents import STAFF, says_pre_ticked
from app.domain.events import ConsentAct
from app.domain.rehearsal import FIELD as REHEARSE

MOST_FIELDS = 100
LARGEST_EXTRA = 16_384
DEEPEST = 20
ZONES = frozenset(available_timezones())


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
    """Two letters where they can be told; a lead is not lost to a slip of the pen, whose place then is unknown."""
    return read_state(value) or value


def _a_zip(value: str) -> str:
    """The ZIP code as it was written if it is one, with a lost zero put back; else what was written, as unknown."""
    return value if len(value) > 5 else read_zip(value) or value


def _in_reach(value: AwareDatetime) -> AwareDatetime:
    if not 2000 <= value.year <= 2100:
        raise ValueError("is out of reach; send a moment such as 2026-11-24T16:00:00Z")
    return value


def _up_to(longest: int, pattern: str | None = None) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, max_length=longest, pattern=pattern)


BLANK = BeforeValidator(_empty_is_none)
Key = Annotated[Annotated[str, _up_to(100)] | None, BLANK]
Label = Annotated[Annotated[str, _up_to(50, r"^[^\x00]*$")] | None, BLANK]
Email = Annotated[Annotated[str, _up_to(254, r"^[^@\s]+@[^@\s]+$")] | None, BLANK]
Zip = Annotated[Annotated[str, _up_to(50), AfterValidator(_a_zip)] | None, BLANK]
Address = Annotated[Annotated[str, _up_to(2000)] | None, BLANK]
Message = Annotated[Annotated[str, _up_to(5000)] | None, BLANK]
ExternalId = Annotated[Annotated[str, _up_to(255)] | None, BLANK]
Moment = Annotated[Annotated[AwareDatetime, AfterValidator(_in_reach)] | None, BeforeValidator(_empty_is_none)]
Phone = Annotated[str, BeforeValidator(_a_phone, json_schema_input_type=str)]
OptionalPhone = Annotated[Phone | None, BLANK]
Zone = Annotated[Annotated[str, AfterValidator(_a_zone)] | None, BeforeValidator(_empty_is_none)]
State = Annotated[Annotated[str, _up_to(50), AfterValidator(_a_state)] | None, BLANK]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ConsentIn(BaseModel):
    """What the person agreed to, in the exact words shown. Without `sms` true and words on file, nobody is texted.

    `prechecked` says that the box was ticked beforehand; such a tick is no consent. Another field whose name says the
    same (`pre_ticked`, `default_checked`) counts like it.
    """

    model_config = ConfigDict(extra="allow")

    sms: StrictBool = False
    text: Annotated[str, StringConstraints(max_length=5000)] | None = None
    at: Moment = None
    method: Label = None
    url: Address = None
    ip: Key = None
    user_agent: Address = None
    certificate: Address = None
    language: Label = None
    prechecked: StrictBool = False

    def ticked_beforehand(self) -> bool:
        """Whether the form says so, by our name for it or by one of its own."""
        own = (self.model_extra or {}).items()
        return self.prechecked or any(says_pre_ticked(name) and _is_yes(value) for name, value in own)


def _is_yes(value: object) -> bool:
    """A field of a form's own is of any type; what does not say no says yes, for a doubtful tick is no consent."""
    return str(value).strip().casefold() not in ("", "none", "false", "off", "no", "0")


LATER_IN_CONSENT = frozenset({"language", "prechecked"})
"""Fields that an earlier release did not know: unless said, they are no part of what a key's body is compared by."""


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
        """The fields nobody asked for, those inside `consent` too; raises `FormError` when too much to keep."""
        found = dict(self.model_extra or {})
        if self.consent is not None and self.consent.model_extra:
            found["consent"] = self.consent.model_extra
        return _kept(found) if found else found

    def canonical(self) -> bytes:
        """The parsed fields in one writing, to tell whether two submissions say the same."""
        unsaid = set(LATER_IN_CONSENT - self.consent.model_fields_set if self.consent else ())
        return orjson.dumps(self.model_dump(mode="json", exclude={"consent": unsaid}), option=orjson.OPT_SORT_KEYS)


def _kept(extra: dict[str, Any]) -> dict[str, Any]:
    try:
        raw = orjson.dumps(extra)
    except TypeError:  # a number beyond 64 bits
        raise FormError([("body", "has an unknown field with a number too large to keep")]) from None
    if _depth(extra) > DEEPEST:
        raise FormError([("body", f"has an unknown field of more than {DEEPEST} levels")])
    if len(raw) > LARGEST_EXTRA or len(extra) > MOST_FIELDS:
        raise FormError([("body", f"has unknown fields of more than {LARGEST_EXTRA} bytes in all")])
    kept: dict[str, Any] = orjson.loads(raw)
    return kept


def _depth(value: object) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, parts), default=0)


REPEAT_WINDOW = timedelta(minutes=10)
"""Within this of the first, the same person asking for the same without a key is a duplicate."""

FACTS = tuple(LeadIn.model_fields.keys() - {"service", "location", "language", "utm", "consent"})
"""The fields of a form that its event takes over as they are."""

CONSENT = tuple(field.name for field in fields(ConsentAct) if field.name in ConsentIn.model_fields)


def captured_facts(
    form: LeadIn, clinic: Clinic, source_key: str | None, received: datetime | None = None
) -> dict[str, Any]:
    """What `LeadCaptured` says of this form at this clinic, but for ids, moment and token.

    `received` is the real time, to judge a consent's own time by.
    Raises `FormError` when the clinic does not know the service or the location.
    """
    source = clinic.sources.get(source_key or "")
    location = _known(form.location, "location", source, clinic.locations)
    return {
        **{name: getattr(form, name) for name in FACTS},
        "service": _known(form.service, "service", source, clinic.services),
        "location": location,
        "language": form.language or _default(source, "language"),
        "utm": form.utm or {},
        "source": source_key or STAFF,
        **_where(form, clinic, location),
        "consent": consent_act(form.consent, received=received) if form.consent else None,
        "extra": _extra(form, clinic),
    }


def _extra(form: LeadIn, clinic: Clinic) -> dict[str, Any]:
    """What is kept of a form's own fields; how a test lead asks to be rehearsed is among them, and must be right.

    A lead that is no test is never rehearsed: taken in without a word, it would be texted as a patient.
    """
    extra = form.extra()
    if extra.get(REHEARSE) in (None, ""):
        return extra
    if not form.test:
        raise FormError([(REHEARSE, 'is for test leads only: send "test": true beside it')])
    try:
        mistake = rehearsal.mistake(clinic, rehearsal.read(extra[REHEARSE]))
    except ValueError as wrong:
        mistake = str(wrong)
    if mistake:
        raise FormError([(REHEARSE, mistake)])
    return extra


def _default(source: Source | None, name: str) -> str | None:
    return source.defaults.get(name) if source else None


def _known(given: str | None, field: str, source: Source | None, known: Any) -> str | None:
    key = given or _default(source, field)
    if key is not None and key not in known:
        raise FormError([(field, f"is not known at this clinic; known are: {', '.join(sorted(known)) or 'none'}")])
    return key


def _where(form: LeadIn, clinic: Clinic, location: str | None) -> dict[str, Any]:
    """Every zone and state the person may be in, and what says so."""
    zone, state = clinic.hours_of(location).zone, clinic.state_of(location)
    found = locate(form.phone, zone, state, timezone=form.timezone, zip_code=form.zip, state=form.state)
    return {"zones": found.zones, "states": found.states, "located": found.located}


def consent_act(form: ConsentIn, **more: Any) -> ConsentAct:
    """The consent act a form tells of, and what others know of it."""
    said = {name: getattr(form, name) for name in CONSENT} | {"prechecked": form.ticked_beforehand()}
    return ConsentAct(**said | more)
