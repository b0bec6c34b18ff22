"""Clinics: their files as applied, version by version, and the shelf from which processes take them."""

from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.clinic_file import read_applied
from app.domain.clinic import Clinic, Sequence


@dataclass(frozen=True)
class Applied:
    """A clinic file as it was applied."""

    clinic: str
    version: int
    document: str


async def current_versions(conn: AsyncConnection) -> dict[str, int]:
    """The current file version of every clinic."""
    rows = await conn.execute(text("SELECT key, version FROM clinics"))
    return {row.key: row.version for row in rows}


_FILE = text("""
SELECT min(same.version) FROM clinic_versions AS same JOIN clinics ON clinics.key = same.clinic
WHERE same.clinic = :clinic AND same.version > coalesce(
    (SELECT max(other.version) FROM clinic_versions AS other
     JOIN clinic_versions AS newest ON newest.clinic = other.clinic AND newest.version = clinics.version
     WHERE other.clinic = clinics.key AND other.digest <> newest.digest), 0)
GROUP BY clinics.key
""")


async def file_version(conn: AsyncConnection, clinic: str) -> int:
    """The version with which the current file came; later ones that say the same only stopped an experiment's arm."""
    version: int = (await conn.execute(_FILE, {"clinic": clinic})).scalar_one()
    return version


async def document(conn: AsyncConnection, clinic: str, version: int) -> str:
    """The YAML of one version of a clinic's file."""
    found: str = (
        await conn.execute(
            text("SELECT document FROM clinic_versions WHERE clinic = :clinic AND version = :version"),
            {"clinic": clinic, "version": version},
        )
    ).scalar_one()
    return found


# What was replaced in the last hour may be what a worker is just putting somebody into.
_SEQUENCE_VERSIONS = text("""
WITH known AS (
    SELECT one.key, one.version, one.clinic_version,
           lead(applied_at) OVER (PARTITION BY one.key ORDER BY one.version) AS replaced_at
    FROM sequence_versions AS one
    JOIN clinic_versions AS file ON file.clinic = one.clinic AND file.version = one.clinic_version
    WHERE one.clinic = :clinic AND one.clinic_version <= :file
)
SELECT key, version, clinic_version FROM known
WHERE replaced_at IS NULL OR replaced_at > clock_timestamp() - interval '1 hour'
   OR :file < (SELECT clinics.version FROM clinics WHERE clinics.key = :clinic)
   OR EXISTS (SELECT FROM leads
              WHERE leads.clinic = :clinic AND leads.sequence = known.key AND leads.version = known.version)
ORDER BY key, version
""")


async def sequence_versions(conn: AsyncConnection, clinic: str, file: int) -> list[tuple[str, int, int]]:
    """(sequence key, its version, the file version it stands in), as known to a version of the file, oldest first.

    Of the current file, versions in which no lead stands any more are left out: nobody needs them.
    """
    rows = await conn.execute(_SEQUENCE_VERSIONS, {"clinic": clinic, "file": file})
    return [(row.key, row.version, row.clinic_version) for row in rows]


async def stopped_arms(conn: AsyncConnection, clinic: str, file: int) -> frozenset[tuple[str, str]]:
    """The arms of experiments that were stopped by that version of the file, as (edition, arm)."""
    rows = await conn.execute(
        text("SELECT edition, arm FROM experiment_stops WHERE clinic = :clinic AND clinic_version <= :file"),
        {"clinic": clinic, "file": file},
    )
    return frozenset((row.edition, row.arm) for row in rows)


@dataclass
class ClinicShelf:
    """Clinics by key and version, read once and kept: a version never changes after it was applied."""

    public_url: str
    _read: dict[tuple[str, int], Clinic] = field(default_factory=dict)
    _whole: dict[tuple[str, int], Clinic] = field(default_factory=dict)

    async def take(self, conn: AsyncConnection, key: str, version: int | None = None) -> Clinic:
        """The clinic at this file version (None: the current one), with every sequence version that leads stand in."""
        if version is None:
            version = (await current_versions(conn))[key]
        if (key, version) not in self._whole:
            self._whole[key, version] = await self._assemble(conn, key, version)
        return self._whole[key, version]

    async def take_all(self, conn: AsyncConnection) -> dict[str, Clinic]:
        """Every clinic at its current version, by key."""
        return {key: await self.take(conn, key, version) for key, version in (await current_versions(conn)).items()}

    async def _assemble(self, conn: AsyncConnection, key: str, version: int) -> Clinic:
        base = await self._parsed(conn, key, version)
        pinned: dict[tuple[str, int], Sequence] = {}
        newest: dict[str, int] = {}
        for sequence_key, sequence_version, stands_in in await sequence_versions(conn, key, version):
            source = await self._parsed(conn, key, stands_in)
            found = next(s for s in source.sequences if s.key == sequence_key)
            pinned[sequence_key, sequence_version] = found
            newest[sequence_key] = sequence_version
        stopped = await stopped_arms(conn, key, version)
        return base.with_versions(version, pinned, newest, self.public_url, stopped)

    async def _parsed(self, conn: AsyncConnection, key: str, version: int) -> Clinic:
        if (key, version) not in self._read:
            self._read[key, version] = _read(await document(conn, key, version), f"{key} v{version}")
        return self._read[key, version]


@lru_cache(maxsize=32)
def _read(document: str, name: str) -> Clinic:
    """An applied file, which every shelf of a process reads alike."""
    return read_applied(document, name=name)
