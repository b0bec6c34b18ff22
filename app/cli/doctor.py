"""`leadline doctor`: is this installation able to do its job?"""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import typer

from app.cli.screen import DataDir, Json, give_json, say, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.adapters.store.vitals import Vitals
    from app.domain.clinic import Clinic
    from app.settings import Settings

State = Literal["ok", "warn", "fail"]
MARKS: dict[State, str] = {"ok": "✓ ok", "warn": "! look", "fail": "✗ fails"}

LATE = 15 * 60
"""Seconds after which a due text that has neither left nor been put off is a failure."""

UNREAD = 60
"""Seconds within which an event should have been read."""


@dataclass(frozen=True)
class Sign:
    """One thing that was looked at, how it is, and what to do where it is not well."""

    check: str
    state: State
    found: str
    fix: str = ""


def doctor(as_json: Json = False, data: DataDir = None) -> None:
    """Look whether this installation can do its job: database, Valkey, workers, public URL, carrier, lateness.

    Exit 1 when something fails; each failure says what to do.
    """
    from app.running import settings_here

    signs = asyncio.run(examine(settings_here(data)))
    well = all(sign.state != "fail" for sign in signs)
    if as_json:
        give_json({"ok": well, "checks": [asdict(sign) for sign in signs]})
    else:
        rows = [(MARKS[sign.state], sign.check, sign.found, sign.fix) for sign in signs]
        show_table("Doctor", ("", "check", "found", "what to do"), rows)
        say("All is well." if well else "Something fails: see above.")
    if not well:
        raise typer.Exit(1)


async def examine(settings: "Settings") -> list[Sign]:
    """Every check, in the order in which to mend things."""
    from app.adapters.schema import is_current
    from app.adapters.store.clinics import ClinicShelf
    from app.adapters.store.vitals import vitals
    from app.cli.endings import ending
    from app.runtime import NotMigrated, open_engine

    engine = open_engine(settings, size=1)
    try:
        if not await is_current(engine):
            raise NotMigrated("the tables are not at this version")
        async with engine.connect() as conn:
            signs = [Sign("database", "ok", "answers, at this version")]
            living = await vitals(conn)
            clinics = await ClinicShelf(settings.public_url).take_all(conn)
    except Exception as error:
        end = ending(error)
        if end is None:
            raise
        fix = "run `leadline migrate`" if isinstance(error, NotMigrated) else "start it, or mend LEADLINE_DATABASE_URL"
        return [Sign("database", "fail", end[1], fix), await _valkey(settings)]
    finally:
        await engine.dispose()
    return [*signs, await _valkey(settings), _public_url(settings), *_work(living), *_credentials(settings, clinics)]


async def _valkey(settings: "Settings") -> Sign:
    from app.runtime import Doorbell

    if not settings.valkey_url:
        return Sign("Valkey", "warn", "LEADLINE_VALKEY_URL is not set", "set it: without it answers take a second more")
    doorbell = Doorbell(settings.valkey_url)
    answers = await doorbell.answers()
    await doorbell.close()
    if answers:
        return Sign("Valkey", "ok", "answers")
    return Sign("Valkey", "warn", "does not answer", "start it: until then answers take a second more")


def _public_url(settings: "Settings") -> Sign:
    url = settings.public_url
    if not url:
        return Sign("public URL", "fail", "not set", "set LEADLINE_PUBLIC_URL to the address that carriers reach")
    if settings.env == "production" and not url.startswith("https://"):
        return Sign("public URL", "fail", url, "use https://: carriers sign it, and people follow its links")
    return Sign("public URL", "ok", url)


def _work(living: "Vitals") -> Iterator[Sign]:
    """What the rows say of the work's pace."""
    beat = "never seen" if living.last_beat_age is None else f"last seen {_age(living.last_beat_age)} ago"
    yield (
        Sign("workers", "ok", f"{living.workers} at work")
        if living.workers
        else Sign("workers", "fail", beat, "start one: `leadline worker`")
    )
    yield _lateness("oldest due message", living.due_age, LATE, "look at the senders' pace and at the worker's log")
    yield _lateness("unread events", living.unread_age, UNREAD, "is a worker running? look at its log")
    dead = f"{living.quarantined} could not be read"
    yield Sign("dead events", "warn" if living.quarantined else "ok", dead if living.quarantined else "none")
    yield _list(
        "held senders",
        "fail",
        living.held_senders,
        "settle it with the carrier, then `leadline sending on --sender KEY`",
    )
    off = ("all clinics",) if not living.sending else living.silenced_clinics
    yield _list("sending switched off", "warn", off, "`leadline sending on` lets texts go again")


def _lateness(check: str, age: float | None, limit: float, fix: str) -> Sign:
    if age is None:
        return Sign(check, "ok", "none waits")
    found = f"waiting for {_age(age)}"
    return Sign(check, "fail", found, fix) if age > limit else Sign(check, "ok", found)


def _list(check: str, state: State, found: tuple[str, ...], fix: str) -> Sign:
    return Sign(check, state, ", ".join(found), fix) if found else Sign(check, "ok", "none")


def _credentials(settings: "Settings", clinics: "Mapping[str, Clinic]") -> Iterator[Sign]:
    """Whether every sender's references lead somewhere, in the environment of this command."""
    from app.adapters.clinic_file import resolve_secret
    from app.running import carrier_environment

    environment = carrier_environment(settings)
    for clinic in clinics.values():
        for sender in clinic.senders.values():
            try:
                for reference in (sender.account, sender.secret):
                    resolve_secret(reference, environment)
            except LookupError as missing:
                name = str(missing).strip("'\"")
                yield Sign(f"carrier of {sender.key}", "fail", name, "set it where the API and the workers run")
            else:
                yield Sign(f"carrier of {sender.key}", "ok", f"{sender.carrier}, credentials given")
    if not clinics:
        yield Sign("clinics", "warn", "none yet", "`leadline apply FILE`")


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
