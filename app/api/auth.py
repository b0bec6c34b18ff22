"""Who is calling: `Authorization: Bearer llk_…`, looked up in the database and remembered for half a second.

Missing, malformed, wrong and revoked keys get the same 401, so that nothing can be learnt by trying.
"""

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.store import keys
from app.api.problems import Problem
from app.runtime import Runtime

REMEMBERED = 0.5
"""Seconds a key is taken without asking again; a revoked one is refused everywhere within a second."""

MOST_REMEMBERED = 4096

bearer = HTTPBearer(auto_error=False, scheme_name="key", description="An API key, `llk_…`.")
"""For OpenAPI only: the check itself is `authenticate`, whose refusals are all alike."""


@dataclass(frozen=True)
class Caller:
    """Whoever holds the key: its clinic, what it may do (`source`, `coordinator`, `admin`), and which form it is."""

    key_id: str
    clinic: str
    role: str
    source: str | None


@dataclass
class Keyring:
    """The keys this process has seen in the last moment."""

    engine: AsyncEngine
    _seen: dict[str, tuple[Caller, float]] = field(default_factory=dict)
    _looking: dict[str, asyncio.Task[Caller | None]] = field(default_factory=dict)

    async def caller(self, secret: str) -> Caller | None:
        """Who holds this secret; None when nobody does, or no longer."""
        known = self._seen.get(secret)
        if known is not None and known[1] > monotonic():
            return known[0]
        looking = self._looking.get(secret)
        if looking is None:
            # Requests of one key that come together share one look; whoever goes away leaves it to the others.
            looking = self._looking[secret] = asyncio.create_task(self._look_up(secret))
            looking.add_done_callback(lambda _: self._looking.pop(secret, None))
        return await asyncio.shield(looking)

    async def _look_up(self, secret: str) -> Caller | None:
        asked = monotonic()
        async with self.engine.connect() as conn:
            key = await keys.find(conn, secret)
        self._seen.pop(secret, None)
        if key is None or key.revoked_at is not None:
            return None
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen.clear()
        found = Caller(key.id, key.clinic, key.role, key.source)
        self._seen[secret] = (found, asked + REMEMBERED)
        return found


def _unknown() -> Problem:
    return Problem(
        401,
        "An API key is needed",
        "Send a valid key as `Authorization: Bearer llk_…`.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def keyring(runtime: Runtime) -> Keyring:
    """A keyring over this runtime's database."""
    return Keyring(runtime.engine)


async def authenticate(request: Request, *roles: str) -> Caller:
    """The caller of this request, if the key's role is one of these (none named: any); else a 401 or 403 Problem."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(keys.PREFIX):
        raise _unknown()
    ring: Keyring = request.app.state.keyring
    caller = await ring.caller(secret.strip())
    if caller is None:
        raise _unknown()
    request.app.state.limits.take(caller.key_id)
    if roles and caller.role not in (*roles, "admin"):
        raise Problem(403, "This key may not do that", f"A key with the role {' or '.join(roles)} is needed.")
    return caller


async def source_key(request: Request, _: Annotated[object, Depends(bearer)]) -> Caller:
    """A form's key (role `source`), or an admin's."""
    return await authenticate(request, "source")


async def coordinator(request: Request, _: Annotated[object, Depends(bearer)]) -> Caller:
    """A coordinator's key, or an admin's."""
    return await authenticate(request, "coordinator")


async def any_key(request: Request, _: Annotated[object, Depends(bearer)]) -> Caller:
    """Any key that is valid."""
    return await authenticate(request)
