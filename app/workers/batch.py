"""What a batch of decisions amounts to: many effects, gathered in order, written in a handful of statements.

Effects are orders in sequence ("cancel, then schedule"); the database wants sets. A batch plays the orders in
memory first, so that a text planned by one event and cancelled by the next is written once, as cancelled.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import contacts as contact_rows
from app.adapters.store import emails, erasing, experiments, messages, permissions, tasks
from app.adapters.store import leads as lead_rows
from app.adapters.store.contacts import Directory
from app.adapters.store.messages import Cancellation, PlannedText
from app.domain.contact import Contact, Lead
from app.domain.effects import (
    CancelTasks,
    CancelTexts,
    CloseTask,
    Effect,
    ErasePerson,
    HoldSender,
    LiftSuppression,
    OpenTask,
    Purpose,
    RecordConsent,
    ScheduleText,
    SkipStep,
    Suppress,
    SuppressEmail,
    TakePart,
)
from app.domain.events import Event, ReplyReceived
from app.domain.ids import derive_id
from app.domain.machine import Decision
from app.domain.replay import kept
from app.domain.replies import read_reply
from app.domain.talk import Talk

Reply = tuple[str, str, str, str | None, str, str, str, datetime, dict[str, str] | None]


@dataclass
class Batch:
    """Decisions of one lane, gathered. `now` is the moment at which all of them were made."""

    now: datetime
    loaded: dict[str, Contact]
    contacts: dict[str, Contact] = field(default_factory=dict)
    texts: dict[str, PlannedText] = field(default_factory=dict)
    cancellations: list[Cancellation] = field(default_factory=list)
    skipped: dict[str, tuple[str, ...]] = field(default_factory=dict)
    consents: list[tuple[str, str, RecordConsent]] = field(default_factory=list)
    suppressions: dict[str, str | None] = field(default_factory=dict)
    closed_emails: list[tuple[str, str]] = field(default_factory=list)
    holds: dict[str, tuple[Contact, HoldSender]] = field(default_factory=dict)
    opened: list[tuple[Contact, OpenTask]] = field(default_factory=list)
    closed: list[CloseTask] = field(default_factory=list)
    dropped: list[CancelTasks] = field(default_factory=list)
    stages: list[tuple[str, str, str | None, str, str]] = field(default_factory=list)
    parts: list[tuple[Contact, TakePart]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    erased: dict[str, str] = field(default_factory=dict)
    clinic_of_task: dict[str, str] = field(default_factory=dict)

    def contact(self, contact_id: str) -> Contact:
        """The contact as the decisions so far left it."""
        return self.contacts.get(contact_id) or self.loaded[contact_id]

    def add(self, event_id: str, event: Event | None, decision: Decision) -> None:
        """Take in what one event led to."""
        before = self.contact(decision.contact.id)
        self._note_stages(event_id, before, decision.contact)
        self.contacts[before.id] = decision.contact
        if isinstance(event, ReplyReceived):
            self.replies.append(_received(event, before))
        for effect in decision.effects:
            self._take(effect, decision.contact)

    def _note_stages(self, event_id: str, before: Contact, after: Contact) -> None:
        known = {lead.id: lead.stage.value for lead in before.leads}
        for place, lead in enumerate(after.leads):
            if known.get(lead.id) != lead.stage.value:
                row = (derive_id("stage", event_id, place), lead.id, known.get(lead.id), lead.stage.value, event_id)
                self.stages.append(row)

    def _take(self, effect: Effect, contact: Contact) -> None:
        match effect:
            case ScheduleText():
                self.texts[effect.id] = PlannedText(clinic=contact.clinic, contact_id=contact.id, order=effect)
            case TakePart():
                self.parts.append((contact, effect))
            case CancelTexts():
                self._cancel(effect, contact)
            case SkipStep():
                self._skip(effect)
            case OpenTask():
                self.opened.append((contact, effect))
            case CloseTask():
                self._end_tasks(effect, (effect.id,), contact)
            case CancelTasks():
                self._end_tasks(effect, effect.ids, contact)
            case RecordConsent():
                self.consents.append((contact.clinic, contact.id, effect))
            case Suppress():
                self.suppressions[contact.id] = effect.by
            case SuppressEmail():
                self.closed_emails.append((contact.clinic, effect.email))
            case LiftSuppression():
                self.suppressions[contact.id] = None
            case HoldSender():
                self.holds.setdefault(effect.sender, (contact, effect))
            case ErasePerson():
                self._erase(effect, contact)
            case _:
                assert_never(effect)

    def _end_tasks(self, order: CloseTask | CancelTasks, ids: tuple[str, ...], contact: Contact) -> None:
        """Only the first order that ends a task counts, whichever kind is written first."""
        left = tuple(one for one in ids if one not in self.clinic_of_task)
        self.clinic_of_task.update(dict.fromkeys(left, contact.clinic))
        if isinstance(order, CancelTasks):
            self.dropped.append(replace(order, ids=left))
        elif left:
            self.closed.append(order)

    def _cancel(self, order: CancelTexts, contact: Contact) -> None:
        for planned in list(self.texts.values()):
            if planned.contact_id == contact.id and _is_meant(order, planned):
                self.texts[planned.order.id] = replace(planned, status="cancelled")
        self.cancellations.append(
            Cancellation(contact_id=contact.id, lead_id=order.lead_id, steps_only=order.steps_only)
        )

    def _skip(self, order: SkipStep) -> None:
        self.skipped[order.message_id] = order.why
        planned = self.texts.get(order.message_id)
        if planned is not None:
            self.texts[order.message_id] = replace(planned, status="cancelled")

    def _erase(self, order: ErasePerson, contact: Contact) -> None:
        """Blank what this batch was about to write of this person; what comes after is somebody's new word."""
        self.erased[contact.id] = order.event_id
        for planned in list(self.texts.values()):
            if planned.contact_id == contact.id:
                self.texts[planned.order.id] = replace(planned, order=replace(planned.order, text=""))
        self.replies = [_unsaid(one) if one[2] == contact.id else one for one in self.replies]
        self.opened = [
            (whose, replace(task, about="", wish=None) if whose.id == contact.id else task)
            for whose, task in self.opened
        ]

    def changed_leads(self) -> list[tuple[Contact, Lead]]:
        """Leads that are new, or differ from how they were loaded."""
        return [
            (contact, lead)
            for contact in self.contacts.values()
            for lead in contact.leads
            if self.loaded[contact.id].lead(lead.id) != lead
        ]

    def changed_senders(self) -> dict[str, str]:
        """Contacts whose last speaker changed."""
        return {
            contact.id: contact.sender
            for contact in self.contacts.values()
            if contact.sender is not None and contact.sender != self.loaded[contact.id].sender
        }

    def changed_talks(self) -> dict[str, Talk]:
        """Contacts to whom something was said that must be remembered."""
        changed = (one for one in self.contacts.values() if one.talk != self.loaded[one.id].talk)
        return {contact.id: contact.talk for contact in changed}

    def alarms(self) -> list[OpenTask]:
        """Tasks about somebody in danger."""
        return [order for _, order in self.opened if order.kind == "urgent"]


