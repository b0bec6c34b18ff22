"""Hours that can never be met: by a step, by the law of the place, or because the clinic is never open."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.domain.calendar import NeverOpen, add_business_days, respond_by
from app.domain.checklist.sheet import Remark, Sheet
from app.domain.clinic import Channel, Hours, Interval, Sequence, Step, Unit
from app.domain.windows import in_force

AHEAD = 28
"""Days to look at: four of every weekday, so that a holiday decides nothing."""

NEIGHBOURS = {
    state: around.split()
    for state, around in (
        row.split(": ")
        for row in """\
AL: FL GA MS TN
AR: LA MO MS OK TN TX
AZ: CA NM NV UT
CA: AZ NV OR
CO: KS NE NM OK UT WY
CT: MA NY RI
DC: MD VA
DE: MD NJ PA
FL: AL GA
GA: AL FL NC SC TN
IA: IL MN MO NE SD WI
ID: MT NV OR UT WA WY
IL: IA IN KY MO WI
IN: IL KY MI OH
KS: CO MO NE OK
KY: IL IN MO OH TN VA WV
LA: AR MS TX
MA: CT NH NY RI VT
MD: DC DE PA VA WV
ME: NH
MI: IN OH WI
MN: IA ND SD WI
MO: AR IA IL KS KY NE OK TN
MS: AL AR LA TN
MT: ID ND SD WY
NC: GA SC TN VA
ND: MN MT SD
NE: CO IA KS MO SD WY
NH: MA ME VT
NJ: DE NY PA
NM: AZ CO OK TX
NV: AZ CA ID OR UT
NY: CT MA NJ PA VT
OH: IN KY MI PA WV
OK: AR CO KS MO NM TX
OR: CA ID NV WA
PA: DE MD NJ NY OH WV
RI: CT MA
SC: GA NC
SD: IA MN MT ND NE WY
TN: AL AR GA KY MO MS NC VA
TX: AR LA NM OK
UT: AZ CO ID NV WY
VA: DC KY MD NC TN WV
VT: MA NH NY
WA: ID OR
WI: IA IL MI MN
WV: KY MD OH PA VA
WY: CO ID MT NE SD UT""".splitlines()
    )
}
"""States that share a border: where the people of a clinic come from."""


def hours(sheet: Sheet) -> Iterator[Remark]:
    """Places that never open, and hours that never meet those in which people there may be texted."""
    for path, state, open_at in _places(sheet):
        if not _opens(sheet, open_at):
            yield Remark("block", "never_open", path, "holidays and hours together leave no day on which this is open")
        elif not _meet(sheet, open_at, state):
            message = f"these hours never meet those in which people in {state} may be texted"
            yield Remark("block", "never_lawful", path, message, "open between 10:00 and 17:00 on weekdays")
        else:
            closed = [other for other in NEIGHBOURS.get(state, ()) if not _meet(sheet, open_at, other)]
            if closed:
                message = f"people from {', '.join(closed)} can never be texted within these hours"
                yield Remark("warn", "never_lawful", path, message)


def _places(sheet: Sheet) -> Iterator[tuple[str, str, Hours]]:
    """The clinic's hours, and those of locations that differ."""
    clinic = sheet.clinic
    yield "hours", clinic.state, clinic.hours
    for key, place in clinic.locations.items():
        if place.hours != clinic.hours or place.state != clinic.state:
            yield f"locations.{key}", place.state, place.hours


def _opens(sheet: Sheet, open_at: Hours) -> bool:
    try:
        add_business_days(open_at, sheet.now, 1)
    except NeverOpen:
        return False
    return True


def _meet(sheet: Sheet, open_at: Hours, state: str) -> bool:
    today = sheet.now.astimezone(ZoneInfo(open_at.zone)).date()
    days = (today + timedelta(days=ahead) for ahead in range(AHEAD))
    return any(_overlap(_on(open_at, day), in_force(state, day).on(day)) for day in days)


def _on(open_at: Hours, day: date) -> tuple[Interval, ...]:
    if day in open_at.closed:
        return ()
    return open_at.half_days.get(day, open_at.week[day.weekday()])


def _overlap(one: tuple[Interval, ...], other: tuple[Interval, ...]) -> bool:
    return any(a[0] < b[1] and b[0] < a[1] for a in one for b in other)


def times(sheet: Sheet) -> Iterator[Remark]:
    """Steps whose `at` lies outside all opening hours: they would leave at another time than is written."""
    places = {
        "the clinic": sheet.clinic.hours,
        **{place.name: place.hours for place in sheet.clinic.locations.values()},
    }
    for sequence in sheet.clinic.sequences:
        for path, step in _timed(sequence):
            if step.at is None or step.channel is Channel.WAIT:
                continue
            shut = [
                name
                for name, open_at in places.items()
                if not any(opens <= step.at < closes for day in open_at.week for opens, closes in day)
            ]
            at = f"{step.at:%H:%M}"
            if len(shut) == len(places):
                yield Remark("block", "at", path, f"{at} is outside all opening hours", "choose a time within them")
            elif shut:
                yield Remark("warn", "at", path, f"at {at} {', '.join(shut)} is never open: the step leaves later")


def _timed(sequence: Sequence) -> Iterator[tuple[str, Step]]:
    """The steps of a sequence and where their times stand; those too that an experiment gives another time."""
    yield from ((f"sequences.{sequence.key}.steps[{n}].at", step) for n, step in enumerate(sequence.steps))
    tried = sequence.experiment
    if tried is not None and tried.change == "at":
        for arm in tried.arms:
            step = next(one for one in sequence.seen_by(arm).steps if one.key == tried.step)
            yield f"experiments.{tried.key}.arms.{arm}", step


def teams(sheet: Sheet) -> Iterator[Remark]:
    """Teams that nobody is on, that are never there, or that promise an answer they cannot give in time."""
    for key, team in sheet.clinic.teams.items():
        path = f"teams.{key}"
        if not team.people:
            yield Remark("warn", "team", path, "no people are named: nobody is told that tasks wait", "add people: […]")
        try:
            due = respond_by(team.hours, sheet.now, team.respond_within)
        except NeverOpen:
            yield Remark("block", "team", path, "this team is never there: its tasks would wait for ever")
            continue
        in_hours = team.respond_within.unit in (Unit.MINUTES, Unit.HOURS)
        wait = due - sheet.now
        if in_hours and wait > team.respond_within.exact() + timedelta(days=5):
            message = f"with this team's hours, {_span(sheet, key)} take {wait.days} days"
            yield Remark("warn", "respond_within", f"{path}.respond_within", message, "widen its hours")


def _span(sheet: Sheet, team: str) -> str:
    span = sheet.clinic.teams[team].respond_within
    return f"{span.amount}{span.unit.value}"
