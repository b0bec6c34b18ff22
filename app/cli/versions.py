"""`leadline versions`: what a clinic's sequences said before, who changed them when, and who still stands in which."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.cli.screen import DataDir, Json, WrongUsage, give, give_json, say, show_table

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.adapters.store.versions import Version
    from app.domain.clinic import Clinic

versions = typer.Typer(
    help="Versions of sequences: history, what they say, what differs.",
    rich_markup_mode="markdown",
    no_args_is_help=True,
)

OfClinic = Annotated[str, typer.Option("--clinic", help="Whose sequences.")]
OfSequence = Annotated[str, typer.Option("--sequence", help="Which sequence.")]
T = TypeVar("T")


@versions.command("list")
def list_versions(
    clinic: OfClinic,
    sequence: Annotated[str, typer.Option("--sequence", help="Only this sequence. [default: all]")] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Show every version of the sequences: when it was applied, by whom, and how many leads stand at which step.

    Example: `leadline versions list --clinic lakeside --sequence appointment-request`
    """

    async def look(conn: "AsyncConnection", found: "Clinic") -> "list[Version]":
        return await _history(conn, found, sequence or None)

    known = _ask(data, clinic, look)
    if as_json:
        give_json({"versions": [_row(one) for one in known]})
        return
    show_table(
        "Versions",
        ("sequence", "version", "applied", "by", "file", "leads in flight"),
        [(one.sequence, _named(one), one.applied_at, one.applied_by, one.file, _standing(one)) for one in known],
    )


@versions.command()
def show(
    clinic: OfClinic,
    sequence: OfSequence,
    version: Annotated[int | None, typer.Argument(help="Which version. [default: the newest]")] = None,
    data: DataDir = None,
) -> None:
    """Print what a version says, as YAML: the head, then every step. Its words are in it.

    Example: `leadline versions show --clinic lakeside --sequence appointment-request 1`
    """
    from app.adapters.clinic_file.parts import whole
    from app.adapters.store import versions as store

    async def look(conn: "AsyncConnection", found: "Clinic") -> str:
        known = await _history(conn, found, sequence)
        return whole(await store.parts(conn, clinic, _pick(known, version or known[0].version)))

    give(_ask(data, clinic, look).rstrip("\n"))


@versions.command()
def diff(
    clinic: OfClinic,
    sequence: OfSequence,
    before: Annotated[int | None, typer.Argument(metavar="A", help="From which version. [default: B - 1]")] = None,
    after: Annotated[int | None, typer.Argument(metavar="B", help="To which. [default: the newest]")] = None,
    data: DataDir = None,
) -> None:
    """Print what differs between two versions: a unified diff of the head and of each step, by its key.

    Example: `leadline versions diff --clinic lakeside --sequence appointment-request 1 3`
    """
    from app.adapters.clinic_file.parts import difference
    from app.adapters.store import versions as store

    async def look(conn: "AsyncConnection", found: "Clinic") -> str:
        known = await _history(conn, found, sequence)
        new = _pick(known, after or known[0].version)
        old = _pick(known, before or new.version - 1)
        sides = [(one.version, await store.parts(conn, clinic, one)) for one in (old, new)]
        return difference(sequence, *sides)

    told = _ask(data, clinic, look)
    if told:
        give(told.rstrip("\n"))
    else:
        say("They say the same.")


def _ask(data: "Path | None", clinic: str, look: "Callable[[AsyncConnection, Clinic], Coroutine[Any, Any, T]]") -> T:
    from app.running import settings_here

    async def ask() -> T:
        from app.adapters.store import clinics
        from app.cli.database import transaction

        async with transaction(settings_here(data)) as conn:
            known = await clinics.current_versions(conn)
            if clinic not in known:
                raise WrongUsage(f"there is no clinic {clinic}; known: {', '.join(sorted(known)) or 'none yet'}")
            return await look(conn, await clinics.ClinicShelf("").take(conn, clinic))

    return asyncio.run(ask())


async def _history(conn: "AsyncConnection", clinic: "Clinic", sequence: str | None) -> "list[Version]":
    """The versions, newest first; raises WrongUsage for a sequence that never was."""
    from app.adapters.store import versions as store

    known = await store.history(conn, clinic, sequence)
    if not known:
        keys = ", ".join(dict.fromkeys(one.sequence for one in await store.history(conn, clinic)))
        raise WrongUsage(f"{clinic.key} never had a sequence {sequence}; known: {keys}")
    return known


def _pick(known: "list[Version]", version: int) -> "Version":
    found = next((one for one in known if one.version == version), None)
    if found is None:
        has = ", ".join(str(one.version) for one in reversed(known))
        raise WrongUsage(f"{known[0].sequence} has no version {version}; it has {has}")
    return found


def _row(one: "Version") -> dict[str, Any]:
    return {**vars(one), "in_flight": dict(one.in_flight)}


def _named(one: "Version") -> str:
    return f"{one.version} (current)" if one.current else str(one.version)


def _standing(one: "Version") -> str:
    return ", ".join(f"{step} {count}" for step, count in one.in_flight.items())
