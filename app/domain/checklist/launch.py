"""Ready to launch: senders of texts and e-mails, links, and who approved the words."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from app.domain.approvals import approval_of, parts
from app.domain.checklist.keywords import toll_free
from app.domain.checklist.sheet import Remark, Sheet
from app.domain.checklist.texts import all_texts
from app.domain.clinic import Clinic, Sender
from app.domain.lint.links import find_addresses, judge

_REFERENCE = re.compile(r"\$\{(\w+)\}")


def senders(sheet: Sheet) -> Iterator[Remark]:
    """Numbers that look like nobody's, and what is missing before one may be used."""
    for key, sender in sheet.clinic.senders.items():
        path = f"senders.{key}"
        yield from _number(path, sender)
        if f"{path}.stop_confirmed_by" not in sheet.written:
            message = "it is not said who confirms a STOP: taken to be the carrier"
            yield Remark("warn", "stop_confirmed_by", path, message, "stop_confirmed_by: carrier, or us")
        named = [name for written in (sender.account, sender.secret) for name in _REFERENCE.findall(written)]
        unset = sorted(sheet.unset.intersection(named))
        if unset:
            message = f"not set here: {', '.join(unset)}"
            yield Remark("warn", "secret_unset", path, message, "set it where the API and the workers run")


def _number(path: str, sender: Sender) -> Iterator[Remark]:
    area, exchange = sender.number[2:5], sender.number[5:8]
    if "555" in (area, exchange) or len(set(sender.number[2:])) < 3:
        message = f"{sender.number} looks like a number made up: put in your registered one"
        yield Remark("warn", "number", f"{path}.number", message)
    if toll_free(sender.number):
        yield Remark("warn", "number", f"{path}.number", "a toll-free number must be verified before it may text")
        if sender.stop_confirmed_by == "us":
            message = "a toll-free number's network confirms every STOP: a second confirmation is forbidden"
            yield Remark("block", "stop_confirmed_by", f"{path}.stop_confirmed_by", message, "carrier")


def links(sheet: Sheet) -> Iterator[Remark]:
    """Where YES leads: every place has a page, over https, that knows what is booked and for whom."""
    clinic = sheet.clinic
    for key, place in clinic.locations.items():
        path, url = f"locations.{key}", place.booking_url
        if url is None:
            if any(other.booking_url for other in clinic.locations.values()):
                yield Remark("warn", "booking_url", path, "no booking_url: who answers YES here gets a link to nowhere")
            continue
        path = f"{path}.booking_url"
        yield from _https(path, url)
        yield from _token(path, url)
        offered = [one for one in clinic.services.values() if not one.locations or key in one.locations]
        if len(offered) > 1 and not any(one.key in url for one in offered):
            message = "which service this page books cannot be told from its address: it has to ask for that itself"
            yield Remark("warn", "booking_page", path, message)
    if clinic.intake_link:
        yield from _https("intake_link", clinic.intake_link)


def _token(path: str, url: str) -> Iterator[Remark]:
    """The token is added as `lead=…` in the query: who it is must not be said already, and must be seen."""
    parts = urlsplit(url)
    if "lead" in dict(parse_qsl(parts.query, keep_blank_values=True)):
        message = "this address names a lead already: the token of each lead is added as `lead=…`"
        yield Remark("block", "booking_token", path, message, "leave `lead` out of it")
    if "/" in parts.fragment:
        message = "this page finds its way by what stands after the #, and the lead's token is put before it"
        yield Remark("warn", "booking_token", path, message, "see that a booking made there knows its lead")


def written_links(sheet: Sheet) -> Iterator[Remark]:
    """Addresses that texts write out: a booking page's without the lead's token, or one that is not the clinic's."""
    clinic = sheet.clinic
    booked = [place.booking_url for place in clinic.locations.values() if place.booking_url]
    pages = {urlsplit(url).hostname for url in booked} - {urlsplit(clinic.intake_link or "").hostname}
    own = {_site(url) for url in (*booked, clinic.intake_link, clinic.public_url) if url}
    own |= {_site(f"//{one.rpartition('@')[2].strip('> ')}") for one in _addresses(clinic)}
    for text in all_texts(sheet):
        for address, _ in find_addresses(text.template):
            url = address if "//" in address else f"//{address}"
            if urlsplit(url).hostname in pages:
                message = f"{address} carries no token: nobody learns who opened it, nor whose booking it was"
                yield Remark("warn", "booking_token", text.path, message, "write {{ booking_link }}")
            elif _site(url) not in own and judge(address) is None:  # a shortener is told of as such
                message = f"{address} is on a site that nothing else here calls the clinic's own"
                yield Remark("warn", "foreign_link", text.path, message, "link to a page of the clinic's own domain")


def _addresses(clinic: Clinic) -> list[str]:
    return [one for one in (clinic.help_email, clinic.smtp.from_ if clinic.smtp else None) if one]


def _site(url: str) -> str:
    """The last two names of a host: `book.oak.example` and `www.oak.example` are of one site."""
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])


def emails(sheet: Sheet) -> Iterator[Remark]:
    """What e-mails need besides their words: a server whose secrets are set, and no advice that only texts obey."""
    clinic = sheet.clinic
    if clinic.smtp is not None:
        named = [
            name for written in (clinic.smtp.user, clinic.smtp.password) for name in _REFERENCE.findall(written or "")
        ]
        unset = sorted(sheet.unset.intersection(named))
        if unset:
            message = f"not set here: {', '.join(unset)}"
            yield Remark("warn", "secret_unset", "smtp", message, "set it where the API and the workers run")
    for text in all_texts(sheet):
        if text.kind == "email" and _ADVICE.search(text.template):
            message = "a reply to an e-mail reaches people, not the reader of replies: STOP and YES do nothing there"
            yield Remark("warn", "email_reply", text.path, message, "every e-mail gets an unsubscribe line by itself")


_ADVICE = re.compile(r"\b(?i:reply|respond|answer|responda|responde|conteste)\b[^.]{0,20}\b(STOP|YES|NO|SI|SÍ|ALTO)\b")


def _https(path: str, url: str) -> Iterator[Remark]:
    if not url.startswith("https://"):
        yield Remark("block", "https", path, "a link that people open must be https", "https://…")


def approvals(sheet: Sheet) -> Iterator[Remark]:
    """Words that nobody has approved, and approvals of words that are gone."""
    clinic, known = sheet.clinic, parts(sheet.clinic)
    today = sheet.now.date() + timedelta(days=1)  # Whichever zone they sign in.
    for part in known:
        row = approval_of(clinic, part.hash)
        if row is None or row.on > today:
            who = "nobody has approved these words" if row is None else f"the approval is dated {row.on}, in the future"
            line = f'- {{by: NAME, on: {sheet.now:%Y-%m-%d}, of: "{part.hash}"}}'
            yield Remark(
                "block", "approval", part.path, f"{part.title}: {who}; under approvals a line is missing", line
            )
    hashes = {part.hash for part in known}
    for index, row in enumerate(clinic.approvals):
        if row.of not in hashes:
            message = f"{row.by} approved words that are no longer in this file"
            yield Remark("warn", "approval_stale", f"approvals[{index}]", message, "take the row out")
