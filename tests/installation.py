"""Installations for tests: fresh databases, clinics applied, keys, clients, and the leads that forms send."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

import httpx
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.adapters.clinic_file import read_clinic
from app.adapters.schema import migrate
from app.adapters.store import installation
from app.adapters.store import keys as key_rows
from app.adapters.store.applying import ClinicText, apply
from app.domain.clinic import Clinic
from app.embedded import Servers
from app.install import set_up
from app.main import create_app
from app.runtime import Runtime, open_runtime
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
LAKESIDE = (ROOT / "examples" / "lakeside.yaml").read_text()

OPEN_HOURS = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in Chicago: Lakeside is open and everybody may be texted."""

TWILIO = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "emulated-token"}

_TEMPLATE = "leadline_migrated"

_FREE: dict[str, list[str]] = {}
"""Databases that a test has left, by the server they are on. Making one costs a server three hundred files."""

_APPLIED = ("installation", "clinics", "clinic_versions", "sequence_versions", "senders", "sources", "change_counters")
"""What setting up and applying clinic files write."""

_EMPTY = """
DO $$
DECLARE
    one text;
    all_tables text;
BEGIN
    -- Rows that must never go, and those that others point to, go too.
    SET LOCAL session_replication_role = replica;
    SELECT string_agg(quote_ident(relname), ', ') INTO all_tables FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL ('{{{kept}}}');
    IF (SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace) > 400000 THEN
        EXECUTE 'TRUNCATE ' || all_tables;
    ELSE
        -- Several times as quick as TRUNCATE, which makes each table and index a new file.
        FOREACH one IN ARRAY string_to_array(all_tables, ', ') LOOP
            EXECUTE 'DELETE FROM ' || one;
        END LOOP;
    END IF;
END $$
"""


def forget_place(data_dir: Path) -> None:
    """Remove the folder that a data folder's servers had elsewhere; one that is not plainly theirs stays."""
    if (data_dir / "place").exists():
        place = Path((data_dir / "place").read_text())
        homes = (Path(tempfile.gettempdir()).resolve(), Path("/var/lib"))
        if place.name.startswith("leadline-") and place.parent in homes:
            shutil.rmtree(place, ignore_errors=True)


async def empty(conn: AsyncConnection, *, but: Iterable[str] = _APPLIED) -> None:
    """Forget every row of every table but these and the revision."""
    await conn.execute(text(_EMPTY.format(kept=",".join(("alembic_version", *but)))))


async def make_database(servers: Servers) -> str:
    """The URL of a fresh database with this version's tables: a copy of one that was migrated once."""
    name = f"leadline_{uuid4().hex}"
    async with _administration(servers) as conn:
        known = await conn.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": _TEMPLATE})
        if not known:
            await conn.execute(text(f"CREATE DATABASE {_TEMPLATE}"))
            template = create_async_engine(_in_database(servers, _TEMPLATE))
            await migrate(template)
            await template.dispose()
        await conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}"))
    return _in_database(servers, name)


@asynccontextmanager
async def a_database(servers: Servers) -> AsyncIterator[str]:
    """The URL of a database with this version's tables and no rows: one that an earlier test left, or a fresh one."""
    free = _FREE.setdefault(servers.database_url, [])
    url = free.pop() if free else await make_database(servers)
    yield url
    if await _left_empty(servers, url):
        free.append(url)


