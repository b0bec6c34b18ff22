"""Migrations make exactly the tables that the code knows."""

from uuid import uuid4

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.adapters.schema import alembic_config, is_current, migrate
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


def _first_tables(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


FIRST_RELEASE = """
INSERT INTO clinics (key, brand, name, version) VALUES ('lakeside', 'lakeside', 'Lakeside Clinic', 1);
INSERT INTO contacts (id, clinic, phone_hash, phone_cipher, lane) VALUES ('contact_1', 'lakeside', 'hash', 'cipher', 1);
INSERT INTO leads (id, clinic, contact_id, stage, captured_at, source, token, language, zones, test, facts_cipher,
                   track, score, version, step)
VALUES ('lead_1', 'lakeside', 'contact_1', 'texting', now(), 'website', 'token', 'es', '{}', false, '',
        'warm', 0, 1, 1);
INSERT INTO consents (id, clinic, contact_id, lead_id, status, method, act_cipher, recorded_at) VALUES
    ('consent_b', 'lakeside', 'contact_1', 'lead_1', 'withdrawn', 'wrong number', '', '2026-11-02T00:00:00Z'),
    ('consent_c', 'lakeside', 'contact_1', 'lead_1', 'withdrawn', 'text message', '', '2026-11-03T00:00:00Z'),
    ('consent_a', 'lakeside', 'contact_1', 'lead_1', 'granted', 'web_form', '', '2026-11-01T00:00:00Z')
"""


async def test_the_first_releases_consents_are_carried_over_in_order(servers: Servers) -> None:
    """Each with its phone and clinic; a wrong number ended one person's consent, a STOP the whole phone's."""
    admin = create_async_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    name = f"leadline_{uuid4().hex}"
    async with admin.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name}"))
    await admin.dispose()
    engine = create_async_engine(servers.database_url.replace("/leadline?", f"/{name}?"))
    async with engine.begin() as conn:
        await conn.run_sync(_first_tables)
        for statement in FIRST_RELEASE.split(";"):
            await conn.execute(text(statement))
    await migrate(engine)
    more = """
    INSERT INTO consents (id, clinic, contact_id, phone_hash, phone_cipher, status, method, clinic_name, scope,
                          act_cipher, recorded_at)
    VALUES ('consent_d', 'lakeside', 'contact_1', '', '', 'granted', 'web_form', 'Lakeside Clinic', 'any', '', now())
    """
    async with engine.begin() as conn:
        await conn.execute(text(more))
        rows = await conn.execute(
            text("SELECT id, person, phone_hash, phone_cipher, clinic_name, source, language FROM consents ORDER BY no")
        )
        carried = [tuple(row) for row in rows]
    same = (b"hash", b"cipher", "Lakeside Clinic", "website", "es")
    assert carried == [
        ("consent_a", "lead_1", *same),
        ("consent_b", "lead_1", *same),
        ("consent_c", None, *same),
        ("consent_d", None, b"", b"", "Lakeside Clinic", None, None),
    ]
    await engine.dispose()


FIRST_TASKS = """
INSERT INTO tasks (id, clinic, contact_id, kind, priority, team, status, opened_at, due_at, about_cipher, event_id)
SELECT 'task_' || name, 'lakeside', 'contact_1', kind, 3, 'desk', status, now(), '2026-11-02T00:00:00Z', '', 'evt'
FROM (VALUES ('waits', 'question', 'open'), ('answered', 'question', 'claimed'), ('danger', 'urgent', 'open'),
             ('done', 'question', 'done')) AS given (name, kind, status);
INSERT INTO task_entries (id, task_id, at, kind) VALUES ('entry_1', 'task_answered', '2026-11-01T00:00:00Z', 'reply')
"""


async def test_the_first_releases_tasks_go_on_with_their_clock(servers: Servers) -> None:
    """What waits escalates at its due time; what was answered has no clock any more, nor what is over or urgent."""
    admin = create_async_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    name = f"leadline_{uuid4().hex}"
    async with admin.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name}"))
    await admin.dispose()
    engine = create_async_engine(servers.database_url.replace("/leadline?", f"/{name}?"))
    async with engine.begin() as conn:
        await conn.run_sync(_first_tables)
        for statement in (*FIRST_RELEASE.split(";"), *FIRST_TASKS.split(";")):
            await conn.execute(text(statement))
    await migrate(engine)
    async with engine.begin() as conn:
        rows = await conn.execute(
            text("SELECT id, escalates_at = due_at, answered_at IS NOT NULL FROM tasks ORDER BY id")
        )
        carried = [tuple(row) for row in rows]
    assert carried == [
        ("task_answered", None, True),
        ("task_danger", None, False),
        ("task_done", None, False),
        ("task_waits", True, False),
    ]
    await engine.dispose()
