"""Installations for tests: fresh databases, clinics applied, keys, clients, and the leads that forms send."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.adapters.clinic_file import read_clinic
from app.adapters.schema import migrate
from app.adapters.store import installation
from app.adapters.store import keys as key_rows
from app.adapters.store.applying import ClinicText, apply
from app.embedded import Servers
from app.install import install
from app.main import create_app
from app.runtime import Runtime, open_runtime
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
LAKESIDE = (ROOT / "examples" / "lakeside.yaml").read_text()

OPEN_HOURS = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in Chicago: Lakeside is open and everybody may be texted."""

TWILIO = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "emulated-token"}

_TEMPLATE = "leadline_migrated"


async def make_database(servers: Servers) -> str:
    """The URL of a fresh database with this version's tables: a copy of one that was migrated once."""
    name = f"leadline_{uuid4().hex}"
    admin = create_async_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as conn:
        known = await conn.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": _TEMPLATE})
        if not known:
            await conn.execute(text(f"CREATE DATABASE {_TEMPLATE}"))
            template = create_async_engine(_in_database(servers, _TEMPLATE))
            await migrate(template)
            await template.dispose()
        await conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}"))
    await admin.dispose()
    return _in_database(servers, name)


def _in_database(servers: Servers, name: str) -> str:
    return servers.database_url.replace("/leadline?", f"/{name}?")


async def make_settings(servers: Servers, **changes: object) -> Settings:
    """Settings on a fresh, migrated database."""
    settings = Settings.model_validate(
        {
            "env": "test",
            "database_url": await make_database(servers),
            "valkey_url": servers.valkey_url,
            "public_url": "http://leadline.test",
            "secret_keys": (SecretStr("test-secret-" + "x" * 32),),
            "lanes": 8,
            **changes,
        }
    )
    await install(settings)
    return settings


async def apply_clinic(runtime: Runtime, *documents: str) -> None:
    """Apply clinic files, as `leadline apply` does."""
    files = [
        ClinicText(name="clinic.yaml", document=document, clinic=read_clinic(document)[0]) for document in documents
    ]
    async with runtime.engine.begin() as conn:
        await apply(conn, files)


def other_clinic() -> str:
    """A second clinic, like Lakeside but for its keys and number: for whatever must not leak between two."""
    renamed = LAKESIDE.replace("clinic: lakeside", "clinic: other").replace("lakeside-main", "other-main")
    return renamed.replace("+13125550199", "+13125550188").replace("  website:", "  other-website:")


@asynccontextmanager
async def a_runtime(servers: Servers, *documents: str, **changes: object) -> AsyncIterator[Runtime]:
    """An open runtime on a fresh database: Lakeside (or these) and another clinic, the clock in `OPEN_HOURS`."""
    settings = await make_settings(servers, **changes)
    async with open_runtime(settings) as runtime:
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
    clinic, _ = read_clinic(LAKESIDE)
    return clinic.consent_texts["web-2026-09"]
