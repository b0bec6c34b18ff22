"""Load at a steady rate, whatever the answers take: an open loop, so that a slow answer delays nobody's start."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic


async def steadily(act: Callable[[int], Awaitable[None]], numbers: Iterable[int], a_second: float) -> None:
    """Begin `act` for each number, so many a second; wait until all have ended. Raises what any of them raised."""
    begin = monotonic()
    async with asyncio.TaskGroup() as group:
        for place, number in enumerate(numbers):
            await asyncio.sleep(max(0.0, begin + place / a_second - monotonic()))
            group.create_task(_done(act(number)))


async def _done(act: Awaitable[None]) -> None:
    await act
