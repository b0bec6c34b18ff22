"""Every refusal in one shape: `application/problem+json` (RFC 9457), which never repeats what was sent.

A door raises `Problem`; `install` renders it, and everything else that can go wrong: FastAPI's own errors, a
database that is away for a moment (503, come back), and what nobody foresaw (500, no details).
"""

import traceback
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.adapters.form_errors import FieldError, FormError, field_errors
from app.adapters.transient import is_transient, is_unstorable

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: that a route may answer with a problem of these statuses; one that asks for a key, with 429 too."""
    told = (*statuses, 429) if 401 in statuses else statuses
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
        for status in told
    }


class Problem(Exception):
    """A request that cannot be honoured: what the caller will read. No text in it may come from the request."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str | None = None,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = more

    def document(self) -> dict[str, Any]:
        """The problem document; members that say nothing are left out. `more` are members of its own."""
        found: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": self.status}
        if self.detail:
            found["detail"] = self.detail
        if self.errors:
            found["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return found | self.more

    def response(self) -> Response:
        """The problem as an HTTP response."""
        return Response(orjson.dumps(self.document()), self.status, self.headers, MEDIA_TYPE)


def come_back() -> Problem:
    """What callers hear while the database is away: nothing was taken in, ask again."""
    return Problem(503, "Not available for the moment", "Nothing was stored. Try again.", headers={"Retry-After": "1"})


def not_found(what: str) -> Problem:
    """404 for something that is not there, or is another clinic's."""
    return Problem(404, f"There is no such {what}")


def invalid(errors: Iterable[FieldError], title: str = "Some fields are not right") -> Problem:
    """422, naming every field to blame."""
    return Problem(422, title, errors=errors)


def problem_of(error: Exception) -> Problem:
    """The problem that tells a caller of this error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, FormError):
        return invalid(error.errors)
    if isinstance(error, RequestValidationError):
        return invalid(field_errors(error.errors(), known=lambda place: place[1:]))
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        return Problem(error.status_code, title, headers=error.headers)
    if is_transient(error):
        return come_back()
    if is_unstorable(error):
        return Problem(422, "A value cannot be used", "It holds a NUL character, or lies out of range.")
    return Problem(500, "Something went wrong here", "It has been noted.")


TOLD = (Problem, FormError, RequestValidationError, HTTPException)
"""Errors that are an answer: a caller is told what to do otherwise. The rest is `Shield`'s."""


async def _render(_: Request, error: Exception) -> Response:
    return problem_of(error).response()


def install(app: FastAPI) -> None:
    """Have the app answer these errors as problems."""
    for kind in TOLD:
        app.add_exception_handler(kind, _render)


class Shield:
    """The outermost layer: no error passes it, none is told with its text, each is noted by type and place."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; what it raises becomes a 503 or a 500, unless its answer has already begun."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            problem = problem_of(error)
            _note(error, problem.status)
            if not begun:
                await problem.response()(scope, receive, send)


def _note(error: Exception, status: int) -> None:
    # The text of an exception may quote a value, so only its type and where it was raised are noted.
    last = traceback.extract_tb(error.__traceback__)[-1]
    log.error("request_failed", error=type(error).__name__, where=f"{last.name}:{last.lineno}", status=status)
