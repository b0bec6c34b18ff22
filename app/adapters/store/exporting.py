"""What an operator takes out of an installation: a clinic's rows, whole and opened, in pages of constant memory.

One `Export` a kind: its columns in a fixed order, the statement that reads a page after the last row's place, and
how a row is opened. A page is a statement of its own, so a long export holds no snapshot and locks nothing.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store.permissions import LEDGER_COLUMNS, ledger

PAGE = 500

Line = dict[str, Any]
"""One row as people read it, by column."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """How one kind of row is read: `source` and `since` are SQL, `place` the unique column it is ordered by."""

    columns: tuple[str, ...]
    source: str
    since: str
    place: str
    start: str | int
    opened: Callable[[Vault, Row[Any]], Mapping[str, Any]]

    def page(self) -> str:
        """The statement for the rows after a place."""
        return (
            f"SELECT {self.place} AS place, {self.source} WHERE {self._wanted} AND {self.place} > :after"
            f" ORDER BY {self.place} LIMIT {PAGE}"
        )

    def count(self) -> str:
        """The statement for how many there are."""
        return f"SELECT count(*) FROM {self.source.rpartition(' FROM ')[2]} WHERE {self._wanted}"  # noqa: S608

    @property
    def _wanted(self) -> str:
        clinic = f"{self.place.partition('.')[0]}.clinic = :clinic"
        return f"{clinic} AND (CAST(:since AS timestamptz) IS NULL OR {self.since} >= :since)"


def _named(columns: str) -> tuple[str, ...]:
    return tuple(columns.split())


def _facts(vault: Vault, row: Row[Any]) -> Mapping[str, Any]:
    facts: dict[str, Any] = orjson.loads(vault.decrypt("lead", row.facts_cipher))
    return {**facts, "phone": vault.open("phone", row.phone_cipher)}


def _words(vault: Vault, row: Row[Any]) -> Mapping[str, Any]:
    return {"phone": vault.open("phone", row.phone_cipher), "text": vault.open("message", row.body_cipher)}


def _about(vault: Vault, row: Row[Any]) -> Mapping[str, Any]:
    return {"phone": vault.open("phone", row.phone_cipher), "about": vault.open("task", row.about_cipher)}


def _happening(vault: Vault, row: Row[Any]) -> Mapping[str, Any]:
    fields: dict[str, Any] = orjson.loads(vault.decrypt("event", row.payload_cipher))
    kept = {name: value for name, value in fields.items() if name not in ("id", "kind", "at")}
    return {"phone": vault.open("phone", row.phone_cipher), "lead_id": kept.pop("lead_id", None), "fields": kept}


EXPORTS: dict[str, Export] = {
    "leads": Export(
        columns=_named(
            "id captured_at stage reason source first_name last_name phone email language zip state timezone service"
            " location preferred_times message request preferred_channel external_id utm extra test track score"
            " sequence version variant step consent_id suppressed_by"
        ),
        source=(
            "leads.*, contacts.phone_cipher, closed.by AS suppressed_by FROM leads"
            " JOIN contacts ON contacts.id = leads.contact_id JOIN clinics ON clinics.key = leads.clinic"
            " LEFT JOIN suppressions AS closed ON closed.brand = clinics.brand"
            " AND closed.phone_hash = contacts.phone_hash AND closed.lifted_at IS NULL"
        ),
        since="leads.captured_at",
        place="leads.id",
        start="",
        opened=_facts,
    ),
    "messages": Export(
        columns=_named(
            "id lead_id phone direction purpose channel status sender sequence version variant step task_id consent_id"
            " text segments planned_at due_at expires_at sent_at carrier_id error_code reading decision"
        ),
        source="messages.*, contacts.phone_cipher FROM messages JOIN contacts ON contacts.id = messages.contact_id",
        since="messages.planned_at",
        place="messages.id",
        start="",
        opened=_words,
    ),
    "tasks": Export(
        columns=_named(
            "id lead_id phone kind priority team status opened_at due_at about wish assignee answered_at escalated_at"
            " escalated_to outcome completed_by completed_at"
        ),
        source="tasks.*, contacts.phone_cipher FROM tasks JOIN contacts ON contacts.id = tasks.contact_id",
        since="tasks.opened_at",
        place="tasks.id",
        start="",
        opened=_about,
    ),
    "events": Export(
        columns=_named("no id kind at recorded_at lead_id phone read_no read_at clinic_version quarantined fields"),
        source="events.*, contacts.phone_cipher FROM events JOIN contacts ON contacts.id = events.contact_id",
        since="events.at",
        place="events.no",
        start=0,
        opened=_happening,
    ),
}
"""Every kind but the consents, whose ledger reads itself."""

COLUMNS = {**{kind: export.columns for kind, export in EXPORTS.items()}, "consents": LEDGER_COLUMNS}
"""By kind, the columns of an export, in their order."""


async def export(
    conn: AsyncConnection, vault: Vault, kind: str, clinic: str, since: datetime | None = None
) -> AsyncIterator[Line]:
    """A clinic's rows of one kind, oldest first, each with the keys of `COLUMNS`; raises `CannotDecrypt`."""
    if kind == "consents":
        async for line in ledger(conn, vault, clinic, since):
            yield line
        return
    wanted, after = EXPORTS[kind], EXPORTS[kind].start
    statement = text(wanted.page())
    while rows := (await conn.execute(statement, {"clinic": clinic, "since": since, "after": after})).all():
        for row in rows:
            said = {**row._mapping, **wanted.opened(vault, row)}
            yield {name: said.get(name) for name in wanted.columns}
        after = rows[-1].place


async def count(conn: AsyncConnection, kind: str, clinic: str, since: datetime | None = None) -> int:
    """How many rows `export` will give."""
    wanted = {"clinic": clinic, "since": since}
    if kind == "consents":
        ledger_rows = (
            "consents WHERE clinic = :clinic AND (CAST(:since AS timestamptz) IS NULL OR recorded_at >= :since)"
        )
        statement = f"SELECT count(*) FROM {ledger_rows}"  # noqa: S608 - our own constant
    else:
        statement = EXPORTS[kind].count()
    return int((await conn.execute(text(statement), wanted)).scalar_one())
