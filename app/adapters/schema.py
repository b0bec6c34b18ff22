"""Bringing a database to this version's tables, and telling whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

ROOT = Path(__file__).resolve().parents[2]

MIGRATION_LOCK = 0x1EADB00C
"""Advisory lock under which one process migrates while others wait."""


def alembic_config() -> Config:
    """Alembic's view of this project."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


async def migrate(engine: AsyncEngine) -> tuple[str | None, str]:
    """Run what is missing, in one transaction and under a lock; the revisions before and after."""
    async with engine.begin() as conn:
        await conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        before = await conn.run_sync(_revision)
        await conn.run_sync(_upgrade)
        after = await conn.run_sync(_revision)
    return before, str(after)


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the database stands at this version's last migration."""
    async with engine.connect() as conn:
        return await conn.run_sync(_revision) == ScriptDirectory.from_config(alembic_config()).get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