async def _left_empty(servers: Servers, url: str) -> bool:
    """Empty a database for the next test; False when somebody is still in it, whose next row nobody would expect."""
    async with _administration(servers, url) as conn:
        await empty(conn, but=())
        await conn.execute(text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"))
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return not await conn.scalar(text(f"SELECT count(*) {others} AND backend_type = 'client backend'"))


@asynccontextmanager
async def _administration(servers: Servers, url: str = "") -> AsyncIterator[AsyncConnection]:
    """A connection on which every statement is a transaction of its own."""
    engine = create_async_engine(url or servers.database_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        yield conn
    await engine.dispose()


def _in_database(servers: Servers, name: str) -> str:
    return servers.database_url.replace("/leadline?", f"/{name}?")


@asynccontextmanager
async def an_installation(servers: Servers, **changes: object) -> AsyncIterator[Settings]:
    """The settings of an installation that was just set up, on a database of its own."""
    async with a_database(servers) as url:
        settings = Settings.model_validate(
            {
                "env": "test",
                "database_url": url,
                "valkey_url": servers.valkey_url,
                "public_url": "http://leadline.test",
                "secret_keys": (SecretStr("test-secret-" + "x" * 32),),
                "lanes": 8,
                **changes,
            }
        )
        await set_up(settings)
        yield settings


@cache
def known_clinic(document: str) -> Clinic:
    """What a clinic file says; each is read once."""
    return read_clinic(document)[0]


async def apply_clinic(runtime: Runtime, *documents: str) -> None:
    """Apply clinic files, as `leadline apply` does."""
    files = [ClinicText(name="clinic.yaml", document=one, clinic=known_clinic(one)) for one in documents]
    async with runtime.engine.begin() as conn:
        await apply(conn, files)


def other_clinic() -> str:
    """A second clinic, like Lakeside but for its keys and number: for whatever must not leak between two."""
    renamed = LAKESIDE.replace("clinic: lakeside", "clinic: other").replace("lakeside-main", "other-main")
    return renamed.replace("+13125550199", "+13125550188").replace("  website:", "  other-website:")


@asynccontextmanager
async def a_runtime(servers: Servers, *documents: str, **changes: object) -> AsyncIterator[Runtime]:
    """An open runtime on a fresh database: Lakeside (or these) and another clinic, the clock in `OPEN_HOURS`."""
    async with an_installation(servers, **changes) as settings, open_runtime(settings) as runtime:
        await apply_clinic(runtime, *(documents or (LAKESIDE,)), other_clinic())
        await set_clock(runtime, OPEN_HOURS)
        yield runtime


async def set_clock(runtime: Runtime, to: datetime) -> None:
    """Move the installation's clock."""
    async with runtime.engine.begin() as conn:
        await installation.set_clock(conn, to)


@dataclass
class Keys:
    """API keys by what they may do, made as `leadline keys create` makes them."""

    source: str
    coordinator: str
    admin: str
    other_source: str
    other_coordinator: str
    ids: dict[str, str] = field(default_factory=dict)


async def make_keys(runtime: Runtime) -> Keys:
    """One key of every sort, at Lakeside and at the other clinic."""
    wanted = {
        "source": ("lakeside", "source", "website"),
        "coordinator": ("lakeside", "coordinator", None),
        "admin": ("lakeside", "admin", None),
        "other_source": ("other", "source", "other-website"),
        "other_coordinator": ("other", "coordinator", None),
    }
    made, ids = {}, {}
    async with runtime.engine.begin() as conn:
        for name, (clinic, role, source) in wanted.items():
            info, secret = await key_rows.create(conn, clinic=clinic, role=role, source=source, name=name)
            made[name], ids[name] = secret, info.id
    return Keys(**made, ids=ids)


@asynccontextmanager
async def a_client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the service, its lifespan running."""
    app = create_app(runtime.settings, runtime)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://leadline.test") as client:
            yield client


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


def a_lead(phone: str = "+13125550142", **changes: object) -> dict[str, object]:
    """A form's submission with everything that texting needs."""
    return {
        "first_name": "Maria",
        "phone": phone,
        "service": "new-patient",
        "location": "north",
        "consent": {"sms": True, "text": consent_words(), "method": "web_form"},
        **changes,
    }


def consent_words() -> str:
    """The exact words that Lakeside's form shows."""
    return known_clinic(LAKESIDE).consent_texts["web-2026-09"]
