"""The link in a text: `/b/{token}` goes to the location's booking page. It confirms nothing and says nothing.

That somebody opened it is told to the machine, unless it was a machine itself (`previews`). A link that is too old,
or nobody's, is answered with a page that names no person and no reason for a visit.
"""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.adapters.store import links
from app.adapters.store.links import Link
from app.api.previews import is_person
from app.api.problems import refusals
from app.api.state import get_clinic, get_runtime
from app.domain.clinic import Clinic
from app.domain.offers import booking_url

router = APIRouter(tags=["links"])

QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""Nobody else is told that this link was opened, and nothing of it is kept."""

NOT_HERE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>This link does not work</title></head>
<body style="font: 18px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem">
<h1 style="font-size: 1.4rem">This link does not work any more</h1>
<p>It may be old, or part of it may be missing. Please reply to the message it came in, or {call}.</p>
<div lang="es"><h1 style="font-size: 1.4rem">Este enlace ya no funciona</h1>
<p>Puede ser antiguo, o puede que falte una parte. Responda al mensaje en el que llegó, o {llame}.</p></div>
</body></html>
"""

CALL = ("call the office that wrote to you", "llame a la oficina que le escribió")
CALL_AT = ("call {phone}", "llame al {phone}")


def booking_page(clinic: Clinic, lead: Link, token: str) -> str | None:
    """Where this lead books, with `lead={token}` in the query; None when the clinic has no page."""
    url = booking_url(clinic, lead.location, lead.service)
    if url is None:
        return None
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("lead", token)]
    return urlunsplit(parts._replace(query=urlencode(query)))


_PAGE = {"content": {"text/html": {"schema": {"type": "string"}}}}


@router.get(
    "/b/{token}",
    response_class=Response,
    status_code=302,
    responses={
        302: {"description": "To the location's booking page."},
        404: {"description": "No such link.", **_PAGE},
        410: {"description": "The link is too old.", **_PAGE},
        **refusals(503),
    },
)
@router.head("/b/{token}", include_in_schema=False)
async def follow_link(request: Request, token: str) -> Response:
    """Go to the booking page of the lead whose link this is."""
    async with get_runtime(request).engine.connect() as conn:
        found = await links.link(conn, token) if token.isascii() and token.isprintable() else None
    if found is None:
        return _nowhere(404, None, None)
    clinic = await get_clinic(request, found.clinic)
    url = booking_page(clinic, found, token)
    if found.expired or url is None:
        return _nowhere(410 if found.expired else 404, clinic, found.location)
    if not found.clicked_lately and is_person(request.method, request.headers):
        await _tell(request, found)
    return RedirectResponse(url, 302, QUIET)


async def _tell(request: Request, opened: Link) -> None:
    runtime = get_runtime(request)
    async with runtime.engine.begin() as conn:
        contact = await links.note_click(conn, runtime.vault, opened)
    runtime.doorbell.ring({contact.lane})


def _nowhere(status: int, clinic: Clinic | None, location: str | None) -> Response:
    """The page without a way on: whom to call, in both languages, for nobody is known by a link."""
    place = clinic.locations.get(location or "") if clinic else None
    phone = (place.phone if place else None) or (clinic.help_phone if clinic else None)
    call, llame = (words.format(phone=escape(phone)) for words in CALL_AT) if phone else CALL
    return HTMLResponse(NOT_HERE.format(call=call, llame=llame), status, QUIET)
