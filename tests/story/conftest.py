"""Stories are told in a whole house (API, worker and carrier, running) or by commands, as a person gives them."""

import io
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.embedded import Servers
from tests.house import House, a_house
from tests.story.commands import LAKESIDE, Done, Leadline, exit_code


@pytest.fixture
async def house(servers: Servers) -> AsyncIterator[House]:
    """API, worker and carrier, running on a fresh database."""
    async with a_house(servers) as opened:
        yield opened


@pytest.fixture
def leadline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Leadline]:
    """Runs `leadline` in a folder of its own, with nothing of this machine's settings in its environment."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("LEADLINE_", "TWILIO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, given: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["leadline", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        # A command has a loop of its own, so it runs beside the test's.
        with ThreadPoolExecutor(1) as thread:
            code = thread.submit(exit_code).result()
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    yield run
    # `demo` and `up` put what their children need into the environment.
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
async def database(servers: Servers, monkeypatch: pytest.MonkeyPatch, leadline: Leadline) -> str:
    """A bare database of its own, named in the environment."""
    name = f"t{time.time_ns()}"
    engine = create_async_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    url = servers.database_url.replace("/leadline?", f"/{name}?")
    monkeypatch.setenv("LEADLINE_DATABASE_URL", url)
    monkeypatch.setenv("LEADLINE_SECRET_KEYS", "0123456789abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setenv("LEADLINE_PUBLIC_URL", "http://leadline.test")
    monkeypatch.setenv("LEADLINE_ENV", "test")
    return url


@pytest.fixture
def installed(database: str, leadline: Leadline) -> str:
    """A database that is migrated."""
    assert leadline("migrate").code == 0
    return database


@pytest.fixture
def lakeside(installed: str, leadline: Leadline) -> str:
    """A migrated database with the example clinic."""
    assert leadline("apply", LAKESIDE).code == 0
    return installed
