"""`GET /leads/{id}/timeline` tells the whole story: what was heard, decided and said, and what people did."""

import json
import re
from hashlib import sha256
from typing import Any

from tests.house import House, until
from tests.installation import consent_words

PLACE = {"zone": "America/Chicago", "state": "IL"}
RULES = (
    *("test_lead", "suppression", "consent", "stage", "expiry", "sending", "unread_events", "sender", "clinic_hours"),
    *("recipient_window", "caps", "capacity"),
)
RECEIPTS = ("text_sent", "text_delivered")
"""What the carrier's side reports; it may come a moment sooner or later than what people do."""

HELLO = (
    "Hi Maria, this is Lakeside Clinic. We got your appointment request. Reply YES for a link to choose a time,"
    " or NO if not needed. Reply STOP to opt out."
)
NEXT = (
    "Lakeside Clinic: are you still looking for a time? Reply YES for the booking link, or tell us which days suit"
    " you and a person will answer."
)


def told(items: list[dict[str, Any]]) -> Any:
    """The items with ids numbered in the order they are met, moments left out, and of a decision its rules."""
    said = json.dumps([_ruled(one) for one in items])
    names: dict[str, str] = {}
    for found in re.findall(r'"([a-z]+_[0-9a-f]{32}|SM[0-9a-f]{32})"', said):
        kind = "SM" if found.startswith("SM") else found.partition("_")[0]
        names.setdefault(found, f"{kind} {sum(one.startswith(f'{kind} ') for one in names.values()) + 1}")
    for real, name in names.items():
        said = said.replace(real, name)
    return json.loads(re.sub(r'"\d{4}-\d\d-\d\dT[^"]*"', '"…"', said))


def _ruled(item: dict[str, Any]) -> dict[str, Any]:
    decision = item.get("decision")
    if item.get("variant") in ("online", "short"):  # drawn by a contact's id
        item = item | {"variant": "one of its arms"}
    return item | {"decision": [one["rule"] for one in decision["rules"]]} if decision else item


def event(number: int, name: str, **details: Any) -> dict[str, Any]:
    return {"at": "…", "kind": "event", "id": f"evt {number}", "event": name, "details": details}


def stage(number: int, before: str | None, after: str, event_number: int) -> dict[str, Any]:
    why = f"evt {event_number}"
    return {"at": "…", "kind": "stage", "id": f"stage {number}", "from": before, "to": after, "event_id": why}


def message(number: int, text: str, status: str, **more: Any) -> dict[str, Any]:
    left = status == "delivered"
    return {
        "at": "…",
        "kind": "message",
        "channel": "text",
        "id": f"msg {number}",
        "lead_id": "lead 1",
        "direction": "out",
        "status": status,
        "text": text,
        "purpose": "reply",
        "sequence": None,
        "version": None,
        "variant": None,
        "step": None,
        "sender": "lakeside-main",
        "due_at": "…",
        "sent_at": "…" if left else None,
        "expires_at": "…",
        "carrier_id": None,
        "error_code": None,
        "segments": 1,
        "decision": list(RULES) if left else None,
        "reading": None,
        **more,
    }


def step(key: str) -> dict[str, Any]:
    where = {"sequence": "appointment-request", "version": 1, "variant": "one of its arms", "step": key}
    return {"purpose": "step", **where}


def line(kind: str, by: str | None = "ana", text: str | None = None) -> dict[str, Any]:
    return {"at": "…", "kind": kind, "by": by, "text": text}


