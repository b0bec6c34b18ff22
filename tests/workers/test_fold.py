"""The log explains the rows: folding it by `read_no` in memory gives the contacts, leads, consents, tasks and plans.

A seeded scenario plays everybody at once on a real database: forms, replies, bookings, staff, and a dispatcher that
claims, loses and settles texts. The fold is a small interpreter of effects in dicts, written apart from the batch.
Delivery columns stand outside: what was once claimed is compared by its plan, not by where it ended. So do contacts
whose person was erased: their log was blanked, and cannot be read again. None is erased here.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.codec import load_consent, load_event
from app.adapters.store import contacts, events, installation, leads, messages, moving, tasks
from app.adapters.store.messages import Judgement, Settlement
from app.domain import leases
from app.domain.contact import Contact
from app.domain.effects import (
    CancelTasks,
    CancelTexts,
    CloseTask,
    Effect,
    HoldSender,
    LiftSuppression,
    OpenTask,
    Purpose,
    RecordConsent,
    ScheduleText,
    Suppress,
)
from app.domain.events import Event, ReplyReceived
from app.domain.ids import derive_id, new_id
from app.domain.machine import Decision, decide, set_aside
from app.embedded import Servers
from app.runtime import Runtime
from app.workers.inbox import Inbox
from tests.domain import builders as make
from tests.installation import LAKESIDE, OPEN_HOURS, a_runtime, apply_clinic, consent_words, set_clock

PHONES = [f"+131255501{n:02d}" for n in range(20)]
SENDER = "lakeside-main"
ROUNDS = 20


# -- the fold ----------------------------------------------------------------------------------


@dataclass
class Fold:
    """The state that the log amounts to. Every dict is keyed by id; values are what the machine decided."""

    contacts: dict[str, Contact]
    plans: dict[str, tuple[str, ScheduleText, bool]] = field(default_factory=dict)
    consents: dict[str, tuple[str, RecordConsent]] = field(default_factory=dict)
    tasks: dict[str, tuple[str, OpenTask, str]] = field(default_factory=dict)
    stages: Counter[tuple[str, str | None, str, str]] = field(default_factory=Counter)
    received: dict[str, str | None] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def read(self, event_id: str, event: Event | None, decision: Decision) -> None:
        """Take in one event's decision."""
        before, now = self.contacts[decision.contact.id], decision.contact
        for lead in now.leads:
            earlier = before.lead(lead.id)
            was = earlier.stage.value if earlier else None
            if was != lead.stage.value:
                self.stages[lead.id, was, lead.stage.value, event_id] += 1
        if isinstance(event, ReplyReceived):
            about = before.subject()
            self.received[derive_id("msg", event.id, -1)] = about.id if about else None
        self.contacts[now.id] = now
        for effect in decision.effects:
            self.obey(effect, now.id)

    def obey(self, effect: Effect, contact_id: str) -> None:
        """Carry out one effect."""
        match effect:
            case ScheduleText():
                self.plans[effect.id] = (contact_id, effect, False)
            case CancelTexts():
                for text_id, (whose, plan, _) in self.plans.items():
                    mine = whose == contact_id and effect.lead_id in (None, plan.lead_id)
                    if mine and (not effect.steps_only or plan.purpose is Purpose.STEP):
                        self.plans[text_id] = (whose, plan, True)
            case RecordConsent():
                self.consents[effect.id] = (contact_id, effect)
            case OpenTask():
                # When a snooze ends and a task escalates is the lease columns' business, and those stand outside.
                order = replace(effect, snoozed_until=None, escalates_at=None, escalates_to=None)
                self.tasks[effect.id] = (contact_id, order, "open")
            case CloseTask():
                self.end((effect.id,), "done")
            case CancelTasks():
                self.end(effect.ids, "cancelled")
            case HoldSender() if effect.sender not in self.held:
                self.held.add(effect.sender)
                self.obey(effect.task, contact_id)
            case HoldSender() | Suppress() | LiftSuppression():
                pass  # a sender is held once; what closes a phone is in the contact

    def end(self, ids: tuple[str, ...], status: str) -> None:
        for task_id in ids:
            contact_id, order, was = self.tasks[task_id]
            self.tasks[task_id] = (contact_id, order, status if was == "open" else was)


async def fold(runtime: Runtime) -> Fold:
    """The whole log, read again by `read_no`."""
    async with runtime.engine.connect() as conn:
        known = await conn.execute(text("SELECT id, clinic, phone_cipher FROM contacts"))
        empty = {
            row.id: Contact(id=row.id, clinic=row.clinic, phone=runtime.vault.open("phone", row.phone_cipher))
            for row in known
        }
        folded = Fold(contacts=empty)
        for row in await conn.execute(text("SELECT * FROM events ORDER BY read_no")):
            assert row.read_no is not None
            clinic = await runtime.clinics.take(conn, row.clinic, row.clinic_version)
            contact = folded.contacts[row.contact_id]
            if row.quarantined:
                folded.read(row.id, None, set_aside(contact, row.id, row.read_at, clinic))
            else:
                event = load_event(runtime.vault.decrypt("event", row.payload_cipher))
                folded.read(row.id, event, decide(contact, event, row.read_at, clinic))
    return folded


