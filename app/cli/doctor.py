"""`leadline doctor`: is this installation able to do its job?"""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import typer

from app.cli.screen import DataDir, Json, give_json, say, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.adapters.store.task_lists import Load
    from app.adapters.store.vitals import Vitals
    from app.domain.clinic import Clinic
    from app.settings import Settings

State = Literal["ok", "warn", "fail"]
MARKS: dict[State, str] = {"ok": "✓ ok", "warn": "! look", "fail": "✗ fails"}

LATE = 15 * 60
"""Seconds after which a due text that has neither left nor been put off is a failure."""

UNREAD = 60
"""Seconds within which an event should have been read."""

UNCOUNTED = 600
"""Seconds within which a read event should have been counted into the reports' figures."""


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
    from app.adapters.store import task_lists
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
            loads = await task_lists.loads(conn)
    except Exception as error:
        end = ending(error)
        if end is None:
            raise
        fix = "run `leadline migrate`" if isinstance(error, NotMigrated) else "start it, or mend LEADLINE_DATABASE_URL"
        return [Sign("database", "fail", end[1], fix), await _valkey(settings)]
    finally:
        await engine.dispose()
    return [
        *signs,
        await _valkey(settings),
        _public_url(settings),
        *_work(living),
        *_queue(loads, clinics),
        *_credentials(settings, clinics),
        *[await _mail_server(settings, clinic) for clinic in clinics.values() if clinic.smtp is not None],
    ]


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
    yield _figures(living.counting_age)
    dead = f"{living.quarantined} could not be read"
    yield Sign("dead events", "warn" if living.quarantined else "ok", dead if living.quarantined else "none")
    yield _list(
        "held senders",
        "fail",
        living.held_senders,
        "settle it with the carrier, then `leadline sending on --sender KEY`",
    )
    drifting = [f"source {source}: {_forms(count)} not on file" for source, count in living.drifting]
    fix = "put the words that the form shows into the clinic file, or the form right: until then nobody is texted"
    yield _list("consent words of forms", "warn", tuple(drifting), fix)
    off = ("all clinics",) if not living.sending else living.silenced_clinics
    yield _list("sending switched off", "warn", off, "`leadline sending on` lets texts go again")


def _queue(loads: "Sequence[Load]", clinics: "Mapping[str, Clinic]") -> Iterator[Sign]:
    """Whether the teams can keep up with what is asked of them."""
    late = tuple(f"{load.clinic}/{load.team} {load.overdue}" for load in loads if load.overdue)
    yield _list("overdue tasks", "warn", late, "somebody should look at the queue: `GET /tasks?order=due`")
    capacities = {(key, team): of.capacity for key, clinic in clinics.items() for team, of in clinic.teams.items()}
    pressed = tuple(
        f"{load.clinic}/{load.team} {load.open} of {capacity}"
        for load in loads
        if (capacity := capacities.get((load.clinic, load.team))) is not None and load.open > capacity
    )
    yield _list("full teams", "warn", pressed, "first texts wait for the team that answers: help it, or raise capacity")


def _forms(count: int) -> str:
    return f"{count} form{'s' * (count != 1)} in the last 7 days showed words that are"


def _figures(age: float | None) -> Sign:
    if age is None or age < UNCOUNTED:
        return Sign("figures", "ok", "counted")
    fix = "a worker counts them; after an upgrade or a rebuild that takes a while, and reports are incomplete till then"
    return Sign("figures", "warn", f"not counted for {_age(age)}", fix)


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


async def _mail_server(settings: "Settings", clinic: "Clinic") -> Sign:
    """Whether the clinic's mail server lets us in, as it would let in a worker; nothing is sent."""
    from app.adapters.email.server import ServerAway, connect, disconnect, login_of
    from app.running import carrier_environment

    check = f"mail server of {clinic.key}"
    try:
        environment = carrier_environment(settings)
        production = settings.env == "production"
        login = login_of(clinic, environment, settings.public_url, settings.smtp_url, production=production)
        server = await connect(login)
    except LookupError as missing:
        return Sign(check, "fail", str(missing).strip("'\""), "set it where the workers run")
    except ServerAway as away:
        return Sign(check, "fail", f"no connection ({away})", "look at smtp in the clinic file, and at the server")
    secured = "encrypted" if server.get_transport_info("sslcontext") else "not encrypted"
    await disconnect(server)
    return Sign(check, "ok", f"lets us in, {secured}")


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
