"""Lead events decided and written by one worker process, against as many no-op arq jobs in one arq worker.

The clinic is closed (it is night there), so that texts are planned and none is due: this row is about deciding.
"""

from collections.abc import Callable

from app.runtime import open_valkey
from benchmarks import leads_waiting
from benchmarks.figures import Bound, Figure
from benchmarks.ground import AT_NIGHT, Ground, Place, asked

COUNT = 5000


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """A round works off the jobs, then the events; each time in a fresh process."""
    jobs, events = [], []
    async with ground.place(AT_NIGHT) as place:
        for turn in range(rounds):
            await _enqueue(place, queue := f"bench:{turn}")
            jobs.append(await _rate(place, {"what": "jobs", "queue": queue}))
            step()
            await leads_waiting.append(place, turn * COUNT, COUNT)
            events.append(await _rate(place, {"what": "events"}))
            step()
    return [Figure("lead events decided and written", "events/s", tuple(events), tuple(jobs), Bound(least=2.0))]


async def _rate(place: Place, order: dict[str, str]) -> float:
    answer = await asked(["-m", "benchmarks.one_worker"], place.environment, order)
    return COUNT / float(answer["seconds"])


async def _enqueue(place: Place, queue: str) -> None:
    pool = await open_valkey(place.settings.valkey_url)
    for lane in range(COUNT):
        await pool.enqueue_job("nothing", lane % 64, _queue_name=queue)
    await pool.aclose()
