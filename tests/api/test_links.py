"""The booking link: where it leads, who counts as having opened it, how long it lives, and what the others are told."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.api.previews import AGENTS, PREFETCH, is_person
from app.runtime import Runtime
from tests.installation import OPEN_HOURS, Keys, a_lead, bearer, set_clock

Work = Callable[[], Awaitable[None]]
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"
IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1"
    " Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
PERSON = {"User-Agent": SAFARI}


async def a_link(api: httpx.AsyncClient, keys: Keys, work: Work, **changes: Any) -> dict[str, Any]:
    """A lead that was taken in, as the coordinator sees it."""
    answer = await api.post("/leads", json=a_lead(**changes), headers=bearer(keys.source))
    await work()
    return await shown(api, keys, answer.json()["lead_id"])


async def shown(api: httpx.AsyncClient, keys: Keys, lead_id: str) -> dict[str, Any]:
    lead: dict[str, Any] = (await api.get(f"/leads/{lead_id}", headers=bearer(keys.coordinator))).json()
    return lead


async def clicks(runtime: Runtime) -> int:
    async with runtime.engine.connect() as conn:
        count = await conn.execute(text("SELECT count(*) FROM events WHERE kind = 'link_clicked'"))
        return int(count.scalar_one())


async def test_a_person_who_opens_the_link_comes_to_the_locations_page_and_the_click_is_known(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    lead = await a_link(api, keys, work, location="south")
    answer = await api.get(f"/b/{lead['token']}", headers=PERSON)
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        f"https://book.lakeside.example/south?lead={lead['token']}",
    )
    quiet = {name: answer.headers[name] for name in ("cache-control", "referrer-policy", "x-robots-tag")}
    assert quiet == {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
    await work()
    after = await shown(api, keys, lead["id"])
    assert (lead["clicked_at"], after["clicked_at"][:18]) == (None, "2026-11-24T16:00:0")
    timeline = (await api.get(f"/leads/{lead['id']}/timeline", headers=bearer(keys.coordinator))).json()["items"]
    told = [one["details"] for one in timeline if one.get("event") == "link_clicked"]
    assert told == [{"lead_id": lead["id"]}]


async def test_nobody_sends_a_reader_anywhere_else(api: httpx.AsyncClient, keys: Keys, work: Work) -> None:
    lead = await a_link(api, keys, work)
    answer = await api.get(
        f"/b/{lead['token']}?lead=other&url=https://evil.example&next=//evil.example", headers=PERSON
    )
    assert answer.headers["location"] == f"https://book.lakeside.example/north?lead={lead['token']}"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", PERSON),
        ("GET", {"User-Agent": IMESSAGE}),
        ("GET", {"User-Agent": "WhatsApp/2.23.20.0"}),
        ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}),
        ("GET", {**PERSON, "Purpose": "prefetch"}),
        ("GET", {**PERSON, "Sec-Purpose": "prefetch;prerender"}),
        ("GET", {**PERSON, "X-Purpose": "preview"}),
        ("GET", {**PERSON, "X-Moz": "prefetch"}),
    ],
)
async def test_what_draws_previews_is_led_on_and_counts_for_nothing(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work, method: str, headers: dict[str, str]
) -> None:
    lead = await a_link(api, keys, work)
    answer = await api.request(method, f"/b/{lead['token']}", headers=headers)
    assert (answer.status_code, await clicks(runtime)) == (302, 0)


def test_every_row_of_the_previews_is_read_as_it_is_written() -> None:
    """Words in small letters, each found wherever it stands; a plain browser, or none, is a person."""
    for word, _ in AGENTS:
        assert not is_person("GET", {"user-agent": f"Mozilla/5.0 ({word.upper()}/2.0)"})
    for name, words in PREFETCH:
        assert [is_person("GET", {"user-agent": SAFARI, name: word}) for word in words] == [False] * len(words)
    assert [is_person("GET", {"user-agent": agent}) for agent in (SAFARI, "", "python-httpx/0.28")] == [True] * 3


async def test_two_taps_are_one_click_and_a_later_one_is_another(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    lead = await a_link(api, keys, work)
    counted = []
    for seconds in (0, 20, 50, 70):
        await set_clock(runtime, OPEN_HOURS + timedelta(seconds=seconds))
        await api.get(f"/b/{lead['token']}", headers=PERSON)
        counted.append(await clicks(runtime))
    assert counted == [1, 1, 1, 2]


@pytest.mark.parametrize("token", ["nobody", "a" * 400, "%00", "é", "<script>"])
async def test_a_link_that_is_nobodys_says_so_politely(api: httpx.AsyncClient, token: str) -> None:
    answer = await api.get(f"/b/{token}", headers=PERSON)
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "call the office that wrote to you" in answer.text
    assert "llame a la oficina que le escribió" in answer.text
    assert "script>" not in answer.text


@pytest.mark.parametrize(("days", "status"), [(0, 302), (89, 302), (90, 410), (400, 410)])
async def test_a_link_lives_for_ninety_days_after_what_was_last_said(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work, days: int, status: int
) -> None:
    """The clock runs on while the lead is taken in, so each day is looked at an hour in."""
    lead = await a_link(api, keys, work)
    await set_clock(runtime, OPEN_HOURS + timedelta(days=days, hours=1))
    answer = await api.get(f"/b/{lead['token']}", headers=PERSON)
    assert (answer.status_code, await clicks(runtime)) == (status, int(status == 302))


async def test_a_later_text_makes_a_link_live_longer(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    lead = await a_link(api, keys, work)
    async with runtime.engine.begin() as conn:
        later = {"lead": lead["id"], "at": OPEN_HOURS + timedelta(days=60)}
        await conn.execute(text("UPDATE messages SET status = 'sent', sent_at = :at WHERE lead_id = :lead"), later)
    opened = []
    for days in (100, 149, 150):
        await set_clock(runtime, OPEN_HOURS + timedelta(days=days))
        opened.append((await api.get(f"/b/{lead['token']}", headers=PERSON)).status_code)
    assert opened == [302, 302, 410]


@pytest.mark.parametrize("end", ["close", "opt-out"])
async def test_a_link_ends_thirty_days_after_its_lead(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work, end: str
) -> None:
    lead = await a_link(api, keys, work)
    order = {"reason": "told us", "assignee": "ana"}
    await api.post(f"/leads/{lead['id']}/{end}", json=order, headers=bearer(keys.coordinator))
    await work()
    opened = []
    for days in (0, 29, 31):
        await set_clock(runtime, OPEN_HOURS + timedelta(days=days))
        opened.append((await api.get(f"/b/{lead['token']}", headers=PERSON)).status_code)
    assert opened == [302, 302, 410]


async def test_the_page_of_an_old_link_names_whom_to_call_and_nobody_else(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    """In both languages; no name, no service, no clinic: whoever holds the phone may read it."""
    lead = await a_link(api, keys, work, service="fertility")
    await set_clock(runtime, OPEN_HOURS + timedelta(days=365))
    answer = await api.get(f"/b/{lead['token']}", headers=PERSON)
    assert (answer.status_code, answer.headers["referrer-policy"]) == (410, "no-referrer")
    assert "call +13125550110" in answer.text
    assert "llame al +13125550110" in answer.text
    for word in ("Maria", "fertility", "Lakeside", "clinic", "appointment", lead["token"], "+13125550142"):
        assert word.casefold() not in answer.text.casefold()


async def test_a_click_is_known_on_the_page_of_a_task(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    lead = await a_link(api, keys, work, request="call")
    await api.get(f"/b/{lead['token']}", headers=PERSON)
    await work()
    (task,) = (await api.get("/tasks", headers=bearer(keys.coordinator))).json()["tasks"]
    whole = (await api.get(f"/tasks/{task['id']}", headers=bearer(keys.coordinator))).json()
    assert whole["lead"]["clicked_at"].startswith("2026-11-24T16:00:0")
