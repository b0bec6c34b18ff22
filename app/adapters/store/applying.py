"""Applying clinic files: what is new, changed, unchanged or removed, and writing it, all or nothing.

How to think of it: a file is compared with the version applied last. A file whose words are the same writes
nothing. Any other becomes the clinic's next version; a sequence in it gets a new version only when its own
content differs from its newest one, so leads in the others never notice. Nothing is ever deleted: leads
finish on the version they began, unless somebody decides otherwise (`moving`).
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.clinic_file import Finding
from app.adapters.store import moving
from app.adapters.store.clinics import ClinicShelf
from app.domain import clinic as words
from app.domain.clinic import Clinic

APPLY_LOCK = 0x1EADA991
"""Advisory lock under which one apply plans and writes while others wait."""

Kind = Literal["new", "changed", "unchanged", "removed"]


@dataclass(frozen=True)
class ClinicText:
    """A clinic file that was read and found right: its name, its text, and what it says."""

    name: str
    document: str
    clinic: Clinic


@dataclass(frozen=True)
class Change:
    """One line of the plan. `in_flight` counts the leads at each step of a sequence that changes or goes."""

    kind: str
    key: str
    clinic: str
    change: Kind
    in_flight: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Plan:
    """What applying would do; with findings, nothing."""

    changes: tuple[Change, ...]
    findings: tuple[tuple[str, Finding], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing stands against it."""
        return not self.findings


async def apply(
    conn: AsyncConnection, files: Sequence[ClinicText], *, dry_run: bool = False, by: str | None = None
) -> Plan:
    """Write these files, in the caller's transaction, and say what became of each part.

    Keys of clinics, senders and sources are unique in an installation; when one is
    taken, or with `dry_run`, nothing is written. `by` is who applies them, for the history.
    """
    await lock(conn)
    findings = tuple(await _taken(conn, files))
    changes: list[Change] = []
    for file in files:
        before = await _before(conn, file.clinic.key)
        changes += await _compare(conn, file, before)
        if not dry_run and not findings and (before is None or before.digest != _sha256(file.document)):
            await _write(conn, file, before, by)
    return Plan(tuple(changes), findings)


async def lock(conn: AsyncConnection) -> None:
    """Be the only one, in this transaction, who makes new versions of clinic files."""
    await conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": APPLY_LOCK})


# What stands now.


@dataclass(frozen=True)
class _Before:
    version: int
    digest: str
    clinic: Clinic
    sequences: Mapping[str, tuple[int, str]]
    """Newest version and digest of every sequence the clinic ever had."""


async def _before(conn: AsyncConnection, clinic: str) -> _Before | None:
    row = (
        await conn.execute(
            text(
                "SELECT version, digest FROM clinics JOIN clinic_versions USING (version)"
                " WHERE clinics.key = :clinic AND clinic_versions.clinic = :clinic"
            ),
            {"clinic": clinic},
        )
    ).one_or_none()
    if row is None:
        return None
    newest = await conn.execute(
        text(
            "SELECT DISTINCT ON (key) key, version, digest FROM sequence_versions WHERE clinic = :clinic"
            " ORDER BY key, version DESC"
        ),
        {"clinic": clinic},
    )
    return _Before(
        version=row.version,
        digest=row.digest,
        clinic=await ClinicShelf("").take(conn, clinic, row.version),
        sequences={each.key: (each.version, each.digest) for each in newest},
    )


async def _taken(conn: AsyncConnection, files: Sequence[ClinicText]) -> list[tuple[str, Finding]]:
    """Keys that another clinic has, in the database or in a file beside this one."""
    owners: dict[tuple[str, str], str] = {}
    for kind, table in (("sender", "senders"), ("source", "sources")):
        for row in await conn.execute(text(f"SELECT key, clinic FROM {table}")):  # noqa: S608
            owners[kind, row.key] = row.clinic
    found: list[tuple[str, Finding]] = []
    seen: dict[str, ClinicText] = {}
    for file in files:
        first = seen.setdefault(file.clinic.key, file)
        if first is not file:
            found.append((file.name, _not_unique(file, "clinic", file.clinic.key, f"stands in {first.name} too")))
        for kind, key in [("sender", k) for k in file.clinic.senders] + [("source", k) for k in file.clinic.sources]:
            owner = owners.setdefault((kind, key), file.clinic.key)
            if owner != file.clinic.key:
                found.append((file.name, _not_unique(file, f"{kind}s.{key}", key, f"is taken by the clinic {owner}")))
    return found


def _not_unique(file: ClinicText, path: str, key: str, why: str) -> Finding:
    message = f"{path}: the key {key} {why}; keys are unique in an installation"
    wanted = (f"{key}:", f"clinic: {key}")
    lines = enumerate(file.document.splitlines(), 1)
    line = next((number for number, words in lines if words.strip().startswith(wanted)), None)
    return Finding(level="block", rule="unique_key", path=path, line=line, message=message, suggestion=None)


# What differs.

_PARTS = ("locations", "services", "senders", "sources", "teams", "playbook", "sequences", "experiments")


