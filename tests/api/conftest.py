"""One database for a whole module of tests, emptied before each: a `runtime` that is ready in milliseconds.

Every module of this folder gets it; the other fixtures build on the `runtime` they find.
"""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.embedded import Servers
from app.runtime import Runtime
from tests.installation import OPEN_HOURS, a_runtime, empty, set_clock

# Everything that people and keys brought goes; clinics, their files and the installation stay, as when just applied.
UNTOUCHED = (
    text("UPDATE change_counters SET last_no = 0"),
    text("UPDATE senders SET next_free_at = NULL, held_code = NULL, held_at = NULL, day_segments = 0"),
)


@pytest.fixture(scope="module")
async def house(servers: Servers) -> AsyncIterator[Runtime]:
    """The module's database, with the clinics applied."""
    async with a_runtime(servers) as opened:
        yield opened


@pytest.fixture
async def runtime(house: Runtime) -> Runtime:
    """The module's runtime, as good as new."""
    async with house.engine.begin() as conn:
        await empty(conn)
        for statement in UNTOUCHED:
            await conn.execute(statement)
    await set_clock(house, OPEN_HOURS)
    return house
