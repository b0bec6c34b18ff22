"""A key that asks too often is told to come back; nobody else notices."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.embedded import Servers
from app.runtime import Runtime
from tests.installation import Keys, a_client, a_lead, a_runtime, bearer


@pytest.fixture(scope="module")
async def house(servers: Servers) -> AsyncIterator[Runtime]:
    """An installation that allows each key one request a second."""
    async with a_runtime(servers, requests_per_second=1) as opened:
        yield opened


async def test_over_its_rate_a_key_gets_429_and_when_to_come_back(api: httpx.AsyncClient, keys: Keys) -> None:
    await api.get("/leads", headers=bearer(keys.coordinator))
    again = await api.get("/leads", headers=bearer(keys.coordinator))

    assert (again.status_code, again.headers["content-type"], again.headers["retry-after"]) == (
        429,
        "application/problem+json",
        "1",
    )
    assert again.json() == {
        "type": "about:blank",
        "title": "Too many requests",
        "status": 429,
        "detail": "This key asks more often than it may. Nothing was stored; come back after Retry-After seconds.",
    }


async def test_the_other_keys_are_not_held_up_by_it(api: httpx.AsyncClient, keys: Keys) -> None:
    crowd = [await api.get("/leads", headers=bearer(keys.coordinator)) for _ in range(5)]
    lead = await api.post("/leads", json=a_lead(), headers=bearer(keys.source))

    assert 429 in [one.status_code for one in crowd]
    assert lead.status_code == 202


async def test_a_form_over_its_rate_is_not_taken_in_and_comes_in_when_it_returns(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    first = await api.post("/leads", json=a_lead("+13125550142"), headers=bearer(keys.source))
    refused = await api.post("/leads", json=a_lead("+13125550143"), headers=bearer(keys.source))
    assert (first.status_code, refused.status_code) == (202, 429)

    async with a_client(runtime) as later:
        assert (await later.post("/leads", json=a_lead("+13125550143"), headers=bearer(keys.source))).json()[
            "duplicate"
        ] is False


async def test_webhooks_are_never_told_to_come_back(api: httpx.AsyncClient) -> None:
    """An unsigned one is refused, and for that alone: a STOP must always find the door open."""
    knocks = [await api.post("/webhooks/sms/lakeside-main/inbound", data={"Body": "STOP"}) for _ in range(4)]

    assert [one.status_code for one in knocks] == [403, 403, 403, 403]


async def test_every_route_that_asks_for_a_key_says_so_in_its_description(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    answers = [set(of["responses"]) for path in paths.values() for of in path.values()]

    assert [told for told in answers if ("401" in told) != ("429" in told)] == []
