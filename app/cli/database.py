"""A command's way to the installation it is about: one transaction, or statement after statement."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.store import installation
from app.runtime import NotMigrated, open_engine
from app.settings import Settings

NOT_SET_UP = "this database is not set up yet: run `leadline migrate`"


@asynccontextmanager
async def transaction(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction, committed at the end. Raises `NotMigrated` on a bare database."""
    engine = open_engine(settings, size=1)
    try:
        async with engine.begin() as conn:
            if await installation.read(conn) is None:
                raise NotMigrated(NOT_SET_UP)
            yield conn
    finally:
        await engine.dispose()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection whose statements each stand alone, for what is written as it is read.

    Whoever reads our output may take all day over a page (`| less`), and the database ends a transaction that idles.
    Raises `NotMigrated` on a bare database.
    """
    engine = open_engine(settings, size=1)
    try:
        async with statements(engine) as conn:
            if await installation.read(conn) is None:
                raise NotMigrated(NOT_SET_UP)
            yield conn
    finally:
        await engine.dispose()


@asynccontextmanager
async def statements(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of this engine that holds no transaction from one statement to the next."""
    async with engine.connect() as conn:
        yield await conn.execution_options(isolation_level="AUTOCOMMIT")
