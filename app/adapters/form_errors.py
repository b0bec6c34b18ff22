"""What is wrong with a form, in words for whoever sends it: by field, and never with a value that was sent."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

FieldError = tuple[str, str]
"""Which field is to blame (dotted), and what is wrong with it in words that hold no value."""


class FormError(ValueError):
    """A form that cannot be taken in: `errors` name the fields to blame."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{field} {message}" for field, message in self.errors))


MESSAGES = {
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "is not of the right form",
    "bool_type": "must be true or false",
    "timezone_aware": "must say its time zone; send a moment such as 2026-11-24T16:00:00Z",
    "extra_forbidden": "is not a field of this request",
    "model_type": "must be an object",
    "dict_type": "must be an object",
}
"""Plainer words for pydantic's most frequent errors, by type; for the rest its own, which quote no input."""

BLAMES = "blames"
"""The type of an error that a check over several fields raises: pydantic gives it the place of the whole."""


def blames(message: str, *fields: str) -> PydanticCustomError:
    """What such a check raises: these fields are to blame, each with this message, which holds no value."""
    return PydanticCustomError(BLAMES, message, {"fields": fields})


Place = tuple[int | str, ...]


def field_errors(
    errors: Iterable[Mapping[str, Any]], known: Callable[[Place], Place] = lambda place: place
) -> list[FieldError]:
    """Pydantic's errors as (dotted field, message), without the values; `known` cuts a place to names of ours."""
    return [found for error in errors for found in _told(error, known(error["loc"]))]


def _told(error: Mapping[str, Any], place: Place) -> list[FieldError]:
    message = MESSAGES.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == BLAMES:
        return [(".".join(str(part) for part in (*place, field)), message) for field in error["ctx"]["fields"]]
    return [(".".join(str(part) for part in place) or "body", message)]


def errors_of(error: ValidationError) -> list[FieldError]:
    """Every field of a form that is to blame, once each."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    if not found[0]["loc"]:
        return [("body", "must be an object")]
    return list(dict(field_errors(found, known=_known_part)).items())


def _known_part(place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of an error's place that is a name of ours; names inside `utm` are the sender's."""
    return place[:1] if place[0] == "utm" else place
