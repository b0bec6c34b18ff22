"""`leadline erase`: a person's data go; that they opted out, and what they agreed to, stays."""

import asyncio
import getpass
import sys
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.screen import DataDir, Failure, WrongUsage, counted, say
from app.cli.suppress import as_phone, opened

if TYPE_CHECKING:
    from app.adapters.store.erasing import Holdings
    from app.runtime import Runtime
    from app.settings import Settings

PATIENCE = 5.0
"""Seconds to wait for a worker."""

LOOK_EVERY = 0.05


def erase(
    clinic: Annotated[str, typer.Option(help="At which clinic; another clinic of the brand has its own record.")],
    phone: Annotated[str, typer.Option(help="The person's number, in any usual form.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Needed where nobody can be asked.")] = False,
    by: Annotated[str, typer.Option(help="Who does it. [default: you]")] = "",
    data: DataDir = None,
) -> None:
    """Erase a person's data: names, words, wishes, appointments. It cannot be undone.

    What stays: the number, whether it opted out, and the consent ledger, for they prove what was allowed; and, without
    words, that something happened and when. Nothing leaves to the phone any more. A later form begins afresh.

    Example: `leadline erase --clinic lakeside --phone "+1 312 555 0123"`
    """
    from app.running import settings_here

    settings, known = settings_here(data), as_phone(phone, "--phone")
    found = asyncio.run(_holdings(settings, clinic, known))
    if not yes:
        _ask(found)
    if asyncio.run(_erase(settings, clinic, known, by or getpass.getuser())):
        say(f"Erased: {_goes(found)}.")
    else:
        say(f"Queued: {_goes(found)}. A worker erases it as soon as one runs; until then nothing leaves to this phone.")
    say(f"Kept: {_stays(found)}.")


def _goes(found: "Holdings") -> str:
    return (
        f"what {counted(found.leads, 'lead')}, {counted(found.messages, 'message')}, {counted(found.tasks, 'task')},"
        f" {counted(found.bookings, 'booking')} and {counted(found.events, 'event')} said of the person"
    )


def _stays(found: "Holdings") -> str:
    closed = "that it opted out" if found.opted_out else "that it did not opt out"
    rows = counted(found.consents, "row")
    return f"the number, {closed}, and {rows} of the consent ledger, to prove what was allowed"


def _ask(found: "Holdings") -> None:
    if not sys.stdin.isatty():
        raise WrongUsage("this cannot be undone, and nobody is here to be asked: add --yes")
    if not typer.confirm(f"Erase {_goes(found)}? It cannot be undone.", err=True):
        raise Failure("nothing was erased")


async def _holdings(settings: "Settings", clinic: str, phone: str) -> "Holdings":
    """What is on record; raises Failure when this phone is not."""
    from app.adapters.store import contacts, erasing

    async with opened(settings, clinic) as runtime, runtime.engine.connect() as conn:
        contact = await contacts.find(conn, runtime.directory, clinic, phone)
        if contact is None:
            raise Failure(f"{clinic} knows no such phone: there is nothing to erase")
        return await erasing.holdings(conn, contact.id)


async def _erase(settings: "Settings", clinic: str, phone: str, by: str) -> bool:
    """Give the order, and wait for it to be carried out; False when no worker did so in time."""
    from app.adapters.store import contacts, erasing

    async with opened(settings, clinic) as runtime:
        async with runtime.engine.begin() as conn:
            held = await contacts.lock_by_phone(conn, runtime.directory, {(clinic, phone)})
            contact = held[clinic, phone]
            event = await erasing.order(conn, runtime.directory, contact, by)
        runtime.doorbell.ring([contact.lane])
        return await _is_done(runtime, event.id)


async def _is_done(runtime: "Runtime", event_id: str) -> bool:
    """Whether a worker read the order in time; raises Failure when it could not."""
    from app.adapters.store import events

    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        async with runtime.engine.connect() as conn:
            if await events.is_set_aside(conn, event_id):
                raise Failure(f"a worker could not do it; its log names the event {event_id}")
            if await events.is_read(conn, event_id):
                return True
        await asyncio.sleep(LOOK_EVERY)
    return False
