"""What no simulated text ever does, over random clinics, people, arrivals and replies; and when exactly texts leave.

The rules are read a second time by `oracle`, from the clocks on the walls.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.lead_form import LeadIn
from app.domain.clinic import Channel, Clinic, Hours, Limits, Sequence, Span, Step, Unit
from app.domain.contact import Contact
from app.domain.effects import OpenTask
from app.domain.events import AnswerWritten, Event, TaskCompleted
from app.simulation.engine import Make, Simulation
from app.simulation.lines import REPLY, Line
from app.simulation.month import simulation_of
from app.simulation.rows import Planned
from app.simulation.scripts import Form, Said
from tests.domain.builders import ANSWERS, OUTCOMES, a_clinic
from tests.simulation import oracle
from tests.simulation.oracle import HOMES, MINUTE, Home, Person

AGREED = "I agree to texts."
WITHIN_SECONDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# -- random clinics ----------------------------------------------------------------------------


def quarters(first: int, last: int) -> st.SearchStrategy[time]:
    return st.integers(first * 4, last * 4).map(lambda n: time(n // 4, n % 4 * 15))


@st.composite
def a_day(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    """One stretch of hours or two, with a break."""
    bounds = sorted(draw(st.sets(quarters(6, 20), min_size=4, max_size=4)))
    return draw(st.sampled_from([((bounds[0], bounds[3]),), ((bounds[0], bounds[1]), (bounds[2], bounds[3]))]))


@st.composite
def hours_from(draw: st.DrawFn, zone: str, begins: date) -> Hours:
    """A week with closed days in it, a holiday or two soon, and half days."""
    usual = draw(a_day())
    weekend = st.one_of(st.just(()), a_day())
    weekday = st.one_of(st.just(usual), st.just(usual), st.just(()), a_day())
    week = (usual, *(draw(weekday) for _ in range(4)), draw(weekend), draw(weekend))
    soon = st.integers(0, 20).map(lambda n: begins + timedelta(days=n))
    half_days = draw(st.dictionaries(soon, a_day(), max_size=2))
    closed = draw(st.frozensets(soon, max_size=3)).difference(half_days)
    return Hours(zone=zone, week=week, closed=closed, half_days=half_days)


SPANS = st.one_of(
    st.builds(Span, amount=st.integers(0, 12), unit=st.just(Unit.MINUTES)),
    st.builds(Span, amount=st.integers(0, 900), unit=st.just(Unit.MINUTES)),
    st.builds(Span, amount=st.integers(0, 40), unit=st.just(Unit.HOURS)),
    st.builds(Span, amount=st.integers(1, 4), unit=st.just(Unit.DAYS)),
    st.builds(Span, amount=st.integers(1, 3), unit=st.just(Unit.BUSINESS_DAYS)),
)


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Two to five steps, mostly texts, each at its own moment."""
    return tuple(
        Step(
            key=f"step-{number}",
            after=draw(SPANS),
            at=draw(st.one_of(st.none(), quarters(7, 19))),
            channel=draw(st.sampled_from([Channel.TEXT, Channel.TEXT, Channel.TEXT, Channel.CALL])),
            words={"en": f"Lakeside, text {number}."},
        )
        for number in range(draw(st.integers(2, 5)))
    )


def usual_moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    days = st.dates(date(first, 1, 1), date(last, 12, 31))
    return st.builds(_at, days, st.integers(0, 24 * 60 - 1))


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(0), UTC) + minute * MINUTE


def around_clock_changes(first: int, last: int) -> st.SearchStrategy[datetime]:
    """The days around the second Sunday in March and the first in November."""
    return st.builds(
        lambda year, spring, days, minute: _at(_sunday(year, spring) + timedelta(days=days), minute),
        st.integers(first, last),
        st.booleans(),
        st.integers(-2, 1),
        st.integers(0, 24 * 60 - 1),
    )


def _sunday(year: int, spring: bool) -> date:
    first = date(year, 3, 8) if spring else date(year, 11, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7)


MOMENTS = st.one_of(usual_moments(2024, 2035), around_clock_changes(2024, 2035))
STATES = st.sampled_from(sorted(HOMES))


@st.composite
def clinics(draw: st.DrawFn, begins: datetime) -> Clinic:
    home = HOMES[draw(STATES)]
    hours = draw(hours_from(home.zone, begins.date()))
    usual = a_clinic()
    return a_clinic(
        state=home.state,
        hours=hours,
        locations={},
        limits=Limits(per_day=draw(st.integers(1, 4)), per_week=draw(st.integers(1, 6))),
        senders={key: _quick(sender) for key, sender in usual.senders.items()},
        teams={"desk": _open_at(usual.teams["desk"], hours)},
        sequences=(Sequence(key="request", steps=draw(steps())),),
    )


def _quick(sender: Any) -> Any:
    return type(sender)(**{**vars(sender), "segments_per_second": 1000.0, "segments_per_day": 10**6})


