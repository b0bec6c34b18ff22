"""`leadline replay`: what today's rows would make of past replies."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.screen import DataDir, WrongUsage, give_json, say, show_table

if TYPE_CHECKING:
    from app.domain.replay import Replayed
    from app.settings import Settings

COLUMNS = ("message", "at", "then", "now", "followed", "would follow")


def replay(
    clinic: Annotated[str, typer.Option(help="Whose replies.")],
    since: Annotated[str, typer.Option(metavar="ISO", help="From when on: 2026-11-01, or 2026-11-01T09:00:00Z.")],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="A JSON line for each reply that would be read anew.")] = False,
    words: Annotated[bool, typer.Option("--words", help="Show what people wrote, too. It is health data.")] = False,
    data: DataDir = None,
) -> None:
    """Read past replies again with today's rows, and say which would be read otherwise. Changes nothing.

    Each line has the message, how it was read then and would be now, what followed and what would follow.

    Example: `leadline replay --clinic lakeside --since 2026-11-01`
    """
    from app.running import settings_here

    changed: list[Replayed] = []

    def found(one: "Replayed") -> None:
        changed.append(one)
        if jsonl:
            give_json(one.as_json(words=words), indent=None)

    total = asyncio.run(_replay(settings_here(data), clinic, moment(since), found))
    if changed and not jsonl:
        show_table(
            "Would be read otherwise", (*COLUMNS, *(("text",) if words else ())), (_row(one, words) for one in changed)
        )
    _sum_up(changed, total)


def moment(written: str) -> datetime:
    """A date or a moment as aware UTC; one without a zone is UTC. Raises WrongUsage."""
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        raise WrongUsage(f"--since {written}: give a moment such as 2026-11-01T09:00:00Z") from None
    return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)


async def _replay(settings: "Settings", clinic: str, since: datetime, found: "Callable[[Replayed], None]") -> int:
    """Read them all again, telling of each that differs; how many there were."""
    from app.adapters.store import clinics, installation
    from app.adapters.store.past_replies import past_replies
    from app.cli.database import reading
    from app.domain.replay import replay as read_again
    from app.runtime import open_vault

    vault, total = open_vault(settings), 0
    async with reading(settings) as conn:
        known = await clinics.current_versions(conn)
        if clinic not in known:
            raise WrongUsage(f"there is no clinic {clinic}; known: {', '.join(sorted(known)) or 'none yet'}")
        today = await clinics.ClinicShelf(settings.public_url).take(conn, clinic)
        now = await installation.now(conn)
        with _progress() as count:
            async for page in past_replies(conn, vault, clinic, since):
                for one in (read_again(today, past, now) for past in page):
                    if one.differs:
                        found(one)
                total += len(page)
                count(len(page))
    return total


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} replies read again"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task("", total=None)
        yield lambda number: bar.advance(row, number)


def _row(one: "Replayed", words: bool) -> tuple[object, ...]:
    past, followed, follows = one.past, one.past.followed, one.would_follow
    row = (past.message_id, past.event.at, _said(past.then), _said(one.now))
    shown = (_outcome(followed.stage, followed.tasks), _outcome(follows.stage, (*follows.tasks, *follows.texts)))
    return (*row, *shown, *((past.event.body,) if words else ()))


def _said(reading: dict[str, str] | None) -> str:
    return f"{reading['intent']} ({reading['certainty']})" if reading else "not kept"


def _outcome(stage: str | None, things: tuple[str, ...]) -> str:
    return ", ".join((str(stage or "no lead"), *things))


def _sum_up(changed: list["Replayed"], total: int) -> None:
    say(f"{total} replies read again: {len(changed)} would be read otherwise.")
    for (then, now), number in Counter((_said(one.past.then), _said(one.now)) for one in changed).most_common():
        say(f"  {number} × {then} → {now}")
