"""The ways through a clinic's sequences, on a running house: chosen for a reason, skipped for one, slow at the end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.embedded import Servers
from tests.house import House, a_house, until
from tests.installation import LAKESIDE
from tests.mailroom import a_mailroom

SEQUENCES = """
scoring:
  - {when: {service: new-patient}, add: 20}
  - {when: {has: preferred_times}, add: 20}
  - {when: clicked, add: 40}
  - {track: nurture, from: 0}
  - {track: warm, from: 20}
  - {track: hot, from: 40}
sequences:
  hot:
    for: {track: hot}
    steps:
      - {key: hello, after: 0m, text: {en: "Lakeside Clinic: hello. Reply STOP to opt out.", es: Hola.}}
      - {key: nudge, after: 1 business day, at: "10:00", unless: clicked, text: {en: Open your link?, es: Abra.}}
      - {key: ask, after: 2h, if: {language: es}, text: {en: English only., es: Una pregunta.}}
      - {key: call, after: 2h, if: no_reply, call: Try a call}
      - {key: close, after: 1 business day, text: {en: We close it for now., es: Cerramos.}}
    then: slow
  cool:
    for: {track: nurture}
    steps:
      - {key: hello, after: 0m, text: {en: "Lakeside Clinic: no hurry. Reply STOP to opt out.", es: Sin prisa.}}
      - {key: later, after: 14d, text: {en: Whenever you like., es: Cuando guste.}}
    then: rare
  everyone:
    steps: [{key: hello, after: 0m, text: {en: "Lakeside Clinic: welcome.", es: Bienvenido.}}]
  slow:
    steps:
      - {key: first, after: 14d, text: {en: We are still here., es: Seguimos.}}
      - {key: second, after: 14d, text: {en: A last line., es: Una cosa.}}
  rare:
    steps:
      - {key: tip, after: 14d, unless: {service: check-up}, text: {en: Not for you., es: No es para usted.}}
      - {key: letter, after: 14d, email: {subject: {en: Hello, es: Hola}, body: {en: We are here., es: Seguimos.}}}
      - {key: ring, after: 14d, if: {has: preferred_times}, call: Try a call}
      - {key: last-word, after: 14d, unless: {service: check-up}, text: {en: Goodbye., es: Adiós.}}
