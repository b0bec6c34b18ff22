"""The postman's part: due e-mails are judged by rules of their own and leave at once; every server takes them.

Pace is left out: at five a second it moves no line to another minute.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.domain.clinic import Clinic
from app.domain.contact import Stage
from app.domain.emails import EmailCase, address_of, may_email
from app.domain.events import TextDropped, TextSent
from app.domain.rehearsal import rehearsal_of
from app.simulation.lines import Why
from app.simulation.rows import Planned

if TYPE_CHECKING:
    from app.simulation.engine import Simulation

LOOK_AGAIN = timedelta(minutes=1)


def fall_due(world: "Simulation", email: Planned, now: datetime) -> None:
    """Judge an e-mail, and do what the rules say."""
    office = world.office(email.rows.contact)
    verdict = may_email(_case(office.clinic, email), now)
    why = verdict.as_json()["rules"]
    if verdict.verdict == "drop":
        _drop(world, email, str(verdict.rule), why, now)
    elif office.clinic.smtp is None:
        world.pass_by(email, now)  # it had a server when this was written; now staff write it
    elif verdict.verdict == "go":
        _leave(world, email, why, now)
    else:
        if verdict.rule not in email.held_for:
            email.held_for.add(verdict.rule)
            world.tell(office.teller.text("held", email, now, why))
        world.queue(email, verdict.until or now + LOOK_AGAIN)


def _case(clinic: Clinic, email: Planned) -> EmailCase:
    """What `workers/email_claims.py` gathers, from the same rows."""
    contact = email.rows.contact
    lead = contact.lead(email.order.lead_id)
    return EmailCase(
        expires_at=email.order.expires_at,
        stage=lead.stage if lead else Stage.FINISHED,
        test=bool(lead and lead.test),
        rehearsed=rehearsal_of(lead) is not None,
        test_allowed=clinic.smtp is not None and clinic.smtp.is_local,
        suppressed_by=email.rows.phone.suppressed_by,
        email_suppressed_by="unsubscribed" if lead and email.rows.brand.wants_no_email(address_of(lead)) else None,
        has_address=lead is not None and address_of(lead) is not None,
        asked_at=lead.captured_at if lead else None,
        source=lead.source if lead else None,
        unread=False,
        sending_all=True,
        sending_clinic=True,
        hours=clinic.hours_of(lead.location if lead else None),
        last_text=email.rows.last_text,
    )


def _leave(world: "Simulation", email: Planned, why: Sequence[Why], now: datetime) -> None:
    email.rows.end(email, "sent")
    email.rows.last_email = now
    world.tell(world.office(email.rows.contact).teller.text("email", email, now, why))
    sent = TextSent(id=world.new_id("evt"), at=now, **_what(email), segments=0, carrier_id="")
    world.read(email.rows, sent, now)
    world.people.emailed(world, email.rows.contact, email, now)


def _drop(world: "Simulation", email: Planned, rule: str, why: Sequence[Why], now: datetime) -> None:
    expired = rule == "expiry"
    email.rows.end(email, "expired" if expired else "dropped")
    world.tell(world.office(email.rows.contact).teller.text("dropped", email, now, why))
    status = "expired" if expired else "dropped"
    dropped = TextDropped(id=world.new_id("evt"), at=now, **_what(email), rule=rule, status=status)  # type: ignore[arg-type]
    world.read(email.rows, dropped, now)


def _what(email: Planned) -> dict[str, Any]:
    return {"message_id": email.order.id, "lead_id": email.order.lead_id, "step": email.order.step}
