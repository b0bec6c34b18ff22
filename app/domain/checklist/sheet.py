"""What every item of the checklist is given, and what it gives back."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.clinic import Clinic

Level = Literal["block", "warn"]


@dataclass(frozen=True)
class Remark:
    """One remark on a clinic file: `block` keeps it from going live, `warn` wants to be read. `path` is the key's."""

    level: Level
    rule: str
    path: str
    message: str
    suggestion: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A clinic on the day it is looked at.

    `written` are the paths that the file itself has (what it leaves out has a default); `unset` the names of
    environment variables that its senders need and nobody has set here.
    """

    clinic: Clinic
    now: datetime
    written: Container[str] = ()
    unset: frozenset[str] = frozenset()

    def path(self, of: str, language: str) -> str:
        """Where a text in a language stands: a text that is one plain string has no place of its own for it."""
        return f"{of}.{language}" if f"{of}.{language}" in self.written else of
