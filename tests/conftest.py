"""What every test shares: an embedded server pair, an empty database, the moved clock.

PostgreSQL and Valkey are never faked; a test that needs a carrier gets the emulated one as a real server.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest

from app.embedded import Servers, start
from app.runtime import Runtime
from app.workers.inbox import Inbox
from tests.installation import TWILIO, Keys, a_client, a_runtime, forget_place, make_keys


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One PostgreSQL and one Valkey for the whole run, or for each process that runs a part of it."""
    folder = tmp_path_factory.mktemp("servers")
    embedded = start(folder, extra={"fsync": "off"})
    yield embedded.servers
    embedded.stop()
    forget_place(folder)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier credentials that the example clinic names, as an operator would export them."""
    for name, value in TWILIO.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
async def runtime(servers: Servers) -> AsyncIterator[Runtime]:
    async with a_runtime(servers) as opened:
        yield opened


@pytest.fixture
async def keys(runtime: Runtime) -> Keys:
    return await make_keys(runtime)


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(runtime) as client:
        yield client


@pytest.fixture
def work(runtime: Runtime) -> Callable[[], Awaitable[int]]:
    """Reads every unread event, as a worker's inbox would."""
    return Inbox(runtime).read_all
