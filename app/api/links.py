"""The link in a text: `/b/{token}` goes to the location's booking page. It confirms nothing and says nothing."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.adapters.store import reading
from app.api.problems import refusals
from app.api.state import get_clinic, get_runtime
from app.domain.clinic import Clinic

router = APIRouter(tags=["links"])

QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""Nobody else is told that this link was opened, and nothing of it is kept."""

NOT_HERE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>This link does not work</title></head>
<body style="font: 18px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem">
<h1 style="font-size: 1.4rem">This link does not work any more</h1>
<p>It may be old, or part of it may be missing. Please reply to the message it came in, or call the office that
wrote to you.</p></body></html>
"""


def booking_page(clinic: Clinic, location: str | None, token: str) -> str | None:
    """Where this lead books: its location's page, else the clinic's first, with `lead={token}` in the query."""
    named = clinic.locations.get(location or "")
    places = [named, *clinic.locations.values()] if named else list(clinic.locations.values())
    url = next((place.booking_url for place in places if place.booking_url), None)
    if url is None:
        return None
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("lead", token)]
    return urlunsplit(parts._replace(query=urlencode(query)))


@router.get(
    "/b/{token}",
    response_class=Response,
    status_code=302,
    responses={
        302: {"description": "To the location's booking page."},
        404: {"description": "No such link.", "content": {"text/html": {"schema": {"type": "string"}}}},
        **refusals(503),
    },
)
async def follow_link(request: Request, token: str) -> Response:
    """Go to the booking page of the lead whose link this is."""
    async with get_runtime(request).engine.connect() as conn:
        place = await reading.place_of_token(conn, token) if token.isascii() and token.isprintable() else None
    url = booking_page(await get_clinic(request, place[0]), place[1], token) if place else None
    if url is None:
        return HTMLResponse(NOT_HERE, 404, QUIET)
    return RedirectResponse(url, 302, QUIET)
