"""The token of an unsubscribe link: the lead's own, with a seal that the booking link does not have.

So a booking system that was handed the lead's token cannot unsubscribe the person, and nobody can guess a link.
"""

import hmac
from base64 import urlsafe_b64encode

SEAL_BYTES = 12


def token_for(key: bytes, lead_token: str) -> str:
    """What stands after `/u/` in this lead's e-mails."""
    return f"{lead_token}.{_seal(key, lead_token)}"


def lead_token(key: bytes, token: str) -> str | None:
    """The lead's token in an unsubscribe link; None when we never made that link."""
    named, _, seal = token.rpartition(".")
    if not token.isascii() or not token.isprintable():
        return None
    return named if hmac.compare_digest(seal, _seal(key, named)) else None


def _seal(key: bytes, named: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, f"unsubscribe {named}".encode(), "sha256")[:SEAL_BYTES]).decode()
