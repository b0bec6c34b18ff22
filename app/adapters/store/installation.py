"""The one row that all processes share: the clock, the kill switch, the number of lanes, the phone key."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

NOW = "(clock_timestamp() + (SELECT clock_offset_seconds FROM installation) * interval '1 second')"
"""The installation's time as an SQL expression: the database's real clock plus the demo's offset."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What the installation row says. `clock_offset_seconds` is 0 in production."""

    lanes: int
    clock_offset_seconds: float
    sending: bool
    phone_key_cipher: bytes


async def read(conn: AsyncConnection) -> Installation | None:
    """The installation row, or None before the first migrate."""
    row = (
        await conn.execute(text("SELECT lanes, clock_offset_seconds, sending, phone_key_cipher FROM installation"))
    ).one_or_none()
    return Installation(**row._mapping) if row else None


async def create(conn: AsyncConnection, *, lanes: int, sending: bool, phone_key_cipher: bytes) -> None:
    """Write the row once; a second time changes nothing."""
    await conn.execute(
        text(
            "INSERT INTO installation (id, lanes, sending, phone_key_cipher)"
            " VALUES (1, :lanes, :sending, :phone_key_cipher) ON CONFLICT DO NOTHING"
        ),
        {"lanes": lanes, "sending": sending, "phone_key_cipher": phone_key_cipher},
    )


async def now(conn: AsyncConnection) -> datetime:
    """The installation's time now, aware UTC."""
    moment: datetime = (await conn.execute(text(f"SELECT {NOW}"))).scalar_one()
    return moment


async def clock(conn: AsyncConnection) -> tuple[datetime, float]:
    """The installation's time and how far it runs ahead of the real one, in seconds."""
    row = (await conn.execute(text(f"SELECT {NOW}, clock_offset_seconds FROM installation"))).one()  # noqa: S608
    return row[0], row[1]


async def advance_clock(conn: AsyncConnection, seconds: float) -> None:
    """Move the clock by this much, forwards or back."""
    await conn.execute(
        text("UPDATE installation SET clock_offset_seconds = clock_offset_seconds + :seconds"),
        {"seconds": seconds},
    )


async def set_clock(conn: AsyncConnection, to: datetime | None) -> None:
    """Set the clock to a moment from which it goes on running; None is the real time."""
    offset = "0" if to is None else "extract(epoch FROM CAST(:to AS timestamptz) - clock_timestamp())"
    await conn.execute(
        text(f"UPDATE installation SET clock_offset_seconds = {offset}"),  # noqa: S608
        {} if to is None else {"to": to},
    )


async def set_sending(conn: AsyncConnection, on: bool, clinic: str | None = None) -> bool:
    """Switch every text on or off, for one clinic or for all; False when there is no such clinic."""
    if clinic is None:
        result = await conn.execute(text("UPDATE installation SET sending = :on"), {"on": on})
    else:
        result = await conn.execute(
            text("UPDATE clinics SET sending = :on WHERE key = :clinic"), {"on": on, "clinic": clinic}
        )
    return result.rowcount > 0
