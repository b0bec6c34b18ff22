"""Which failures of the database pass by themselves, so that asking again later is right.

During a restart errors are not of one class: raw socket errors, DBAPI errors with and without a lost
connection, pool timeouts. All of them are one thing to a caller: nobody is at home, come back.
"""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

PASSING_STATES = ("08", "57P0", "53", "40001", "40P01", "25P03", "57014", "55P03")
"""SQLSTATE prefixes: connection, shutdown, resources, serialization, deadlock, statement and idle timeouts, lock."""


def is_transient(error: BaseException) -> bool:
    """Whether the same statement may succeed later: connection lost, pool exhausted, deadlock, server restarting."""
    if isinstance(error, OSError | TimeoutError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_transient_state(error.orig)
    return type(error).__module__.startswith("asyncpg") and is_transient_state(error)


def is_transient_state(error: BaseException | None) -> bool:
    """The same by the driver's own error: its SQLSTATE, or that it has none because the connection went away."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        # asyncpg's InterfaceError and InternalClientError speak of the connection, never of the data.
        name = type(error.__cause__ or error).__name__ if error else ""
        return name in ("InterfaceError", "InternalClientError", "ConnectionDoesNotExistError")
    return str(state).startswith(PASSING_STATES)


UNSTORABLE_STATES = ("22021", "22000", "22008")
"""SQLSTATEs of values that no column takes: a NUL character, a lone surrogate, a moment beyond the calendar."""


def is_unstorable(error: BaseException) -> bool:
    """Whether a value was sent that PostgreSQL cannot hold, whichever column it was for."""
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return state in UNSTORABLE_STATES
