"""The mail server: one connection over which e-mails are handed over, and what each failure means.

Before the words were offered (connect, MAIL, RCPT) a failure means *not sent*; what the server answers decides the
rest: 4xx is asked again, 5xx to the address or the words is refused for good. A connection that is lost once the words
were on their way means *unknown*: the server may have taken them, and no server can be asked.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiosmtplib
from aiosmtplib import SMTP

from app.adapters.clinic_file import resolve_secret
from app.adapters.email.envelope import Envelope
from app.adapters.sms.outcomes import Accepted, NotSent, Outcome, Rejected, Unknown
from app.domain.clinic import Clinic, Smtp

ANSWER_WITHIN = 8.0
"""Seconds a server may take to answer one command."""

TAKE_WITHIN = 20.0
"""The same once it has the words: filters take their time."""

IMPLICIT_TLS = 465
"""The port on which a connection is encrypted from its first byte (RFC 8314)."""

ASK_AGAIN = 30.0
"""Seconds until a server that said "not now" is asked again about an e-mail; doubled each time."""

LOST = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError, TimeoutError)


class ServerAway(Exception):
    """No e-mail can be handed over now; the message is a code or a class, never the server's words."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """How to speak to a clinic's server. `must_encrypt` refuses one without TLS; `we` is how we call ourselves."""

    smtp: Smtp
    password: str | None
    must_encrypt: bool
    we: str
    answer_within: float = ANSWER_WITHIN


def login_of(
    clinic: Clinic, environment: Mapping[str, str], public_url: str, emulator: str = "", *, production: bool
) -> Login:
    """How to reach a clinic's server, or the emulator (`smtp://HOST:PORT`) that stands for all of them.

    Raises LookupError naming what is missing. TLS is a must in production.
    """
    smtp = clinic.smtp
    if smtp is None:
        raise LookupError("smtp")
    if emulator:
        place = urlsplit(emulator)
        smtp = Smtp(host=str(place.hostname), port=place.port or 25, from_=smtp.from_)
    return Login(
        smtp=smtp,
        password=resolve_secret(smtp.password, environment) if smtp.password else None,
        must_encrypt=production and not smtp.is_local,
        we=urlsplit(public_url).hostname or "localhost",
    )


async def connect(login: Login) -> SMTP:
    """An open, encrypted and logged-in connection; raises `ServerAway`. TLS is used wherever it is offered."""
    smtp = login.smtp
    implicit = smtp.port == IMPLICIT_TLS
    client = SMTP(
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.user,
        password=login.password,
        local_hostname=login.we,
        timeout=login.answer_within,
        use_tls=implicit,
        start_tls=True if login.must_encrypt and not implicit else None,
        validate_certs=not smtp.is_local,
    )
    try:
        await client.connect()
    except aiosmtplib.SMTPResponseException as refused:
        client.close()
        raise ServerAway(str(refused.code)) from None
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        client.close()
        raise ServerAway(type(error).__name__) from None
    return client


async def disconnect(client: SMTP) -> None:
    """Say goodbye, or just go."""
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, *LOST):
        client.close()


async def hand_over(client: SMTP, envelope: Envelope, deadline: float, take_within: float = TAKE_WITHIN) -> Outcome:
    """Give the server one e-mail, if that can begin before the deadline (monotonic seconds)."""
    if time.monotonic() >= deadline:
        return NotSent("late", retry_in=0)
    outcome = await _address(client, envelope) or await _words(client, envelope, take_within)
    if not isinstance(outcome, Accepted):
        await _begin_anew(client)
    return outcome


async def _address(client: SMTP, envelope: Envelope) -> Outcome | None:
    """MAIL and RCPT; None when the server will hear the words."""
    try:
        await client.mail(envelope.sender)
        await client.rcpt(envelope.to)
    except aiosmtplib.SMTPSenderRefused:
        return NotSent("sender refused", retry_in=ASK_AGAIN)  # The clinic's own address: somebody must mend it.
    except aiosmtplib.SMTPResponseException as refused:
        outcome = _refused(refused)
        if not isinstance(outcome, Unknown):
            return outcome
        client.close()
        return NotSent("gibberish", retry_in=ASK_AGAIN)
    except (aiosmtplib.SMTPException, *LOST):
        client.close()
        return NotSent("connection lost", retry_in=ASK_AGAIN)
    return None


async def _words(client: SMTP, envelope: Envelope, take_within: float) -> Outcome:
    try:
        await client.data(envelope.data, timeout=take_within)
    except aiosmtplib.SMTPDataError as refused:
        return _refused(refused)
    except (aiosmtplib.SMTPException, *LOST) as error:
        client.close()
        return Unknown(type(error).__name__)
    return Accepted(envelope.message_id, 0)


def _refused(answer: aiosmtplib.SMTPResponseException) -> Outcome:
    if 400 <= answer.code < 500:
        return NotSent(str(answer.code), retry_in=ASK_AGAIN)
    if 500 <= answer.code < 600:
        return Rejected(str(answer.code), "address_refused")
    return Unknown(str(answer.code))


async def _begin_anew(client: SMTP) -> None:
    """What was half said is forgotten, so that the connection serves the next e-mail."""
    if not client.is_connected:
        return
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, *LOST):
        client.close()