def _open_at(team: Any, hours: Hours) -> Any:
    return type(team)(**{**vars(team), "hours": hours})


# -- random people -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A form, what its consent is worth, and where its person may be."""

    form: Form
    person: Person
    consent: str


CONSENTS: dict[str, dict[str, Any] | None] = {
    "yes": {"sms": True, "text": AGREED},
    "no": {"sms": False, "text": AGREED},
    "other words": {"sms": True, "text": "I agree to calls."},
    "none": None,
}


@st.composite
def somebody(draw: st.DrawFn, clinic: Clinic, number: int, at: datetime, consents: list[str]) -> Told:
    """Somebody whose number is from one state, and who may say that they live in another, or in which zone."""
    from_, lives = HOMES[draw(STATES)], HOMES[draw(STATES)]
    said = draw(st.sampled_from(["nothing", "zip", "state", "timezone"]))
    consent = draw(st.sampled_from(consents))
    body = {"first_name": "Maria", "phone": f"{from_.phone}{number:04d}", "consent": CONSENTS[consent]}
    if said != "nothing":
        body[said] = {"zip": lives.zip, "state": lives.state, "timezone": lives.zone}[said]
    form = Form(name=str(number), at=at, form=LeadIn.model_validate(body))
    return Told(form, _whereabouts(said, from_, lives, clinic), consent)


def _whereabouts(said: str, from_: Home, lives: Home, clinic: Clinic) -> Person:
    """The number binds always; besides it what the form says, else where the clinic is. A state may have two clocks."""
    zone = clinic.hours.zone if said == "nothing" else lives.zone
    state = lives.state if said in ("zip", "state") else clinic.state
    elsewhere = lives.elsewhere if said == "state" else None
    zones = frozenset(filter(None, (from_.zone, zone, elsewhere)))
    return Person(zones, frozenset({from_.state, state}))


# -- the first minute --------------------------------------------------------------------------


@st.composite
def silent_months(draw: st.DrawFn) -> tuple[Clinic, list[Told], datetime]:
    begins = draw(MOMENTS)
    clinic = draw(clinics(begins))
    arrivals = draw(st.lists(st.integers(0, 3000), min_size=1, max_size=3))
    people = [draw(somebody(clinic, n, begins + wait * MINUTE, ["yes"])) for n, wait in enumerate(arrivals, 1)]
    return clinic, people, begins


@WITHIN_SECONDS
@given(silent_months())
def test_every_step_leaves_in_the_first_minute_that_everything_allows(
    month: tuple[Clinic, list[Told], datetime],
) -> None:
    clinic, people, begins = month
    simulation = simulation_of(clinic, begins, [one.form for one in people], source="website")
    lines = list(simulation.run(begins + timedelta(days=120)))
    for one in people:
        seen = [(line.step, line.kind, line.at) for line in lines if line.lead == one.form.name and line.step]
        assert [row for row in seen if row[1] != "held"] == _expected(clinic, one)


def _expected(clinic: Clinic, one: Told) -> list[tuple[str, str, datetime]]:
    """Each step's fate, worked out by hand: it leaves, opens its call, or is given up as too old."""
    since, sent = one.form.at, list[datetime]()
    rows: list[tuple[str, str, datetime]] = []
    for step in clinic.sequences[0].steps:
        planned = oracle.first_open(clinic, one.person, oracle.due(clinic.hours, since, step.after, step.at))
        if planned is None:
            return rows
        first = oracle.first_open(clinic, one.person, planned, sent)
        if step.channel is Channel.CALL:
            rows.append((step.key, "call", planned))
        elif first is None or oracle.expiry(clinic.hours, planned) - first < MINUTE:
            rows.append((step.key, "dropped", planned))
        else:
            rows.append((step.key, "text", first))
            sent.append(first)
        since = rows[-1][2]
    return rows


# -- what never happens ------------------------------------------------------------------------

SAYINGS = ("YES", "NO", "STOP", "START", "HELP", "How much is it?", "Tuesday mornings", "wrong number", "bananas")
SAYINGS += ("I already booked", "I have chest pain", "call me", "sí por favor", "no me escriban más", "please stop")
ANY_HOUR = {words["en"].replace("{{ help_phone }}", "+13125550100") for words in (ANSWERS["help"], ANSWERS["safety"])}
WRITTEN = "Lakeside: a person answers."


MOST_TASKS = 20


@dataclass
class Staff:
    """A desk that works its first tasks, by a list of outcomes that goes round, and sometimes writes first."""

    outcomes: list[Any]
    wait: timedelta
    _worked: int = field(default=0)

    def texted(self, simulation: Simulation, contact: Contact, text: Planned, at: datetime) -> None:
        pass

    def asked(self, simulation: Simulation, contact: Contact, task: OpenTask, at: datetime) -> None:
        if self._worked == MOST_TASKS:
            return
        outcome = self.outcomes[self._worked % len(self.outcomes)]
        self._worked += 1
        done = max(at, task.snoozed_until or at) + self.wait
        if outcome == "answered":
            simulation.expect(done - MINUTE, contact.phone, _writes(task))
        simulation.expect(done, contact.phone, _completes(task, outcome))


