"""The cursors of the coordinator's queue: opaque to callers, and never of one order in the other."""

import base64
import binascii
from datetime import datetime
from typing import Any

import orjson

from app.adapters.store.task_lists import Place
from app.api.problems import Problem, invalid


def after_change(no: int) -> str:
    """The cursor behind this change."""
    return _written(["change", no])


def after_place(place: Place | None) -> str:
    """The cursor behind this task in the order of work; None is the beginning."""
    return _written(["due"] if place is None else ["due", place.priority, place.due_at, place.id])


def change_of(cursor: str | None) -> int | None:
    """The change a cursor stands behind; None without a cursor. A cursor that is none of ours is a 422."""
    match _read(cursor):
        case None:
            return None
        case ["change", int(no)] if no >= 0:
            return no
    raise unknown_cursor()


def place_of(cursor: str | None) -> Place | None:
    """The place a cursor of `order=due` stands behind; None for the beginning. Any other cursor is a 422."""
    match _read(cursor):
        case None | ["due"]:
            return None
        case ["due", int(priority), str(due_at), str(id)]:
            return Place(priority, _moment(due_at), id)
    raise unknown_cursor()


def unknown_cursor() -> Problem:
    """The 422 for a cursor we did not give for this list."""
    return invalid([("after", "is not a cursor that this list gave")])


def _written(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def _read(cursor: str | None) -> Any:
    if cursor is None:
        return None
    try:
        return orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise unknown_cursor() from None


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise unknown_cursor() from None
    if moment.tzinfo is None:
        raise unknown_cursor()
    return moment