FORM = event(
    1,
    "lead_captured",
    lead_id="lead 1",
    source="website",
    first_name="Maria",
    phone="+13125550142",
    zones=["America/Chicago"],
    states=["IL"],
    located=[{"source": "clinic", **PLACE}, {"source": "number", **PLACE}],
    email="maria@example.com",
    service="new-patient",
    location="north",
    preferred_times=["mornings"],
    utm={},
    test=False,
    consent={"sms": True, "text": consent_words(), "method": "web_form", "prechecked": False, "received": "…"},
    extra={},
)
CONSENT = {
    "at": "…",
    "kind": "event",
    "id": "consent 1",
    "event": "consent_granted",
    "details": {
        "clinic_name": "Lakeside Clinic",
        "lead_id": "lead 1",
        "person": "lead 1",
        "status": "granted",
        "method": "web_form",
        "scope": "appointment follow-up",
        "text_key": "web-2026-09",
        "text": consent_words(),
        "text_sha256": sha256(consent_words().encode()).hexdigest(),
        "occurred_at": "…",
        "recorded_at": "…",
        "source": "website",
        "prechecked": False,
    },
}
HEARD = {
    **message(2, "How much is it?", "received", direction="in", sent_at="…", carrier_id="SM 2", segments=0),
    "reading": {"intent": "question", "certainty": "likely", "because": "asks about something: how much"},
}
TASK = {
    "at": "…",
    "kind": "task",
    "id": "task 1",
    "task": "question",
    "status": "done",
    "team": "front-desk",
    "opened_at": "…",
    "due_at": "…",
    "event_id": "evt 2",
    "about": "How much is it?",
    "assignee": "ana",
    "outcome": "answered",
    "completed_by": "ana",
    "completed_at": "…",
    "history": [
        line("opened", by=None),
        line("claimed"),
        line("note", text="She asked before."),
        line("reply", text="We will call you."),
        line("completed"),
    ],
}
STORY = [
    FORM,
    CONSENT,
    stage(1, None, "texting", 1),
    message(1, HELLO, "delivered", carrier_id="SM 1", **step("confirm")),
    event(2, "reply_received", sender="lakeside-main", carrier_id="SM 2", body="How much is it?", media=0),
    HEARD,
    stage(2, "texting", "paused", 2),
    TASK,
    event(3, "task_claimed", task_id="task 1", assignee="ana"),
    event(
        4,
        "answer_written",
        task_id="task 1",
        lead_id="lead 1",
        message_id="msg 3",
        text="We will call you.",
        assignee="ana",
    ),
    message(3, "We will call you.", "delivered", carrier_id="SM 3"),
    event(5, "task_completed", task_id="task 1", lead_id="lead 1", outcome="answered", assignee="ana"),
    stage(3, "paused", "texting", 5),
    message(4, NEXT, "cancelled", **step("options")),
    message(5, NEXT, "scheduled", **step("options")),
]


async def test_a_timeline_tells_every_event_text_task_stage_and_consent_in_order(house: House) -> None:
    lead_id = await house.post_lead(email="maria@example.com", preferred_times="mornings")

    async def delivered(number: int) -> bool:
        return [one["status"] for one in await house.messages(lead_id)].count("delivered") == number

    await until(lambda: delivered(1))
    await house.reply("How much is it?")
    (task,) = await until(house.tasks)
    await house.order(f"/tasks/{task['id']}/claim", assignee="ana")
    await house.order(f"/tasks/{task['id']}/notes", assignee="ana", text="She asked before.")
    await house.order(f"/tasks/{task['id']}/reply", assignee="ana", text="We will call you.")
    await until(lambda: delivered(2))
    await house.order(f"/tasks/{task['id']}/complete", assignee="ana", outcome="answered")
    await house.settled()

    items = (await house.get(f"/leads/{lead_id}/timeline"))["items"]

    assert [one["at"] for one in items] == sorted(one["at"] for one in items)
    assert told([one for one in items if one.get("event") not in RECEIPTS]) == STORY
    texts = [one["id"] for one in items if one["kind"] == "message" and one["status"] == "delivered"]
    receipts = [(one["event"], one["details"]["message_id"]) for one in items if one.get("event") in RECEIPTS]
    assert sorted(receipts) == sorted((name, text) for name in RECEIPTS for text in texts)
