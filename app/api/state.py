"""Where a request finds what its process holds: the runtime, the clinics as they are now. Set up by `main`."""

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast

import orjson
from fastapi import Request
from fastapi.responses import Response

from app.domain.clinic import Clinic
from app.runtime import Runtime

CLINICS_KEPT = 1.0
"""Seconds after which a process asks again which version of a clinic file is the current one."""


def get_runtime(request: Request) -> Runtime:
    """The runtime of the process that answers this request."""
    return cast(Runtime, request.app.state.runtime)


@dataclass
class CurrentClinics:
    """Every clinic at its current version, at most a second old."""

    runtime: Runtime
    _clinics: dict[str, Clinic] = field(default_factory=dict)
    _until: float = 0.0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all(self) -> dict[str, Clinic]:
        """The clinics by key."""
        if self._until < monotonic():
            async with self._asking:
                if self._until < monotonic():
                    await self._ask()
        return self._clinics

    async def _ask(self) -> None:
        asked = monotonic()
        async with self.runtime.engine.connect() as conn:
            self._clinics = await self.runtime.clinics.take_all(conn)
        self._until = asked + CLINICS_KEPT

    async def owner_of_sender(self, sender: str) -> Clinic | None:
        """The clinic that texts from the sender with this key."""
        clinics = await self.all()
        return next((clinic for clinic in clinics.values() if sender in clinic.senders), None)


async def get_clinic(request: Request, key: str) -> Clinic:
    """A clinic as it is now; its key comes from an API key, so it exists."""
    return (await get_clinics(request).all())[key]


def get_clinics(request: Request) -> CurrentClinics:
    """The clinics of the process that answers this request."""
    return cast(CurrentClinics, request.app.state.clinics)


def answer(content: Any, status: int = 200) -> Response:
    """A JSON answer, times as `2026-11-24T16:00:00Z`."""
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), status, media_type="application/json")
