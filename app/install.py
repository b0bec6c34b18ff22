"""Setting up a database: this version's tables, and the one row that every process shares."""

from dataclasses import dataclass

from app.adapters import schema
from app.adapters.store import installation
from app.runtime import LanesDiffer, new_phone_key, open_engine, open_vault
from app.settings import Settings


@dataclass(frozen=True)
class Installed:
    """The revisions before (None: an empty database) and after."""

    before: str | None
    after: str


async def install(settings: Settings) -> Installed:
    """Bring the database to this version; doing it again changes nothing. Raises `LanesDiffer`."""
    engine = open_engine(settings, size=1)
    try:
        installed = Installed(*await schema.migrate(engine))
    finally:
        await engine.dispose()
    await set_up(settings)
    return installed


async def set_up(settings: Settings) -> None:
    """Write the row that all processes share, once. Raises `LanesDiffer`."""
    engine = open_engine(settings, size=1)
    try:
        cipher = open_vault(settings).encrypt("phone key", new_phone_key())
        async with engine.begin() as conn:
            await installation.create(conn, lanes=settings.lanes, sending=settings.sending, phone_key_cipher=cipher)
            row = await installation.read(conn)
    finally:
        await engine.dispose()
    if row is not None and row.lanes != settings.lanes:
        raise LanesDiffer(
            f"LEADLINE_LANES is {settings.lanes}, but this installation was made with {row.lanes}; set it to that"
        )
