"""`leadline apply` loads clinic files; `leadline check` says what is wrong with them, without a database."""

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.screen import DataDir, Json, WrongUsage, give_json, say, show_table

if TYPE_CHECKING:
    from app.adapters.clinic_file import Finding
    from app.adapters.store.applying import ClinicText, Plan
    from app.settings import Settings

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Clinic files, YAML.")]
Findings = "list[tuple[str, Finding]]"


class InFlight(StrEnum):
    """What becomes of leads that stand in a sequence that changes."""

    KEEP = "keep"
    MOVE = "move"
    STOP = "stop"


def apply(
    files: Files,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    in_flight: Annotated[
        InFlight, typer.Option(help="Leads in a changed sequence: `keep` lets them finish on the version they began.")
    ] = InFlight.KEEP,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Load clinic files, all or none, and show the plan: what is new, changed, unchanged.

    Applying the same file again changes nothing. Mistakes are shown with their lines, all at once.

    Examples: `leadline apply examples/lakeside.yaml --dry-run` · `leadline apply clinics/*.yaml`
    """
    if in_flight is not InFlight.KEEP:
        raise WrongUsage(f"--in-flight {in_flight} is not there yet; leave it out, or use keep")
    right, findings = read_files(files)
    if _blocked(findings):
        _end_with(as_json, findings)
    from app.running import settings_here

    plan = asyncio.run(_apply(settings_here(data), right, dry_run))
    findings += plan.findings
    if as_json:
        give_json({"ok": plan.ok, "changes": [_change(each) for each in plan.changes], "findings": _rows(findings)})
    else:
        _tell(findings)
        if plan.ok:
            _show_plan(plan, dry_run)
    if not plan.ok:
        raise typer.Exit(1)


def check(files: Files, as_json: Json = False) -> None:
    """Say what is wrong with clinic files; exit 1 when something blocks launch.

    Needs neither a database nor secrets.

    Example: `leadline check examples/lakeside.yaml`
    """
    right, findings = read_files(files)
    blocked = _blocked(findings)
    if as_json:
        give_json({"ok": not blocked, "findings": _rows(findings)})
    else:
        _tell(findings)
        for file in right:
            say(f"{file.name}: {file.clinic.name} is in order.")
    if blocked:
        raise typer.Exit(1)


def read_files(paths: Sequence[Path]) -> "tuple[list[ClinicText], list[tuple[str, Finding]]]":
    """Every file that is right, and every finding by its file's name; raises WrongUsage when one can't be read."""
    from app.adapters.clinic_file import ClinicFileError, read_clinic
    from app.adapters.store.applying import ClinicText

    right: list[ClinicText] = []
    findings: list[tuple[str, Finding]] = []
    for path in paths:
        document = _read(path)
        try:
            clinic, warnings = read_clinic(document, name=str(path))
        except ClinicFileError as mistakes:
            findings += [(str(path), found) for found in mistakes.findings]
        else:
            right.append(ClinicText(str(path), document, clinic))
            findings += [(str(path), found) for found in warnings]
    return right, findings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{path} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise WrongUsage(f"{path} can't be read: {error.strerror}") from None


async def _apply(settings: "Settings", files: "Sequence[ClinicText]", dry_run: bool) -> "Plan":
    from app.adapters.store import applying
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        return await applying.apply(conn, files, dry_run=dry_run)


def _blocked(findings: "Iterable[tuple[str, Finding]]") -> bool:
    return any(found.level == "block" for _, found in findings)


def _end_with(as_json: bool, findings: "list[tuple[str, Finding]]") -> None:
    if as_json:
        give_json({"ok": False, "changes": [], "findings": _rows(findings)})
    else:
        _tell(findings)
        say("Nothing was applied.")
    raise typer.Exit(1)


def _tell(findings: "Iterable[tuple[str, Finding]]") -> None:
    for name, found in findings:
        hint = "" if found.level == "block" else "warning: "
        say(f"{name}:{found.line or 1}: {hint}{found.sentence}")


def _rows(findings: "Iterable[tuple[str, Finding]]") -> list[dict[str, Any]]:
    fields = ("level", "rule", "path", "line", "message", "suggestion")
    return [{"file": name, **{field: getattr(found, field) for field in fields}} for name, found in findings]


def _change(change: Any) -> dict[str, Any]:
    shown = {"kind": change.kind, "key": change.key, "clinic": change.clinic, "change": change.change}
    return shown if change.in_flight is None else {**shown, "in_flight": dict(change.in_flight)}


def _show_plan(plan: "Plan", dry_run: bool) -> None:
    different = [each for each in plan.changes if each.change != "unchanged"]
    rows = [(each.clinic, each.kind, each.key, each.change, _standing(each.in_flight)) for each in different]
    if rows:
        show_table("Plan", ("clinic", "what", "key", "change", "leads at each step"), rows)
    same = len(plan.changes) - len(different)
    done = "Nothing was written: --dry-run." if dry_run else ("Applied." if rows else "Nothing to do.")
    say(f"{len(different)} new, changed or removed; {same} unchanged. {done}")


def _standing(in_flight: Any) -> str:
    return ", ".join(f"{step} {count}" for step, count in (in_flight or {}).items())
