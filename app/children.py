"""Processes that are kept alive: started, started again when they end, and ended together.

Each child holds the other end of a lifeline (app/lifeline.py), so none outlives this process, however it ends.
"""

import asyncio
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.lifeline import ASKED

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a child that ended is started again: doubled each time, up to the longest."""

STEADY = 60.0
"""Seconds of life after which an end counts as the first one again."""

END_WITHIN = 10.0
"""Seconds a child has between being asked to end and being ended."""


class ChildrenFail(Exception):
    """A child ends again and again before the whole was ever ready; the text says which, with its last lines."""


@dataclass
class Child:
    """A process to keep alive: its name and the `leadline` arguments it is started with."""

    name: str
    arguments: tuple[str, ...]
    log: Path | None = None
    orders: list[str] = field(default_factory=list)
    process: Process | None = None
    ends: int = 0

    async def launch(self) -> Process:
        """Start it, apart from our terminal: Ctrl-C is for the supervisor, who ends the children in order."""
        out = open_log(self.log) if self.log else None
        try:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app.cli", *self.arguments),
                stdin=PIPE,
                stdout=out if out is not None else DEVNULL,
                stderr=out,
                env=os.environ | {ASKED: "1"},
                start_new_session=True,
            )
        finally:
            if out is not None:
                os.close(out)
        for line in self.orders:
            self._say(line)
        return self.process

    def order(self, line: str) -> None:
        """Tell it something new over the lifeline; a later life is told again."""
        if line not in self.orders:
            self.orders.append(line)
            self._say(line)

    def _say(self, line: str) -> None:
        if self.process is not None and self.process.stdin is not None:
            with suppress(OSError, RuntimeError):
                self.process.stdin.write(f"{line}\n".encode())

    def last_words(self, lines: int = 8) -> str:
        """The end of its log, for people."""
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(f"  {line}" for line in self.log.read_text(errors="replace").splitlines()[-lines:])


def open_log(path: Path) -> int:
    """A child's log, for its owner only; the last life's is kept beside it when it has grown."""
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > 5_000_000:
        path.replace(f"{path}.1")
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


@dataclass
class Children:
    """All children of a supervisor. `said` tells a person, in one line, what became of one."""

    said: Callable[[str], None]
    all: list[Child] = field(default_factory=list)
    ready: bool = False
    hasten: asyncio.Event = field(default_factory=asyncio.Event)
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, children: Iterable[Child]) -> None:
        """Begin to keep these alive."""
        for child in children:
            self.all.append(child)
            self._keepers.append(asyncio.create_task(self._keep(child)))

    async def watch(self) -> None:
        """Wait for ever; raises `ChildrenFail` when one can't be brought up."""
        done, _ = await asyncio.wait(self._keepers, return_when=asyncio.FIRST_EXCEPTION)
        for keeper in done:
            keeper.result()

    async def _keep(self, child: Child) -> None:
        while True:
            began = time.monotonic()
            code = await (await child.launch()).wait()
            child.ends = 1 if time.monotonic() - began > STEADY else child.ends + 1
            if not self.ready and child.ends == 3:
                raise ChildrenFail(f"The {child.name} does not start. Its last lines:\n{child.last_words()}")
            pause = min(FIRST_PAUSE * 2 ** (child.ends - 1), LONGEST_PAUSE)
            self.said(f"The {child.name} ended (code {code}); it starts again in {pause:g} s.")
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """End all: asked first, ended after 10 s, or at once when `hasten` is set."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        living = [child.process for child in self.all if child.process and child.process.returncode is None]
        for process in living:
            with suppress(ProcessLookupError):
                process.terminate()
        ended = asyncio.gather(*(process.wait() for process in living))
        await self._until(ended)
        for process in living:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
        await ended

    async def _until(self, ended: "asyncio.Future[list[int]]") -> None:
        hurry = asyncio.ensure_future(self.hasten.wait())
        both: list[asyncio.Future[Any]] = [ended, hurry]
        await asyncio.wait(both, timeout=END_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
