"""Sequences shown to the staff: what there is, every version it ever had, and how many leads stand at which step."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field

from app.adapters.clinic_file.parts import difference, whole
from app.adapters.store import versions
from app.adapters.store.versions import Version
from app.api.auth import Caller, coordinator
from app.api.problems import not_found, refusals
from app.api.state import get_runtime

router = APIRouter(tags=["sequences"], responses=refusals(401, 403, 422, 503))

Coordinator = Annotated[Caller, Depends(coordinator)]

# The database's `integer`.
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class VersionOut(BaseModel):
    """One version of a sequence."""

    version: int
    applied_at: datetime
    applied_by: str | None
    file_version: int
    current: bool = Field(description="Whether new leads begin in it.")
    in_flight: dict[str, int] = Field(description="How many leads stand at each step, by its key.")


class SequenceListed(BaseModel):
    """A sequence, and who is on their way in it."""

    key: str
    version: int = Field(description="The newest one.")
    current: bool = Field(description="Whether the clinic's file still has it.")
    in_flight: dict[str, int] = Field(description="How many leads stand at each step, in whatever version.")


class SequencesOut(BaseModel):
    """All sequences a clinic ever had."""

    sequences: list[SequenceListed]


class VersionsOut(BaseModel):
    """All versions of a sequence, newest first."""

    key: str
    versions: list[VersionOut]


class VersionTextOut(VersionOut):
    """A version with what it says; `diff` is unified, from the version that `against` names, by step."""

    key: str
    yaml: str
    against: int | None
    diff: str | None


@router.get("/sequences")
async def list_sequences(request: Request, caller: Coordinator) -> SequencesOut:
    """Every sequence with its newest version, and how many leads stand at each step."""
    known: dict[str, list[Version]] = {}
    for one in await _history(request, caller, None):
        known.setdefault(one.sequence, []).append(one)
    return SequencesOut(sequences=[_sequence(key, ones) for key, ones in known.items()])


def _sequence(key: str, known: list[Version]) -> SequenceListed:
    together: dict[str, int] = {}
    for step, leads in (pair for one in known for pair in one.in_flight.items()):
        together[step] = together.get(step, 0) + leads
    return SequenceListed(key=key, version=known[0].version, current=known[0].current, in_flight=together)


@router.get("/sequences/{key}/versions", responses=refusals(404))
async def list_versions(request: Request, caller: Coordinator, key: str) -> VersionsOut:
    """Every version of a sequence, newest first: when it was applied, by whom, and who stands where."""
    return VersionsOut(key=key, versions=[_version(one) for one in await _of(request, caller, key)])


@router.get("/sequences/{key}/versions/{version}", responses=refusals(404))
async def show_version(
    request: Request,
    caller: Coordinator,
    key: str,
    version: Number,
    against: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> VersionTextOut:
    """What a version says, as YAML, and what differs from another (by default the one before)."""
    known = {one.version: one for one in await _of(request, caller, key)}
    if version not in known or (against is not None and against not in known):
        raise not_found("version")
    before = known.get(version - 1 if against is None else against)
    async with get_runtime(request).engine.connect() as conn:
        new = await versions.parts(conn, caller.clinic, known[version])
        old = await versions.parts(conn, caller.clinic, before) if before else None
    differs = difference(key, (before.version, old), (version, new)) if before and old is not None else None
    told = _version(known[version]).model_dump()
    return VersionTextOut(**told, key=key, yaml=whole(new), against=before.version if before else None, diff=differs)


async def _of(request: Request, caller: Caller, key: str) -> list[Version]:
    known = await _history(request, caller, key)
    if not known:
        raise not_found("sequence")
    return known


async def _history(request: Request, caller: Caller, key: str | None) -> list[Version]:
    runtime = get_runtime(request)
    async with runtime.engine.connect() as conn:
        return await versions.history(conn, await runtime.clinics.take(conn, caller.clinic), key)


def _version(one: Version) -> VersionOut:
    return VersionOut(
        version=one.version,
        applied_at=one.applied_at,
        applied_by=one.applied_by,
        file_version=one.file,
        current=one.current,
        in_flight=dict(one.in_flight),
    )
