"""Experiments' rows: who takes part with which arm, what came of it, and arms that were stopped.

How to think of it: one row a person and edition. The inbox writes it when the lead begins, and never again; counting
(`workers/rollup`) fills in what happened since. All that reports and the stop-loss ask is in these rows, so they need
no message and no event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.contact import Contact
from app.domain.effects import TakePart
from app.domain.experiments import Experiment

_TAKE_PART = text("""
INSERT INTO experiment_people (clinic, experiment, edition, contact_id, lead_id, arm, entered_at)
SELECT clinic, experiment, edition, contact_id, lead_id, arm, :now
FROM unnest(CAST(:clinics AS text[]), CAST(:experiments AS text[]), CAST(:editions AS text[]),
            CAST(:contacts AS text[]), CAST(:leads AS text[]), CAST(:arms AS text[]))
     AS new (clinic, experiment, edition, contact_id, lead_id, arm)
ON CONFLICT DO NOTHING
""")


async def take_part(conn: AsyncConnection, parts: Sequence[tuple[Contact, TakePart]], now: datetime) -> None:
    """Write down who begins with which arm; a person's first time in an edition is the one that counts."""
    if parts:
        await conn.execute(
            _TAKE_PART,
            {
                "now": now,
                "clinics": [contact.clinic for contact, _ in parts],
                "contacts": [contact.id for contact, _ in parts],
                "experiments": [part.experiment for _, part in parts],
                "editions": [part.edition for _, part in parts],
                "leads": [part.lead_id for _, part in parts],
                "arms": [part.arm for _, part in parts],
            },
        )


# -- what came of it ---------------------------------------------------------------------------

What = Literal["sent", "delivered", "replied", "booked", "opted_out"]
"""What counting notes of a person."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something that happened. Texts count by their lead, and only with an arm; the rest by the person's contact."""

    what: What
    contact_id: str
    at: datetime
    lead_id: str | None = None


_NOTE = text("""
UPDATE experiment_people AS one SET
    sent = one.sent + new.sent,
    delivered = one.delivered + new.delivered,
    first_text_at = least(one.first_text_at, new.first_text_at),
    replied_at = least(one.replied_at, new.replied_at),
    booked_at = least(one.booked_at, new.booked_at),
    opted_out_at = least(one.opted_out_at, new.opted_out_at)
FROM (
    SELECT one.clinic, one.experiment, one.edition, one.contact_id,
           count(*) FILTER (WHERE what = 'sent') AS sent,
           count(*) FILTER (WHERE what = 'delivered') AS delivered,
           min(at) FILTER (WHERE what = 'sent') AS first_text_at,
           min(at) FILTER (WHERE what = 'replied') AS replied_at,
           min(at) FILTER (WHERE what = 'booked') AS booked_at,
           min(at) FILTER (WHERE what = 'opted_out') AS opted_out_at
    FROM unnest(CAST(:what AS text[]), CAST(:contacts AS text[]), CAST(:leads AS text[]),
                CAST(:at AS timestamptz[])) AS note (what, contact_id, lead_id, at)
    JOIN experiment_people AS one ON one.contact_id = note.contact_id AND note.at >= one.entered_at
        AND (note.what NOT IN ('sent', 'delivered') OR note.lead_id = one.lead_id)
    GROUP BY 1, 2, 3, 4
) AS new
WHERE (one.clinic, one.experiment, one.edition, one.contact_id)
    = (new.clinic, new.experiment, new.edition, new.contact_id)
""")


async def note(conn: AsyncConnection, notes: Iterable[Note]) -> None:
    """Add what happened to the people that take part; of others nothing is written."""
    notes = list(notes)
    if notes:
        await conn.execute(
            _NOTE,
            {
                "what": [one.what for one in notes],
                "contacts": [one.contact_id for one in notes],
                "leads": [one.lead_id for one in notes],
                "at": [one.at for one in notes],
            },
        )


_FORGET = text("""
UPDATE experiment_people SET first_text_at = NULL, sent = 0, delivered = 0, replied_at = NULL, booked_at = NULL,
                             opted_out_at = NULL
""")


async def forget(conn: AsyncConnection) -> None:
    """Forget what was counted, so that it can be counted again; who takes part stays."""
    await conn.execute(_FORGET)


# -- asking ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Stop:
    """An arm that gets no new leads: since when, and of how many people texted how many had opted out."""

    arm: str
    at: datetime
    people: int
    opted_out: int
    limit: float


