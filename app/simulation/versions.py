"""Another version of a clinic's file, applied while leads are on their way, as `leadline apply --in-flight` does it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from app.domain import moving
from app.domain.clinic import Clinic
from app.domain.contact import Contact, Lead, Stage
from app.domain.events import Event, SequenceMoved, SequenceStopped
from app.simulation.engine import Simulation
from app.simulation.rows import COMES

InFlight = Literal["keep", "move", "stop"]


def succeeding(before: Clinic, after: Clinic) -> Clinic:
    """The clinic of a newer file as it is once applied: a sequence that says something else has a version more."""
    newest = {key: max(version for one, version in before.pinned if one == key) for key, _ in before.pinned}
    numbers = {one.key: _number(before, one.key, newest.get(one.key, 0), after) for one in after.sequences}
    pinned = {**before.pinned, **{(one.key, numbers[one.key]): one for one in after.sequences}}
    return after.with_versions(before.version + 1, pinned, numbers, before.public_url, before.stopped)


def _number(before: Clinic, key: str, newest: int, after: Clinic) -> int:
    known = before.pinned.get((key, newest))
    written = next(one for one in after.sequences if one.key == key)
    same = known is not None and replace(written, version=newest) == known
    return newest if same else newest + 1


def expect(simulation: Simulation, at: datetime, clinic: Clinic, decision: InFlight) -> None:
    """This file of one of the clinics is applied at a moment, and with it what was decided about who is on the way."""

    def apply(now: datetime) -> None:
        office = simulation.offices[clinic.key]
        newer = succeeding(office.clinic, clinic)
        changed = _changed(office.clinic, newer)
        office.adopt(newer, now)
        if decision != "keep":
            simulation.order(clinic.key, lambda contact: _orders(simulation, contact, changed, decision, now))

    simulation.plan(at, COMES, apply)


def _changed(before: Clinic, after: Clinic) -> Mapping[str, int]:
    """The sequences that a file changes, with the version that leads must be before; one it leaves out has no next."""
    was, now = ({one.key: one.version for one in clinic.sequences} for clinic in (before, after))
    return {key: now.get(key, version + 1) for key, version in was.items() if now.get(key) != version}


def _orders(
    simulation: Simulation, contact: Contact, changed: Mapping[str, int], decision: InFlight, now: datetime
) -> Iterator[Event]:
    """What is ordered about the leads of a contact that stand behind (`adapters.store.moving`)."""
    clinic = simulation.office(contact).clinic
    kind = SequenceMoved if decision == "move" else SequenceStopped
    for lead in contact.leads:
        sequence, to = lead.sequence or "", changed.get(lead.sequence or "", 0)
        if lead.version < to and _in_flight(lead) and (decision == "stop" or _has_a_place(clinic, lead, to)):
            yield kind(
                id=simulation.new_id("evt"), at=now, lead_id=lead.id, sequence=sequence, version=to, by="simulate"
            )


def _in_flight(lead: Lead) -> bool:
    return lead.stage in (Stage.TEXTING, Stage.PAUSED) or (lead.stage is Stage.NURTURE and lead.pending is not None)


def _has_a_place(clinic: Clinic, lead: Lead, to: int) -> bool:
    old, new = (clinic.sequence(lead.sequence or "", number) for number in (lead.version, to))
    return old is not None and new is not None and moving.place(old, new, lead.step) is not None
