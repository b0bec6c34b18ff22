"""The history of sequences: every version, who applied it and when, and how many leads stand in it. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.clinic_file.parts import Parts, sequence_parts
from app.adapters.store import clinics, moving
from app.domain.clinic import Clinic


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a sequence. `file` is the version of the clinic file that brought it; `in_flight` is by step.

    `current` is what new leads begin: the newest version, unless the file has the sequence no more.
    """

    sequence: str
    version: int
    file: int
    applied_at: datetime
    applied_by: str | None
    current: bool
    in_flight: Mapping[str, int]


_VERSIONS = text("""
SELECT sequence_versions.key, sequence_versions.version, clinic_version, applied_at, applied_by
FROM sequence_versions
JOIN clinic_versions ON clinic_versions.clinic = sequence_versions.clinic
    AND clinic_versions.version = sequence_versions.clinic_version
WHERE sequence_versions.clinic = :clinic AND sequence_versions.key = coalesce(:sequence, sequence_versions.key)
ORDER BY sequence_versions.key, sequence_versions.version DESC
""")


async def history(conn: AsyncConnection, clinic: Clinic, sequence: str | None = None) -> list[Version]:
    """Every version of this sequence, or of all, newest first; `clinic` is the current one."""
    standing = await moving.in_flight(conn, clinic, sequence)
    current = {(one.key, one.version) for one in clinic.sequences}
    rows = await conn.execute(_VERSIONS, {"clinic": clinic.key, "sequence": sequence})
    return [
        Version(
            sequence=row.key,
            version=row.version,
            file=row.clinic_version,
            applied_at=row.applied_at,
            applied_by=row.applied_by,
            current=(row.key, row.version) in current,
            in_flight=standing.get((row.key, row.version), {}),
        )
        for row in rows
    ]


async def parts(conn: AsyncConnection, clinic: str, version: Version) -> Parts:
    """What a version says, as YAML by step."""
    return sequence_parts(await clinics.document(conn, clinic, version.file), version.sequence)
