"""`leadline keys`: the API keys of forms, coordinators and admins."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.screen import DataDir, Json, WrongUsage, give, give_json, say, show_table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.adapters.store.keys import KeyInfo
    from app.settings import Settings

keys = typer.Typer(help="API keys: create, list, revoke.", rich_markup_mode="markdown", no_args_is_help=True)


class Role(StrEnum):
    """What a key may do."""

    SOURCE = "source"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


@keys.command()
def create(
    clinic: Annotated[str, typer.Option(help="The clinic it is for.")],
    role: Annotated[Role, typer.Option(help="A form's, a coordinator's tool's, or an admin's.")],
    name: Annotated[str, typer.Option(help="What people call it, such as `web form`.")],
    source: Annotated[str, typer.Option(help="For role source: which source of the clinic file.")] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Make a key and print it: the secret is shown this once and kept nowhere.

    Example: `leadline keys create --clinic lakeside --role source --source website --name "web form"`
    """
    from app.running import settings_here

    if (role is Role.SOURCE) != bool(source):
        raise WrongUsage("--source names the source of a key of role source, and only of such a key")
    if not name.strip():
        raise WrongUsage("--name is empty: say what the key is for")
    info, secret = asyncio.run(_create(settings_here(data), clinic, role, name, source or None))
    if as_json:
        shown = {part: getattr(info, part) for part in ("id", "role", "clinic", "source", "name")}
        give_json({"id": info.id, "key": secret, **shown})
    else:
        give(secret)
        say("Keep it now: it is not shown again.")


@keys.command("list")
def list_keys(
    clinic: Annotated[str, typer.Option(help="Only this clinic's.")] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """List keys, without their secrets."""
    from app.running import settings_here

    found = asyncio.run(_list(settings_here(data), clinic or None))
    columns = ("id", "role", "clinic", "source", "name", "created_at", "revoked_at")
    rows = [{column: getattr(info, column) for column in columns} for info in found]
    if as_json:
        give_json({"keys": rows})
    else:
        titles = [column.removesuffix("_at") for column in columns]
        show_table("API keys", titles, [tuple(row.values()) for row in rows])


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from `leadline keys list`.")],
    data: DataDir = None,
) -> None:
    """End a key; it is refused everywhere within a second.

    Example: `leadline keys revoke key_019abc…`
    """
    from app.running import settings_here

    asyncio.run(_revoke(settings_here(data), key_id))
    say(f"{key_id} is revoked.")


async def _create(
    settings: "Settings", clinic: str, role: Role, name: str, source: str | None
) -> "tuple[KeyInfo, str]":
    from app.adapters.store import keys as store
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        await _known(conn, clinic, source)
        return await store.create(conn, clinic=clinic, role=role, name=name, source=source)


async def _known(conn: "AsyncConnection", clinic: str, source: str | None) -> None:
    """Raises WrongUsage, with what there is, for a clinic or a source that is not there."""
    from app.adapters.store import clinics

    versions = await clinics.current_versions(conn)
    if clinic not in versions:
        raise WrongUsage(f"there is no clinic {clinic}; known: {', '.join(sorted(versions)) or 'none yet'}")
    sources = (await clinics.ClinicShelf("").take(conn, clinic)).sources
    if source is not None and source not in sources:
        raise WrongUsage(f"{clinic} has no source {source}; known: {', '.join(sorted(sources)) or 'none'}")


async def _list(settings: "Settings", clinic: str | None) -> "list[KeyInfo]":
    from app.adapters.store import keys as store
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        return await store.list_keys(conn, clinic)


async def _revoke(settings: "Settings", key_id: str) -> None:
    from app.adapters.store import keys as store
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        if not await store.revoke(conn, key_id):
            raise WrongUsage(f"there is no key {key_id}; `leadline keys list` shows them")
