"""What a person sees of a command (stderr) and what a program gets (stdout), and how a command fails."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer


class Failure(Exception):
    """The command could not do it; the text is the one line a person gets. Exit code 1."""


class WrongUsage(Exception):
    """The command was asked wrongly; the text says what to change. Exit code 2."""


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]

DataDir = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder of the demo or `up` that is meant. [default: .leadline]"),
]


def texts_on_stdin() -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON Lines that commands about texts take, with their numbers: each an object with a string `text`."""
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except ValueError:
            raise WrongUsage(f"line {number} of the input is not JSON") from None
        if not isinstance(given, dict) or not isinstance(given.get("text"), str):
            raise WrongUsage(f'line {number} of the input is not an object with "text"')
        yield number, given


def say(line: str) -> None:
    """One line for the person, as it is: no markup, no wrapping."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def counted(number: int, what: str) -> str:
    """So many of them: `1 lead`, `2 leads`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def give(line: str) -> None:
    """One line of data."""
    print(line, flush=True)  # noqa: T201


def give_json(document: object, *, indent: int | None = 2) -> None:
    """One JSON document; times as RFC 3339."""
    give(json.dumps(document, indent=indent, ensure_ascii=False, default=rfc3339))


def rfc3339(at: datetime) -> str:
    """A moment in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for the person."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    # A log or a file has no width of its own: rather long lines than broken ids.
    Console(stderr=True, width=None if sys.stderr.isatty() else 160).print(table)


def _shown(cell: object) -> str:
    return rfc3339(cell) if isinstance(cell, datetime) else "" if cell is None else str(cell)