async def _compare(conn: AsyncConnection, file: ClinicText, before: _Before | None) -> list[Change]:
    clinic = file.clinic
    whole: Kind = "new"
    if before is not None:
        whole = "unchanged" if before.digest == _sha256(file.document) else "changed"
    changes = [Change("clinic", clinic.key, clinic.key, whole)]
    for part in _PARTS:
        now, then = _by_key(clinic, part), _by_key(before.clinic, part) if before else {}
        for key in [*now, *(key for key in then if key not in now)]:
            change = _change(now.get(key), then.get(key))
            in_flight = None
            if part == "sequences" and before is not None and change in ("changed", "removed"):
                in_flight = await moving.in_sequence(conn, before.clinic, key)
            changes.append(Change(_NAMES.get(part, part), key, clinic.key, change, in_flight))
    return changes


_NAMES = {
    "locations": "location",
    "services": "service",
    "senders": "sender",
    "sources": "source",
    "teams": "team",
    "playbook": "play",
    "sequences": "sequence",
    "experiments": "experiment",
}


def _by_key(clinic: Clinic, part: str) -> dict[str, Any]:
    rows = getattr(clinic, part)
    return dict(rows) if isinstance(rows, Mapping) else {row.key: row for row in rows}


def _change(now: object, then: object) -> Kind:
    if now is None:
        return "removed"
    if then is None:
        return "new"
    return "unchanged" if content_digest(now) == content_digest(then) else "changed"


def content_digest(part: object) -> str:
    """The hash of what a part says; given versions and values left at their default do not count.

    So a field that a later release adds to a dataclass changes nobody's digest.
    """
    return _sha256(json.dumps(_said(part), sort_keys=True, ensure_ascii=False))


def _said(value: object) -> object:
    if dataclasses.is_dataclass(value):
        given = ((each.name, getattr(value, each.name), each) for each in dataclasses.fields(value))
        return {name: _said(held) for name, held, each in given if name != "version" and held != _default(each)}
    if isinstance(value, Mapping):
        return [[_said(key), _said(held)] for key, held in sorted(value.items(), key=lambda pair: str(pair[0]))]
    if isinstance(value, frozenset | set):
        return sorted(str(each) for each in value)
    if isinstance(value, tuple | list):
        return [_said(each) for each in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def _default(field: "dataclasses.Field[Any]") -> object:
    made = field.default_factory
    return made() if made is not dataclasses.MISSING else field.default


# Writing.


async def _write(conn: AsyncConnection, file: ClinicText, before: _Before | None, by: str | None) -> None:
    clinic, version = file.clinic, before.version + 1 if before else 1
    await conn.execute(
        text(
            "INSERT INTO clinics (key, brand, name, version) VALUES (:key, :brand, :name, :version) ON CONFLICT (key)"
            " DO UPDATE SET brand = excluded.brand, name = excluded.name, version = excluded.version"
        ),
        {"key": clinic.key, "brand": clinic.brand, "name": clinic.name, "version": version},
    )
    await conn.execute(
        text(
            "INSERT INTO clinic_versions (clinic, version, document, digest, applied_by)"
            " VALUES (:clinic, :version, :document, :digest, :by)"
        ),
        {
            "clinic": clinic.key,
            "version": version,
            "document": file.document,
            "digest": _sha256(file.document),
            "by": by,
        },
    )
    for sequence in clinic.sequences:
        await _write_sequence(conn, clinic.key, version, sequence, before)
    for sender in clinic.senders.values():
        await conn.execute(
            text(
                "INSERT INTO senders (key, clinic, number) VALUES (:key, :clinic, :number)"
                " ON CONFLICT (key) DO UPDATE SET number = excluded.number"
            ),
            {"key": sender.key, "clinic": clinic.key, "number": sender.number},
        )
    for source in clinic.sources:
        await conn.execute(
            text("INSERT INTO sources (key, clinic) VALUES (:key, :clinic) ON CONFLICT DO NOTHING"),
            {"key": source, "clinic": clinic.key},
        )
    await conn.execute(
        text("INSERT INTO change_counters (clinic) VALUES (:clinic) ON CONFLICT DO NOTHING"), {"clinic": clinic.key}
    )


async def _write_sequence(
    conn: AsyncConnection, clinic: str, clinic_version: int, sequence: words.Sequence, before: _Before | None
) -> None:
    digest = content_digest(sequence)
    newest, known = before.sequences.get(sequence.key, (0, "")) if before else (0, "")
    if digest == known:
        return
    await conn.execute(
        text(
            "INSERT INTO sequence_versions (clinic, key, version, clinic_version, digest)"
            " VALUES (:clinic, :key, :version, :clinic_version, :digest)"
        ),
        {
            "clinic": clinic,
            "key": sequence.key,
            "version": newest + 1,
            "clinic_version": clinic_version,
            "digest": digest,
        },
    )


def _sha256(words: str) -> str:
    return f"sha256:{hashlib.sha256(words.encode()).hexdigest()}"


async def sender_numbers(conn: AsyncConnection) -> dict[str, str]:
    """The number of every sender of the installation, by key."""
    rows = await conn.execute(text("SELECT key, number FROM senders ORDER BY key"))
    return {row.key: row.number for row in rows}
