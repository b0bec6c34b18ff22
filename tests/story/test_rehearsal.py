"""A rehearsal: the real thing at any hour, in seconds, to staff phones only; and it never counts."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.embedded import Servers
from tests.house import House, a_house, until
from tests.installation import TWILIO, a_lead, bearer
from tests.story.commands import Done, exit_code

NIGHT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
"""Two in the morning in Chicago, on a Wednesday."""

STAFF, STAFF_TOO = "+13125550150", "+13125550151"
FAST = {"speed": "30d=1s"}


@pytest.fixture(scope="module")
async def night(servers: Servers) -> AsyncIterator[House]:
    """The one house of this file, at night: whatever leaves here is a rehearsal's."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in TWILIO.items():
            environment.setenv(name, value)
        async with a_house(servers) as opened:
            await opened.move_clock(NIGHT)
            yield opened


async def _came(house: House, number: int, phone: str) -> list[str]:
    async def enough() -> list[str]:
        texts = await house.texts(phone)
        return texts if len(texts) >= number else []

    return await until(enough)


async def _known(house: House, lead_id: str) -> bool:
    answer = await house.api.get(f"/leads/{lead_id}", headers=bearer(house.keys.coordinator))
    return answer.status_code == 200


Rehearse = Callable[..., Awaitable[Done]]


@pytest.fixture
def rehearse(night: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rehearse:
    """Runs `leadline rehearse` beside this house, which goes on working."""
    settings = night.runtime.settings
    for name in [name for name in os.environ if name.startswith("LEADLINE_")]:
        monkeypatch.delenv(name)
    for name in ("env", "database_url", "valkey_url", "public_url", "twilio_api_url", "lanes"):
        monkeypatch.setenv(f"LEADLINE_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("LEADLINE_SECRET_KEYS", settings.secret_keys[0].get_secret_value())

    async def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["leadline", "rehearse", "--clinic", "lakeside", "--jsonl", *arguments])
        code = await asyncio.to_thread(exit_code)
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return run


def told_lines(done: Done) -> list[dict[str, str]]:
    return [json.loads(line) for line in done.out.splitlines()]


async def test_a_rehearsal_walks_its_whole_sequence_at_night_and_says_so_in_every_decision(night: House) -> None:
    lead_id = await night.post_lead(STAFF, test=True, rehearse={**FAST, "sequence": "nurture"})
    bodies = await _came(night, 2, STAFF)
    assert [body[:30] for body in bodies] == ["Hi Maria, Lakeside Clinic here", "Lakeside Clinic: we close your"]
    sent = await night.messages(lead_id)
    rules = [{one["rule"]: one["evidence"] for one in message["decision"]["rules"]} for message in sent]
    waived = {"apply": False, "rehearsal": True}
    for found in rules:
        assert (found["clinic_hours"], found["recipient_window"], found["caps"]) == (waived, waived, waived)
        assert found["test_lead"] == {"test": True, "phone_allowed": True, "rehearsal": True}
        assert found["consent"]["standing"] is True
    assert (await night.lead(lead_id))["chosen"]["because"] == ["it is rehearsed"]


async def test_its_replies_are_read_as_any_and_stop_ends_it(night: House) -> None:
    phone = "+13125550171"
    lead_id = await night.post_lead(phone, test=True, rehearse={"speed": "1d=1h"})
    await _came(night, 1, phone)
    await night.reply("Yes", phone)
    link = (await _came(night, 2, phone))[1]
    assert link.endswith(f"/b/{(await night.lead(lead_id))['token']}")
    await night.reply("STOP", phone)
    await night.settled()
    assert (await night.lead(lead_id))["stage"] == "opted_out"
    again = await night.post_lead(phone, test=True, rehearse=FAST, external_id="again")
    await until(lambda: _known(night, again))
    assert ((await night.lead(again))["stage"], await night.messages(again)) == ("new", [])


@pytest.mark.parametrize(
    ("phone", "form", "stage"),
    [
        ("+13125550161", {"test": True}, "texting"),
        ("+13125550163", {"test": True, "rehearse": FAST, "consent": {"sms": False}}, "new"),
    ],
    ids=["a test lead that does not rehearse", "without consent"],
)
async def test_nothing_else_leaves_at_night(night: House, phone: str, form: dict[str, Any], stage: str) -> None:
    lead_id = await night.post_lead(phone, **form)
    await until(lambda: _known(night, lead_id))
    await night.settled()
    assert (await night.lead(lead_id))["stage"] == stage
    assert [one["status"] for one in await night.messages(lead_id)] == ["scheduled"] * (stage == "texting")
    assert await night.texts(phone) == []


@pytest.mark.parametrize("test", [{}, {"test": False}])
async def test_a_lead_that_is_no_test_cannot_ask_for_a_rehearsal(night: House, test: dict[str, bool]) -> None:
    """It would be texted at the speed of life, and counted."""
    phone = "+13125550162"
    answer = await night.api.post(
        "/leads", json=a_lead(phone, rehearse=FAST, **test), headers=bearer(night.keys.source)
    )
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"field": "rehearse", "message": 'is for test leads only: send "test": true beside it'}],
    )
    assert (await night.api.get("/leads", params={"phone": phone}, headers=bearer(night.keys.coordinator))).json()[
        "leads"
    ] == []


