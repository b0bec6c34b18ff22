"""The baseline of `POST /leads`: what one would write in ten lines. FastAPI and asyncpg, one INSERT a request.

It has the same request model, the same remembered key look-up and the same server options. It has no encryption, no
contact, no order of events, no rule against duplicates, no idempotency and no doorbell.

`python -m benchmarks.bare_endpoint '{"port"}'`, settings by environment.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import orjson
import uvicorn
from fastapi import FastAPI, Request

from app import lifeline
from app.adapters.lead_form import LeadIn
from app.api.auth import Keyring, authenticate
from app.api.leads import LeadTaken
from app.api.limits import Limits
from app.domain.ids import new_id
from app.runtime import open_engine
from app.settings import Settings

POOL = 20
"""As many connections as the API's own pool may open."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool, and the engine for the keys."""
    settings = Settings()
    engine = open_engine(settings)
    app.state.keyring, app.state.limits = Keyring(engine), Limits(settings.requests_per_second)
    url = settings.database_url.replace("postgresql+asyncpg://", "postgresql://")
    async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL) as pool:
        await pool.execute("CREATE TABLE IF NOT EXISTS bare_leads (id text PRIMARY KEY, clinic text, payload json)")
        app.state.pool = pool
        yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/leads", status_code=202)
async def take_lead(lead: LeadIn, request: Request) -> LeadTaken:
    """Check the key, check the body, insert, answer."""
    caller = await authenticate(request, "source", "coordinator")
    lead_id = new_id("lead")
    await request.app.state.pool.execute(
        "INSERT INTO bare_leads (id, clinic, payload) VALUES ($1, $2, $3)",
        lead_id,
        caller.clinic,
        lead.model_dump_json(),
    )
    return LeadTaken(lead_id=lead_id, received_at=datetime.now(UTC).isoformat(), duplicate=False)


if __name__ == "__main__":
    lifeline.hold()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=orjson.loads(sys.argv[1])["port"],
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=75,
    )
