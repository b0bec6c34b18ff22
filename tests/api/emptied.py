"""One database for a whole module of tests, emptied before each: a `runtime` that is ready in milliseconds.

A module uses it by importing both fixtures; the other fixtures build on the `runtime` they find.
"""

from collections.abc import AsyncIterator

import pytest
from conftest import OPEN_HOURS, a_runtime, set_clock
from sqlalchemy import text

from app.embedded import Servers
from app.runtime import Runtime

# Everything that people and keys brought; clinics, their files and the installation stay.
EMPTY = text("TRUNCATE contacts, suppressions, idempotency_keys, api_keys, heartbeats CASCADE")


@pytest.fixture(scope="module")
async def house(servers: Servers) -> AsyncIterator[Runtime]:
    """The module's database, with the clinics applied."""
    async with a_runtime(servers) as opened:
        yield opened


@pytest.fixture
async def runtime(house: Runtime) -> Runtime:
    """The module's runtime, as good as new."""
    async with house.engine.begin() as conn:
        await conn.execute(EMPTY)
    await set_clock(house, OPEN_HOURS)
    return house
