"""Texts sent to the emulated carrier by one worker process, against a bare loop that posts the same bodies.

The number has no pace and the carrier sends no callbacks. The worker does all its work: it judges each text, claims
it, notes its outcome, reads that event and plans the lead's next step; the last two give way to texts that are due, for
five seconds at most. Both rates are the carrier's: by the arrival of the first request and of the last.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import httpx
import orjson

from app.workers.inbox import Inbox
from benchmarks import leads_waiting
from benchmarks.figures import Bound, Figure
from benchmarks.ground import ACCOUNT, BenchmarkFailed, Ground, Place, asked

COUNT = 3000


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """A round has the worker send what is due, then the bare loop the same; each in a fresh process."""
    ours, bare = [], []
    async with ground.place() as place, place.carrier() as carrier, httpx.AsyncClient(base_url=carrier) as http:
        (await http.post("/settings", json={"callbacks": False})).raise_for_status()
        for turn in range(rounds):
            requests = await _by_worker(place, http, turn)
            ours.append(_rate(requests))
            step()
            bare.append(_rate(await _by_loop(place, http, [one["params"] for one in requests])))
            step()
    return [Figure("texts sent, pacing and callbacks off", "texts/s", tuple(ours), tuple(bare), Bound(least=0.6))]


async def _by_worker(place: Place, http: httpx.AsyncClient, turn: int) -> list[dict[str, Any]]:
    """Plan this round's texts, then let a worker send them."""
    await leads_waiting.append(place, turn * COUNT, COUNT)
    await Inbox(place.runtime).read_all()
    async with place.worker():
        await place.until(f"SELECT count(*) >= {(turn + 1) * COUNT} FROM messages WHERE status = 'sent'", every=0.1)
    return await _requests(http)


async def _by_loop(place: Place, http: httpx.AsyncClient, forms: list[dict[str, str]]) -> list[dict[str, Any]]:
    with NamedTemporaryFile(suffix=".json") as file:
        Path(file.name).write_bytes(orjson.dumps(forms))
        url = str(http.base_url.join(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"))
        await asked(["-m", "benchmarks.bare_sender"], place.environment, {"url": url, "forms": file.name})
    return await _requests(http)


async def _requests(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What the carrier was asked, which it then forgets; raises `BenchmarkFailed` when it was not all of it."""
    found: list[dict[str, Any]] = (await http.get("/requests", timeout=30)).json()["requests"]
    await http.delete("/requests")
    accepted = sum(one["status"] == 201 for one in found)
    if (len(found), accepted) != (COUNT, COUNT):
        raise BenchmarkFailed(f"of {COUNT} texts {len(found)} were asked for and {accepted} accepted")
    return found


def _rate(requests: list[dict[str, Any]]) -> float:
    moments = [datetime.fromisoformat(one["at"]) for one in requests]
    return len(moments) / (max(moments) - min(moments)).total_seconds()
