"""The link in an e-mail that ends e-mails: `/u/{token}`. Opening it asks; only a POST ends anything.

Scanners open every link of a mail, so GET changes nothing. Mail programs POST by themselves when somebody presses
their own button (RFC 8058, one click: no page, no cookie, no redirect); the page's button posts to the same place.
"""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from app.adapters.email.unsubscribing import lead_token
from app.adapters.store import emails
from app.adapters.store.emails import Reader
from app.api.links import QUIET
from app.api.problems import refusals
from app.api.state import get_clinic, get_runtime
from app.api.waiting import until_no_claim_can_start

router = APIRouter(tags=["links"])

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>
<body style="font: 18px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem">
<h1 style="font-size: 1.4rem">{title}</h1>
<p>{words}</p>{button}</body></html>
"""

BUTTON = """
<form method="post"><button style="font: inherit; padding: .5rem 1.5rem">{label}</button></form>
"""

WORDS = {
    "en": {
        "ask": ("No more e-mails?", "{clinic} will not e-mail you again. Texts are not affected: reply STOP to one."),
        "label": "Unsubscribe",
        "done": (
            "You are unsubscribed",
            "{clinic} will not e-mail you again. To end texts as well, reply STOP to one.",
        ),
        "unknown": (
            "This link does not work",
            "Part of it may be missing. Please answer the e-mail it came in, and a person will see to it.",
        ),
    },
    "es": {
        "ask": (
            "¿No desea más correos?",
            "{clinic} no le enviará más correos. Los mensajes de texto no cambian: responda STOP a uno de ellos.",
        ),
        "label": "Cancelar la suscripción",
        "done": (
            "Su suscripción está cancelada",
            "{clinic} no le enviará más correos. Para no recibir mensajes de texto, responda STOP a uno de ellos.",
        ),
        "unknown": (
            "Este enlace no funciona",
            "Puede que falte una parte. Responda al correo en el que llegó y una persona se encargará.",
        ),
    },
}

_HTML = {"content": {"text/html": {"schema": {"type": "string"}}}}
_ANSWERS = {200: {"description": "A page.", **_HTML}, 404: {"description": "No such link.", **_HTML}, **refusals(503)}


@router.get("/u/{token}", response_class=Response, responses=_ANSWERS)
async def ask_whether_to_unsubscribe(request: Request, token: str) -> Response:
    """Ask whether to end e-mails. Changes nothing, whoever opens it."""
    reader = await _reader(request, token)
    if reader is None:
        return _page("unknown", None)
    return await _to(request, reader, "done" if reader.closed else "ask")


@router.post("/u/{token}", response_class=Response, responses=_ANSWERS)
async def unsubscribe(request: Request, token: str) -> Response:
    """End e-mails to this person at this clinic. Texts go on; doing it twice is doing it once."""
    reader = await _reader(request, token)
    if reader is None:
        return _page("unknown", None)
    if not reader.closed:
        runtime = get_runtime(request)
        async with runtime.engine.begin() as conn:
            contact = await emails.unsubscribe(conn, runtime.vault, reader)
        runtime.doorbell.ring({contact.lane})
        await until_no_claim_can_start(runtime, contact.id)
    return await _to(request, reader, "done")


async def _reader(request: Request, token: str) -> Reader | None:
    runtime = get_runtime(request)
    named = lead_token(runtime.directory.phone_key, token)
    if named is None:
        return None
    async with runtime.engine.connect() as conn:
        return await emails.reader_of(conn, named)


async def _to(request: Request, reader: Reader, what: str) -> Response:
    clinic = await get_clinic(request, reader.clinic)
    return _page(what, reader.language or clinic.languages[0], clinic.name)


def _page(what: str, language: str | None, clinic: str = "") -> Response:
    known = (language or "en")[:2] if (language or "en")[:2] in WORDS else "en"
    words = WORDS[known]
    title, said = words[what]
    page = PAGE.format(
        language=known,
        title=title,
        words=escape(said.format(clinic=clinic)),
        button=BUTTON.format(label=words["label"]) if what == "ask" else "",
    )
    return HTMLResponse(page, 404 if what == "unknown" else 200, QUIET)
