"""What the lint says about a text: findings with their class, the words they stand on and why, and who allowed what."""

from dataclasses import dataclass
from typing import Literal

from app.domain.wording import Length

CONTENT = (
    "condition",
    "specialty",
    "result",
    "treatment",
    "money",
    "identifier",
    "promise",
    "asks_for_details",
    "link",
    "shortener",
    "placeholder",
)
"""What a text may not say, in the order in which findings are told."""

FORM = ("brand", "opt_out_wording", "length", "encoding")
"""What every text must be: signed, with a way out, short, and in the cheap alphabet."""

CLASSES = CONTENT + FORM

Level = Literal["block", "warn"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its class, the words of the text that show it ("" when words are missing), and why."""

    cls: str
    match: str
    why: str
    level: Level = "block"


@dataclass(frozen=True)
class Allowed:
    """A word that a named person lets pass in one class, with the reason: a row of a clinic file's `lint.allow`."""

    word: str
    cls: str
    by: str
    reason: str


@dataclass(frozen=True)
class Report:
    """The verdict on one text. `excused` are findings that would stand, each with the row that allows it."""

    findings: tuple[Finding, ...]
    length: Length
    excused: tuple[tuple[Finding, Allowed], ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether the text must not leave: any finding that is more than a warning."""
        return any(finding.level == "block" for finding in self.findings)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes found, each once, in the order of `CLASSES`."""
        found = {finding.cls for finding in self.findings}
        return tuple(cls for cls in CLASSES if cls in found)
