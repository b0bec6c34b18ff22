"""`leadline export`: a clinic's rows as JSON lines or CSV, streamed."""

import asyncio
import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.replay import moment
from app.cli.screen import DataDir, WrongUsage, rfc3339, say

if TYPE_CHECKING:
    from app.settings import Settings


class Kind(StrEnum):
    """What can be taken out."""

    LEADS = "leads"
    CONSENTS = "consents"
    MESSAGES = "messages"
    TASKS = "tasks"
    EVENTS = "events"


class Format(StrEnum):
    """How it is written."""

    JSONL = "jsonl"
    CSV = "csv"


def export(
    kind: Annotated[Kind, typer.Argument(help="`consents` is the ledger a regulator or a carrier asks for.")],
    clinic: Annotated[str, typer.Option(help="Whose rows.")],
    since: Annotated[str, typer.Option(metavar="ISO", help="From when on. [default: everything]")] = "",
    written: Annotated[Format, typer.Option("--format", help="JSON lines, or CSV with a header.")] = Format.JSONL,
    data: DataDir = None,
) -> None:
    """Write a clinic's rows to stdout, oldest first, opened: names, numbers and words are in them. Keep them safe.

    It streams, so its memory does not grow. In CSV a cell that a spreadsheet would take for a formula (`=`, `+`,
    `-`, `@` first) has an apostrophe before it, phone numbers too; lists and objects are JSON in their cell.

    Example: `leadline export consents --clinic lakeside --since 2026-01-01 --format csv > consents.csv`
    """
    from app.running import settings_here

    from_ = moment(since) if since else None
    told = asyncio.run(_export(settings_here(data), kind.value, clinic, from_, WRITERS[written]))
    say(f"{told} {kind.value} of {clinic}.")


Write = Callable[[dict[str, Any]], None]


async def _export(
    settings: "Settings", kind: str, clinic: str, since: datetime | None, writer: Callable[[tuple[str, ...]], Write]
) -> int:
    from app.adapters.store import clinics, exporting
    from app.cli.database import reading
    from app.runtime import open_vault

    vault, told = open_vault(settings), 0
    async with reading(settings) as conn:
        known = await clinics.current_versions(conn)
        if clinic not in known:
            raise WrongUsage(f"there is no clinic {clinic}; known: {', '.join(sorted(known)) or 'none yet'}")
        write = writer(exporting.COLUMNS[kind])
        with _progress(await exporting.count(conn, kind, clinic, since)) as advance:
            async for line in exporting.export(conn, vault, kind, clinic, since):
                write(line)
                advance()
                told += 1
    return told


def _as_jsonl(columns: tuple[str, ...]) -> Write:
    def write(line: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(line, ensure_ascii=False, default=rfc3339) + "\n")

    return write


def _as_csv(columns: tuple[str, ...]) -> Write:
    table = csv.writer(sys.stdout, lineterminator="\r\n")  # RFC 4180
    table.writerow(columns)

    def write(line: dict[str, Any]) -> None:
        table.writerow([_cell(line[column]) for column in columns])

    return write


WRITERS = {Format.JSONL: _as_jsonl, Format.CSV: _as_csv}

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a cell that begins with it for (OWASP, CSV injection)."""


def _cell(value: object) -> str:
    """A value as text that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, bool | dict | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    shown = str(value)
    return f"'{shown}" if isinstance(value, str) and shown.startswith(FORMULA) else shown


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task("", total=total)
        yield lambda: bar.advance(row)
