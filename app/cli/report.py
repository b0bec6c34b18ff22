"""`leadline report`: the funnel, how long things took and what was asked of the staff, for people and programs."""

import asyncio
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.screen import DataDir, Failure, Json, WrongUsage, give_json, say

if TYPE_CHECKING:
    from app.adapters.store.reports import Report
    from app.settings import Settings


class Split(StrEnum):
    """What the funnel is split by."""

    SEQUENCE = "sequence"
    STEP = "step"
    VARIANT = "variant"
    SOURCE = "source"
    LOCATION = "location"
    SERVICE = "service"


def report(
    clinic: Annotated[str, typer.Option(help="Whose figures.")] = "",
    experiment: Annotated[str, typer.Option(metavar="KEY", help="Report on this experiment instead.")] = "",
    by: Annotated[Split, typer.Option(help="What the funnel is split by.")] = Split.SEQUENCE,
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, at the clinic.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day, at the clinic.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")] = False,
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with charts that needs no network.")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Forget every figure and count the log again.")] = False,
    data: DataDir = None,
) -> None:
    """Show what the texts led to: sent, delivered, replied, booked; how fast; and how much work they made.

    People count once for each thing they did, under the last step text sent to them before it. Test leads never count.
    `--rebuild` counts the whole log anew, for all clinics; reports are incomplete meanwhile, and say as of when.

    `--experiment` shows its arms, what they led to, what that proves and how much is missing.

    Example: `leadline report --clinic lakeside --by step --from 2026-11-01 --html november.html`
    """
    from app.running import settings_here

    if not clinic and (experiment or not rebuild):
        raise WrongUsage("say whose figures: --clinic KEY")
    if as_csv and as_json:
        raise WrongUsage("--csv or --json, not both")
    if experiment and (as_csv or since or until):
        raise WrongUsage("an experiment is reported whole: without --csv, --from and --to")
    first, last = _day("--from", since), _day("--to", until)
    if first and last and last < first:
        raise WrongUsage("--to is before --from")
    settings = settings_here(data)
    if rebuild:
        say(f"{asyncio.run(_rebuild(settings))} events counted.")
    if experiment:
        told = asyncio.run(_read_experiment(settings, clinic, experiment))
        _show_experiment(told, as_json=as_json, html=html)
    elif clinic:
        found = asyncio.run(_read(settings, clinic, by, first, last))
        _show(found, as_csv=as_csv, as_json=as_json, html=html)


def _day(option: str, written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise WrongUsage(f"{option} takes a day such as 2026-11-24") from None


async def _read(settings: "Settings", clinic: str, by: Split, since: date | None, until: date | None) -> "Report":
    from app.adapters.store import clinics, reports
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        known = await clinics.current_versions(conn)
        if clinic not in known:
            raise WrongUsage(f"there is no clinic {clinic}; known: {', '.join(sorted(known)) or 'none yet'}")
        return await reports.whole(conn, clinic, by.value, reports.Period(since=since, until=until))


async def _read_experiment(settings: "Settings", clinic: str, key: str) -> dict[str, Any]:
    from app.adapters.store import clinics
    from app.cli.database import transaction
    from app.reporting.experiments import experiment_report

    async with transaction(settings) as conn:
        known = await clinics.current_versions(conn)
        if clinic not in known:
            raise WrongUsage(f"there is no clinic {clinic}; known: {', '.join(sorted(known)) or 'none yet'}")
        whose = await clinics.ClinicShelf("").take(conn, clinic)
        found = await experiment_report(conn, whose, key)
    if found is None:
        raise WrongUsage(f"{clinic} has no experiment {key}; known: {', '.join(whose.experiments) or 'none yet'}")
    return found


def _show_experiment(found: dict[str, Any], *, as_json: bool, html: Path | None) -> None:
    from app.reporting import terminal

    if html is not None:
        from app.reporting import page

        _write(html, page.experiment_page(found))
    if as_json:
        give_json(found)
    elif html is None:
        terminal.show_experiment(found)


def _write(html: Path, page: str) -> None:
    try:
        html.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{html} cannot be written: {error.strerror}") from None
    say(f"{html} is written: it needs no network.")


def _show(found: "Report", *, as_csv: bool, as_json: bool, html: Path | None) -> None:
    from app.reporting import document, page, sheet, terminal

    if html is not None:
        _write(html, page.page(found))
    if as_csv:
        sheet.write(found, sys.stdout)
    elif as_json:
        give_json(document.document(found))
    elif html is None:
        terminal.show(found)


async def _rebuild(settings: "Settings") -> int:
    """Count everything again; a running worker may help, and then counts some of it."""
    from app.adapters.store import rollups
    from app.runtime import open_runtime
    from app.workers.rollup import Rollup

    async with open_runtime(settings, pool_size=2) as runtime:
        async with runtime.engine.begin() as conn:
            await rollups.reset(conn)
        return await Rollup(runtime).count_all()
