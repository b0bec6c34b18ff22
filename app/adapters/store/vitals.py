"""Signs of life of an installation, for `leadline doctor`: one statement each, all of them cheap."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import rollups
from app.adapters.store.installation import NOW
from app.domain.consents import DRIFT


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """What the database says of how the work goes. Ages in seconds; None where there is nothing to measure."""

    workers: int
    """Workers whose heart beat within the last 30 seconds."""
    last_beat_age: float | None
    due_age: float | None
    """How long the oldest due text has been due, by the installation's clock."""
    emails_due: int
    """E-mails that are due and have not left."""
    unread: int
    unread_age: float | None
    quarantined: int
    counting_age: float | None
    """How long the oldest read event has waited to be counted into the figures."""
    urgent: int
    """Urgent tasks ever opened."""
    sending: bool
    silenced_clinics: tuple[str, ...]
    held_senders: tuple[str, ...]
    drifting: tuple[tuple[str, int], ...]
    """Sources whose forms showed words that are not on file, and how many did within the last seven days."""


_VITALS = text(f"""
SELECT (SELECT count(*) FROM heartbeats
        WHERE kind = 'worker' AND beat_at > clock_timestamp() - interval '30 seconds') AS workers,
       (SELECT extract(epoch FROM clock_timestamp() - max(beat_at)) FROM heartbeats WHERE kind = 'worker')
           AS last_beat_age,
       (SELECT extract(epoch FROM {NOW} - min(due_at)) FROM messages
        WHERE status = 'scheduled' AND due_at <= {NOW}) AS due_age,
       (SELECT count(*) FROM messages
        WHERE status = 'scheduled' AND channel = 'email' AND due_at <= {NOW}) AS emails_due,
       (SELECT count(*) FROM events WHERE read_no IS NULL) AS unread,
       (SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM events WHERE read_no IS NULL)
           AS unread_age,
       (SELECT count(*) FROM events WHERE quarantined) AS quarantined,
       (SELECT count(*) FROM tasks WHERE kind = 'urgent') AS urgent,
       (SELECT sending FROM installation) AS sending,
       ARRAY(SELECT key FROM clinics WHERE NOT sending ORDER BY key) AS silenced_clinics,
       ARRAY(SELECT key FROM senders WHERE held_at IS NOT NULL ORDER BY key) AS held_senders,
       ARRAY(SELECT ARRAY[source, CAST(count(*) AS text)] FROM consents
             WHERE problem = ANY(:drift) AND recorded_at > {NOW} - interval '7 days' AND source IS NOT NULL
             GROUP BY source ORDER BY source) AS drifting
""")  # noqa: S608 - the only insertion is our own constant.


async def vitals(conn: AsyncConnection) -> Vitals:
    """All signs at once."""
    row = (await conn.execute(_VITALS, {"drift": list(DRIFT)})).one()
    behind = await rollups.behind(conn)
    ages = {name: _seconds(getattr(row, name)) for name in ("last_beat_age", "due_age", "unread_age")}
    return Vitals(
        workers=row.workers,
        emails_due=row.emails_due,
        unread=row.unread,
        quarantined=row.quarantined,
        counting_age=behind.age,
        urgent=row.urgent,
        sending=row.sending,
        silenced_clinics=tuple(row.silenced_clinics),
        held_senders=tuple(row.held_senders),
        drifting=tuple((source, int(forms)) for source, forms in row.drifting),
        **ages,
    )


def _seconds(age: object) -> float | None:
    return None if age is None else float(str(age))
