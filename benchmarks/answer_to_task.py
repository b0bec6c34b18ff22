"""From a person's answer to its task at `GET /tasks`, at 50 replies a second.

From the moment before the carrier's webhook is posted to the moment at which a coordinator's tool, which long-polls
the queue by its cursor, has the task. API, worker and carrier are processes of their own, everything is on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator

from benchmarks import leads_waiting
from benchmarks.figures import Bound, Figure, percentile
from benchmarks.ground import ACCOUNT, NUMBER, SENDER, TOKEN, BenchmarkFailed, Ground, Place
from benchmarks.people import phone
from benchmarks.steadily import steadily

A_SECOND = 50
SECONDS = 4
SEEN_WITHIN = 20.0


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """A round is some seconds of questions, each by another person; one more, uncounted, warms everything."""
    slowest, middle, a_round = [], [], A_SECOND * SECONDS
    async with ground.place() as place, place.carrier(), place.api() as api, place.worker():
        await leads_waiting.append(place, 0, (rounds + 1) * a_round)
        # Until every first text has arrived and everything about it is read: what is measured is 50 replies a second.
        await place.until(f"SELECT count(*) >= {(rounds + 1) * a_round} FROM messages WHERE status = 'delivered'")
        await place.until("SELECT NOT EXISTS (SELECT FROM events WHERE read_no IS NULL)")
        async with aiohttp.ClientSession() as http, _watching(http, api, place.secrets["coordinator"]) as seen:
            for turn in range(-1, rounds):
                waits = await _round(place, http, seen, (turn + 1) * a_round)
                if turn >= 0:
                    slowest.append(percentile(waits, 0.99))
                    middle.append(percentile(waits, 0.5) * 1000)
                    step()
                    step()
    note = f"median {sorted(middle)[len(middle) // 2]:.0f} ms"
    return [Figure("answer → task at GET /tasks, p99 at 50/s", "s", tuple(slowest), (), Bound(most=0.3), note)]


@asynccontextmanager
async def _watching(http: aiohttp.ClientSession, api: str, key: str) -> AsyncIterator[dict[str, float]]:
    """A coordinator's tool: when it first saw the task about which words."""
    seen: dict[str, float] = {}
    watching = asyncio.create_task(_watch(http, api, key, seen))
    yield seen
    watching.cancel()


async def _watch(http: aiohttp.ClientSession, api: str, key: str, seen: dict[str, float]) -> None:
    asked: dict[str, str] = {"limit": "100"}
    while True:
        async with http.get(f"{api}/tasks", params=asked, headers={"Authorization": f"Bearer {key}"}) as answer:
            answer.raise_for_status()
            page = await answer.json()
        now = time.monotonic()
        for task in page["tasks"]:
            seen.setdefault(task["about"], now)
        asked = {"limit": "100", "after": page["cursor"], "wait": "25"}


async def _round(place: Place, http: aiohttp.ClientSession, seen: dict[str, float], first: int) -> list[float]:
    began: dict[str, float] = {}
    url = f"{place.settings.public_url}/webhooks/sms/{SENDER}/inbound"

    async def reply(number: int) -> None:
        words = f"How long does a first visit take? I have to be at work at {number}"
        fields = _fields(number, words)
        headers = {
            "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, fields),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        began[words] = time.monotonic()
        async with http.post(url, data=urlencode(fields), headers=headers) as answer:
            if answer.status != 200:
                raise BenchmarkFailed(f"a reply was answered with {answer.status}")

    await steadily(reply, range(first, first + A_SECOND * SECONDS), A_SECOND)
    await _all_seen(began, seen)
    return [seen[words] - start for words, start in began.items()]


async def _all_seen(began: dict[str, float], seen: dict[str, float]) -> None:
    deadline = time.monotonic() + SEEN_WITHIN
    while missing := began.keys() - seen.keys():
        if time.monotonic() > deadline:
            raise BenchmarkFailed(f"{len(missing)} of {len(began)} answers have no task")
        await asyncio.sleep(0.05)


def _fields(number: int, words: str) -> dict[str, str]:
    return {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT,
        "From": phone(number),
        "To": NUMBER,
        "Body": words,
        "NumMedia": "0",
    }
