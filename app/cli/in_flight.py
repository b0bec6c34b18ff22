"""What becomes of the leads in flight when a changed clinic file is applied: kept, moved or stopped, as somebody says.

The orders are events that workers carry out. No more than `AHEAD` are given before some are carried out, for a reply
must not wait behind thousands of them; when no worker runs nothing else waits either, and all are given at once.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Any

import typer

from app.cli.screen import counted, say

if TYPE_CHECKING:
    from app.adapters.store.applying import Plan
    from app.adapters.store.moving import Order, Undecided
    from app.runtime import Runtime
    from app.settings import Settings

AHEAD = 2000
"""Orders that may wait for a worker before the next are given."""

STALLED = 5.0
"""Seconds without any order carried out after which no worker is waited for."""

BUSY_FOR = 15.0
"""Seconds in which leads are asked for again that had a text on its way."""

LOOK_EVERY = 0.1


class InFlight(StrEnum):
    """What becomes of leads that stand in a sequence that changes."""

    KEEP = "keep"
    MOVE = "move"
    STOP = "stop"


def ask_about(plan: "Plan") -> InFlight:
    """What somebody at a terminal says to the counts; without a terminal, or without leads, they are kept."""
    rows = [(each.clinic, each.key, each.in_flight) for each in plan.changes if each.in_flight]
    if not rows or not plan.ok or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return InFlight.KEEP
    for clinic, key, standing in rows:
        say(f"{clinic}: leads stand in {key}: {', '.join(f'{step} {count}' for step, count in standing.items())}.")
    say("keep: they finish on the version they began. move: to the same step of the new one. stop: no more texts.")
    while (answer := typer.prompt("keep, move or stop", default="keep", err=True)) not in list(InFlight):
        pass
    return InFlight(answer)


def carry_out(settings: "Settings", clinics: Sequence[str], decision: InFlight | None, by: str) -> dict[str, Any]:
    """Order what was decided about leads in the sequences that the newest files changed; what came of it, as JSON."""
    if decision not in (InFlight.MOVE, InFlight.STOP):
        return {}
    ordered = asyncio.run(_carry_out(settings, clinics, decision is InFlight.MOVE, by))
    return {"leads": {"decision": decision.value, **ordered}}


async def _carry_out(settings: "Settings", clinics: Sequence[str], moves: bool, by: str) -> dict[str, int]:
    from app.adapters.store import moving
    from app.runtime import open_runtime

    told = {"ordered": 0, "carried_out": 0, "busy": 0, "nowhere": 0}
    async with open_runtime(settings, pool_size=1) as runtime:
        async with runtime.engine.connect() as conn:
            wanted = [(key, one) for key in clinics for one in await moving.undecided(conn, key)]
        for key, one in wanted:
            if one.gone and moves:
                standing = counted(one.leads, "lead")
                say(f"{key}: {one.sequence} is gone; there is nothing to move its {standing} to: kept as before.")
                continue
            async with runtime.engine.connect() as conn:
                clinic = await runtime.clinics.take(conn, key)
            order = moving.Order(clinic=clinic, sequence=one.sequence, version=one.version, moves=moves, by=by)
            for name, count in (await _order(runtime, order, one)).items():
                told[name] += count
    _tell(told, "moved" if moves else "stopped")
    return told


def _tell(told: dict[str, int], what: str) -> None:
    later = told["ordered"] - told["carried_out"]
    say(f"{counted(told['carried_out'], 'lead')} {what}." if told["ordered"] or not later else "")
    if later:
        say(f"{later} more will be as soon as a worker runs; until then nothing leaves to them.")
    if told["nowhere"]:
        say(f"{counted(told['nowhere'], 'lead')} kept in the version begun with: the new one has no such step.")
    if told["busy"]:
        say(f"{counted(told['busy'], 'lead')} had a text on its way: run the same command again.")


async def _order(runtime: "Runtime", order: "Order", one: "Undecided") -> dict[str, int]:
    """Give the orders, with a bar; who had a text on its way is asked for again in a moment."""
    queue, told, until = _Queue(runtime), {"ordered": 0, "busy": 0, "nowhere": 0}, monotonic() + BUSY_FOR
    with _bar(f"{order.clinic.key} {order.sequence}", one.leads) as advance:
        while True:
            found = await _round(queue, order, advance)
            told = {"ordered": told["ordered"] + found["ordered"], "busy": found["busy"], "nowhere": found["nowhere"]}
            left = await queue.drain(0)
            if not found["busy"] or queue.stalled or monotonic() > until:
                break
            await asyncio.sleep(LOOK_EVERY * 5)
    return {**told, "carried_out": told["ordered"] - min(left, told["ordered"])}


async def _round(queue: "_Queue", order: "Order", advance: Callable[[int], None]) -> dict[str, int]:
    """One walk over everybody who stands behind."""
    from app.adapters.store import moving

    runtime, after, told = queue.runtime, None, {"ordered": 0, "busy": 0, "nowhere": 0}
    while True:
        async with runtime.engine.begin() as conn:
            given = await moving.give(conn, runtime.directory, order, after)
        runtime.doorbell.ring(given.lanes)
        advance(given.ordered)
        for name in told:
            told[name] += getattr(given, name)
        after = given.last
        if after is None:
            return told
        await queue.drain(AHEAD)


class _Queue:
    """The orders that wait for a worker, as long as there is one."""

    def __init__(self, runtime: "Runtime") -> None:
        self.runtime = runtime
        self.stalled = False

    async def drain(self, to: int) -> int:
        """Wait until no more than this many wait, or none is carried out any longer; how many wait then."""
        least, since = await self._waiting(), monotonic()
        while (waiting := await self._waiting()) > to and not self.stalled:
            if waiting < least:
                least, since = waiting, monotonic()
            self.stalled = monotonic() - since > STALLED
            await asyncio.sleep(LOOK_EVERY)
        return waiting

    async def _waiting(self) -> int:
        from app.adapters.store import moving

        async with self.runtime.engine.connect() as conn:
            return await moving.waiting(conn)


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Where somebody watches, a bar."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)
