"""Idempotency keys are kept for their thirty days, and then not."""

from datetime import timedelta

import httpx
from sqlalchemy import text

from app.adapters.sms.line import Line
from app.adapters.store import ingest
from app.runtime import Runtime
from app.workers.upkeep import Upkeep
from tests.installation import OPEN_HOURS, Keys, a_lead, bearer, set_clock

ANA, BEN = "+13125550142", "+13125550143"


async def taken(api: httpx.AsyncClient, keys: Keys, key: str, phone: str) -> bool:
    """A form under a key; whether it was a duplicate."""
    answer = await api.post("/leads", json=a_lead(phone), headers={**bearer(keys.source), "Idempotency-Key": key})
    assert answer.status_code == 202, answer.text
    return bool(answer.json()["duplicate"])


async def remembered(runtime: Runtime) -> list[str]:
    async with runtime.engine.connect() as conn:
        rows = await conn.execute(text("SELECT key FROM idempotency_keys WHERE scope LIKE 'key:%' ORDER BY key"))
        return list(rows.scalars())


async def test_a_key_past_its_thirty_days_is_deleted_and_may_be_used_anew(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    await taken(api, keys, "first", ANA)
    await set_clock(runtime, OPEN_HOURS + timedelta(days=2))
    await taken(api, keys, "second", BEN)
    await set_clock(runtime, OPEN_HOURS + timedelta(days=30, hours=1))
    line = Line()
    await Upkeep(runtime, line).forget_old_keys()
    await line.close()

    assert await remembered(runtime) == ["second"]
    again = [await taken(api, keys, key, phone) for key, phone in (("first", ANA), ("second", BEN))]
    assert again == [False, True]


async def test_what_others_hold_is_left_for_the_next_time_and_nobody_waits(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    for number in range(3):
        await taken(api, keys, f"key-{number}", f"+1312555014{number}")
    later = OPEN_HOURS + timedelta(days=31)
    async with runtime.engine.begin() as conn:
        await conn.execute(text("DELETE FROM idempotency_keys WHERE scope LIKE 'repeat:%'"))
    async with runtime.engine.begin() as holder, runtime.engine.begin() as conn:
        await holder.execute(text("SELECT FROM idempotency_keys WHERE key = 'key-0' FOR UPDATE"))
        assert [await ingest.forget_told(conn, later, 1), await ingest.forget_told(conn, later, 10)] == [1, 1]
    assert await remembered(runtime) == ["key-0"]
