"""`leadline sending` stops and starts texts: all of them, a clinic's, or a sender's that the carrier refused."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.screen import DataDir, WrongUsage, say

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.settings import Settings

BY_STAFF = "held by staff"
"""What stands as the code of a sender that no carrier refused."""


class Switch(StrEnum):
    """The two positions of the switch."""

    OFF = "off"
    ON = "on"


def sending(
    switch: Annotated[Switch, typer.Argument(help="`off` stops every text at once, `on` lets them go again.")],
    clinic: Annotated[str, typer.Option(help="Only this clinic's. [default: all]")] = "",
    sender: Annotated[str, typer.Option(help="Only this sender's; `on` frees one that the carrier refused.")] = "",
    data: DataDir = None,
) -> None:
    """Stop every text at once, or let them go again: for all, for a clinic, or for one sender.

    It is a row in the database: it holds across processes and restarts. A sender whose texts the carrier
    refused (filtered, unregistered) is held by itself, with a task; once that is mended, free it here.

    Examples: `leadline sending off` · `leadline sending on --clinic lakeside` · `leadline sending on --sender main`
    """
    from app.running import settings_here

    if clinic and sender:
        raise WrongUsage("give --clinic or --sender, not both")
    asyncio.run(_switch(settings_here(data), switch is Switch.ON, clinic or None, sender or None))
    say(f"Sending is {switch} for {clinic or (f'sender {sender}' if sender else 'the whole installation')}.")


async def _switch(settings: "Settings", on: bool, clinic: str | None, sender: str | None) -> None:
    from app.adapters.store.reading import START_DEADLINE
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        await (_switch_sender(conn, sender, on) if sender else _switch_clinic(conn, clinic, on))
    if not on:
        # A text judged just before may still start within its second: say "off" only when none can.
        await asyncio.sleep(START_DEADLINE)


async def _switch_clinic(conn: "AsyncConnection", clinic: str | None, on: bool) -> None:
    from app.adapters.store import clinics, installation

    if not await installation.set_sending(conn, on, clinic):
        known = ", ".join(sorted(await clinics.current_versions(conn))) or "none yet"
        raise WrongUsage(f"there is no clinic {clinic}; known: {known}")


async def _switch_sender(conn: "AsyncConnection", sender: str, on: bool) -> None:
    from app.adapters.store import applying, installation, permissions

    known = sorted(await applying.sender_numbers(conn))
    if sender not in known:
        raise WrongUsage(f"there is no sender {sender}; known: {', '.join(known) or 'none yet'}")
    if on:
        await permissions.free_sender(conn, sender)
    else:
        await permissions.hold_senders(conn, {sender: BY_STAFF}, await installation.now(conn))