_STOPS = text("""
SELECT arm, at, people, opted_out, opt_out_limit AS limit FROM experiment_stops
WHERE clinic = :clinic AND experiment = :experiment AND edition = :edition ORDER BY at, arm
""")


async def stops(conn: AsyncConnection, clinic: str, experiment: str, edition: str) -> list[Stop]:
    """The stopped arms of this edition, in the order in which they were."""
    given = {"clinic": clinic, "experiment": experiment, "edition": edition}
    return [Stop(**row._mapping) for row in await conn.execute(_STOPS, given)]


_STANDING = text("""
SELECT arm, count(*) FILTER (WHERE first_text_at IS NOT NULL) AS people,
       count(*) FILTER (WHERE first_text_at IS NOT NULL AND opted_out_at IS NOT NULL) AS opted_out
FROM experiment_people WHERE clinic = :clinic AND experiment = :experiment AND edition = :edition GROUP BY arm
""")


async def opt_outs(conn: AsyncConnection, clinic: str, experiment: Experiment) -> dict[str, tuple[int, int]]:
    """By arm: how many people were texted, and how many of them opted out."""
    given = {"clinic": clinic, "experiment": experiment.key, "edition": experiment.edition}
    return {row.arm: (row.people, row.opted_out) for row in await conn.execute(_STANDING, given)}


@dataclass(frozen=True, kw_only=True)
class Person:
    """One who takes part, as far as the figures go. Moments are None for what did not happen."""

    arm: str
    entered_at: datetime
    first_text_at: datetime | None
    sent: int
    delivered: int
    replied_at: datetime | None
    booked_at: datetime | None
    opted_out_at: datetime | None


_PEOPLE = text("""
SELECT arm, entered_at, first_text_at, sent, delivered, replied_at, booked_at, opted_out_at FROM experiment_people
WHERE clinic = :clinic AND experiment = :experiment AND edition = :edition ORDER BY entered_at, contact_id
""")


async def people(conn: AsyncConnection, clinic: str, experiment: str, edition: str) -> Sequence[Any]:
    """Everybody who takes part, in the order in which they began: rows with the fields of `Person`."""
    given = {"clinic": clinic, "experiment": experiment, "edition": edition}
    return (await conn.execute(_PEOPLE, given)).all()


_EDITIONS = text("""
SELECT edition, min(entered_at) AS since, max(entered_at) AS until, count(*) AS people FROM experiment_people
WHERE clinic = :clinic AND experiment = :experiment GROUP BY edition ORDER BY since DESC
""")


async def editions(conn: AsyncConnection, clinic: str, experiment: str) -> Sequence[Any]:
    """The editions of an experiment in which anybody took part, newest first."""
    return (await conn.execute(_EDITIONS, {"clinic": clinic, "experiment": experiment})).all()


# -- stopping ----------------------------------------------------------------------------------

_AGAIN = text("""
WITH next AS (
    UPDATE clinics SET version = version + 1 WHERE key = :clinic RETURNING key, version
)
INSERT INTO clinic_versions (clinic, version, document, digest, applied_by)
SELECT next.key, next.version, old.document, old.digest, :by
FROM next JOIN clinic_versions AS old ON old.clinic = next.key AND old.version = next.version - 1
RETURNING version
""")

_STOP = text("""
INSERT INTO experiment_stops (clinic, experiment, edition, arm, clinic_version, at, people, opted_out, opt_out_limit)
VALUES (:clinic, :experiment, :edition, :arm, :version, :at, :people, :opted_out, :limit)
""")


async def stop(conn: AsyncConnection, clinic: str, experiment: Experiment, which: Stop) -> None:
    """Stop an arm, from a new version of the clinic's file on, which says the same; whoever reads it next obeys.

    The caller holds `applying.lock` and has seen that the arm is not stopped yet.
    """
    by = f"stop-loss of {experiment.key}: arm {which.arm}"
    version = (await conn.execute(_AGAIN, {"clinic": clinic, "by": by})).scalar_one()
    given: Mapping[str, Any] = {"clinic": clinic, "experiment": experiment.key, "edition": experiment.edition}
    figures = {"people": which.people, "opted_out": which.opted_out, "limit": which.limit}
    await conn.execute(_STOP, {**given, **figures, "arm": which.arm, "at": which.at, "version": version})