@pytest.mark.parametrize("blank", ["", None])
async def test_a_form_that_leaves_rehearse_empty_asks_for_nothing(night: House, blank: str | None) -> None:
    phone = "+13125550164"
    lead_id = await night.post_lead(phone, rehearse=blank, external_id=f"blank-{blank}")
    await until(lambda: _known(night, lead_id))
    assert (await night.lead(lead_id))["test"] is False


async def test_the_switch_holds_a_rehearsal_too(night: House) -> None:
    phone = "+13125550172"
    await _switch(night, on=False)
    lead_id = await night.post_lead(phone, test=True, rehearse=FAST)

    async def held() -> bool:
        messages = await night.messages(lead_id)
        return bool(messages) and (messages[0]["decision"] or {}).get("verdict") == "wait"

    await until(held)
    assert await night.texts(phone) == []
    await _switch(night, on=True)
    await _came(night, 1, phone)


async def _switch(house: House, *, on: bool) -> None:
    async with house.runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE installation SET sending = :on"), {"on": on})


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("quickly", 'must be an object such as {"speed": "1d=1m", "sequence": "gentle"}'),
        ({"speed": "1d"}, "must say what becomes of a day, such as 1d=1m or 1d=10s"),
        ({"speed": "1s=1d"}, "must be from 1 to 10000000 times as fast as life, such as 1d=1m"),
        ({"sped": "1d=1m"}, "knows speed, sequence and arm, not sped"),
        ({"sequence": "gentel"}, "names no sequence of this clinic; did you mean gentle? Known are: "),
        (
            {"sequence": "everybody"},
            "names no sequence of this clinic; known are: appointment-request, gentle, nurture",
        ),
    ],
)
async def test_a_rehearsal_asked_for_wrongly_is_told_what_is_wrong(night: House, asked: object, why: str) -> None:
    lead = a_lead(STAFF_TOO, test=True, rehearse=asked)
    answer = await night.api.post("/leads", json=lead, headers=bearer(night.keys.source))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["message"].startswith(why)) == ("rehearse", True)


async def test_the_command_plays_a_sequence_and_ends_when_it_does(night: House, rehearse: Rehearse) -> None:
    done = await rehearse("--phone", STAFF_TOO, "--sequence", "gentle", "--speed", "30d=1s")
    assert done.code == 0, done.err
    happened = [(one["kind"], one["what"]) for one in told_lines(done)]
    assert [what for kind, what in happened if kind in ("text", "stage", "task")] == [
        *("texting", "hello", "options", "call", "goodbye", "finished")
    ]
    assert done.err == "It is over. 3 messages were sent. They count in no report.\n"
    await night.settled()
    lead_id = await _last_lead(night, STAFF_TOO)
    assert (await night.lead(lead_id))["sequence"]["key"] == "gentle"
    assert await _tasks_of(night, lead_id) == [("call", "done", "other", OVER)]


