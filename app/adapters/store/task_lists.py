"""Tasks as they are read: lists with their cursors, and how much each team has. One query a list.

How to think of a list of changes: every row carries the number of its latest change, and the counter's value is
read in the same snapshot. So a poller that asks "after n" sees each task changed since n in its latest state, and
may go on from the counter's value when the list was not cut off by its limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.crypto import Vault
from app.adapters.store.installation import NOW
from app.domain.course import course_from
from app.domain.leases import WAITING


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which tasks of a clinic; None is any. `statuses` None is what still waits, in a list without a cursor."""

    clinic: str
    statuses: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    team: str | None = None
    assignee: str | None = None


@dataclass(frozen=True, kw_only=True)
class LeadRead:
    """The lead of a task. `facts` is everything the form said, `clicked_at` when its booking link was last opened."""

    id: str
    stage: str
    source: str
    captured_at: datetime
    token: str
    service: str | None
    location: str | None
    language: str | None
    test: bool
    track: str
    score: int
    facts: Mapping[str, Any]
    clicked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class TaskRead:
    """A task as it is shown, opened from its row. `phone` is E.164, or None where nobody's phone is behind it."""

    id: str
    contact_id: str
    kind: str
    priority: int
    team: str
    status: str
    opened_at: datetime
    due_at: datetime
    version: int
    about: str
    assignee: str | None
    lease_until: datetime | None
    snoozed_until: datetime | None
    outcome: str | None
    completed_at: datetime | None
    answered_at: datetime | None
    escalated_at: datetime | None
    escalated_to: str | None
    wish: Mapping[str, Any] | None
    change_no: int
    phone: str | None
    lead: LeadRead | None


@dataclass(frozen=True)
class Page:
    """Some tasks, whether more follow them, and the number of the clinic's latest change in the same snapshot."""

    tasks: tuple[TaskRead, ...]
    more: bool
    last_no: int


@dataclass(frozen=True)
class Place:
    """Where a task stands in the order of work: what is urgent first, then what is due first."""

    priority: int
    due_at: datetime
    id: str


_COLUMNS = """t.id, t.contact_id, t.kind, t.priority, t.team, t.status, t.opened_at, t.due_at, t.version,
       t.about_cipher, t.assignee, t.lease_until, t.snoozed_until, t.outcome, t.completed_at, t.change_no,
       t.answered_at, t.escalated_at, t.escalated_to, t.wish,
       contacts.phone_cipher, leads.id AS lead_id, leads.stage, leads.source, leads.captured_at, leads.token,
       leads.service, leads.location, leads.language, leads.test, leads.track, leads.score, leads.facts_cipher"""

_PEOPLE = "LEFT JOIN contacts ON contacts.id = t.contact_id LEFT JOIN leads ON leads.id = t.lead_id"

_LAST_NO = "(SELECT coalesce(max(last_no), 0) AS last_no FROM change_counters WHERE clinic = :clinic)"

_IS_WAITING = "status IN ('open', 'claimed', 'snoozed')"  # As the partial index says it.

_MATCHES = {
    "kinds": "kind = ANY(CAST(:kinds AS text[]))",
    "team": "team = :team",
    "assignee": "assignee = :assignee",
}

# A task that leaves the filter is shown once: while the poller has not seen the change by which it left.
_MATCHES_OR_LEFT = """(status = ANY(CAST(:statuses AS text[])) OR EXISTS (
    SELECT FROM jsonb_each_text(left_nos) AS was (status, no)
    WHERE was.status = ANY(CAST(:statuses AS text[])) AND CAST(was.no AS bigint) > :after))"""


def _list(conditions: list[str], order: str) -> TextClause:
    where = " AND ".join(["clinic = :clinic", *conditions])
    # The conditions are this module's own constants; what callers send is bound.
    return text(
        f"SELECT counter.last_no, {_COLUMNS} FROM {_LAST_NO} AS counter LEFT JOIN LATERAL"  # noqa: S608
        f" (SELECT * FROM tasks WHERE {where} ORDER BY {order} LIMIT :limit) AS t ON true {_PEOPLE} ORDER BY {order}"
    )


def _matching(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    wanted = {"kinds": filters.kinds, "team": filters.team, "assignee": filters.assignee}
    given = {name: value for name, value in wanted.items() if value is not None}
    parameters: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in given.items()
    }
    return [_MATCHES[name] for name in given], parameters


def _now_in(filters: Filters) -> tuple[str, dict[str, Any]]:
    statuses = filters.statuses or WAITING
    listed = "status = ANY(CAST(:statuses AS text[]))"
    waiting = set(statuses) <= set(WAITING)
    return f"{_IS_WAITING} AND {listed}" if waiting else listed, {"statuses": list(statuses)}


