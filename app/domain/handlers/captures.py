"""A lead comes in: begun, joined to what it repeats, or put beside another person's; and later consent."""

from typing import cast

from app.domain import choosing, consents, rehearsal
from app.domain.contact import Contact, Lead, Stage
from app.domain.events import ConsentAct, ConsentGiven, LeadCaptured
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
    elif older is not None and _waits_for_a_look(turn.contact, older):
        _enter(turn, event)
        turn.ask("call", "A new request came in from a phone that a person must look at before it is texted again.")
    elif older is not None and older.is_of(event.first_name):
        turn.hold("replaced by a newer request")
        turn.move(Stage.FINISHED, "replaced by a newer request")
        _begin(turn, event)
    else:
        _enter(turn, event)
        turn.ask("call", "Another person's request came in from a phone that is already being texted.")


LOOKED_AT_FIRST = frozenset({"possible_opt_out", "wrong_number", "urgent"})
"""Tasks about a message that may have closed the phone: until one is done, no new form opens it."""


def _waits_for_a_look(contact: Contact, lead: Lead) -> bool:
    open_tasks = {task.kind for task in contact.tasks if task.lead_id == lead.id}
    return lead.stage is Stage.PAUSED and bool(open_tasks & LOOKED_AT_FIRST)


def _begin(turn: Turn, event: LeadCaptured) -> None:
    problem = _enter(turn, event)
    lead = cast(Lead, turn.lead)
    if lead.consent_id is None or lead.facts.get("request") == "call" or _channel(lead) != "sms":
        turn.ask(_without_texts(lead), _request(lead, problem))
    elif turn.contact.suppressed_by is not None:
        turn.ask("call", "This phone is closed to texts, and the person asked again by form.")
    elif _ended_as_wrong_number(turn.contact, lead):
        turn.ask("wrong_number", "This name was reported as a wrong number on this phone before.")
    else:
        start_texting(turn)


def _enter(turn: Turn, event: LeadCaptured) -> str | None:
    """Write the new lead down, and what its consent is worth; the problem with that, if there is one."""
    lead = Lead(
        id=event.lead_id,
        stage=Stage.NEW,
        captured_at=event.at,
        source=event.source,
        token=event.token,
        first_name=event.first_name,
        zones=event.zones,
        states=event.states,
        located=event.located,
        language=event.language,
        service=event.service,
        location=event.location,
        test=event.test,
        facts=_facts(event),
    )
    turn.adopt(choosing.scored(turn.clinic, lead))
    return _take_consent(turn, event.consent, event.source)


def start_texting(turn: Turn) -> None:
    """Put the lead into the sequence that is for it, and plan the first step."""
    lead = cast(Lead, turn.lead)
    if turn.another_is_texted():
        turn.ask("call", "Another person's request is being texted on this phone.")
        return
    choice = rehearsal.choice(turn.clinic, lead) or choosing.choose(turn.clinic, lead)
    if choice is None:
        turn.ask("call", "No sequence of the clinic is for this request.")
        return
    turn.enter(choice)
    arm = rehearsal.arm(choice.sequence, lead)
    if arm is not None:
        turn.become(variant=arm)
    turn.become(stage=Stage.TEXTING, reason=None)
    turn.plan_step(since=turn.event.at)


def _fill(turn: Turn, event: LeadCaptured) -> None:
    """The same submission again: fill what was empty, keep its consent act, change nothing else."""
    lead = cast(Lead, turn.lead)
    new = _facts(event)
    kept = {**new, **{name: value for name, value in lead.facts.items() if value not in (None, "", (), [], {})}}
    places = {name: _both(lead, event, name) for name in ("zones", "states", "located")}
    turn.become(facts=kept, language=lead.language or event.language, **places)
    turn.reconsider(lead)
    if event.consent is None:
        return
    if not lead.is_of(event.first_name):
        turn.record_consent(event.consent, "unmatched", _method(event.consent), problem="another_person")
        return
    had_consent = lead.consent_id is not None
    _take_consent(turn, event.consent, event.source)
    if had_consent and cast(Lead, turn.lead).consent_id is None:
        _fall_silent(turn, "consent withdrawn")
        turn.ask(_without_texts(lead), "The person sent the form again, without agreeing to texts.")
    elif lead.stage is Stage.NEW and not had_consent:
        _consented(turn)