async def _last_lead(house: House, phone: str) -> str:
    newest, *_ = (await house.get(f"/leads?phone=%2B{phone[1:]}"))["leads"]
    return str(newest["id"])


OVER = ["opened", "note rehearsal ended", "completed"]
"""The history of a task that a rehearsal's end has done."""


async def _tasks_of(house: House, lead_id: str) -> list[tuple[str, str, str | None, list[str]]]:
    """The tasks about this lead: what, where it stands, with which outcome, and the lines of its history."""
    items = (await house.get(f"/leads/{lead_id}/timeline"))["items"]
    return [
        (
            one["task"],
            one["status"],
            one["outcome"],
            [" ".join(filter(None, (line["kind"], line["text"]))) for line in one["history"]],
        )
        for one in items
        if one["kind"] == "task"
    ]


async def test_the_command_without_a_sequence_goes_on_into_what_follows(night: House, rehearse: Rehearse) -> None:
    done = await rehearse("--phone", "+13125550177", "--speed", "30d=1s")
    assert done.code == 0, done.err
    sent = [one["what"] for one in told_lines(done) if one["kind"] == "text"]
    assert sent == ["hello", "options", "goodbye", "check-in", "last-word"]
    assert (await night.lead(await _last_lead(night, "+13125550177")))["stage"] == "finished"


async def test_a_question_asked_in_a_rehearsal_waits_for_nobody_when_it_is_over(
    night: House, rehearse: Rehearse
) -> None:
    phone = "+13125550178"
    playing = asyncio.ensure_future(rehearse("--phone", phone, "--speed", "1d=1h", "--for", "15s"))
    await _came(night, 1, phone)
    await night.reply("how much is it?", phone)
    assert (await playing).code == 0
    await night.settled()
    lead_id = await _last_lead(night, phone)
    assert (await night.lead(lead_id))["stage"] == "finished"
    assert await _tasks_of(night, lead_id) == [("question", "done", "other", OVER)]


async def test_a_rehearsal_that_is_stopped_from_the_phone_leaves_no_task(night: House, rehearse: Rehearse) -> None:
    phone = "+13125550179"
    playing = asyncio.ensure_future(rehearse("--phone", phone, "--speed", "1d=1h"))
    await _came(night, 1, phone)
    await night.reply("how much is it?", phone)
    await night.settled()
    await night.reply("STOP", phone)
    assert (await playing).code == 0
    await night.settled()
    lead_id = await _last_lead(night, phone)
    assert (await night.lead(lead_id))["stage"] == "opted_out"
    assert await _tasks_of(night, lead_id) == [("question", "done", "other", OVER)]


async def test_the_command_tells_the_reply_that_was_typed_and_ends_with_the_talk(
    night: House, rehearse: Rehearse
) -> None:
    form = ("--phone", "+13125550173", "--speed", "1d=1h", "--language", "es")
    playing = asyncio.ensure_future(rehearse(*form))
    assert (await _came(night, 1, "+13125550173"))[0].startswith("Hola Maria, somos Lakeside Clinic.")
    await night.reply("no", "+13125550173")
    done = await playing
    assert done.code == 0, done.err
    lines = told_lines(done)
    assert [(one["kind"], one["what"], one["words"]) for one in lines if one["kind"] == "reply"] == [
        ("reply", "decline, sure", "no")
    ]
    assert lines[-1]["what"] == "declined"


