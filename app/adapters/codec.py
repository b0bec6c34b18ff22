"""Events and consent acts as bytes: JSON by pydantic over the plain dataclasses of the domain."""

from typing import Annotated

from pydantic import Discriminator, TypeAdapter

from app.domain.events import ConsentAct, Event

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Discriminator("kind")])
_CONSENT: TypeAdapter[ConsentAct] = TypeAdapter(ConsentAct)


def dump_event(event: Event) -> bytes:
    """One event as JSON bytes, its kind among the fields."""
    return _EVENT.dump_json(event)


def load_event(raw: bytes) -> Event:
    """The event those bytes hold; raises pydantic's `ValidationError` when they hold none."""
    return _EVENT.validate_json(raw)


def dump_consent(act: ConsentAct) -> bytes:
    """One consent act as JSON bytes."""
    return _CONSENT.dump_json(act)


def load_consent(raw: bytes) -> ConsentAct:
    """The consent act those bytes hold."""
    return _CONSENT.validate_json(raw)
