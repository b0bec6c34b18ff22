"""The load generator: a light process that posts leads over a number of kept connections, one at a time on each.

`python -m benchmarks.load '{"port", "connections", "seconds", "first", "key"}'` prints one JSON line: how many were
taken per second and the latencies. It counts what began after the first moments and ended in time.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, cast

import orjson
import uvloop

from app import lifeline
from benchmarks.figures import percentile
from benchmarks.people import body

WARMING = 0.5
"""Seconds at the beginning that are not counted: connections, caches and statements come to life."""


@dataclass
class Load:
    """One run of load."""

    port: int
    connections: int
    seconds: float
    first: int
    key: str
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    sent: int = 0
    begin: float = 0.0
    end: float = 0.0

    def request(self) -> bytes:
        """The next person's request, whole."""
        content = body(self.first + self.sent)
        self.sent += 1
        return self._head + b"%d\r\n\r\n" % len(content) + content

    @property
    def _head(self) -> bytes:
        return (
            f"POST /leads HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    async def run(self) -> dict[str, Any]:
        """Load for so many seconds."""
        loop = asyncio.get_running_loop()
        self.begin = perf_counter() + WARMING
        self.end = self.begin + self.seconds
        open_connections = [
            loop.create_connection(lambda: Connection(self), "127.0.0.1", self.port) for _ in range(self.connections)
        ]
        pairs = await asyncio.gather(*open_connections)
        await asyncio.gather(*(connection.over for _, connection in pairs))
        return {
            "rate": len(self.latencies) / self.seconds,
            "p50": percentile(self.latencies, 0.5),
            "p99": percentile(self.latencies, 0.99),
            "refused": self.refused,
            "sent": self.sent,
        }


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._heard = b""
        self._began = 0.0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin at once."""
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        request = self._load.request()
        self._began = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """An answer, or a part of one."""
        self._heard += data
        head, rest, content = self._heard.partition(b"\r\n\r\n")
        if not rest or len(content) < _length(head):
            return
        self._heard = b""
        self._note(head[9:12])
        if perf_counter() < self._load.end:
            self._ask()
        else:
            self._transport.close()

    def _note(self, status: bytes) -> None:
        load, now = self._load, perf_counter()
        if status != b"202":
            load.refused += 1
        elif load.begin <= self._began and now <= load.end:
            load.latencies.append(now - self._began)

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of it, by us or by the other side."""
        if not self.over.done():
            self.over.set_result(None)


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(b"content-length:") + 15
    return int(lowered[start:].partition(b"\r\n")[0])


if __name__ == "__main__":
    lifeline.hold()
    print(orjson.dumps(uvloop.run(Load(**orjson.loads(sys.argv[1])).run())).decode())
