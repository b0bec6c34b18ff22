"""Migrations make exactly the tables that the code knows."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.adapters.schema import is_current, migrate
from app.adapters.tables import metadata
from app.embedded import Servers
from tests.installation import make_database


def _differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return found


async def test_migrations_equal_the_tables(servers: Servers) -> None:
    engine = create_async_engine(await make_database(servers))
    async with engine.connect() as conn:
        assert await conn.run_sync(_differences) == []
        sequences = (await conn.execute(text("SELECT sequencename FROM pg_sequences"))).scalars().all()
    assert "event_read_no" in sequences
    await engine.dispose()


async def test_migrating_again_changes_nothing(servers: Servers) -> None:
    engine = create_async_engine(await make_database(servers))
    before, after = await migrate(engine)
    assert before == after
    assert await is_current(engine)
    await engine.dispose()
