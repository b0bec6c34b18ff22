"""An e-mail as it goes over the wire: headers, the words as text, the same words as HTML, one line about stopping.

The unsubscribe headers are RFC 8058's; the mail server signs them (DKIM), as it signs the rest.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from app.domain.clinic import Clinic

ON_THE_WIRE = SMTP.clone(max_line_length=76)
"""CRLF, and lines as short as quoted-printable must be (RFC 2045 6.7); the library's own 78 is two too many."""

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
"""Addresses without quoting, which is all that people have (RFC 5321 4.1.2, dot-string)."""

_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")

FOOTERS = {
    "en": "You asked {clinic} to be in touch. No more e-mails, please:",
    "es": "Usted pidió a {clinic} que se comunique con usted. No deseo más correos:",
}
"""The line under every e-mail, before the unsubscribe link."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is to be written, and to whom. `at` is the real time; `unsubscribe` the link of its own."""

    message_id: str
    to: str
    subject: str
    body: str
    language: str
    unsubscribe: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """An e-mail for the server: who sends, who gets it, and every byte of it, lines ended by CRLF."""

    sender: str
    to: str
    message_id: str
    data: bytes


def deliverable(address: str) -> str | None:
    """The address as servers take it, its domain in ASCII; None when none would take it."""
    local, _, domain = address.strip().rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
    return plain if _ADDRESS.fullmatch(plain) else None


def seal(letter: Letter, clinic: Clinic) -> Envelope | None:
    """The envelope of a letter of this clinic's; None when the address is none."""
    to = deliverable(letter.to)
    if to is None or clinic.smtp is None:
        return None
    name, sender = parseaddr(clinic.smtp.from_)
    message = _message(letter, clinic, Address(name or clinic.name, addr_spec=sender), to)
    number = f"<{letter.message_id}@{sender.rpartition('@')[2]}>"
    # These two are written by hand: the library would break a long link apart to fold it.
    head = f"Message-ID: {number}\r\nList-Unsubscribe: <{letter.unsubscribe}>\r\n"
    data = head.encode("ascii") + message.as_bytes(policy=ON_THE_WIRE)
    return Envelope(sender=sender, to=to, message_id=number, data=data)


def _message(letter: Letter, clinic: Clinic, from_: Address, to: str) -> EmailMessage:
    message = EmailMessage(policy=ON_THE_WIRE)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Date"] = format_datetime(letter.at.replace(microsecond=0))
    message["From"] = from_
    message["To"] = Address(addr_spec=to)
    if clinic.help_email:
        message["Reply-To"] = Address(addr_spec=clinic.help_email)
    message["Subject"] = letter.subject
    message["Auto-Submitted"] = "auto-generated"
    footer = FOOTERS.get(letter.language[:2], FOOTERS["en"]).format(clinic=clinic.name)
    text = f"{letter.body.rstrip()}\n\n-- \n{footer}\n{letter.unsubscribe}\n"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(_html(letter, footer), subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{letter.message_id}")
    message["Content-Language"] = letter.language
    return message


def _html(letter: Letter, footer: str) -> str:
    paragraphs = "\n".join(
        f"<p>{_linked(paragraph)}</p>" for paragraph in re.split(r"\n{2,}", letter.body.strip()) if paragraph
    )
    return (
        f'<!doctype html>\n<html lang="{escape(letter.language)}">\n<body style="font: 16px/1.5 sans-serif">\n'
        f'{paragraphs}\n<p style="color: #666; font-size: 13px">{escape(footer)}\n'
        f'<a href="{escape(letter.unsubscribe)}">{escape(letter.unsubscribe)}</a></p>\n</body>\n</html>\n'
    )


def _linked(paragraph: str) -> str:
    """One paragraph as HTML: links work, line breaks stay."""
    found, end = [], 0
    for link in _LINK.finditer(paragraph):
        url = escape(link[0])
        found += [escape(paragraph[end : link.start()]), f'<a href="{url}">{url}</a>']
        end = link.end()
    return "".join([*found, escape(paragraph[end:])]).replace("\n", "<br>\n")