def _both(lead: Lead, event: LeadCaptured, name: str) -> tuple[object, ...]:
    """Where either submission says that the person may be; no known state is the strictest, and stays so."""
    mine, new = getattr(lead, name), getattr(event, name)
    return tuple(dict.fromkeys((*mine, *new))) if mine and new else ()


def _take_consent(turn: Turn, act: ConsentAct | None, source: str | None) -> str | None:
    """Write an act down, and let it allow texts if it does; the problem with it, if there is one.

    A form that says no, by a person who said yes before, takes that back.
    """
    if act is None:
        return None
    said = consents.judge(act, source, turn.clinic, turn.event.at)
    if said.granted:
        turn.become(consent_id=turn.record_consent(act, "granted", _method(act), text_key=said.text_key))
    elif not act.sms and _has_agreed(turn):
        turn.withdraw(act, _method(act))
    else:
        turn.record_consent(act, "unmatched", _method(act), problem=said.problem)
    return said.problem


def _has_agreed(turn: Turn) -> bool:
    name = cast(Lead, turn.lead).first_name
    return any(one.consent_id is not None and one.is_of(name) for one in turn.contact.leads)


def _method(act: ConsentAct) -> str:
    return act.method or "web_form"


def consent_given(turn: Turn) -> None:
    """Consent by staff or a second page; one that says no withdraws what there was, and texting pauses."""
    act = cast(ConsentGiven, turn.event).consent
    if not act.sms:
        turn.withdraw(act, act.method or "told to staff")
        _fall_silent(turn, "consent withdrawn")
        return
    stood_on = cast(Lead, turn.lead).consent_id
    problem = _take_consent(turn, act, None)
    if problem is not None and act.corrects is not None and act.corrects == stood_on:
        turn.become(consent_id=None)
        _fall_silent(turn, "consent corrected")


def _fall_silent(turn: Turn, reason: str) -> None:
    turn.silence(reason)
    if turn.lead is not None and turn.lead.stage in (Stage.TEXTING, Stage.NURTURE):
        turn.move(Stage.PAUSED, reason)


def consent_opens(turn: Turn) -> None:
    consent_given(turn)
    _consented(turn)


def _consented(turn: Turn) -> None:
    lead = cast(Lead, turn.lead)
    wants_texts = lead.facts.get("request") != "call" and _channel(lead) == "sms"
    closed = turn.contact.suppressed_by is not None or _ended_as_wrong_number(turn.contact, lead)
    if lead.consent_id is not None and wants_texts and not closed:
        start_texting(turn)


def _ended_as_wrong_number(contact: Contact, lead: Lead) -> bool:
    """Whether this person was reported as a wrong number here, or somebody was who is erased and may be the same."""
    others = (one for one in contact.leads if one.id != lead.id and one.reason == "wrong number")
    return any(not one.first_name or one.is_of(lead.first_name) for one in others)


def _channel(lead: Lead) -> str:
    return str(lead.facts.get("preferred_channel") or "sms")


def _without_texts(lead: Lead) -> str:
    return "email_follow_up" if _channel(lead) == "email" else "call"


def _request(lead: Lead, problem: str | None) -> str:
    """What the person asked for; and, when they would be texted, what keeps that from being allowed."""
    asked = str(lead.facts.get("message") or "Asked for an appointment by form; not to be texted.")
    return asked if problem in (None, "not_ticked") else f"{asked} ({consents.PROBLEMS[str(problem)]})"


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