def _if_open(task: OpenTask, make: Callable[..., Event], **more: Any) -> Make:
    def happen(event_id: str, contact: Contact, now: datetime) -> Event | None:
        if not any(one.id == task.id for one in contact.tasks):
            return None
        return make(id=event_id, at=now, task_id=task.id, lead_id=task.lead_id, assignee="ana", **more)

    return happen


def _completes(task: OpenTask, outcome: Any) -> Make:
    return _if_open(task, TaskCompleted, outcome=outcome)


def _writes(task: OpenTask) -> Make:
    return _if_open(task, AnswerWritten, message_id=task.id.replace("task", "msg"), text=WRITTEN)


@st.composite
def loud_months(draw: st.DrawFn) -> tuple[Clinic, list[Told], list[Said], Staff, datetime]:
    """Few phones and many forms and replies, so that everything meets everything."""
    begins = draw(MOMENTS)
    clinic = draw(clinics(begins))
    people: list[Told] = []
    for number, wait in enumerate(draw(st.lists(st.integers(0, 8000), min_size=1, max_size=4)), 1):
        one = draw(somebody(clinic, number, begins + wait * MINUTE, [*CONSENTS, "yes", "yes", "yes"]))
        people.append(one)
        if draw(st.booleans()):
            again = draw(st.integers(0, 6000))
            consent = draw(st.sampled_from(sorted(CONSENTS)))
            form = one.form.form.model_copy(update={"consent": LeadIn.model_validate(_with(one, consent)).consent})
            later = Form(name=f"{number}b", at=one.form.at + again * MINUTE, form=form)
            people.append(Told(later, one.person, consent))
    said = [
        Said(form=draw(st.sampled_from(people)).form, at=begins + wait * MINUTE, text=words)
        for wait, words in draw(st.lists(st.tuples(st.integers(1, 20000), st.sampled_from(SAYINGS)), max_size=10))
    ]
    staff = Staff(draw(st.lists(st.sampled_from(OUTCOMES), min_size=1)), draw(st.integers(2, 900)) * MINUTE)
    return clinic, people, said, staff, begins


def _with(one: Told, consent: str) -> dict[str, Any]:
    return {"first_name": "Maria", "phone": one.form.form.phone, "consent": CONSENTS[consent]}


@WITHIN_SECONDS
@given(loud_months())
def test_no_text_leaves_that_anything_forbids(month: tuple[Clinic, list[Told], list[Said], Staff, datetime]) -> None:
    clinic, people, said, staff, begins = month
    simulation = simulation_of(
        clinic, begins, [one.form for one in people], source="website", replies=said, people=staff
    )
    lines = list(simulation.run(begins + timedelta(days=60)))
    told = {one.form.name: one for one in people}
    for number, line in enumerate(lines):
        if line.kind == "text":
            before = [one for one in lines[:number] if one.phone == line.phone]
            assert_lawful(clinic, told[line.lead].person, line)
            assert_allowed(line, before, people)
            assert_fresh(line)
            if line.step:
                assert_within_caps(clinic, told[line.lead].person, line, before)
                assert not any(one.kind == "text" and (one.lead, one.step) == (line.lead, line.step) for one in before)


def assert_lawful(clinic: Clinic, person: Person, line: Line) -> None:
    """A step leaves when clinic and law are open, an answer when the law is; help and safety at any hour."""
    at_any_hour = line.text in ANY_HOUR
    assert at_any_hour or person.may_be_texted(line.at)
    assert line.step is None or oracle.is_open(clinic.hours, line.at)


def assert_allowed(line: Line, before: list[Line], people: list[Told]) -> None:
    """The person agreed, in words on file, and neither they nor anybody on this phone has ended that since."""
    forms = [one for one in people if one.form.form.phone == line.phone and one.form.at <= line.at]
    agreed = max((one.form.at for one in forms if one.consent == "yes"), default=None)
    assert agreed is not None
    refused = max((one.form.at for one in forms if one.consent == "no"), default=None)
    assert refused is None or agreed >= refused
    last = {one.text: one.at for one in before if one.kind == REPLY}
    stopped = max((last[words] for words in ("STOP", "no me escriban más") if words in last), default=None)
    assert stopped is None or stopped < last.get("START", stopped)


def assert_fresh(line: Line) -> None:
    (expiry,) = (why["evidence"]["expires_at"] for why in line.why if why["rule"] == "expiry")
    assert line.at < datetime.fromisoformat(expiry)


def assert_within_caps(clinic: Clinic, person: Person, line: Line, before: list[Line]) -> None:
    sent = [one.at for one in before if one.kind == "text" and one.step]
    assert oracle.is_under_caps(clinic, person, sent, line.at)