# -- what the rows say, in the fold's words ----------------------------------------------------


def bare(contact: Contact) -> Contact:
    """Without its tasks, which are compared by themselves, and with its leads in one order."""
    return replace(contact, tasks=(), leads=tuple(sorted(contact.leads, key=lambda lead: lead.id)))


async def stored_contacts(conn: AsyncConnection, runtime: Runtime, ids: list[str]) -> dict[str, Contact]:
    loaded = await leads.load(conn, runtime.directory, ids)
    return {contact_id: bare(contact) for contact_id, contact in loaded.items()}


PLAN = (
    *("id", "contact_id", "lead_id", "purpose", "channel", "urgency", "sender"),
    *("sequence", "version", "step", "task_id", "consent_id"),
)


async def stored_plans(conn: AsyncConnection, runtime: Runtime) -> dict[str, Any]:
    rows = await conn.execute(text("SELECT * FROM messages WHERE direction = 'out'"))
    return {
        row.id: (
            tuple(getattr(row, name) for name in PLAN),
            (row.planned_at, row.expires_at, runtime.vault.open("message", row.body_cipher)),
            None if touched(row) else row.status == "cancelled",
        )
        for row in rows
    }


def touched(row: Any) -> bool:
    """A dispatcher has had it: where it ended is delivery's business."""
    return row.claim_no > 0 or row.status not in ("scheduled", "cancelled")


