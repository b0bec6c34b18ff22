"""Who may do what with a task now: leases, snoozes, and what ends a task.

How to think of it: a task's standing is what the row says, and `settle` is what it means now, for a lease or a
snooze may have ended without anybody having written it yet. Every rule settles first. Whoever is refused is told
who holds the task and until when.

A lease passes to somebody else in four ways, and in no other: its holder gives it (assign, release), its time is
over, an admin takes it over with a reason, or the clinic's own rows say so (an escalation, an absence).
"""

from dataclasses import dataclass
from datetime import datetime

from app.domain.events import Outcome

WAITING = ("open", "claimed", "snoozed")
"""Statuses in which a task still needs somebody."""


class Refused(Exception):
    """The task is not the asker's to act on: the message says why, `holder` and `until` whose lease is the reason."""

    def __init__(self, why: str, holder: str | None = None, until: datetime | None = None) -> None:
        super().__init__(why)
        self.holder = holder
        self.until = until


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a task stands. `lapsed_by` and `lapsed_until` name the last lease when it ended unreleased."""

    status: str
    assignee: str | None = None
    lease_until: datetime | None = None
    snoozed_until: datetime | None = None
    lapsed_by: str | None = None
    lapsed_until: datetime | None = None
    outcome: str | None = None
    completed_by: str | None = None
    completed_at: datetime | None = None


def settle(standing: Standing, now: datetime) -> Standing:
    """The standing as of now: a lease or a snooze that has run out leaves the task open."""
    if standing.status == "claimed" and standing.lease_until is not None and standing.lease_until <= now:
        return Standing(status="open", lapsed_by=standing.assignee, lapsed_until=standing.lease_until)
    if standing.status == "snoozed" and standing.snoozed_until is not None and standing.snoozed_until <= now:
        return Standing(status="open")
    return standing


def claim(standing: Standing, person: str, until: datetime, now: datetime) -> Standing:
    """A lease for this person, new or renewed; a lapsed one may be taken anew by anybody."""
    _still_waits_for(settle(standing, now), person)
    return Standing(status="claimed", assignee=person, lease_until=until)


def take_over(standing: Standing, person: str, until: datetime, now: datetime) -> Standing:
    """A lease for this person, whoever holds the task; only what is over is refused."""
    settled = settle(standing, now)
    _still_waits_for(settled, settled.assignee or person)
    return Standing(status="claimed", assignee=person, lease_until=until)


def assign(standing: Standing, person: str, until: datetime, now: datetime, *, to: str) -> Standing:
    """A lease that `person` gives to `to`."""
    _permit(standing, person, now)
    return Standing(status="claimed", assignee=to, lease_until=until)


def free(standing: Standing, now: datetime) -> Standing:
    """Nobody's, by a rule of the clinic; who held it is told so as of a lease that ended now."""
    settled = settle(standing, now)
    if settled.status != "claimed":
        return settled
    return Standing(status="open", lapsed_by=settled.assignee, lapsed_until=now)


def release(standing: Standing, person: str, now: datetime) -> Standing:
    """Back to the queue; also wakes what was snoozed, and changes nothing in what is open."""
    _permit(standing, person, now)
    return Standing(status="open")


def snooze(standing: Standing, person: str, until: datetime, now: datetime) -> Standing:
    """Out of the queue until then, held by nobody."""
    _permit(standing, person, now)
    return Standing(status="snoozed", snoozed_until=until)


def complete(standing: Standing, person: str, outcome: Outcome, now: datetime) -> Standing:
    """Done, with what came of it; a task that nobody holds may be completed by anyone."""
    _permit(standing, person, now)
    return Standing(status="done", assignee=person, outcome=outcome, completed_by=person, completed_at=now)


def answer(standing: Standing, person: str, now: datetime) -> Standing:
    """Unchanged, if this person may write to the lead now."""
    _permit(standing, person, now)
    return standing


def _permit(standing: Standing, person: str, now: datetime) -> None:
    settled = settle(standing, now)
    _still_waits_for(settled, person)
    # Somebody else may have acted since, so who let a lease run out takes a new one first.
    if settled.lapsed_by == person and settled.lapsed_until is not None:
        raise Refused("your lease has ended; claim the task again", person, settled.lapsed_until)


def _still_waits_for(settled: Standing, person: str) -> None:
    if settled.status not in WAITING:
        raise Refused(f"the task is already {settled.status}")
    if settled.status == "claimed" and settled.assignee != person:
        raise Refused("somebody else holds the task", settled.assignee, settled.lease_until)
