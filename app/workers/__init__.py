"""The worker process on one screen: inbox, dispatcher and upkeep as plain loops, arq as the doorbell beside them.

The loops ask Postgres each second and need no Valkey. arq only makes them look sooner: its one job carries lane
numbers and sets an event. When Valkey goes away arq's worker ends; it is started again with backoff.
"""

import asyncio
import random
import signal
from typing import Any

import structlog
from arq.worker import Worker, func

from app.adapters.sms.line import Line
from app.domain.replies import prepare
from app.runtime import (
    JOB_LANES,
    Runtime,
    json_deserializer,
    json_serializer,
    open_runtime,
    open_valkey,
    spare_the_collector,
)
from app.settings import Settings
from app.workers.dispatcher import Dispatcher
from app.workers.inbox import Inbox
from app.workers.postman import Postman
from app.workers.rollup import Rollup
from app.workers.upkeep import Upkeep

log = structlog.get_logger()

LONGEST_BACKOFF = 10.0


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT: stop claiming, finish what is in flight, leave."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_runtime(settings) as runtime:
        await work(runtime, stop)


async def work(runtime: Runtime, stop: asyncio.Event) -> None:
    """Run every loop of a worker on this runtime until `stop` is set."""
    line = Line()
    inbox = Inbox(runtime)
    dispatcher = Dispatcher(runtime, line, tell_inbox=inbox.ring, mention=inbox.ring_soon)
    inbox.after_reading, inbox.is_crowded = dispatcher.ring, dispatcher.is_crowded
    upkeep = Upkeep(runtime, line, tell_inbox=inbox.ring)
    postman = Postman(runtime, tell_inbox=inbox.ring)
    async with runtime.engine.connect() as conn:
        # Reading clinic files takes a while the first time; better now than inside the first claim.
        await runtime.clinics.take_all(conn)
    prepare()  # For the same reason.
    spare_the_collector()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(inbox.run(stop))
            group.create_task(dispatcher.run(stop))
            group.create_task(upkeep.run(stop))
            group.create_task(Rollup(runtime, dispatcher.is_crowded).run(stop))
            group.create_task(postman.run(stop))
            group.create_task(answer_door(runtime.settings.valkey_url, inbox, stop))
            group.create_task(_wake_on_stop(inbox, dispatcher, stop))
    finally:
        await line.close()


async def _wake_on_stop(inbox: Inbox, dispatcher: Dispatcher, stop: asyncio.Event) -> None:
    await stop.wait()
    inbox.ring(())
    dispatcher.ring()


async def answer_door(url: str, inbox: Inbox, stop: asyncio.Event) -> None:
    """Listen for rings through arq, for as long as there is a Valkey; try again with backoff when it goes away."""
    if not url:
        return
    stopping = asyncio.create_task(stop.wait())
    backoff = 0.2
    while not stop.is_set():
        listening = asyncio.create_task(_listen(url, inbox))
        await asyncio.wait({stopping, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        (ended,) = await asyncio.gather(listening, return_exceptions=True)
        if not stop.is_set():
            log.warning("doorbell_gone", error=type(ended).__name__)
            await asyncio.wait({stopping}, timeout=backoff * random.uniform(0.5, 1.0))  # noqa: S311 - jitter only
            backoff = min(backoff * 2, LONGEST_BACKOFF)


async def _listen(url: str, inbox: Inbox) -> None:
    """One arq worker from its first connection to its end; whatever happens, no connection is left behind."""

    async def read_lanes(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        inbox.ring(int(lane) for lane in args[0])

    pool = await open_valkey(url)
    worker = Worker(
        functions=[func(read_lanes, name=JOB_LANES, keep_result=0, max_tries=1, timeout=5)],
        redis_pool=pool,
        job_serializer=json_serializer,
        job_deserializer=json_deserializer,
        handle_signals=False,
        poll_delay=0.05,
        keep_result=0,
        max_tries=1,
        log_results=False,
    )
    try:
        await worker.main()
    finally:
        for ringing in worker.tasks.values():
            ringing.cancel()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
        await pool.aclose(close_connection_pool=True)
