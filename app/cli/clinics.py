"""`leadline apply` loads clinic files: all or none, and only what may go live where they are applied."""

import asyncio
import getpass
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.in_flight import InFlight, ask_about, carry_out
from app.cli.screen import DataDir, Json, WrongUsage, give_json, say, show_table

if TYPE_CHECKING:
    from app.adapters.clinic_file import Finding
    from app.adapters.store.applying import ClinicText, Plan
    from app.settings import Settings

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Clinic files, YAML.")]
Findings = "list[tuple[str, Finding]]"


def apply(
    files: Files,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    in_flight: Annotated[
        InFlight | None,
        typer.Option(
            help="Leads in a changed sequence: `keep` lets them finish on the version they began, `move` takes them to"
            " the same step of the new one, `stop` ends them. [default: keep; on a terminal you are asked]",
            show_default=False,
        ),
    ] = None,
    by: Annotated[str, typer.Option(help="Who does it, for the history. [default: you]", show_default=False)] = "",
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """Load clinic files, all or none, and show the plan: what is new, changed, unchanged.

    Applying the same file again changes nothing. Mistakes are shown with their lines, all at once. What blocks
    launch (`leadline check`) is refused in production; a demo lets most of it pass and says so.

    Nothing is sent twice by a move. It may be interrupted; the same command again goes on with who is left.

    Examples: `leadline apply examples/lakeside.yaml --dry-run` · `leadline apply clinics/*.yaml`
    """
    right, findings = read_files(files)
    if _blocked(findings):
        _end_with(as_json, findings)
    from app.running import settings_here

    settings = settings_here(data)
    findings = _with_stops(findings, list(_stops(settings, right)))
    if _blocked(findings):
        _end_with(as_json, findings)
    if in_flight is None and not dry_run and not as_json:
        in_flight = ask_about(asyncio.run(_apply(settings, right, True, "")))
    plan = asyncio.run(_apply(settings, right, dry_run, by or getpass.getuser()))
    findings += plan.findings
    if not as_json:
        _tell(findings)
        if plan.ok:
            _show_plan(plan, dry_run)
    clinics = sorted({file.clinic.key for file in right})
    told = carry_out(settings, clinics, in_flight, by or getpass.getuser()) if plan.ok and not dry_run else {}
    if as_json:
        changes = [_change(each) for each in plan.changes]
        give_json({"ok": plan.ok, "changes": changes, "findings": finding_rows(findings), **told})
    if not plan.ok:
        raise typer.Exit(1)


def _stops(settings: "Settings", files: "Sequence[ClinicText]") -> "Iterator[tuple[str, Finding]]":
    """What keeps files from going live here: in a demo or a test only what their words give away."""
    from app.adapters.clinic_file import examine
    from app.domain.checklist import eased

    now = datetime.now(UTC)
    for file in files:
        _, found = examine(file.document, now=now, env=os.environ, public_url=settings.public_url)
        for stop in (one for one in found if one.level == "block"):
            passes = settings.env != "production" and eased(stop.rule)
            words = f"{stop.message} (let pass: this is a {settings.env})"
            yield file.name, replace(stop, level="warn", message=words) if passes else stop


def _with_stops(
    findings: "list[tuple[str, Finding]]", stops: "list[tuple[str, Finding]]"
) -> "list[tuple[str, Finding]]":
    """The warnings of reading and the stops; what both speak of is told by the stop."""
    told = {(name, stop.rule, stop.path) for name, stop in stops}
    return [each for each in findings if (each[0], each[1].rule, each[1].path) not in told] + stops


def read_files(paths: Sequence[Path]) -> "tuple[list[ClinicText], list[tuple[str, Finding]]]":
    """Every file that is right, and every finding by its file's name; raises WrongUsage when one can't be read."""
    from app.adapters.clinic_file import ClinicFileError, read_clinic
    from app.adapters.store.applying import ClinicText

    right: list[ClinicText] = []
    findings: list[tuple[str, Finding]] = []
    for path in paths:
        document = read_text(path)
        try:
            clinic, warnings = read_clinic(document, name=str(path))
        except ClinicFileError as mistakes:
            findings += [(str(path), found) for found in mistakes.findings]
        else:
            right.append(ClinicText(str(path), document, clinic))
            findings += [(str(path), found) for found in warnings]
    return right, findings


def read_text(path: Path) -> str:
    """What stands in a file; raises WrongUsage when that can't be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{path} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise WrongUsage(f"{path} can't be read: {error.strerror}") from None


async def _apply(settings: "Settings", files: "Sequence[ClinicText]", dry_run: bool, by: str) -> "Plan":
    from app.adapters.store import applying
    from app.cli.database import transaction

    async with transaction(settings) as conn:
        return await applying.apply(conn, files, dry_run=dry_run, by=by)


def _blocked(findings: "Iterable[tuple[str, Finding]]") -> bool:
    return any(found.level == "block" for _, found in findings)


def _end_with(as_json: bool, findings: "list[tuple[str, Finding]]") -> None:
    if as_json:
        give_json({"ok": False, "changes": [], "findings": finding_rows(findings)})
    else:
        _tell(findings)
        say("Nothing was applied.")
    raise typer.Exit(1)


def _tell(findings: "Iterable[tuple[str, Finding]]") -> None:
    for name, found in findings:
        hint = "" if found.level == "block" else "warning: "
        say(f"{name}:{found.line or 1}: {hint}{found.sentence}")


def finding_rows(findings: "Iterable[tuple[str, Finding]]") -> list[dict[str, Any]]:
    """Findings for programs, each with its file."""
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
