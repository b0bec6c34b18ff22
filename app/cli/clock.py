"""`leadline clock` shows a demo's time and moves it."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.screen import DataDir, Failure, Json, WrongUsage, give_json, rfc3339, say

if TYPE_CHECKING:
    from app.settings import Settings

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

FARTHEST = timedelta(days=3650)
"""How far from the real time a demo's clock may be."""


def clock(
    advance: Annotated[str, typer.Option(help="Move by this much: `90s`, `15m`, `2h`, `2d`, `1w`.")] = "",
    to: Annotated[str, typer.Option(help="Move to this moment, with its zone: `2026-11-24T15:00:00Z`.")] = "",
    real: Annotated[bool, typer.Option("--real", help="Go back to the real time.")] = False,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Show or move the clock of a demo; refused elsewhere.

    Without an option it shows the time there. A jump is an outage of that length, not a walk through it.

    Examples: `leadline clock --advance 2d` · `leadline clock --to 2026-11-24T15:00:00Z` · `leadline clock --real`
    """
    from app.running import settings_here

    if (bool(advance) + bool(to) + real) > 1:
        raise WrongUsage("--advance, --to and --real exclude each other")
    by, moment = parse_advance(advance) if advance else None, parse_moment(to) if to else None
    settings = settings_here(data)
    if settings.env == "production" and (by is not None or moment is not None or real):
        raise Failure("the clock moves in a demo only; this installation is in production")
    now, offset = asyncio.run(_move(settings, by, moment, real))
    shown = {"now": rfc3339(now), "offset_seconds": _number(offset)}
    if as_json:
        give_json(shown)
    else:
        say(f"{shown['now']}  ({_away(offset)})")


def parse_advance(span: str, option: str = "--advance") -> timedelta:
    """`2d` as a length of time; raises WrongUsage, which names the option it came by."""
    found = re.fullmatch(r"([+-]?\d{1,9})([smhdw])", span.strip())
    if found is None:
        raise WrongUsage(f"{option} {span}: give a number and a unit, such as 90s, 15m, 2h, 2d or 1w")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def parse_moment(written: str) -> datetime:
    """An RFC 3339 time; raises WrongUsage, also when its zone is missing."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise WrongUsage(f"--to {written}: give a time such as 2026-11-24T15:00:00Z") from None
    if moment.tzinfo is None:
        raise WrongUsage(f"--to {written}: the time needs its zone, such as {written}Z for UTC")
    return moment


async def _move(settings: "Settings", by: timedelta | None, to: datetime | None, real: bool) -> tuple[datetime, float]:
    from app.adapters.store import installation
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        now, offset = await installation.clock(conn)
        ahead = (to - now if to else by or timedelta()) + timedelta(seconds=offset)
        if to is not None or by is not None:
            _near(ahead)
        if by is not None:
            await installation.advance_clock(conn, by.total_seconds())
        elif to is not None or real:
            await installation.set_clock(conn, to)
        return await installation.clock(conn)


def _near(offset: timedelta) -> None:
    if abs(offset) > FARTHEST:
        raise WrongUsage(f"the clock of a demo stays within {FARTHEST.days // 365} years of the real time")


def _away(offset: float) -> str:
    away = timedelta(seconds=abs(round(offset)))
    return f"{away} {'ahead of' if offset > 0 else 'behind'} the real time" if away else "the real time"


def _number(seconds: float) -> float:
    rounded = round(seconds, 3)
    return int(rounded) if rounded == int(rounded) else rounded
