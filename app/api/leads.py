"""Leads in: `POST /leads`, the hot path. Verify, parse, hand to the intake, answer once it is committed."""

import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from app.adapters.lead_form import LeadIn, captured_facts
from app.adapters.store.ingest import Conflict, Submission, Told
from app.api.auth import Caller, authenticate
from app.api.front import PlainRoute
from app.api.ingest import get_intake
from app.api.lead_form import read_form
from app.api.problems import Problem, refusals
from app.api.state import answer, get_clinic
from app.domain.clinic import Clinic
from app.domain.ids import new_id

router = APIRouter(tags=["leads in"], route_class=PlainRoute)

LONGEST_KEY = 255


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
    """The submission of this form by this caller; raises `FormError` when the clinic does not know what it asks for."""
    lead_id = new_id("lead")
    by = None if caller.role == "source" else caller.key_id
    return Submission(
        clinic=clinic.key,
        phone=form.phone,
        lead_id=lead_id,
        told=Told(f"key:{caller.key_id}", key, sha256(form.canonical()).digest(), lead_id) if key else None,
        facts={
            **captured_facts(form, clinic, caller.source, datetime.now(UTC)),
            "token": secrets.token_urlsafe(12),
            "by": by,
        },
    )
