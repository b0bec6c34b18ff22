"""Stories are told in a whole house: API, worker and carrier, running."""

from collections.abc import AsyncIterator

import pytest

from app.embedded import Servers
from tests.house import House, a_house


@pytest.fixture
async def house(servers: Servers) -> AsyncIterator[House]:
    """API, worker and carrier, running on a fresh database."""
    async with a_house(servers) as opened:
        yield opened
