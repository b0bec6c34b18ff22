"""`leadline simulate`: what would be sent to whom, when, and why, without a database."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from app.cli.in_flight import InFlight
from app.cli.screen import Failure, WrongUsage

if TYPE_CHECKING:
    from app.domain.clinic import Clinic
    from app.simulation.engine import Simulation
    from app.simulation.lines import Line
    from app.simulation.scripts import Form

FEW = 5
"""Leads whose story is told one by one; of more there is a summary."""

LEADS = "Leads as `POST /leads` takes them, JSON or JSON Lines; they come at the start."
REPLIES = 'JSON Lines of `{"lead", "after", "text"}`; `after` from the lead\'s capture.'
APPLY = "A newer version of a clinic's file, applied at a moment of the simulation."
IN_FLIGHT = "What becomes of leads on their way in a sequence that --apply changes: keep, move or stop."


@dataclass(frozen=True)
class Month:
    """What is simulated: the clinics, the first of which is meant where none is named, and from when to when."""

    clinics: "Sequence[Clinic]"
    source: str | None
    start: datetime
    span: timedelta

    @property
    def clinic(self) -> "Clinic":
        """The first clinic."""
        return self.clinics[0]

    @property
    def beside(self) -> "Sequence[Clinic]":
        """The other clinics."""
        return self.clinics[1:]


def simulate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="A clinic file, or several of one brand.")],
    begins: Annotated[str, typer.Option("--from", metavar="ISO", help="When it begins; without a zone, clinic time.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How long it lasts.")] = 30,
    lead: Annotated[Path | None, typer.Option(help=LEADS)] = None,
    random: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="So many made-up leads and a town.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another month; the same seed gives the same. [default: 1]")] = None,
    replies: Annotated[Path | None, typer.Option(help=REPLIES)] = None,
    source: Annotated[str | None, typer.Option(help="The source they come by. [default: the file's first]")] = None,
    apply: Annotated[list[str] | None, typer.Option(metavar="ISO=FILE", help=APPLY)] = None,
    in_flight: Annotated[InFlight, typer.Option(help=IN_FLIGHT)] = InFlight.KEEP,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One line for each message, task and stage change.")] = False,
) -> None:
    """Run the real rules over a moved clock: what would be sent to whom, when, and why.

    Needs neither a database nor secrets; nothing leaves. With `--random` a town of made-up people answers, books and
    works the tasks; with `--lead` only what `--replies` says happens. With neither, one lead who agrees to texts.
    Several files are clinics at once, those of one brand with shared caps and opt-outs; a lead of `--lead` may name
    its `clinic`. `--apply 2026-12-01=newer.yaml` applies another version meanwhile, as `leadline apply` would.

    Examples: `leadline simulate examples/lakeside.yaml --from 2026-11-24T16:00:00Z` ·
    `leadline simulate clinic.yaml --from 2026-11-24 --random 1000 --seed 7 --jsonl`
    """
    from app.simulation.month import first_source

    clinics = _clinics(files)
    sources = [key for clinic in clinics for key in clinic.sources]
    if source is not None and source not in sources:
        raise WrongUsage(f"there is no source {source}; there are: {', '.join(sources)}")
    if lead is not None and random is not None:
        raise WrongUsage("give --lead or --random, not both")
    if seed is not None and random is None:
        raise WrongUsage("--seed belongs to --random")
    month = Month(
        clinics=clinics,
        source=source or first_source(clinics[0]),
        start=_moment(begins, clinics[0], "--from"),
        span=timedelta(days=days),
    )
    seed = 1 if seed is None else seed
    with _bad_scripts():
        forms = _forms(month, lead, random, seed)
        simulation = _simulation(month, forms, replies, None if random is None else seed)
    _apply_later(simulation, month, apply or [], in_flight)
    lines = _watched(simulation.run(month.start + month.span), month.start, month.span, quiet=len(forms) <= FEW)
    if jsonl:
        _give(lines)
    else:
        _show(lines, forms, simulation)


def _clinics(files: Sequence[Path]) -> "list[Clinic]":
    from app.simulation.month import installed

    found: dict[str, Clinic] = {}
    for file in files:
        clinic = installed(_clinic(file))
        if clinic.key in found:
            raise WrongUsage(f"{file} is the clinic {clinic.key} again; a newer version of it comes by --apply")
        found[clinic.key] = clinic
    return list(found.values())


def _clinic(file: Path) -> "Clinic":
    from app.adapters.clinic_file import ClinicFileError, read_clinic

    try:
        clinic, _ = read_clinic(_read(file).decode("utf-8-sig"), name=str(file))
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{file} is not UTF-8 text (byte {error.start})") from None
    except ClinicFileError as mistakes:
        raise Failure(str(mistakes)) from None
    return clinic


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise WrongUsage(f"{file} can't be read: {error.strerror}") from None


def _moment(written: str, clinic: "Clinic", option: str) -> datetime:
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        raise WrongUsage(f"{option} must be a moment such as 2026-11-24T16:00:00Z") from None
    if not 2000 <= read.year < 2100:
        raise WrongUsage(f"{option} must be a moment between 2000 and 2100")
    if read.tzinfo is None:
        read = read.replace(tzinfo=ZoneInfo(clinic.hours.zone))
    return read.astimezone(UTC)


@contextmanager
def _bad_scripts() -> Iterator[None]:
    from app.simulation.scripts import BadScript

    try:
        yield
    except BadScript as bad:
        raise WrongUsage(str(bad)) from None


def _forms(month: Month, lead: Path | None, random: int | None, seed: int) -> "list[Form]":
    from app.simulation.crowd import one_lead, random_leads
    from app.simulation.scripts import read_leads

    if lead is not None:
        return read_leads(_read(lead), str(lead), month.clinic, month.source, month.start, month.beside)
    if random is not None:
        return list(random_leads(month.clinic, random, seed, month.start, month.span, month.source, month.beside))
    return [one_lead(month.clinic, month.start, month.source)]


def _simulation(month: Month, forms: "list[Form]", replies: Path | None, seed: int | None) -> "Simulation":
    from app.simulation.month import simulation_of
    from app.simulation.scripts import read_replies
    from app.simulation.town import Town

    said = read_replies(_read(replies), str(replies), month.clinic, forms) if replies else []
    town = None if seed is None else Town(seed)
    return simulation_of(
        month.clinic, month.start, forms, source=month.source, replies=said, people=town, beside=month.beside
    )


def _apply_later(simulation: "Simulation", month: Month, applied: Sequence[str], in_flight: InFlight) -> None:
    """Have newer files applied at their moments."""
    from app.simulation.versions import expect

    if in_flight is not InFlight.KEEP and not applied:
        raise WrongUsage("--in-flight belongs to --apply")
    for written in applied:
        moment, _, file = written.partition("=")
        if not file:
            raise WrongUsage("--apply must be a moment and a file, such as 2026-12-01T09:00=newer.yaml")
        clinic = _clinic(Path(file))
        if clinic.key not in simulation.offices:
            raise WrongUsage(f"{file} is the clinic {clinic.key}, which is not simulated")
        expect(simulation, _moment(moment, month.clinic, "--apply"), clinic, in_flight.value)


def _watched(lines: "Iterable[Line]", start: datetime, span: timedelta, *, quiet: bool) -> "Iterator[Line]":
    """The lines as they come, with a progress bar over the simulated time where there is somebody to look."""
    if quiet or not sys.stderr.isatty():
        yield from lines
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task("simulating", total=span.total_seconds())
        for number, line in enumerate(lines):
            if number % 200 == 0:
                bar.update(row, completed=(line.at - start).total_seconds())
            yield line


def _give(lines: "Iterable[Line]") -> None:
    """The lines on stdout, gathered on their way: there may be very many."""
    import orjson

    from app.simulation.lines import KINDS

    for line in lines:
        if line.kind in KINDS:
            sys.stdout.buffer.write(orjson.dumps(line.as_json(), option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def _show(lines: "Iterable[Line]", forms: "list[Form]", simulation: "Simulation") -> None:
    from app.cli.simulated import show_stories, show_summary

    if len(forms) <= FEW:
        show_stories(lines, simulation)
    else:
        show_summary(lines, simulation, len(forms))