"""
CLINIC = LAKESIDE[: LAKESIDE.index("\nscoring:")] + SEQUENCES

SAFARI = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"}
HELLO = "Lakeside Clinic: hello. Reply STOP to opt out."


def chicago(month: int, day: int, hour: int = 10, minute: int = 1) -> datetime:
    return datetime(2026, month, day, hour + 6, minute, tzinfo=UTC)


@pytest.fixture
async def house(servers: Servers) -> AsyncIterator[House]:
    async with a_mailroom() as room:
        smtp = f"smtp: {{host: 127.0.0.1, port: {room.port}, from: hello@lakeside.example}}"
        async with a_house(servers, f"{CLINIC}{smtp}\n") as opened:
            yield opened


async def arrived(house: House, *texts: str) -> None:
    """Wait until exactly these texts have come."""

    async def look() -> bool:
        return await house.texts() == list(texts)

    await until(look)


async def stands_at(house: House, lead_id: str, stage: str, step: str | None) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        lead = await house.lead(lead_id)
        following = lead["next"]["step"] if lead["next"] else None
        return lead if (lead["stage"], following) == (stage, step) else {}

    return await until(look)


async def open_link(house: House, lead: dict[str, Any]) -> None:
    assert (await house.api.get(f"/b/{lead['token']}", headers=SAFARI)).status_code == 302


async def test_a_hot_lead_who_clicks_is_spared_a_nudge_called_once_and_nurtured_at_the_end(house: House) -> None:
    lead_id = await house.post_lead(preferred_times="mornings")
    await arrived(house, HELLO)
    lead = await stands_at(house, lead_id, "texting", "nudge")
    assert (lead["chosen"]["because"], lead["chosen"]["points"]) == (["track is hot"], 40)
    assert lead["next"] == {"at": "2026-11-25T16:00:00Z", "kind": "text", "step": "nudge"}
    await open_link(house, lead)
    await until(lambda: _clicked(house, lead_id))
    await house.move_clock(chicago(11, 25))
    await stands_at(house, lead_id, "texting", "ask")
    await house.move_clock(chicago(11, 25, 14))
    lead = await stands_at(house, lead_id, "texting", "call")
    assert lead["next"]["kind"] == "call"
    assert [one["next"] for one in (await house.get("/leads"))["leads"]] == [lead["next"]]
    await house.move_clock(chicago(11, 25, 16, 5))
    (task,) = await until(house.tasks)
    assert (task["kind"], task["about"]) == ("call", "Try a call")
    await arrived(house, HELLO)
    await house.move_clock(chicago(11, 27, 16, 30))  # the 26th is a holiday
    await arrived(house, HELLO, "We close it for now.")
    lead = await stands_at(house, lead_id, "nurture", "first")
    assert (lead["sequence"]["key"], lead["chosen"]["because"]) == ("slow", ["it follows hot"])

    skipped = [one for one in await _timeline(house, lead_id) if one.get("status") == "dropped"]
    assert [(one["step"], one["decision"]["rules"]) for one in skipped] == [
        ("nudge", [{"rule": "condition", "verdict": "drop", "evidence": {"unmet": ["unless clicked"]}}]),
        ("ask", [{"rule": "condition", "verdict": "drop", "evidence": {"unmet": ["if language is es"]}}]),
    ]


async def _clicked(house: House, lead_id: str) -> bool:
    return (await house.lead(lead_id))["clicked_at"] is not None


async def _timeline(house: House, lead_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await house.get(f"/leads/{lead_id}/timeline"))["items"]
    return items


async def test_nurture_is_slow_and_a_question_in_it_is_for_a_person_and_ends_it(house: House) -> None:
    lead_id = await house.post_lead(preferred_times="mornings")
    await arrived(house, HELLO)
    await stands_at(house, lead_id, "texting", "nudge")
    for at, step in ((chicago(11, 25), "ask"), (chicago(11, 25, 14), "call"), (chicago(11, 25, 16, 5), "close")):
        await house.move_clock(at)
        await stands_at(house, lead_id, "texting", step)
    await house.move_clock(chicago(11, 27, 16, 30))
    await stands_at(house, lead_id, "nurture", "first")
    await house.move_clock(chicago(12, 14))
    said = (HELLO, "Open your link?", "We close it for now.", "We are still here.")
    await arrived(house, *said)
    await house.reply("How much is it?")
    await stands_at(house, lead_id, "paused", None)
    kinds = {one["kind"] for one in await house.tasks()}
    assert kinds == {"call", "question"}
    await house.move_clock(chicago(12, 14) + timedelta(days=60))
    await house.settled()
    assert await house.texts() == list(said)
    messages = await house.messages(lead_id)
    assert [one["status"] for one in messages if one["step"] == "second"] == ["cancelled"]
    caps = next(row for row in messages[-2]["decision"]["rules"] if row["rule"] == "caps")
    assert {name: caps["evidence"][name] for name in ("nurture_last_30_days", "nurture_per_month")} == {
        "nurture_last_30_days": 0,
        "nurture_per_month": 2,
    }


async def test_a_cold_lead_begins_slowly_and_a_click_makes_it_hot_without_saying_hello_again(house: House) -> None:
    lead_id = await house.post_lead(service="check-up")
    await arrived(house, "Lakeside Clinic: no hurry. Reply STOP to opt out.")
    lead = await stands_at(house, lead_id, "texting", "later")
    assert (lead["track"], lead["sequence"]["key"]) == ("nurture", "cool")
    await open_link(house, lead)
    lead = await stands_at(house, lead_id, "texting", "nudge")
    assert (lead["track"], lead["score"], lead["sequence"]["key"]) == ("hot", 40, "hot")
    assert lead["chosen"]["because"] == ["track is hot"]
    assert lead["chosen"]["score"] == [{"when": ["clicked"], "add": 40}]


async def test_a_lead_whose_steps_are_skipped_goes_on_and_ends_and_each_step_says_why(house: House) -> None:
    """In nurture: the first step, one in the middle and the last are skipped; a letter leaves between them."""
    lead_id = await house.post_lead(service="check-up", email="maria@example.com")
    await stands_at(house, lead_id, "texting", "later")
    for days, stage, step in (
        (15, "nurture", "tip"),
        (30, "nurture", "letter"),
        (45, "nurture", "ring"),
        (60, "nurture", "last-word"),
        (80, "finished", None),
    ):
        await house.move_clock(chicago(11, 24) + timedelta(days=days))
        await stands_at(house, lead_id, stage, step)
    told = [one for one in await _timeline(house, lead_id) if one["kind"] == "message"]
    assert [(one["step"], one["channel"], one["status"]) for one in told if one["sequence"] == "rare"] == [
        ("tip", "wait", "dropped"),
        ("letter", "email", "sent"),
        ("ring", "wait", "dropped"),
        ("last-word", "wait", "dropped"),
    ]
    for one in told:
        shown = await house.get(f"/messages/{one['id']}")
        assert shown == {name: value for name, value in one.items() if name not in ("at", "kind")}
        assert (shown["decision"]["verdict"], bool(shown["decision"]["rules"])) == (
            ("drop", True) if one["status"] == "dropped" else ("go", True)
        )
    listed = [(one["step"], one["channel"]) for one in (await house.get(f"/messages?lead_id={lead_id}"))["messages"]]
    assert listed == [("letter", "email"), ("later", "text"), ("hello", "text")]


async def test_who_wants_a_call_or_an_e_mail_is_followed_there_and_not_by_text(house: House) -> None:
    for n, wish in enumerate(({"request": "call"}, {"preferred_channel": "call"}, {"preferred_channel": "email"})):
        await house.post_lead(f"+1312555015{n}", **wish)
    tasks = await until(lambda: _three(house))
    assert sorted(one["kind"] for one in tasks) == ["call", "call", "email_follow_up"]
    assert [await house.texts(f"+1312555015{n}") for n in range(3)] == [[], [], []]


async def _three(house: House) -> list[dict[str, Any]]:
    tasks = await house.tasks()
    return tasks if len(tasks) == 3 else []
