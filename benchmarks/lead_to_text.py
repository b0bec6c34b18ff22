"""From a lead's form to the first text at the carrier, in open hours, at 50 leads a second.

From the moment before the form is posted to the moment at which the carrier has the request. API, worker and
carrier are processes of their own, everything is on.
"""

import time
from collections.abc import Callable
from datetime import datetime

import aiohttp

from benchmarks.figures import Bound, Figure, percentile
from benchmarks.ground import BenchmarkFailed, Ground, Place
from benchmarks.people import body, phone
from benchmarks.steadily import steadily

A_SECOND = 50
SECONDS = 4


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """A round is some seconds of leads at a steady rate; one more, uncounted, warms everything."""
    slowest, middle = [], []
    async with ground.place() as place, place.carrier() as carrier, place.api() as api, place.worker():
        async with aiohttp.ClientSession() as http:
            for turn in range(-1, rounds):
                waits = await _round(place, http, api, carrier, (turn + 1) * A_SECOND * SECONDS)
                if turn >= 0:
                    slowest.append(percentile(waits, 0.99))
                    middle.append(percentile(waits, 0.5) * 1000)
                    step()
                    step()
    note = f"median {sorted(middle)[len(middle) // 2]:.0f} ms"
    return [Figure("lead → text at the carrier, p99 at 50/s", "s", tuple(slowest), (), Bound(most=1.0), note)]


async def _round(place: Place, http: aiohttp.ClientSession, api: str, carrier: str, first: int) -> list[float]:
    began: dict[str, float] = {}
    headers = {"Authorization": f"Bearer {place.secrets['source']}", "Content-Type": "application/json"}

    async def submit(number: int) -> None:
        began[phone(number)] = time.time()
        async with http.post(f"{api}/leads", data=body(number), headers=headers) as answer:
            if answer.status != 202:
                raise BenchmarkFailed(f"a lead was answered with {answer.status}")

    await steadily(submit, range(first, first + A_SECOND * SECONDS), A_SECOND)
    total = first + A_SECOND * SECONDS
    await place.until(f"SELECT count(*) >= {total} FROM messages WHERE step = 'confirm' AND carrier_id IS NOT NULL")
    async with http.get(f"{carrier}/requests") as answer:
        arrived = {one["params"]["To"]: one["at"] for one in (await answer.json())["requests"]}
    return [datetime.fromisoformat(arrived[to]).timestamp() - start for to, start in began.items()]
