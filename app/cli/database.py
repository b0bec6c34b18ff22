"""One transaction of a command on the installation it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import installation
from app.runtime import NotMigrated, open_engine
from app.settings import Settings


@asynccontextmanager
async def transaction(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction, committed at the end. Raises `NotMigrated` on a bare database."""
    engine = open_engine(settings, size=1)
    try:
        async with engine.begin() as conn:
            if await installation.read(conn) is None:
                raise NotMigrated("this database is not set up yet: run `leadline migrate`")
            yield conn
    finally:
        await engine.dispose()