async def current(conn: AsyncConnection, vault: Vault, filters: Filters, limit: int) -> Page:
    """What matches now, oldest change first."""
    conditions, parameters = _matching(filters)
    status, statuses = _now_in(filters)
    statement = _list([*conditions, status], "change_no")
    return await _page(conn, vault, statement, {"clinic": filters.clinic, **parameters, **statuses}, limit)


async def changes(conn: AsyncConnection, vault: Vault, filters: Filters, after: int, limit: int) -> Page:
    """What changed after this number, oldest change first, and matches now or has left the status filter since."""
    conditions, parameters = _matching(filters)
    if filters.statuses:
        conditions.append(_MATCHES_OR_LEFT)
        parameters["statuses"] = list(filters.statuses)
    statement = _list([*conditions, "change_no > :after"], "change_no")
    return await _page(conn, vault, statement, {"clinic": filters.clinic, "after": after, **parameters}, limit)


async def by_due(conn: AsyncConnection, vault: Vault, filters: Filters, after: Place | None, limit: int) -> Page:
    """What matches now, in the order of work, from behind this place."""
    conditions, parameters = _matching(filters)
    status, statuses = _now_in(filters)
    conditions.append(status)
    if after is not None:
        conditions.append("(priority, due_at, id) > (:priority, :due_at, :id)")
        parameters |= {"priority": after.priority, "due_at": after.due_at, "id": after.id}
    statement = _list(conditions, "priority, due_at, id")
    return await _page(conn, vault, statement, {"clinic": filters.clinic, **parameters, **statuses}, limit)


async def one(conn: AsyncConnection, vault: Vault, clinic: str, task_id: str) -> TaskRead | None:
    """One task of this clinic, or None."""
    row = (
        await conn.execute(
            text(f"SELECT {_COLUMNS} FROM tasks AS t {_PEOPLE} WHERE t.id = :id AND t.clinic = :clinic"),  # noqa: S608
            {"id": task_id, "clinic": clinic},
        )
    ).one_or_none()
    return _opened(vault, row) if row else None


async def _page(
    conn: AsyncConnection, vault: Vault, statement: TextClause, parameters: dict[str, Any], limit: int
) -> Page:
    # One row more than asked for tells whether the list goes on. The counter's row is there without any task.
    rows = (await conn.execute(statement, {**parameters, "limit": limit + 1})).all()
    found = [row for row in rows if row.id is not None]
    return Page(tuple(_opened(vault, row) for row in found[:limit]), len(found) > limit, rows[0].last_no)


def _opened(vault: Vault, row: Row[Any]) -> TaskRead:
    return TaskRead(
        id=row.id,
        contact_id=row.contact_id,
        kind=row.kind,
        priority=row.priority,
        team=row.team,
        status=row.status,
        opened_at=row.opened_at,
        due_at=row.due_at,
        version=row.version,
        about=vault.open("task", row.about_cipher),
        assignee=row.assignee,
        lease_until=row.lease_until,
        snoozed_until=row.snoozed_until,
        outcome=row.outcome,
        completed_at=row.completed_at,
        answered_at=row.answered_at,
        escalated_at=row.escalated_at,
        escalated_to=row.escalated_to,
        wish=row.wish,
        change_no=row.change_no or 0,
        phone=vault.open("phone", row.phone_cipher) or None,
        lead=_lead(vault, row) if row.lead_id else None,
    )


def _lead(vault: Vault, row: Row[Any]) -> LeadRead:
    facts = orjson.loads(vault.decrypt("lead", row.facts_cipher))
    course = course_from(facts.pop("course", None))
    return LeadRead(
        id=row.lead_id,
        stage=row.stage,
        source=row.source,
        captured_at=row.captured_at,
        token=row.token,
        service=row.service,
        location=row.location,
        language=row.language,
        test=row.test,
        track=row.track,
        score=row.score,
        facts=facts,
        clicked_at=course.clicked_at,
    )


# --- how much each team has --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """What a team has to do now: tasks that need somebody, and how many of them nobody answered in time."""

    clinic: str
    team: str
    open: int
    overdue: int


_LOADS = text(f"""
SELECT clinic, team, count(*) AS open, count(*) FILTER (WHERE due_at <= {NOW} AND answered_at IS NULL) AS overdue
FROM tasks WHERE {_IS_WAITING} AND status <> 'snoozed' GROUP BY clinic, team ORDER BY clinic, team
""")  # noqa: S608 - our own constants.


async def loads(conn: AsyncConnection) -> tuple[Load, ...]:
    """Every team's load, where it has any; the cost is that of what waits, however many tasks are done."""
    return tuple(Load(*row) for row in await conn.execute(_LOADS))
