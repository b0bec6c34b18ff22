"""How a simulation is shown to a person: the story of a few leads, or the summary of many."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from app.cli.screen import say, show_table
from app.domain.clinic import Clinic
from app.simulation.engine import Simulation
from app.simulation.lines import REPLY, Line

SIGNS = {
    "text": "→ text",
    REPLY: "← reply",
    "email": "→ e-mail",
    "call": "→ call",
    "task": "task",
    "stage": "stage",
    "held": "held",
    "dropped": "dropped",
}
BAR = 40
"""The width of the longest bar of a histogram."""


def show_stories(lines: Iterable[Line], clinic: Clinic) -> None:
    """A table for each lead: what happened when, by the person's own clock, and why."""
    stories: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        stories.setdefault((line.lead, line.phone), []).append(line)
    for (lead, phone), told in stories.items():
        first = told[0]
        title = f"{clinic.name}: lead {lead}, {phone}, {first.state}, times in {first.zone}"
        show_table(title, ("when", "what", "words", "why"), (_row(line) for line in told))
    if not stories:
        say("Nothing happens.")


def _row(line: Line) -> tuple[str, str, str, str]:
    what = f"{SIGNS[line.kind]} {line.step or ''}" if line.kind != "stage" else f"stage: {line.stage}"
    return f"{line.local:%a %b %d %H:%M}", what.strip(), line.text or "", _reason(line)


def _reason(line: Line) -> str:
    """The reasons in a few words: what delays or forbids a text, what a task is, how a reply was read."""
    told = [_told(why) for why in line.why if line.kind not in ("text", "held", "dropped") or why["verdict"] != "go"]
    if line.kind == "text":
        told = [f"{line.segments} segment{'s' * (line.segments != 1)}; every rule lets it go"]
    return "; ".join(filter(None, told))


def _told(why: Any) -> str:
    evidence = why["evidence"]
    match why["rule"]:
        case "task":
            return f"{evidence['kind']} for {evidence['team']}"
        case "stage":
            return str(evidence["reason"] or "")
        case "reading":
            return f"read as {evidence['intent']} ({evidence['certainty']})"
        case "event" | "due":
            return ""
        case rule:
            opens = evidence.get("opens") or evidence.get("first_allowed")
            return f"{rule}: {why['verdict']}" + (f" until {opens}" if opens else "")


def show_summary(lines: Iterable[Line], simulation: Simulation, leads: int) -> None:
    """Counts of everything, and when texts arrive by the clocks of those who get them."""
    kinds: Counter[str] = Counter()
    tasks: Counter[str] = Counter()
    hours: Counter[int] = Counter()
    refusals: Counter[str] = Counter()
    segments = 0
    for line in lines:
        kinds[line.kind] += 1
        if line.kind == "text":
            hours[line.local.hour] += 1
            segments += line.segments or 0
        elif line.kind == "task":
            tasks[str(line.why[0]["evidence"]["kind"])] += 1
        elif line.kind in ("held", "dropped"):
            refusals[f"{line.kind} by {_rule(line)}"] += 1
    stages = Counter(lead.stage.value for lead in simulation.leads())
    shown = {SIGNS[kind].strip("→← "): kinds[kind] for kind in SIGNS if kinds[kind]}
    show_table(f"{leads} forms", ("what", "how many"), [*shown.items(), ("segments", segments)])
    for title, counts in (("Stages at the end", stages), ("Tasks", tasks), ("Held and dropped", refusals)):
        if counts:
            show_table(title, ("what", "how many"), counts.most_common())
    _show_hours(hours)


def _rule(line: Line) -> str:
    against = [why["rule"] for why in line.why if why["verdict"] in ("drop", "wait")]
    return str(against[-1] if line.kind == "dropped" else against[0]) if against else "?"


def _show_hours(hours: Counter[int]) -> None:
    most = max(hours.values(), default=0)
    if most:
        rows = [(f"{hour:02}:00", hours[hour], "█" * round(BAR * hours[hour] / most)) for hour in range(24)]
        show_table("Texts by the hour of those who get them", ("hour", "texts", ""), rows)
