"""`leadline rehearse`: a clinic's sequence on a phone of staff, in minutes, with everything real but the time.

It hands in a test lead and then only looks on: the worker sends, the phone answers, the queue fills.
"""

import asyncio
import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.clock import parse_advance
from app.cli.rehearsed import Line, Watch, lines, why_not
from app.cli.screen import DataDir, Failure, WrongUsage, counted, say
from app.cli.suppress import as_phone, opened

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.adapters.crypto import Vault
    from app.adapters.lead_form import LeadIn
    from app.adapters.store.contacts import ContactRef
    from app.adapters.store.reading import LeadSeen
    from app.adapters.store.timeline import Timeline
    from app.domain.clinic import Clinic
    from app.runtime import Runtime
    from app.settings import Settings

LOOK_EVERY = 0.3
WORKER_ANSWERS_WITHIN = 10.0
"""Seconds in which a worker has read the lead, if one runs."""

ENDED = ("booked", "declined", "opted_out", "finished")
OVER = "rehearsal ended"
"""Why its lead is closed and its tasks are done, as both are told."""

ON_ITS_WAY = ("scheduled", "sending")


def rehearse(
    clinic: Annotated[str, typer.Option(help="At which clinic.")],
    phone: Annotated[str, typer.Option(help="A phone of staff: one of the clinic file's `test_phones`.")],
    sequence: Annotated[str, typer.Option(help="Which sequence. [default: the one that is for such a lead]")] = "",
    arm: Annotated[str, typer.Option(help="Which arm of its experiment. [default: the one drawn]")] = "",
    speed: Annotated[str, typer.Option(help="What becomes of a day: `1d=1m`, `1d=10s`.")] = "1d=1m",
    name: Annotated[str, typer.Option(help="The first name of the lead.")] = "Maria",
    source: Annotated[str, typer.Option(help="By which form it comes. [default: the first with words]")] = "",
    language: Annotated[str, typer.Option(help="The language of the lead. [default: the clinic's first]")] = "",
    service: Annotated[str, typer.Option(help="The service it asks for.")] = "",
    location: Annotated[str, typer.Option(help="The location it asks for.")] = "",
    email: Annotated[str, typer.Option(help="Its e-mail address; only a server on this machine gets those.")] = "",
    stop_after: Annotated[str, typer.Option("--for", help="Look on no longer than this, such as `30m`.")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON Lines for programs.")] = False,
    data: DataDir = None,
) -> None:
    """Play a sequence to a phone of staff, at any hour and fast, and tell what happens, until it is over.

    Everything is real but the time: the texts, the booking link, how your replies are read, the tasks. Hours and caps
    do not bind a rehearsal; a STOP, missing consent and the switch do. It never counts in a report. With --sequence it
    ends when that one does, else when nothing follows any more; Ctrl-C ends it sooner. Its lead is closed then, and the
    tasks it left are completed.

    Example: `leadline rehearse --clinic lakeside --phone +13125550150 --sequence gentle --speed 1d=1m`
    """
    from app.running import settings_here

    most = parse_advance(stop_after, "--for").total_seconds() if stop_after else None
    asked = {"first_name": name, "phone": as_phone(phone, "--phone"), "service": service, "location": location}
    asked |= {"language": language, "email": email}
    wish = {"speed": speed, "sequence": sequence or None, "arm": arm or None}
    failed = asyncio.run(_rehearse(settings_here(data), clinic, source, asked | {"rehearse": wish}, most, jsonl))
    if failed:
        raise Failure(f"{failed} of its messages did not arrive: `leadline doctor` and the decision of each say why")


async def _rehearse(
    settings: "Settings", key: str, source: str, asked: dict[str, Any], most: float | None, jsonl: bool
) -> int:
    """The whole of it; how many of its messages failed."""
    async with opened(settings, key) as runtime:
        async with runtime.engine.connect() as conn:
            clinic = await runtime.clinics.take(conn, key)
        if asked["phone"] not in clinic.test_phones and not settings.twilio_api_url:
            raise WrongUsage("--phone: a rehearsal goes to staff only; name the phone in the file's test_phones first")
        _check_wish(clinic, **asked["rehearse"])
        form, come_by = _form(clinic, source, asked)
        if form.phone not in clinic.test_phones:
            say("In production only phones in test_phones can be rehearsed; this one is not among them.")
        await _end_earlier(runtime, key, form.phone)
        lead_id = await _hand_in(runtime, clinic, come_by, form)
        watch = Watch(zone=clinic.hours.zone, jsonl=jsonl)
        how = "It is over."
        try:
            async with asyncio.timeout(most):
                await _look_on(runtime, key, lead_id, watch)
        except TimeoutError:
            how = "Its time is over; the lead is closed."
        except asyncio.CancelledError:
            how = "Ended; the lead is closed."
            raise
        except Failure:
            how = ""
            raise
        finally:
            await _end(runtime, key, lead_id)
            watch.tell(await _lines(runtime, key, lead_id))
            if how:
                say(f"{how} {_counted(watch.sent)}")
        return watch.failed


def _counted(sent: int) -> str:
    return f"{counted(sent, 'message')} {'was' if sent == 1 else 'were'} sent. They count in no report."


def _check_wish(clinic: "Clinic", speed: str, sequence: str | None, arm: str | None) -> None:
    """Raise WrongUsage that names the option which is wrong, and what was probably meant."""
    from app.domain.rehearsal import Rehearsal, mistake, speed_of

    try:
        times = speed_of(speed)
    except ValueError as wrong:
        raise WrongUsage(f"--speed {wrong}") from None
    if why := mistake(clinic, Rehearsal(times=times, sequence=sequence)):
        raise WrongUsage(f"--sequence {why}")
    if why := mistake(clinic, Rehearsal(times=times, sequence=sequence, arm=arm)):
        raise WrongUsage(f"--arm {why}")


def _form(clinic: "Clinic", source: str, asked: dict[str, Any]) -> tuple["LeadIn", str]:
    """The form that such a person hands in, and by which source; raises WrongUsage with what is wrong."""
    from pydantic import ValidationError

    from app.adapters.lead_form import LeadIn

    with_words = [one.key for one in clinic.sources.values() if one.consent_texts]
    if source and source not in clinic.sources:
        raise WrongUsage(f"there is no source {source}; known: {', '.join(clinic.sources)}")
    come_by = source or next(iter(with_words), next(iter(clinic.sources)))
    words = [clinic.consent_texts[one] for one in clinic.sources[come_by].consent_texts if one in clinic.consent_texts]
    consent = {"sms": bool(words), "text": next(iter(words), None), "method": "rehearsal"}
    try:
        return LeadIn.model_validate({**asked, "test": True, "consent": consent}), come_by
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        raise WrongUsage(f"--{str(wrong['loc'][0]).replace('first_name', 'name')} {wrong['msg']}") from None


async def _hand_in(runtime: "Runtime", clinic: "Clinic", source: str, form: "LeadIn") -> str:
    """Take the lead in, as the form's door does; its id."""
    from secrets import token_urlsafe

    from app.adapters.form_errors import FormError
    from app.adapters.lead_form import captured_facts
    from app.adapters.store.ingest import Submission, Taken, Told, take_in
    from app.domain.ids import new_id

    lead_id = new_id("lead")
    try:
        facts = captured_facts(form, clinic, source)
    except FormError as error:
        raise WrongUsage("; ".join(f"--{name} {why}" for name, why in error.errors)) from None
    facts |= {"token": token_urlsafe(12), "by": getpass.getuser()}
    # A key of its own: who rehearses twice within ten minutes is no duplicate.
    told = Told("rehearsal", lead_id, b"", lead_id)
    one = Submission(clinic=clinic.key, phone=form.phone, lead_id=lead_id, facts=facts, told=told)
    async with runtime.engine.begin() as conn:
        (taken,) = await take_in(conn, runtime.vault, runtime.directory, [one])
    if isinstance(taken, Taken) and taken.lane is not None:
        runtime.doorbell.ring([taken.lane])
    return lead_id


async def _end_earlier(runtime: "Runtime", clinic: str, phone: str) -> None:
    """End rehearsals that this phone is still in: one at a time."""
    from app.adapters.store import reading

    filters = reading.LeadFilters(phone_hash=runtime.directory.hash(phone))
    async with runtime.engine.connect() as conn:
        known = await reading.leads(conn, runtime.vault, clinic, filters, None, 20)
    for lead in known:
        if lead.test and lead.stage not in ENDED:
            await _end(runtime, clinic, lead.id)


async def _end(runtime: "Runtime", clinic: str, lead_id: str) -> None:
    """Close the lead, unless its talk has ended by itself, and then complete the tasks that it leaves."""
    from app.adapters.store import events, reading
    from app.api.waiting import until_read
    from app.domain.events import LeadClosed
    from app.domain.ids import new_id

    async with runtime.engine.connect() as conn:
        lead = await reading.lead(conn, runtime.vault, clinic, lead_id)
    if lead is None:
        return
    if lead.stage not in ENDED:
        async with _contact(runtime, lead.contact_id) as (conn, contact, now):
            order = LeadClosed(id=new_id("evt"), at=now, lead_id=lead_id, by=getpass.getuser(), reason=OVER)
            await events.append(conn, runtime.vault, [(contact, order)])
        await until_read(runtime, order.id)
    async with _contact(runtime, lead.contact_id) as (conn, contact, now):
        await _complete_tasks(conn, runtime.vault, contact, lead_id, now)


@asynccontextmanager
async def _contact(
    runtime: "Runtime", contact_id: str
) -> AsyncIterator[tuple["AsyncConnection", "ContactRef", datetime]]:
    """A transaction that holds the contact, and the time it is; the workers are told after it."""
    from app.adapters.store import contacts, installation

    async with runtime.engine.begin() as conn:
        contact = (await contacts.lock(conn, [contact_id]))[contact_id]
        yield conn, contact, await installation.now(conn)
    runtime.doorbell.ring([contact.lane])


async def _complete_tasks(
    conn: "AsyncConnection", vault: "Vault", contact: "ContactRef", lead_id: str, now: datetime
) -> None:
    """What nobody has to do any more is done, as staff would say it, with the reason in its history."""
    from app.adapters.store import events, tasks
    from app.domain.events import TaskCompleted
    from app.domain.ids import new_id

    me, why = getpass.getuser(), vault.seal("task", OVER)
    left = await tasks.unfinished(conn, contact.id, lead_id)
    done = [
        TaskCompleted(id=new_id("evt"), at=now, task_id=one, lead_id=lead_id, outcome="other", assignee=me, note=OVER)
        for one in left
    ]
    await tasks.record(conn, [tasks.Entry(task_id=one, at=now, kind="note", by=me, words=why) for one in left])
    await events.append(conn, vault, [(contact, one) for one in done])


# -- looking on ------------------------------------------------------------------------------------


async def _look_on(runtime: "Runtime", clinic: str, lead_id: str, watch: Watch) -> None:
    """Tell what happens to the lead until nothing more will."""
    deadline, hinted = monotonic() + WORKER_ANSWERS_WITHIN, False
    async for lead, timeline, all_read in _looks(runtime, clinic, lead_id):
        if lead is None or timeline is None:
            if monotonic() > deadline:
                raise Failure("no worker has read the lead: does one run? It will begin as soon as one does")
            continue
        watch.tell(lines(lead, timeline))
        on_its_way = any(one.status in ON_ITS_WAY for one in timeline.messages if one.lead_id == lead_id)
        if lead.stage == "new":
            raise Failure(f"nobody is texted: {why_not(lead, timeline)}")
        if not on_its_way and (lead.stage in ENDED or (lead.stage == "nurture" and lead.next is None and all_read)):
            return
        if lead.stage == "paused" and not hinted:
            say("It waits for staff: whoever completes the task lets it go on. Ctrl-C ends it.")
        hinted = lead.stage == "paused"


async def _lines(runtime: "Runtime", clinic: str, lead_id: str) -> list[Line]:
    """Everything that has happened to the lead by now."""
    async for lead, timeline, _ in _looks(runtime, clinic, lead_id):
        return lines(lead, timeline) if lead and timeline else []
    return []


async def _looks(
    runtime: "Runtime", clinic: str, lead_id: str
) -> AsyncIterator[tuple["LeadSeen | None", "Timeline | None", bool]]:
    """The lead, its timeline and whether all of that took effect, as of one moment, again and again."""
    from app.adapters.store import events, reading
    from app.adapters.store.timeline import timeline

    while True:
        async with runtime.engine.connect() as conn:
            await conn.execution_options(isolation_level="REPEATABLE READ")
            lead = await reading.lead(conn, runtime.vault, clinic, lead_id)
            seen = await timeline(conn, runtime.vault, lead.contact_id, lead_id) if lead else None
            all_read = await events.all_read(conn, lead.contact_id) if lead else False
        yield lead, seen, all_read
        await asyncio.sleep(LOOK_EVERY)