def _received(event: ReplyReceived, contact: Contact) -> Reply:
    lead = contact.subject()
    lead_id = lead.id if lead else None
    message_id = derive_id("msg", event.id, -1)
    read = kept(read_reply(event.body, event.media))
    return (message_id, contact.clinic, contact.id, lead_id, event.sender, event.carrier_id, event.body, event.at, read)


def _unsaid(reply: Reply) -> Reply:
    message_id, clinic, contact_id, lead_id, sender, carrier_id, _, at, _ = reply
    return (message_id, clinic, contact_id, lead_id, sender, carrier_id, "", at, None)


def _is_meant(order: CancelTexts, planned: PlannedText) -> bool:
    whose = order.lead_id is None or planned.order.lead_id == order.lead_id
    return whose and (not order.steps_only or planned.order.purpose is Purpose.STEP)


async def write(conn: AsyncConnection, directory: Directory, batch: Batch) -> dict[str, list[str]]:
    """Write everything but the events' read marks, in lock order; the changed tasks by clinic, yet to be numbered."""
    newly_held = await permissions.hold_senders(
        conn, {sender: hold.code for sender, (_, hold) in batch.holds.items()}, batch.now
    )
    batch.opened += [(contact, hold.task) for sender, (contact, hold) in batch.holds.items() if sender in newly_held]
    senders, talks = batch.changed_senders(), batch.changed_talks()
    if senders or talks or batch.erased:
        await contact_rows.lock(conn, [*senders, *talks, *batch.erased])
        await erasing.erase(conn, directory.vault, batch.erased, batch.now)
        await lead_rows.set_senders(conn, senders)
        await lead_rows.set_talks(conn, directory, talks)
    await lead_rows.save(conn, directory, batch.changed_leads())
    await lead_rows.note_stages(conn, batch.stages, batch.now)
    await experiments.take_part(conn, batch.parts, batch.now)
    await permissions.record_consents(conn, directory.vault, batch.consents, batch.now)
    await permissions.set_suppressions(conn, batch.suppressions, batch.now)
    await emails.suppress(conn, directory, batch.closed_emails, batch.now)
    await messages.cancel(conn, batch.cancellations)
    await messages.skip(conn, batch.skipped, batch.now)
    await messages.plan(conn, directory.vault, list(batch.texts.values()))
    await messages.receive(conn, directory.vault, batch.replies)
    return await _write_tasks(conn, directory, batch)


async def _write_tasks(conn: AsyncConnection, directory: Directory, batch: Batch) -> dict[str, list[str]]:
    rows = [_task_row(contact, order, batch.now) for contact, order in batch.opened]
    await tasks.open_tasks(conn, directory.vault, rows)
    changed = [(row.clinic, row.id) for row in rows]
    ended = await tasks.close_tasks(conn, batch.closed, batch.now)
    for order in batch.dropped:
        ended += await tasks.cancel_tasks(conn, directory.vault, order.ids, batch.now, order.reason)
    changed += [(batch.clinic_of_task[task_id], task_id) for task_id in ended]
    by_clinic: dict[str, list[str]] = {}
    for clinic, task_id in changed:
        by_clinic.setdefault(clinic, []).append(task_id)
    return by_clinic


def _task_row(contact: Contact, order: OpenTask, now: datetime) -> tasks.TaskRow:
    return tasks.TaskRow(
        id=order.id,
        clinic=contact.clinic,
        contact_id=contact.id,
        lead_id=order.lead_id,
        kind=order.kind,
        priority=order.priority,
        team=order.team,
        opened_at=now,
        due_at=order.due_at,
        about=order.about,
        event_id=order.event_id,
        snoozed_until=order.snoozed_until,
        escalates_at=order.escalates_at,
        escalates_to=order.escalates_to,
        wish=order.wish,
    )
