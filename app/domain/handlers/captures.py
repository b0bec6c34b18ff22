"""A lead comes in: begun, joined to what it repeats, or put beside another person's; and later consent."""

from dataclasses import replace
from typing import cast

from app.domain.contact import Contact, Lead, Stage
from app.domain.events import ConsentAct, ConsentGiven, LeadCaptured
from app.domain.sequences import choose, score
from app.domain.turn import Turn


def capture(turn: Turn) -> None:
    """A form arrived and no lead of this phone awaits anything: begin."""
    event = cast(LeadCaptured, turn.event)
    if turn.lead is not None and event.duplicate_of == turn.lead.id:
        _fill(turn, event)
    else:
        _begin(turn, event)


def capture_beside(turn: Turn) -> None:
    """A form arrived while another lead of this phone awaits something.

    The same person asking again replaces the older lead: one talk, about the newest wish. Another name on
    the same phone cannot be told apart by text, so a person calls.
    """
    event = cast(LeadCaptured, turn.event)
    older = turn.lead
    if older is not None and event.duplicate_of == older.id:
        _fill(turn, event)
    elif older is not None and _same_person(older, event):
        turn.hold("replaced by a newer request")
        turn.move(Stage.FINISHED, "replaced by a newer request")
        _begin(turn, event)
    else:
        _enter(turn, event)
        turn.ask("call", "Another person's request came in from a phone that is already being texted.")


def _begin(turn: Turn, event: LeadCaptured) -> None:
    _enter(turn, event)
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or lead.facts.get("request") == "call" or _channel(lead) != "sms":
        turn.ask(_without_texts(lead), _request(lead))
    elif turn.contact.suppressed_by is not None:
        turn.ask("call", "This phone is closed to texts, and the person asked again by form.")
    elif _ended_as_wrong_number(turn.contact, lead):
        turn.ask("wrong_number", "This name was reported as a wrong number on this phone before.")
    else:
        start_texting(turn)


def _enter(turn: Turn, event: LeadCaptured) -> None:
    lead = Lead(
        id=event.lead_id,
        stage=Stage.NEW,
        captured_at=event.at,
        source=event.source,
        token=event.token,
        first_name=event.first_name,
        zones=event.zones,
        language=event.language,
        service=event.service,
        location=event.location,
        test=event.test,
        facts=_facts(event),
    )
    points, track = score(turn.clinic, lead)
    turn.adopt(replace(lead, score=points, track=track))
    _take_consent(turn, event.consent)


def start_texting(turn: Turn) -> None:
    lead = cast(Lead, turn.lead)
    if turn.another_is_texted():
        turn.ask("call", "Another person's request is being texted on this phone.")
        return
    sequence = choose(turn.clinic, lead)
    if sequence is None:
        turn.ask("call", "No sequence of the clinic is for this request.")
        return
    turn.become(stage=Stage.TEXTING, sequence=sequence.key, version=sequence.version, step=0, reason=None)
    turn.plan_step(since=turn.event.at)


def _fill(turn: Turn, event: LeadCaptured) -> None:
    """The same submission again: fill what was empty, keep its consent act, change nothing else."""
    lead = cast(Lead, turn.lead)
    new = _facts(event)
    kept = {**new, **{name: value for name, value in lead.facts.items() if value not in (None, "", (), [], {})}}
    turn.become(facts=kept, language=lead.language or event.language)
    had_consent = lead.consent_id is not None
    _take_consent(turn, event.consent)
    if lead.stage is Stage.NEW and not had_consent:
        _consented(turn)


def _take_consent(turn: Turn, act: ConsentAct | None) -> None:
    """A valid act (said yes, in words that were shown) is recorded and allows texts; any other allows nothing."""
    if act is not None and act.sms and act.text:
        turn.become(consent_id=turn.record_consent(act, "granted", act.method or "web_form"))


def consent_given(turn: Turn) -> None:
    """Consent by staff or a second page; one that says no withdraws what there was, and texting pauses."""
    event = cast(ConsentGiven, turn.event)
    if event.consent.sms:
        _take_consent(turn, event.consent)
        return
    turn.record_consent(event.consent, "withdrawn", event.consent.method or "told to staff")
    turn.become(consent_id=None)
    turn.silence("consent withdrawn")
    if turn.lead is not None and turn.lead.stage in (Stage.TEXTING, Stage.NURTURE):
        turn.move(Stage.PAUSED, "consent withdrawn")


def consent_opens(turn: Turn) -> None:
    consent_given(turn)
    _consented(turn)


def _consented(turn: Turn) -> None:
    lead = cast(Lead, turn.lead)
    wants_texts = lead.facts.get("request") != "call" and _channel(lead) == "sms"
    closed = turn.contact.suppressed_by is not None or _ended_as_wrong_number(turn.contact, lead)
    if lead.consent_id is not None and wants_texts and not closed:
        start_texting(turn)


def _same_person(lead: Lead, event: LeadCaptured) -> bool:
    return lead.first_name.strip().casefold() == event.first_name.strip().casefold()


def _ended_as_wrong_number(contact: Contact, lead: Lead) -> bool:
    name = lead.first_name.strip().casefold()
    return any(
        one.reason == "wrong number" and one.first_name.strip().casefold() == name
        for one in contact.leads
        if one.id != lead.id
    )


def _channel(lead: Lead) -> str:
    return str(lead.facts.get("preferred_channel") or "sms")


def _without_texts(lead: Lead) -> str:
    return "email_follow_up" if _channel(lead) == "email" else "call"


def _request(lead: Lead) -> str:
    return str(lead.facts.get("message") or "Asked for an appointment by form; not to be texted.")


def _facts(event: LeadCaptured) -> dict[str, object]:
    return {
        "first_name": event.first_name,
        "last_name": event.last_name,
        "email": event.email,
        "zip": event.zip,
        "state": event.state,
        "timezone": event.timezone,
        "preferred_times": list(event.preferred_times),
        "message": event.message,
        "request": event.request,
        "preferred_channel": event.preferred_channel,
        "external_id": event.external_id,
        "utm": event.utm,
        "extra": event.extra,
    }
