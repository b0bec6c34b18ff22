"""`leadline check`: the checklist before launch, as a page for people or JSON for programs; no database, no secrets."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.clinics import finding_rows, read_text
from app.cli.screen import Json, give_json, show_table

if TYPE_CHECKING:
    from rich.console import Console

    from app.adapters.clinic_file import Finding
    from app.domain.clinic import Clinic


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Clinic files, YAML.")], as_json: Json = False
) -> None:
    """Go through the checklist before launch; exit 1 when something blocks it.

    Consent words, opt-out path, wording, hours, sequences, keywords, senders, teams, links, approvals: every finding
    with its line, and the hashes that a named person approves. Needs neither a database nor secrets.

    Example: `leadline check examples/lakeside.yaml`
    """
    from app.adapters.clinic_file import examine
    from app.settings import Settings

    url, now = Settings().public_url, datetime.now(UTC)
    looked_at = [(str(path), *examine(read_text(path), now=now, env=os.environ, public_url=url)) for path in files]
    blocked = any(found.level == "block" for _, _, findings in looked_at for found in findings)
    if as_json:
        give_json(
            {
                "ok": not blocked,
                "findings": finding_rows((name, found) for name, _, findings in looked_at for found in findings),
                "approvals": [row for name, clinic, _ in looked_at if clinic for row in _approvals(name, clinic)],
                "allowed": [row for name, clinic, _ in looked_at if clinic for row in _allowed(name, clinic)],
            }
        )
    else:
        for name, clinic, findings in looked_at:
            _page(name, clinic, findings)
    if blocked:
        raise typer.Exit(1)


def _approvals(name: str, clinic: "Clinic") -> list[dict[str, Any]]:
    from app.domain.approvals import approval_of, parts

    rows = [(part, approval_of(clinic, part.hash)) for part in parts(clinic)]
    return [
        {
            "file": name,
            "path": part.path,
            "of": part.hash,
            "by": row.by if row else None,
            "on": str(row.on) if row else None,
        }
        for part, row in rows
    ]


def _allowed(name: str, clinic: "Clinic") -> list[dict[str, Any]]:
    rows = clinic.allowed
    return [{"file": name, "word": row.word, "class": row.cls, "by": row.by, "reason": row.reason} for row in rows]


# The page for a person.

MARKS = {"block": ("✗", "bold red"), "warn": ("!", "yellow"), None: ("✓", "green")}


def _page(name: str, clinic: "Clinic | None", findings: "Iterable[Finding]") -> None:
    from rich.console import Console

    from app.domain.checklist import SECTIONS, THE_FILE, section_of

    console = Console(stderr=True, highlight=False, markup=False)
    console.print(f"{name}: {clinic.name if clinic else 'not a clinic yet'}", style="bold")
    under: dict[str, list[Finding]] = {}
    for found in findings:
        under.setdefault(section_of(found.rule), []).append(found)
    # A file with mistakes is not gone through: its sections would tick what nobody looked at.
    titles = (THE_FILE, *(section.title for section in SECTIONS))
    for title in titles if clinic else [title for title in titles if title in under]:
        _section(console, title, under.get(title, []))
    if clinic:
        _tables(name, clinic)
    _verdict(console, [found.level for each in under.values() for found in each])


def _section(console: "Console", title: str, findings: "list[Finding]") -> None:
    worst = next((level for level in ("block", "warn") if any(found.level == level for found in findings)), None)
    mark, style = MARKS[worst]
    console.print(f"{mark} {title}", style=style)
    for found in sorted(findings, key=lambda one: one.level):
        mark, style = MARKS[found.level]
        console.print(f"    {mark} line {found.line or 1}, {found.path or 'the file'}", style=style, soft_wrap=True)
        console.print(f"      {found.message}", soft_wrap=True)
        if found.suggestion:
            console.print(f"      → {found.suggestion}", style="dim", soft_wrap=True)


def _tables(name: str, clinic: "Clinic") -> None:
    columns = ("words of", "hash", "approved by", "on")
    rows = [(row["path"], row["of"], row["by"], row["on"]) for row in _approvals(name, clinic)]
    show_table("Approvals", columns, rows)
    if clinic.allowed:
        told = [(row.word, row.cls, row.by, row.reason) for row in clinic.allowed]
        show_table("Words let pass", ("word", "class", "by", "because"), told)


def _verdict(console: "Console", levels: list[str]) -> None:
    blocks, warns = levels.count("block"), levels.count("warn")
    verdict = f"Not ready: {blocks} to mend" if blocks else "Ready to launch"
    console.print(f"{verdict}, {warns} to read." if warns else f"{verdict}.", style="bold")
