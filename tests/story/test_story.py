"""Form to text to task to booking, through every real part: the mission, told as tests."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from tests.house import House, until
from tests.installation import bearer


async def test_a_lead_is_texted_says_yes_and_gets_the_link(house: House) -> None:
    lead_id = await house.post_lead()
    first = await until(house.texts)
    assert first == [
        "Hi Maria, Lakeside Clinic here. Thank you for writing to us. Reply YES for a link to choose a time, "
        "or NO for no visit. Reply STOP to opt out."
    ]
    await house.reply("Yes!")
    await until(lambda: _count(house, 2))
    lead = await house.lead(lead_id)
    assert lead["stage"] == "texting"
    assert (await house.texts())[1].endswith(f"/b/{lead['token']}")
    link = await house.api.get(f"/b/{lead['token']}")
    assert link.status_code == 302
    assert link.headers["location"] == f"https://book.lakeside.example/north?lead={lead['token']}"


async def _count(house: House, number: int, phone: str = "+13125550142") -> bool:
    return len(await house.texts(phone)) == number


async def test_a_question_becomes_a_task_and_the_answer_a_text(house: House) -> None:
    lead_id = await house.post_lead()
    await until(house.texts)
    await house.reply("How much is it?")
    (task,) = await until(house.tasks)
    assert (task["kind"], task["status"], task["about"]) == ("question", "open", "How much is it?")
    assert task["lead"]["id"] == lead_id
    paused = await house.lead(lead_id)
    assert (paused["stage"], paused["next"]) == ("paused", None)
    taken = await house.order(f"/tasks/{task['id']}/claim", assignee="ana")
    assert taken.json()["status"] == "claimed"
    answered = await house.order(
        f"/tasks/{task['id']}/reply", assignee="ana", text="Thanks for asking: call us any time."
    )
    assert answered.status_code == 202
    await until(lambda: _count(house, 2))
    assert (await house.texts())[1] == "Thanks for asking: call us any time."
    done = await house.order(f"/tasks/{task['id']}/complete", assignee="ana", outcome="answered")
    assert (done.status_code, done.json()["status"]) == (200, "done")
    lead = await house.lead(lead_id)
    assert (lead["stage"], lead["next"]["step"]) == ("texting", "options")


async def test_stop_ends_everything_and_yes_never_reopens(house: House) -> None:
    lead_id = await house.post_lead()
    await until(house.texts)
    await house.reply("STOP")
    await house.settled()
    lead = await house.lead(lead_id)
    assert (lead["stage"], lead["suppressed"], lead["next"]) == ("opted_out", True, None)
    bubbles = await house.texts()
    assert len(bubbles) == 2  # ours, and the carrier's own confirmation
    await house.reply("YES")
    await house.settled()
    lead = await house.lead(lead_id)
    assert (lead["stage"], lead["suppressed"]) == ("opted_out", True)
    assert [task["kind"] for task in await house.tasks()] == ["unclear"]
    requests = (await house.carrier.get("/requests")).json()["requests"]
    assert len(requests) == 1


async def test_no_ends_it_without_another_word(house: House) -> None:
    lead_id = await house.post_lead()
    await until(house.texts)
    await house.reply("no")
    await house.settled()
    assert (await house.lead(lead_id))["stage"] == "declined"
    assert len(await house.texts()) == 1
    assert await house.tasks() == []


async def test_a_booking_by_token_stops_the_sequence(house: House) -> None:
    lead_id = await house.post_lead()
    await until(house.texts)
    await house.settled()
    token = (await house.lead(lead_id))["token"]
    booked = await house.api.post(
        "/bookings", json={"lead_token": token, "status": "booked"}, headers=bearer(house.keys.coordinator)
    )
    assert (booked.status_code, booked.json()["matched"]) == (202, lead_id)
    await house.settled()
    lead = await house.lead(lead_id)
    assert (lead["stage"], lead["next"]) == ("booked", None)


async def test_without_consent_nothing_is_ever_sent(house: House) -> None:
    lead_id = await house.post_lead(consent={"sms": False})
    (task,) = await until(house.tasks)
    assert task["kind"] == "call"
    assert (await house.lead(lead_id))["stage"] == "new"
    assert await house.texts() == []


async def test_a_five_day_sequence_plays_in_order_as_the_clock_moves(house: House) -> None:
    """Each jump is to the very moment that the lead's next step names; nothing leaves before it."""
    lead_id = await house.post_lead(preferred_times="mornings", request="appointment")
    played: list[str] = []

    async def next_step() -> dict[str, Any] | None:
        answer = await house.api.get(f"/leads/{lead_id}", headers=bearer(house.keys.coordinator))
        if answer.status_code != 200:
            return None
        lead: dict[str, Any] = answer.json()
        fresh = lead["next"] is not None and lead["next"]["step"] not in played
        return lead if fresh or lead["stage"] != "texting" else None

    while (lead := await until(next_step))["stage"] == "texting":
        played.append(lead["next"]["step"])
        await house.move_clock(datetime.fromisoformat(lead["next"]["at"]))
    assert lead["stage"] == "nurture"
    sent = [one["step"] for one in await house.messages(lead_id) if one["status"] in ("sent", "delivered")]
    assert sent == ["confirm", "options", "reminder", "close"]
    bodies = await house.texts()
    assert len(set(bodies)) == len(bodies) == 4
    assert [task["kind"] for task in await house.tasks()] == ["call"]


