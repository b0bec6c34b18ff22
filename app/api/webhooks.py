"""Carriers' webhooks: the signature first, then the log, then the carrier's own kind of yes.

The signature is checked over the public URL and the raw query, never over what the request says of its host, and
before anything is written. A text that came in gets its 2xx only when nothing claimed before it can still leave.
"""

import os
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.adapters.clinic_file import MissingSecret, resolve_secret
from app.adapters.sms.carriers import CARRIERS, Carrier
from app.adapters.sms.outcomes import NotAWebhook
from app.adapters.store import receipts
from app.api.lead_form import form_pairs
from app.api.measures import STRAY_RECEIPTS
from app.api.problems import Problem, not_found, refusals
from app.api.state import get_clinics, get_runtime
from app.api.waiting import until_no_claim_can_start
from app.runtime import Runtime

log = structlog.get_logger()

router = APIRouter(tags=["carriers"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Taken.", "content": {"text/xml": {"schema": {"type": "string"}}}}
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "additionalProperties": True}}},
    },
    "parameters": [{"name": "X-Twilio-Signature", "in": "header", "required": True, "schema": {"type": "string"}}],
}


@dataclass(frozen=True)
class Call:
    """An authentic webhook: which clinic's sender it is about, its carrier, its fields."""

    clinic: str
    sender: str
    number: str
    carrier: Carrier
    params: dict[str, str]

    def answer(self) -> Response:
        """The carrier's own kind of yes."""
        return Response(self.carrier.ANSWER, media_type="text/xml")


def _forged() -> Problem:
    return Problem(403, "The signature is wrong", "Signed are the public URL with its query and every field.")


async def authentic(request: Request, sender_key: str) -> Call:
    """The webhook, once its signature is proven; raises `Problem`: 404 unknown sender, 400 unreadable, 403 forged."""
    clinic = await get_clinics(request).owner_of_sender(sender_key)
    if clinic is None:
        raise not_found("sender")
    sender = clinic.senders[sender_key]
    carrier = CARRIERS[sender.carrier]
    pairs = form_pairs(await request.body(), nul=True)
    params = dict(pairs)
    try:
        secret = resolve_secret(sender.secret, os.environ)
        account = resolve_secret(sender.account, os.environ)
    except MissingSecret as error:
        log.error("sender_secret_missing", sender=sender_key, variable=error.args[0])
        raise Problem(503, "Not available for the moment", headers={"Retry-After": "60"}) from None
    signature = request.headers.get(carrier.SIGNATURE, "")
    # A carrier sends each field once; twice would leave open which of the two was signed.
    once = len(params) == len(pairs)
    if not once or not carrier.verify(secret, _public_url(request), params, signature):
        raise _forged()
    if params.get("AccountSid") != account:
        raise _forged()
    # No database holds a NUL; the person's words without it are worth more than none.
    clean = {name: value.replace("\0", "") for name, value in params.items()}
    return Call(clinic.key, sender_key, sender.number, carrier, clean)


def _public_url(request: Request) -> str:
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    path = raw_path.partition(b"?")[0].decode("latin-1")
    return get_runtime(request).settings.public_url + path + (f"?{query.decode('latin-1')}" if query else "")


@router.post(
    "/webhooks/sms/{sender}/inbound",
    response_class=Response,
    responses={**_ANSWERS, **refusals(400, 403, 404, 413, 503)},
    openapi_extra=_FORM,
)
async def take_inbound(request: Request, sender: str) -> Response:
    """A text came in. Answered once it is committed and nothing claimed before it can still leave."""
    call = await authentic(request, sender)
    try:
        inbound = call.carrier.parse_inbound(call.params)
    except NotAWebhook as error:
        raise _lacking(error) from None
    if inbound.to != call.number:
        raise Problem(400, "This number is not the sender's", errors=[("To", "is not this sender's number")])
    runtime = get_runtime(request)
    async with runtime.engine.begin() as conn:
        contact = await receipts.take_reply(
            conn, runtime.vault, runtime.directory, clinic=call.clinic, sender=sender, inbound=inbound
        )
    runtime.doorbell.ring({contact.lane})
    await until_no_claim_can_start(runtime, contact.id)
    return call.answer()


@router.post(
    "/webhooks/sms/{sender}/status",
    response_class=Response,
    responses={**_ANSWERS, **refusals(400, 403, 404, 413, 422, 503)},
    openapi_extra=_FORM,
)
async def take_status(
    request: Request, sender: str, message: Annotated[str, Query(description="The message's id.", max_length=100)]
) -> Response:
    """The carrier says what became of a text of ours."""
    call = await authentic(request, sender)
    try:
        receipt = call.carrier.parse_status(call.params)
    except NotAWebhook as error:
        raise _lacking(error) from None
    runtime: Runtime = get_runtime(request)
    async with runtime.engine.begin() as conn:
        contact = await receipts.take_receipt(conn, runtime.vault, sender=sender, message_id=message, receipt=receipt)
    if contact is None:
        STRAY_RECEIPTS.inc()
        raise not_found("message")
    runtime.doorbell.ring({contact.lane})
    return call.answer()


def _lacking(error: NotAWebhook) -> Problem:
    names = str(error).split(", ")
    return Problem(400, "The webhook cannot be read", errors=[(name, "is missing or malformed") for name in names])
