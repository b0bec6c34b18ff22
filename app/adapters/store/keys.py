"""API keys: a random secret shown once, of which only the SHA-256 is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import new_id

PREFIX = "llk_"

_COLUMNS = "id, clinic, role, source, name, created_at, revoked_at"

_CREATE = text(
    "INSERT INTO api_keys (id, clinic, role, source, name, digest)"  # noqa: S608
    f" VALUES (:id, :clinic, :role, :source, :name, :digest) RETURNING {_COLUMNS}"
)


@dataclass(frozen=True)
class KeyInfo:
    """What is known of a key: whose it is and what it may do. `source` is set for role `source`."""

    id: str
    clinic: str
    role: str
    source: str | None
    name: str
    created_at: datetime
    revoked_at: datetime | None


def digest(secret: str) -> bytes:
    """What is stored of a secret. A fast hash is right: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


async def create(
    conn: AsyncConnection, *, clinic: str, role: str, name: str, source: str | None = None
) -> tuple[KeyInfo, str]:
    """Make a key; the second value is its secret, which can never be read again.

    An unknown clinic, source or role is refused by the database (`IntegrityError`).
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    row = (
        await conn.execute(
            _CREATE,
            {
                "id": new_id("key"),
                "clinic": clinic,
                "role": role,
                "source": source,
                "name": name,
                "digest": digest(secret),
            },
        )
    ).one()
    return KeyInfo(*row), secret


async def find(conn: AsyncConnection, secret: str) -> KeyInfo | None:
    """The key with this secret, revoked ones too, or None."""
    row = (
        await conn.execute(
            text(f"SELECT {_COLUMNS} FROM api_keys WHERE digest = :digest"),  # noqa: S608
            {"digest": digest(secret)},
        )
    ).one_or_none()
    return KeyInfo(*row) if row else None


async def list_keys(conn: AsyncConnection, clinic: str | None = None) -> list[KeyInfo]:
    """Every key, or a clinic's, oldest first."""
    rows = await conn.execute(
        text(
            f"SELECT {_COLUMNS} FROM api_keys WHERE clinic = coalesce(:clinic, clinic) ORDER BY id"  # noqa: S608
        ),
        {"clinic": clinic},
    )
    return [KeyInfo(*row) for row in rows]


async def revoke(conn: AsyncConnection, key_id: str) -> bool:
    """End a key, at once for new look-ups and within a second everywhere; False when there is none such."""
    found = await conn.execute(
        text("UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = :id"),
        {"id": key_id},
    )
    return found.rowcount > 0
