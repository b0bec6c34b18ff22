"""Leads in: `POST /leads`, the hot path. Verify, parse, hand to the intake, answer once it is committed."""

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import fields
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.adapters.phones import zones_of
from app.adapters.store.ingest import Conflict, Submission, Told
from app.api.auth import Caller, authenticate
from app.api.ingest import get_intake
from app.api.lead_form import ConsentIn, LeadIn, read_form
from app.api.problems import Problem, invalid, refusals
from app.api.state import answer, get_clinic
from app.domain.clinic import Clinic, Source
from app.domain.events import ConsentAct
from app.domain.ids import new_id


class PlainRoute(APIRoute):
    """A route whose endpoint takes the request and gives the response itself: FastAPI describes it, and no more."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint as it is, without dependencies to solve: on the hot path that is a sixth of the work."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


router = APIRouter(tags=["leads in"], route_class=PlainRoute)

LONGEST_KEY = 255

STAFF = "staff"
"""The source of leads that a coordinator hands in."""


def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    """A model's JSON schema without references, to stand in a route's own OpenAPI."""
    schema = model.model_json_schema()
    known = schema.pop("$defs", {})

    def inline(part: Any) -> Any:
        if isinstance(part, dict) and "$ref" in part:
            return inline(known[part["$ref"].rpartition("/")[2]])
        if isinstance(part, dict):
            return {name: inline(value) for name, value in part.items()}
        return [inline(value) for value in part] if isinstance(part, list) else part

    inlined: dict[str, Any] = inline(schema)
    return inlined


_BODY: dict[str, Any] = {
    "security": [{"key": []}],
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
            "description": "The same key and body answers as before; it wins over `external_id`.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _inlined(LeadIn)},
            "application/x-www-form-urlencoded": {"schema": {"type": "object", "additionalProperties": True}},
        },
    },
}


class LeadTaken(BaseModel):
    """A lead is in: committed, and worked from now on. `duplicate` when it, or the same request, was in before."""

    lead_id: str
    received_at: str
    duplicate: bool


@router.post(
    "/leads",
    status_code=202,
    responses={202: {"model": LeadTaken}, **refusals(400, 401, 403, 409, 413, 415, 422, 503)},
    openapi_extra=_BODY,
)
async def take_lead(request: Request) -> Response:
    """Take in a person who asks for an appointment. Answers once the event is committed."""
    caller = await authenticate(request, "source", "coordinator")
    form = await read_form(request, LeadIn)
    clinic = await get_clinic(request, caller.clinic)
    submission = submit_as(form, caller, clinic, _given_key(request) or form.external_id)
    taken = await get_intake(request).submit(submission)
    if isinstance(taken, Conflict):
        raise Problem(409, "This key was used before, with another body", "Use a new key for a new lead.")
    return answer(
        {"lead_id": taken.lead_id, "received_at": taken.received_at, "duplicate": taken.duplicate}, status=202
    )


def _given_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise Problem(400, "The Idempotency-Key cannot be used", f"It must have 1 to {LONGEST_KEY} characters.")
    return key


def submit_as(form: LeadIn, caller: Caller, clinic: Clinic, key: str | None) -> Submission:
    """The submission of this form by this caller; raises `Problem` when the clinic does not know what it asks for."""
    source = clinic.sources.get(caller.source or "")
    service = _known(form.service, "service", source, clinic.services)
    location = _known(form.location, "location", source, clinic.locations)
    lead_id = new_id("lead")
    return Submission(
        clinic=clinic.key,
        phone=form.phone,
        lead_id=lead_id,
        told=Told(f"key:{caller.key_id}", key, sha256(form.canonical()).digest(), lead_id) if key else None,
        facts={
            **{name: getattr(form, name) for name in FACTS},
            "service": service,
            "location": location,
            "language": form.language or _default(source, "language"),
            "utm": form.utm or {},
            "token": secrets.token_urlsafe(12),
            "source": caller.source or STAFF,
            "zones": _zones(form, clinic, location),
            "consent": consent_act(form.consent) if form.consent else None,
            "extra": form.extra(),
        },
    )


FACTS = tuple(LeadIn.model_fields.keys() - {"service", "location", "language", "utm", "consent"})
"""The fields of a form that its event takes over as they are."""

CONSENT = tuple(field.name for field in fields(ConsentAct))


def _default(source: Source | None, name: str) -> str | None:
    return source.defaults.get(name) if source else None


def _known(given: str | None, field: str, source: Source | None, known: Any) -> str | None:
    key = given or _default(source, field)
    if key is not None and key not in known:
        raise invalid([(field, f"is not known at this clinic; known are: {', '.join(sorted(known)) or 'none'}")])
    return key


def _zones(form: LeadIn, clinic: Clinic, location: str | None) -> tuple[str, ...]:
    """Every time zone the person may be in: the one the form names, else the number's and the clinic's."""
    if form.timezone:
        return (form.timezone,)
    return tuple(sorted({*zones_of(form.phone), clinic.hours_of(location).zone}))


def consent_act(form: ConsentIn) -> ConsentAct:
    """The consent act a form tells of."""
    return ConsentAct(**{name: getattr(form, name) for name in CONSENT})
