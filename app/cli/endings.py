"""How a command ends when something stops it: one clear line and an exit code, never a traceback.

Looked up only when an error has happened, so that no command pays for importing all of these.
"""

from collections.abc import Iterator

import typer
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from app.adapters.crypto import CannotDecrypt
from app.adapters.transient import is_transient
from app.children import ChildrenFail
from app.cli.screen import Failure, WrongUsage
from app.embedded import EmbeddedError
from app.running import NoInstallation
from app.runtime import LanesDiffer, NotMigrated
from app.settings import UnsafeSettings

CODES: dict[type[BaseException], int] = {
    WrongUsage: 2,
    UnsafeSettings: 2,
    LanesDiffer: 2,
    Failure: 1,
    NoInstallation: 1,
    NotMigrated: 1,
    EmbeddedError: 1,
    CannotDecrypt: 1,
    ChildrenFail: 1,
}


def ending(error: BaseException) -> tuple[int, str] | None:
    """The exit code and the line for an error, or None when nobody foresaw it."""
    if isinstance(error, typer.TyperException):
        return error.exit_code, " ".join(error.format_message().split())
    for kind, code in CODES.items():
        if isinstance(error, kind):
            return code, str(error)
    if isinstance(error, ValidationError):
        return 2, "; ".join(_settings_lines(error))
    return _of_the_database(error)


def _settings_lines(error: ValidationError) -> Iterator[str]:
    """Which variable is wrong and why; its value stays out, it may be a secret."""
    for wrong in error.errors(include_input=False, include_url=False):
        yield f"LEADLINE_{'_'.join(str(part) for part in wrong['loc'][:1]).upper()}: {wrong['msg']}"


def _of_the_database(error: BaseException) -> tuple[int, str] | None:
    causes = [error, getattr(error, "orig", None), error.__cause__, getattr(error.__cause__, "__cause__", None)]
    states = [str(getattr(cause, "sqlstate", "")) for cause in causes]
    if "42P01" in states:
        return 1, "this database is not set up yet: run `leadline migrate`"
    if any(state.startswith(("28", "3D")) for state in states):
        return 1, "the database refuses us: look at the name, user and password in LEADLINE_DATABASE_URL"
    if is_transient(error):
        return 1, "the database does not answer: is it running, and is LEADLINE_DATABASE_URL right?"
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return 2, "LEADLINE_DATABASE_URL is not a PostgreSQL URL such as postgresql://user:password@host/name"
    return None