async def test_the_command_says_why_nobody_is_texted(night: House, rehearse: Rehearse) -> None:
    phone = "+13125550174"
    await night.post_lead(phone, test=True, rehearse=FAST)
    await _came(night, 1, phone)
    await night.reply("STOP", phone)
    await night.settled()
    done = await rehearse("--phone", phone)
    assert (done.code, "this phone is closed to texts (stop); text START from it" in done.err) == (1, True)
    await night.settled()
    lead_id = await _last_lead(night, phone)
    assert ((await night.lead(lead_id))["stage"], await _tasks_of(night, lead_id)) == (
        "finished",
        [("call", "done", "other", OVER)],
    )


async def test_a_phone_that_production_would_refuse_is_rehearsed_with_a_warning(
    night: House, rehearse: Rehearse
) -> None:
    warning = "In production only phones in test_phones can be rehearsed; this one is not among them."
    for phone, warned in (("+13125550168", [warning]), (STAFF, [])):
        done = await rehearse("--phone", phone, "--speed", "1d=1h", "--for", "1s")
        assert done.err.splitlines()[:-1] == warned


async def test_when_its_time_is_over_its_lead_is_closed(night: House, rehearse: Rehearse) -> None:
    phone = "+13125550175"
    done = await rehearse("--phone", phone, "--speed", "1d=1h", "--for", "2s")
    assert (done.code, "Its time is over; the lead is closed." in done.err) == (0, True), done.err
    await night.settled()
    (lead,) = (await night.get(f"/leads?phone=%2B{phone[1:]}"))["leads"]
    assert (lead["stage"], lead["next"], lead["test"]) == ("finished", None, True)


async def _delivered(house: House, phone: str) -> str | None:
    """The phone's newest lead, once its first text has arrived for us too."""
    found = (await house.get(f"/leads?phone=%2B{phone[1:]}"))["leads"]
    arrived = found and [one["status"] for one in await house.messages(found[0]["id"])][:1] == ["delivered"]
    return str(found[0]["id"]) if arrived else None


async def test_ctrl_c_closes_its_lead_too(night: House, rehearse: Rehearse) -> None:
    phone = "+13125550176"
    command = [sys.executable, "-m", "app.cli", "rehearse", "--clinic", "lakeside", "--phone", phone]
    running = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    lead_id = await until(lambda: _delivered(night, phone))
    running.send_signal(signal.SIGINT)
    _, told = await running.communicate()
    said = b"Ended; the lead is closed. 1 message was sent. They count in no report."
    assert (running.returncode, told.splitlines().count(said)) == (130, 1), told
    await night.settled()
    assert (await night.lead(lead_id))["stage"] == "finished"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--phone", STAFF, "--speed", "fast"], "--speed must say what becomes of a day"),
        (
            ["--phone", STAFF, "--sequence", "nuture"],
            "--sequence names no sequence of this clinic; did you mean nurture?",
        ),
        (["--phone", STAFF, "--arm", "b"], "--arm names no arm of an experiment; known are: online, short"),
        (["--phone", STAFF, "--location", "moon"], "--location is not known at this clinic"),
        (["--phone", "12"], "--phone "),
        (["--phone", STAFF, "--source", "nowhere"], "there is no source nowhere; known: website"),
        (["--phone", STAFF, "--for", "long"], "--for long: give a number and a unit"),
    ],
)
async def test_a_wrong_argument_gets_one_clear_line(rehearse: Rehearse, arguments: list[str], why: str) -> None:
    done = await rehearse(*arguments)
    assert (done.code, done.err.startswith(f"leadline: {why}"), done.err.count("\n")) == (2, True, 1), done.err


async def test_a_rehearsal_counts_in_no_report(night: House) -> None:
    """The last of this file: whatever was sent here was a rehearsal's."""
    answer = await night.api.get("/reports/funnel?by=step", headers=bearer(night.keys.coordinator))
    assert answer.status_code == 200
    assert [row for row in answer.json()["rows"] if row["sent"]] == []