async def test_a_lead_at_night_is_texted_the_next_morning(house: House) -> None:
    await house.move_clock(datetime(2026, 11, 25, 4, 0, tzinfo=UTC))  # 22:00 on Tuesday in Chicago
    lead_id = await house.post_lead()
    await house.settled()
    lead = await house.lead(lead_id)
    assert lead["next"] == {"at": "2026-11-25T15:00:00Z", "kind": "text", "step": "hello"}
    await house.move_clock(datetime(2026, 11, 25, 15, 0, tzinfo=UTC))
    await until(house.texts)


async def test_the_switch_stops_every_text_and_nothing_is_lost(house: House) -> None:
    async with house.runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE installation SET sending = false"))
    lead_id = await house.post_lead()

    async def held() -> bool:
        messages = await house.messages(lead_id)
        return bool(messages) and messages[0]["decision"] is not None

    await until(held)
    (message,) = await house.messages(lead_id)
    assert (message["status"], message["decision"]["verdict"]) == ("scheduled", "wait")
    assert next(r for r in message["decision"]["rules"] if r["verdict"] == "wait")["rule"] == "sending"
    assert await house.texts() == []
    async with house.runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE installation SET sending = true"))
    await until(house.texts)


@pytest.mark.parametrize(
    ("fault", "stage", "task"),
    [
        ("opted_out", "opted_out", None),
        ("landline", "paused", "delivery_problem"),
        ("filtered", "texting", "delivery_problem"),
    ],
)
async def test_what_the_carrier_says_has_its_consequence(
    house: House, fault: str, stage: str, task: str | None
) -> None:
    await house.carrier.post("/faults", json={"kind": fault, "count": 1})
    lead_id = await house.post_lead()

    async def concluded() -> bool:
        done = {"opted_out": "opted_out", "landline": "paused", "filtered": "texting"}[fault]
        kinds = [one["kind"] for one in await house.tasks()]
        return (await house.lead(lead_id))["stage"] == done and (task is None or task in kinds)

    await until(lambda: _known(house, lead_id))
    await until(concluded)
    assert (await house.lead(lead_id))["stage"] == stage


async def _known(house: House, lead_id: str) -> bool:
    answer = await house.api.get(f"/leads/{lead_id}", headers=bearer(house.keys.coordinator))
    return answer.status_code == 200


async def test_a_lost_answer_is_unknown_and_settled_by_the_callback_never_sent_twice(house: House) -> None:
    await house.carrier.post("/faults", json={"kind": "timeout_after_accept", "count": 1, "seconds": 1})
    lead_id = await house.post_lead()

    async def settled() -> bool:
        answer = await house.api.get(f"/messages?lead_id={lead_id}", headers=bearer(house.keys.coordinator))
        return any(one["status"] == "delivered" for one in answer.json()["messages"])

    await until(settled)
    assert len((await house.carrier.get("/requests")).json()["requests"]) == 1
    assert len(await house.texts()) == 1
