"""Leads that stand in a version of a sequence: counted by step, and ordered to move on or to stop when it changed.

How to think of it: an order is an event like any other, one a lead, appended under its contact's lock and carried out
by a worker's reader. It is given only while no step of the lead is on its way to a carrier, and while it is unread
nothing leaves; so what the reader moves is never being sent. Ordering again orders who is left; a lead that is
ordered twice obeys once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.clinic_file import read_clinic
from app.adapters.store import clinics, contacts, events, installation
from app.adapters.store.contacts import Directory
from app.domain import moving
from app.domain.clinic import Clinic
from app.domain.events import SequenceMoved, SequenceStopped
from app.domain.experiments import carried
from app.domain.ids import new_id

AFTER_THE_LAST = "after the last step"
"""Where a lead stands that was sent everything and has still to be heard of."""

_IN_FLIGHT = "(stage IN ('texting', 'paused') OR (stage = 'nurture' AND pending IS NOT NULL))"

_COUNTS = text(f"""
SELECT sequence, version, variant, step, count(*) AS leads FROM leads
WHERE clinic = :clinic AND sequence = coalesce(:sequence, sequence) AND {_IN_FLIGHT}
GROUP BY sequence, version, variant, step ORDER BY sequence, step, version, variant
""")  # noqa: S608

Counts = Mapping[tuple[str, int], Mapping[str, int]]
"""By sequence and version: how many leads stand at each step, by its key."""


async def in_flight(conn: AsyncConnection, clinic: Clinic, sequence: str | None = None) -> Counts:
    """How many leads stand at each step, in each version of this sequence, or of all."""
    counts: dict[tuple[str, int], dict[str, int]] = {}
    for row in await conn.execute(_COUNTS, {"clinic": clinic.key, "sequence": sequence}):
        pinned = clinic.sequence(row.sequence, row.version, row.variant)
        step = pinned.steps[row.step].key if pinned and row.step < len(pinned.steps) else AFTER_THE_LAST
        at = counts.setdefault((row.sequence, row.version), {})
        at[step] = at.get(step, 0) + row.leads
    return counts


async def in_sequence(conn: AsyncConnection, clinic: Clinic, sequence: str) -> dict[str, int]:
    """How many leads stand at each step of a sequence, in whatever version they began."""
    together: dict[str, int] = {}
    for at in (await in_flight(conn, clinic, sequence)).values():
        for step, leads in at.items():
            together[step] = together.get(step, 0) + leads
    return together


# Deciding about them.


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """A sequence that the clinic's newest file changed or left out (`gone`), and who stands in versions before it."""

    sequence: str
    version: int
    leads: int
    gone: bool = False


_CHANGED = text("""
SELECT key, version FROM sequence_versions
WHERE clinic = :clinic AND clinic_version = :file AND version > 1 ORDER BY key
""")

_GONE = text("""
SELECT key, max(version) + 1 AS version FROM sequence_versions
WHERE clinic = :clinic AND key = ANY(:keys) GROUP BY key ORDER BY key
""")

_BEHIND = f"clinic = :clinic AND sequence = :sequence AND version < :version AND {_IN_FLIGHT}"

_HOW_MANY = text(f"SELECT count(*) FROM leads WHERE {_BEHIND}")  # noqa: S608


async def undecided(conn: AsyncConnection, clinic: str) -> list[Undecided]:
    """The sequences of a clinic whose leads in flight may be moved or stopped: those that its newest file changed."""
    file = await clinics.file_version(conn, clinic)
    wanted = [(row.key, row.version, False) for row in await conn.execute(_CHANGED, {"clinic": clinic, "file": file})]
    gone = {"clinic": clinic, "keys": sorted(await _left_out(conn, clinic, file))}
    wanted += [(row.key, row.version, True) for row in await conn.execute(_GONE, gone)]
    found = []
    for key, version, is_gone in wanted:
        behind = {"clinic": clinic, "sequence": key, "version": version}
        leads = (await conn.execute(_HOW_MANY, behind)).scalar_one()
        found += [Undecided(sequence=key, version=version, leads=leads, gone=is_gone)] if leads else []
    return found


