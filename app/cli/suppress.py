"""`leadline suppress`: the opt-out list of a clinic: what is on it, onto it, off it."""

import asyncio
import csv
import getpass
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.export import WRITERS, Format
from app.cli.screen import DataDir, Failure, WrongUsage, say

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.runtime import Runtime
    from app.settings import Settings

suppress = typer.Typer(
    help="Opt-out lists: import, export, add, lift.", rich_markup_mode="markdown", no_args_is_help=True
)

Clinic = Annotated[str, typer.Option(help="At which clinic; its brand's other clinics are meant too.")]
Phone = Annotated[str, typer.Argument(help="A US number in any usual form.")]
By = Annotated[str, typer.Option(help="Who does it. [default: you]")]

TOGETHER = 500
"""Phones put on the list in one transaction."""

MOST_SHOWN = 20


@suppress.command()
def add(
    phone: Phone,
    clinic: Clinic,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "asked for it",
    by: By = "",
    data: DataDir = None,
) -> None:
    """Never text this phone again: what is planned ends, and later forms do not open it.

    Example: `leadline suppress add "+1 312 555 0123" --clinic lakeside --reason "told us by phone"`
    """
    new = _close(data, clinic, by, reason, [as_phone(phone, "PHONE")])
    say("It is closed to texts." if new else "It was closed to texts already.")


@suppress.command()
def lift(
    phone: Phone,
    clinic: Clinic,
    reason: Annotated[str, typer.Option(help="Why it may be texted again; it is kept.")],
    by: By = "",
    data: DataDir = None,
) -> None:
    """Open a phone again. Sends nothing and resumes nobody: a text still needs a consent that stands.

    Example: `leadline suppress lift "+1 312 555 0123" --clinic lakeside --reason "closed by mistake, they called"`
    """
    from app.running import settings_here

    if not reason.strip():
        raise WrongUsage("--reason is empty: say why this phone may be texted again")
    if not asyncio.run(_lift(settings_here(data), clinic, by or _me(), reason, as_phone(phone, "PHONE"))):
        raise Failure("this phone is not closed to texts")
    say("It is open again; who lifted it and why is on record.")


@suppress.command("import")
def import_list(
    file: Annotated[
        Path, typer.Argument(help="A number a line, CSV with a `phone` column, or JSON lines; `-` is stdin.")
    ],
    clinic: Clinic,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "imported opt-out list",
    by: By = "",
    data: DataDir = None,
) -> None:
    """Put a whole list on it. Every line is read first: one that is no number is named, and nothing is imported.

    Example: `leadline suppress import optouts.csv --clinic lakeside`
    """
    phones = list(dict.fromkeys(_read(file)))
    if not phones:
        raise WrongUsage(f"{file}: there is no phone number in it")
    new = _close(data, clinic, by, reason, phones)
    say(f"{new} phones are closed to texts now; {len(phones) - new} were already.")


@suppress.command("export")
def export_list(
    clinic: Clinic,
    written: Annotated[Format, typer.Option("--format", help="JSON lines, or CSV with a header.")] = Format.JSONL,
    data: DataDir = None,
) -> None:
    """Write the list to stdout: every phone that is or was closed, by whom, since when, and when it was opened again.

    Example: `leadline suppress export --clinic lakeside --format csv > optouts.csv`
    """
    from app.running import settings_here

    say(f"{asyncio.run(_export(settings_here(data), clinic, written))} phones.")


def _me() -> str:
    return getpass.getuser()


def as_phone(written: str, where: str) -> str:
    """A number in E.164; raises WrongUsage, which says `where` it was written."""
    from app.adapters.phones import PhoneError, parse_us_phone

    try:
        return parse_us_phone(written)
    except PhoneError as error:
        raise WrongUsage(f"{where} {error}") from None


def _read(file: Path) -> Iterator[str]:
    """The numbers of a list, in E.164; raises WrongUsage with every line that has none."""
    try:
        lines = (sys.stdin.read() if str(file) == "-" else file.read_text()).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{file}: it cannot be read ({type(error).__name__})") from None
    bad = []
    for number, written in _cells(lines):
        try:
            yield as_phone(written, "phone")
        except WrongUsage as error:
            bad.append(f"line {number}: {error}")
    if bad:
        more = f"; and {len(bad) - MOST_SHOWN} more" if len(bad) > MOST_SHOWN else ""
        raise WrongUsage(f"{file}: nothing was imported. {'; '.join(bad[:MOST_SHOWN])}{more}")


def _cells(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The line number and what stands for a phone in it; an apostrophe of our own CSV is taken off."""
    header = [name.strip().casefold() for name in next(csv.reader(lines[:1]), [])]
    column = header.index("phone") if "phone" in header else None
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (column is not None and number == 1):
            continue
        yield number, _cell(line, column).strip().removeprefix("'")


def _cell(line: str, column: int | None) -> str:
    if line.lstrip().startswith("{"):
        try:
            return str(json.loads(line).get("phone", ""))
        except json.JSONDecodeError:
            return ""
    cells = next(csv.reader([line]))
    wanted = column or 0
    return cells[wanted] if wanted < len(cells) else ""


def _close(data: Path | None, clinic: str, by: str, reason: str, phones: list[str]) -> int:
    from app.running import settings_here

    return asyncio.run(_close_all(settings_here(data), clinic, by or _me(), reason, phones))


async def _close_all(settings: "Settings", clinic: str, by: str, reason: str, phones: list[str]) -> int:
    from app.adapters.store import optouts

    listing, new = optouts.Listing(clinic, by, reason), 0
    async with opened(settings, clinic) as runtime:
        for group in _shown([phones[start : start + TOGETHER] for start in range(0, len(phones), TOGETHER)]):
            async with runtime.engine.begin() as conn:
                new += await optouts.close(conn, runtime.directory, listing, group)
    return new


def _shown(groups: list[list[str]]) -> Iterable[list[str]]:
    """The groups, with a bar where they are many."""
    if len(groups) < 3:
        return groups
    from rich.console import Console
    from rich.progress import track

    return track(groups, description="", console=Console(stderr=True), transient=True)


async def _lift(settings: "Settings", clinic: str, by: str, reason: str, phone: str) -> bool:
    from app.adapters.store import optouts

    async with opened(settings, clinic) as runtime, runtime.engine.begin() as conn:
        return await optouts.lift(conn, runtime.directory, optouts.Listing(clinic, by, reason), phone)


async def _export(settings: "Settings", clinic: str, written: Format) -> int:
    from app.adapters.store import optouts
    from app.cli.database import statements

    write, told = WRITERS[written](optouts.COLUMNS), 0
    async with opened(settings, clinic) as runtime, statements(runtime.engine) as conn:
        async for line in optouts.listed(conn, runtime.vault, clinic):
            write(line)
            told += 1
    return told


@asynccontextmanager
async def opened(settings: "Settings", clinic: str) -> "AsyncIterator[Runtime]":
    """The installation; raises WrongUsage for a clinic it does not know."""
    from app.adapters.store import clinics
    from app.runtime import open_runtime

    async with open_runtime(settings, pool_size=1) as runtime:
        async with runtime.engine.connect() as conn:
            known = await clinics.current_versions(conn)
        if clinic not in known:
            raise WrongUsage(f"there is no clinic {clinic}; known: {', '.join(sorted(known)) or 'none yet'}")
        yield runtime