def folded_plans(folded: Fold, stored: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for text_id, (contact_id, plan, cancelled) in folded.plans.items():
        row = {**vars(plan), "contact_id": contact_id, "purpose": plan.purpose.value, "channel": plan.channel.value}
        was_touched = text_id in stored and stored[text_id][2] is None
        made[text_id] = (
            tuple(row[name] for name in PLAN),
            (plan.due_at, plan.expires_at, plan.text),
            None if was_touched else cancelled,
        )
    return made


async def stored_tasks(conn: AsyncConnection, runtime: Runtime) -> dict[str, Any]:
    return {
        row.id: (
            row.contact_id,
            OpenTask(
                id=row.id,
                lead_id=row.lead_id,
                kind=row.kind,
                priority=row.priority,
                team=row.team,
                due_at=row.due_at,
                about=runtime.vault.open("task", row.about_cipher),
                event_id=row.event_id,
                wish=row.wish,
            ),
            "open" if row.status == "snoozed" else row.status,
        )
        for row in await conn.execute(text("SELECT * FROM tasks"))
    }


async def stored_consents(conn: AsyncConnection, runtime: Runtime) -> dict[str, Any]:
    return {
        row.id: (
            row.contact_id,
            RecordConsent(
                id=row.id,
                lead_id=row.lead_id,
                status=row.status,
                act=load_consent(runtime.vault.decrypt("consent", row.act_cipher)),
                method=row.method,
                person=row.person,
                text_key=row.text_key,
                problem=row.problem,
                source=row.source,
                language=row.language,
                clinic_name=row.clinic_name,
                by=row.recorded_by,
            ),
        )
        for row in await conn.execute(text("SELECT * FROM consents"))
    }


async def stored_stages(conn: AsyncConnection) -> Counter[tuple[str, str | None, str, str]]:
    query = "SELECT lead_id, from_stage, to_stage, event_id FROM stage_changes"
    return Counter((one[0], one[1], one[2], one[3]) for one in await conn.execute(text(query)))


async def assert_fold_is_the_rows(runtime: Runtime) -> Fold:
    folded = await fold(runtime)
    async with runtime.engine.connect() as conn:
        expected = {contact_id: bare(contact) for contact_id, contact in folded.contacts.items()}
        assert await stored_contacts(conn, runtime, list(expected)) == expected
        assert await stored_consents(conn, runtime) == folded.consents
        assert await stored_tasks(conn, runtime) == folded.tasks
        plans = await stored_plans(conn, runtime)
        assert plans == folded_plans(folded, plans)
        assert await stored_stages(conn) == folded.stages
        rows = await conn.execute(text("SELECT id, lead_id FROM messages WHERE direction = 'in'"))
        assert {row.id: row.lead_id for row in rows} == folded.received
        held = await conn.execute(text("SELECT key FROM senders WHERE held_code IS NOT NULL"))
        assert set(held.scalars()) == folded.held
    return folded


# -- the scenario ------------------------------------------------------------------------------


AGREED = replace(make.CONSENT, text=consent_words())
DRIFTED = replace(make.CONSENT, text="We may call you.")
REFUSED = replace(make.CONSENT, sms=False)


def _agreeing(**changes: Any) -> Event:
    event: Event = make.a_consent(consent=AGREED, **changes)
    return event


@dataclass
class Scenario:
    """Everybody but the machine, by numbered dice."""

    runtime: Runtime
    dice: random.Random
    now: datetime = OPEN_HOURS
    editor: random.Random = field(default_factory=lambda: random.Random(7))

    async def play(self, rounds: int) -> None:
        """Rounds of several events each, read together; then a new hour."""
        inbox = Inbox(self.runtime)
        for _ in range(rounds):
            for act in self.dice.choices(ACTS, k=self.dice.randint(4, 12)):
                await act(self)
            if self.dice.random() < 0.1:
                await self.spoil()
            if self.editor.random() < 0.15:
                await self.edit()
            await inbox.read_all()
            for _ in range(2):
                await self.complete()
                await inbox.read_all()
            self.now += timedelta(hours=self.dice.randrange(20))
            await set_clock(self.runtime, self.now)

    async def append(self, phone: str, event: Event) -> None:
        async with self.runtime.engine.begin() as conn:
            held = await contacts.lock_by_phone(conn, self.runtime.directory, [("lakeside", phone)])
            made = replace(event, id=new_id("evt"), at=await installation.now(conn))
            await events.append(conn, self.runtime.vault, [(held["lakeside", phone], made)])

    async def one_of(self, query: str) -> Any:
        async with self.runtime.engine.connect() as conn:
            rows = (await conn.execute(text(query))).all()
        return self.dice.choice(rows) if rows else None

    def phone_of(self, row: Any) -> str:
        return self.runtime.vault.open("phone", row.phone_cipher)

    async def lead(self) -> Any:
        return await self.one_of(
            "SELECT leads.id, phone_cipher FROM leads JOIN contacts ON contacts.id = contact_id ORDER BY captured_at"
        )

    async def submit(self) -> None:
        same = await self.lead() if self.dice.random() < 0.2 else None
        event = make.a_submission(
            lead_id=new_id("lead"),
            token=new_id("t"),
            first_name=self.dice.choice(["Maria", "Maria", "Jo"]),
            consent=self.dice.choice([AGREED, AGREED, AGREED, DRIFTED, REFUSED, None]),
            request=self.dice.choice([None, "appointment", "appointment", "call"]),
            location=self.dice.choice([None, "north"]),
            email=self.dice.choice([None, "maria@mail.example"]),
            preferred_times=self.dice.choice([(), ("mornings",)]),
            duplicate_of=same.id if same else None,
        )
        await self.append(self.phone_of(same) if same else self.dice.choice(PHONES), event)

    async def say(self) -> None:
        """Whoever may be texted says something; what ends a talk is said less often than the rest."""
        meanings = [*make.SAYINGS, *("yes", "question", "help", "start", "time") * 3]
        lead = await self.lead() if self.dice.random() < 0.9 else None
        phone = self.phone_of(lead) if lead else self.dice.choice(PHONES)
        await self.append(phone, make.a_reply(make.SAYINGS[self.dice.choice(meanings)], sender=SENDER))

    async def order(self) -> None:
        lead = await self.lead()
        if lead:
            orders = [*make.ORDERS, "resume", "resume", "resume", "pause"]
            made = self.dice.choice([_agreeing, _agreeing, *(_ordering(what) for what in orders)])
            await self.append(self.phone_of(lead), made(lead_id=lead.id))

    async def book(self) -> None:
        lead = await self.lead()
        if lead:
            what = self.dice.choice(list(make.APPOINTMENTS))
            await self.append(self.phone_of(lead), make.an_appointment(what, lead_id=self.dice.choice([None, lead.id])))

    async def complete(self) -> None:
        """As the task's door does: the row at once, the event with it."""
        row = await self.one_of("SELECT id, lead_id FROM tasks WHERE status IN ('open', 'snoozed') ORDER BY id")
        if row is None or self.dice.random() < 0.5:
            return
        outcome: Any = self.dice.choice([*make.OUTCOMES, *["answered"] * 5])
        async with self.runtime.engine.begin() as conn:
            now = await installation.now(conn)
            held = await tasks.lock(conn, "lakeside", row.id)
            assert held is not None
            entry = tasks.Entry(task_id=row.id, at=now, kind="completed", by="ana")
            await tasks.move(conn, leases.complete(held.standing, "ana", outcome, now), entry)
            done = make.a_completion(outcome, id=new_id("evt"), at=now, task_id=row.id, lead_id=row.lead_id)
            await events.append(conn, self.runtime.vault, [(held.contact, done)])

    async def write(self) -> None:
        row = await self.one_of(
            "SELECT tasks.id, lead_id, phone_cipher FROM tasks"
            " JOIN contacts ON contacts.id = contact_id ORDER BY tasks.id"
        )
        if row:
            answer = make.an_answer(task_id=row.id, lead_id=row.lead_id, message_id=new_id("msg"))
            await self.append(self.phone_of(row), answer)

    async def claim(self) -> None:
        """A text is taken, whatever the gate would say: the fold must hold even then."""
        row = await self.text_in("scheduled")
        if row is None:
            return
        if row.channel != "text":
            await self.judge(row, "sent")
            await self.report(row, make.a_due_moment)
        elif self.dice.random() < 0.2:
            await self.judge(row, "dropped")
            rule = self.dice.choice(["expiry", "suppression", "consent", "stage"])
            await self.report(row, make.a_drop, rule)
        else:
            await self.judge(row, "sending")

    async def land(self) -> None:
        row = await self.text_in("sending")
        if row is None:
            return
        status = self.dice.choice(["sent", "sent", "unknown", "failed", "scheduled"])
        async with self.runtime.engine.begin() as conn:
            settled = Settlement(id=row.id, claim_no=row.claim_no, status=status)
            assert await messages.settle(conn, [settled]) == {row.id}
        if status == "failed":
            await self.report(row, _failing, self.dice.choice(["dead_number", "sender_fault", "refused"]))
        elif status != "scheduled":
            await self.report(row, make.a_sent if status == "sent" else make.an_unknown)

    async def text_in(self, status: str) -> Any:
        return await self.one_of(
            "SELECT messages.id, lead_id, step, channel, claim_no, phone_cipher FROM messages"
            f" JOIN contacts ON contacts.id = contact_id WHERE status = '{status}' ORDER BY messages.id"
        )

    async def judge(self, row: Any, status: str) -> None:
        async with self.runtime.engine.begin() as conn:
            await messages.write_judgements(conn, [Judgement(id=row.id, status=status, decision={})])

    async def report(self, row: Any, make_event: Callable[..., Event], *what: str) -> None:
        await self.append(self.phone_of(row), make_event(*what, message_id=row.id, lead_id=row.lead_id, step=row.step))

    async def spoil(self) -> None:
        """An event that nobody can read."""
        await self.append(self.dice.choice(PHONES), make.a_claim())
        async with self.runtime.engine.begin() as conn:
            newest = "SELECT max(no) FROM events"
            await conn.execute(text(f"UPDATE events SET payload_cipher = 'noise' WHERE no = ({newest})"))

    async def edit(self) -> None:
        """The sequences say their steps in another order, and who stands in them moves, or is stopped."""
        page, out = YAML().load(LAKESIDE), StringIO()
        page.pop("experiments", None)
        for sequence in page["sequences"].values():
            self.editor.shuffle(sequence["steps"])
        YAML().dump(page, out)
        await apply_clinic(self.runtime, out.getvalue())
        async with self.runtime.engine.begin() as conn:
            clinic = await self.runtime.clinics.take(conn, "lakeside")
            for one in await moving.undecided(conn, "lakeside"):
                moves = self.editor.random() < 0.9
                order = moving.Order(clinic=clinic, sequence=one.sequence, version=one.version, moves=moves, by="sam")
                await moving.give(conn, self.runtime.directory, order, None)


def _failing(cause: str, **changes: Any) -> Event:
    return make.a_failure(cause, sender=SENDER, **changes)


def _ordering(what: str) -> Callable[..., Event]:
    def ordered(**changes: Any) -> Event:
        made: Event = make.an_order(what, **changes)
        return made

    return ordered


ACTS = (
    *(Scenario.submit, Scenario.say, Scenario.claim, Scenario.land) * 4,
    *(Scenario.order, Scenario.book, Scenario.write),
)


@pytest.mark.parametrize("number", range(2))
async def test_folding_the_log_gives_the_rows(servers: Servers, number: int) -> None:
    """And the scenario is worth it: every kind of effect happened, and something of each state is left."""
    async with a_runtime(servers) as runtime:
        scenario = Scenario(runtime, random.Random(number))
        await scenario.play(ROUNDS)
        folded = await assert_fold_is_the_rows(runtime)
    assert {one.purpose for _, one, _ in folded.plans.values()} >= {Purpose.STEP, Purpose.ANSWER, Purpose.REPLY}
    assert {cancelled for _, _, cancelled in folded.plans.values()} == {True, False}
    assert len({one.version for _, one, _ in folded.plans.values() if one.sequence}) > 1
    assert {status for _, _, status in folded.tasks.values()} == {"open", "done", "cancelled"}
    assert {one.status for _, one in folded.consents.values()} >= {"granted", "unmatched", "withdrawn"}
    assert {lead.stage.value for contact in folded.contacts.values() for lead in contact.leads} >= {
        "finished",
        "paused",
    }
