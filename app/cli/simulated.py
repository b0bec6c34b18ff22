"""How a simulation is shown to a person: the story of a few leads, or the summary of many."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from app.cli.screen import say, show_table
from app.simulation.engine import Simulation
from app.simulation.lines import CLICK, REPLY, UNSUBSCRIBE, Line

SIGNS = {
    "text": "→ text",
    REPLY: "← reply",
    CLICK: "← opens the link",
    UNSUBSCRIBE: "← wants no e-mail",
    "email": "→ e-mail",
    "call": "→ call",
    "task": "task",
    "stage": "stage",
    "held": "held",
    "dropped": "dropped",
}
BAR = 40
"""The width of the longest bar of a histogram."""


def show_stories(lines: Iterable[Line], simulation: Simulation) -> None:
    """A table for each lead: what happened when, by the person's own clock, and why."""
    stories: dict[tuple[str, str, str], list[Line]] = {}
    for line in lines:
        stories.setdefault((line.clinic or simulation.clinic.key, line.lead, line.phone), []).append(line)
    for (key, lead, phone), told in stories.items():
        first, clinic = told[0], simulation.offices[key].clinic
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
    arms = Arms(simulation)
    segments = 0
    for line in lines:
        kinds[line.kind] += 1
        arms.note(line)
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
    arms.show()
    _show_hours(hours)


class Arms:
    """What became of the people of each arm, where something is tried. Made-up people: it shows shares, not effects."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._people: dict[tuple[str, str, str], set[str]] = {}
        self._texts: Counter[tuple[str, str, str]] = Counter()
        self._reached: dict[str, set[str]] = {}

    def note(self, line: Line) -> None:
        """Take a line in."""
        what = line.stage if line.kind == "stage" else line.kind
        self._reached.setdefault(str(what), set()).add(line.lead)
        if line.kind == "text" and line.variant is not None:
            arm = (line.clinic or self._simulation.clinic.key, str(line.sequence), line.variant)
            self._people.setdefault(arm, set()).add(line.lead)
            self._texts[arm] += 1

    def show(self) -> None:
        """A table for each sequence in which something was tried."""
        for clinic, sequence in dict.fromkeys(arm[:2] for arm in sorted(self._people)):
            key = next(
                (
                    one.experiment.key
                    for one in self._simulation.offices[clinic].clinic.sequences
                    if one.key == sequence and one.experiment
                ),
                sequence,
            )
            rows = [self._row(arm) for arm in sorted(self._people) if arm[:2] == (clinic, sequence)]
            show_table(f"Experiment {key}", ("arm", "leads", "texts", "replied", "booked", "opted out"), rows)

    def _row(self, arm: tuple[str, str, str]) -> tuple[str | int, ...]:
        people = self._people[arm]
        reached = (len(people & self._reached.get(what, set())) for what in (REPLY, "booked", "opted_out"))
        return (arm[2], len(people), self._texts[arm], *reached)


def _rule(line: Line) -> str:
    against = [why["rule"] for why in line.why if why["verdict"] in ("drop", "wait")]
    return str(against[-1] if line.kind == "dropped" else against[0]) if against else "?"


def _show_hours(hours: Counter[int]) -> None:
    most = max(hours.values(), default=0)
    if most:
        rows = [(f"{hour:02}:00", hours[hour], "█" * round(BAR * hours[hour] / most)) for hour in range(24)]
        show_table("Texts by the hour of those who get them", ("hour", "texts", ""), rows)