async def _left_out(conn: AsyncConnection, clinic: str, file: int) -> set[str]:
    """The sequences that stood in the file before this one, and stand there no more."""
    if file == 1:
        return set()
    before, now = [read_clinic(await clinics.document(conn, clinic, number))[0] for number in (file - 1, file)]
    return {one.key for one in before.sequences} - {one.key for one in now.sequences}


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody decided about who stands in a sequence before `version`: to move there, or to stop."""

    clinic: Clinic
    sequence: str
    version: int
    moves: bool
    by: str


@dataclass(kw_only=True)
class Given:
    """What a round of orders came to. `last` is where the next begins, None when there is nobody more.

    `busy` had a step on its way to a carrier; `nowhere` find no step they know in the version they would move to.
    """

    last: tuple[int, str] | None = None
    ordered: int = 0
    busy: int = 0
    nowhere: int = 0
    lanes: set[int] = field(default_factory=set)


_NEXT = text(f"""
SELECT version, id, contact_id FROM leads WHERE {_BEHIND} AND (version, id) > (:after_version, :after_id)
ORDER BY version, id LIMIT :limit
""")  # noqa: S608

_STILL = text(f"""
SELECT id, contact_id, version, variant, step,
       EXISTS (SELECT FROM messages WHERE messages.lead_id = leads.id AND messages.contact_id = leads.contact_id
               AND status = 'sending' AND purpose = 'step') AS busy
FROM leads WHERE id = ANY(:ids) AND {_BEHIND} ORDER BY version, id
""")  # noqa: S608


async def give(
    conn: AsyncConnection, directory: Directory, order: Order, after: tuple[int, str] | None, limit: int = 500
) -> Given:
    """Order the next leads (by version and id, after this one), in the caller's transaction."""
    behind = {"clinic": order.clinic.key, "sequence": order.sequence, "version": order.version}
    version, lead_id = after or (0, "")
    asked = {**behind, "after_version": version, "after_id": lead_id, "limit": limit}
    found = (await conn.execute(_NEXT, asked)).all()
    if not found:
        return Given()
    held = await contacts.lock(conn, [row.contact_id for row in found])
    # In a new statement: whoever claimed a step of theirs before we had the locks is seen.
    rows = (await conn.execute(_STILL, {**behind, "ids": [row.id for row in found]})).all()
    given = Given(last=(found[-1].version, found[-1].id))
    given.busy = sum(row.busy for row in rows)
    free = [row for row in rows if not row.busy]
    knowing = [row for row in free if not order.moves or _has_a_place(order, row)]
    given.nowhere, given.ordered = len(free) - len(knowing), len(knowing)
    kind, now = SequenceMoved if order.moves else SequenceStopped, await installation.now(conn)
    told: dict[str, Any] = {"sequence": order.sequence, "version": order.version, "by": order.by, "at": now}
    orders = [(held[row.contact_id], kind(id=new_id("evt"), lead_id=row.id, **told)) for row in knowing]
    await events.append(conn, directory.vault, orders)
    given.lanes = {contact.lane for contact, _ in orders}
    return given


def _has_a_place(order: Order, row: Row[Any]) -> bool:
    clinic = order.clinic
    old, new = clinic.sequence(order.sequence, row.version), clinic.sequence(order.sequence, order.version)
    if old is None or new is None:
        return False
    variant = carried(old, new, row.variant, clinic.arm_for(new, row.contact_id))
    return moving.place(old.seen_by(row.variant), new.seen_by(variant), row.step) is not None


async def waiting(conn: AsyncConnection) -> int:
    """How many such orders no worker has carried out yet."""
    unread = "SELECT count(*) FROM events WHERE read_no IS NULL AND kind IN ('sequence_moved', 'sequence_stopped')"
    count: int = (await conn.execute(text(unread))).scalar_one()
    return count
