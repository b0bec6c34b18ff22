"""The baseline of sending: a bare loop that posts the same bodies, with the HTTP client that the product uses.

No database, no gate, no pace, no deadline, no outcome: `python -m benchmarks.bare_sender '{"url", "forms"}'`, where
`forms` names a file with the forms as JSON.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import orjson
import uvloop
from httpx_aiohttp import AiohttpTransport

from app import lifeline
from benchmarks.ground import ACCOUNT, TOKEN

AT_ONCE = 100
"""Requests under way at once, as many as a worker has."""


async def main(order: dict[str, Any]) -> dict[str, int]:
    """Post every form once; how many were accepted."""
    forms = iter(orjson.loads(Path(order["forms"]).read_bytes()))
    accepted = 0

    async def post(client: httpx.AsyncClient) -> None:
        nonlocal accepted
        for form in forms:
            answer = await client.post(order["url"], data=form, auth=(ACCOUNT, TOKEN))
            accepted += answer.status_code == 201

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))

    async with httpx.AsyncClient(transport=AiohttpTransport(client=session)) as client:
        await asyncio.gather(*(post(client) for _ in range(AT_ONCE)))
    return {"accepted": accepted}


if __name__ == "__main__":
    lifeline.hold()
    print(orjson.dumps(uvloop.run(main(orjson.loads(sys.argv[1])))).decode())
