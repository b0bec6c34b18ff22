"""What never happens where everything meets: texts, e-mails and calls, conditions and clicks, a sequence that follows
another, two wordings, two clinics of one brand, test leads, and a newer file in the middle of it.

The rules are read a second time here, off the lines alone.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.lead_form import LeadIn
from app.domain.clinic import Channel, Clinic, Sequence, Smtp, Step
from app.domain.contact import Contact
from app.domain.effects import OpenTask
from app.domain.events import EmailOptedOut, Event, LinkClicked
from app.domain.experiments import Experiment
from app.simulation import versions
from app.simulation.engine import Make, Simulation
from app.simulation.lines import REPLY, UNSUBSCRIBE, Line
from app.simulation.month import installed, simulation_of
from app.simulation.rows import Planned
from app.simulation.scripts import Form, Said
from tests.domain.builders import OUTCOMES
from tests.simulation import oracle
from tests.simulation.oracle import DAY, HOMES, MINUTE, Person
from tests.simulation.test_promises import (
    CONSENTS,
    MOMENTS,
    SAYINGS,
    SPANS,
    Staff,
    Told,
    assert_fresh,
    assert_lawful,
    clinics,
    quarters,
    somebody,
)

MONTHS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

# -- clinics that use everything ---------------------------------------------------------------

CHANNELS = (Channel.TEXT, Channel.TEXT, Channel.TEXT, Channel.EMAIL, Channel.EMAIL, Channel.CALL, Channel.WAIT)
OFTEN = st.integers(0, 9).map(lambda n: n < 7)
SIGNALS = st.sampled_from([{}, {}, {}, {"signal": ("clicked",)}, {"signal": ("replied",)}, {"has": ("zip",)}])


@st.composite
def steps(draw: st.DrawFn, name: str) -> tuple[Step, ...]:
    """Two to five steps of every kind; some texts and all e-mails have the link; calls are for who did not answer."""
    return tuple(draw(_step(f"{name}-{number}")) for number in range(draw(st.integers(2, 5))))


@st.composite
def _step(draw: st.DrawFn, key: str) -> Step:
    channel = draw(st.sampled_from(CHANNELS))
    link = " {{ booking_link }}" if channel is Channel.EMAIL or draw(st.booleans()) else ""
    condition = draw(st.sampled_from(["if_", "unless"]))
    asked = {condition: draw(SIGNALS)} if channel is not Channel.CALL else {"if_": {"signal": ("no_reply",)}}
    return Step(
        key=key,
        after=draw(SPANS),
        at=draw(st.one_of(st.none(), quarters(7, 19))),
        channel=channel,
        words={"en": f"Lakeside, {key}.{link}"} if channel in (Channel.TEXT, Channel.EMAIL) else {},
        subject={"en": f"Subject of {key}"} if channel is Channel.EMAIL else {},
        note="Try a call." if channel is Channel.CALL else "",
        **asked,
    )


@st.composite
def sequences(draw: st.DrawFn) -> tuple[Sequence, ...]:
    """One for hot leads, one for the others, and a slow one that follows both; two wordings of a text of the first."""
    hot, warm, slow = (draw(steps(name)) for name in ("hot", "warm", "slow"))
    tried = next((step for step in hot if step.channel is Channel.TEXT), None)
    experiment = None
    if tried is not None and draw(st.booleans()):
        arms = {arm: {"en": f"Lakeside, {tried.key}, arm {arm}."} for arm in "ab"}
        experiment = Experiment(key="ask", sequence="hot", change="text", step=tried.key, arms=arms)
    return (
        Sequence(key="hot", steps=hot, for_={"track": ("hot",)}, then="slow", experiment=experiment),
        Sequence(key="warm", steps=warm, then="slow"),
        Sequence(key="slow", steps=slow),
    )


@st.composite
def offices(draw: st.DrawFn, begins: datetime) -> tuple[Clinic, ...]:
    """One clinic, or two of one brand, each with hours and limits of its own; some score who clicks as hot."""
    return tuple(draw(_office(key, begins)) for key in ("lakeside", "oak")[: 1 + draw(OFTEN)])


@st.composite
def _office(draw: st.DrawFn, key: str, begins: datetime) -> Clinic:
    plain = draw(clinics(begins))
    limits = replace(plain.limits, nurture_per_month=draw(st.integers(1, 2)))
    clicking = replace(plain.scoring[0], when={"signal": ("clicked",)})
    return installed(
        replace(
            plain,
            key=key,
            brand="lakeside",
            limits=limits,
            smtp=Smtp(host="mail.example", from_="Lakeside <hello@lakeside.example>"),
            scoring=(*plain.scoring, clicking) if draw(st.booleans()) else plain.scoring,
            sequences=draw(sequences()),
            senders={f"{key}-{name}": replace(one, key=f"{key}-{name}") for name, one in plain.senders.items()},
        )
    )


# -- people who click and unsubscribe ----------------------------------------------------------


@dataclass
class Readers(Staff):
    """A desk, and people who open links or want no e-mail, by a list of habits that goes round."""

    habits: list[str] = field(default_factory=lambda: ["nothing"])
    _read: int = field(default=0)

    def texted(self, simulation: Simulation, contact: Contact, text: Planned, at: datetime) -> None:
        self._react(simulation, contact, text, at, ("click",))

    def emailed(self, simulation: Simulation, contact: Contact, email: Planned, at: datetime) -> None:
        self._react(simulation, contact, email, at, ("click", "unsubscribe"))

    def asked(self, simulation: Simulation, contact: Contact, task: OpenTask, at: datetime) -> None:
        super().asked(simulation, contact, task, at)

    def _react(
        self, simulation: Simulation, contact: Contact, text: Planned, at: datetime, able: tuple[str, ...]
    ) -> None:
        self._read += 1
        habit = self.habits[self._read % len(self.habits)]
        if habit in able and text.order.lead_id is not None and (habit != "click" or "/b/" in text.order.text):
            simulation.expect(at + 5 * MINUTE, contact.phone, _does(habit, text.order.lead_id), contact.clinic)


def _does(habit: str, lead_id: str) -> Make:
    kind: Any = {"click": LinkClicked, "unsubscribe": EmailOptedOut}[habit]
    return lambda event_id, contact, now: cast(Event, kind(id=event_id, at=now, lead_id=lead_id))


@dataclass(frozen=True)
class Month:
    """What is simulated; `newer` is applied after some days."""

    clinics: tuple[Clinic, ...]
    people: list[Told]
    said: list[Said]
    readers: Readers
    begins: datetime
    newer: tuple[Clinic, timedelta, Literal["keep", "move", "stop"]] | None

    def lines(self) -> list[Line]:
        first, *beside = self.clinics
        forms = [one.form for one in self.people]
        simulation = simulation_of(
            first, self.begins, forms, source="website", replies=self.said, people=self.readers, beside=beside
        )
        if self.newer is not None:
            clinic, after, decision = self.newer
            versions.expect(simulation, self.begins + after, clinic, decision)
        return list(simulation.run(self.begins + timedelta(days=70)))

    def clinic(self, line: Line) -> Clinic:
        return next(one for one in self.clinics if line.clinic in (one.key, None))


@st.composite
def months(draw: st.DrawFn) -> Month:
    begins = draw(MOMENTS)
    at = draw(offices(begins))
    people: list[Told] = []
    for number, wait in enumerate(draw(st.lists(st.integers(0, 8000), min_size=2, max_size=5)), 1):
        phone = draw(st.sampled_from([1, number]))  # now and then a phone that is known, at the other clinic or not
        whose = at[number % len(at)]
        one = draw(somebody(whose, phone, begins + wait * MINUTE, [*["yes"] * 6, *CONSENTS]))
        people.append(replace(one, form=_written(draw, one.form, str(number), phone, whose, people)))
    said = [
        Said(form=draw(st.sampled_from(people)).form, at=begins + wait * MINUTE, text=words)
        for wait, words in draw(st.lists(st.tuples(st.integers(1, 20000), st.sampled_from(SAYINGS)), max_size=8))
    ]
    readers = Readers(
        draw(st.lists(st.sampled_from(OUTCOMES), min_size=1)),
        draw(st.integers(2, 900)) * MINUTE,
        habits=draw(st.lists(st.sampled_from(["click", "nothing", "nothing", "unsubscribe"]), min_size=1)),
    )
    return Month(at, people, said, readers, begins, draw(_newer(at[0])))


def _written(draw: st.DrawFn, form: Form, name: str, number: int, whose: Clinic, earlier: list[Told]) -> Form:
    """The form with what matters here: an address or none, a wish that makes it hot or not, a test or not.

    Whoever writes from a phone that is known is at home where that phone is.
    """
    known = next((one.form.form for one in earlier if one.form.form.phone[-4:] == f"{number:04d}"), form.form)
    more: dict[str, Any] = {"phone": known.phone, "zip": known.zip, "state": known.state, "timezone": known.timezone}
    if draw(OFTEN):
        more["email"] = f"maria{number}@example.com"
    if draw(OFTEN):
        more["preferred_times"] = ["mornings"]
    if not draw(OFTEN) and not draw(OFTEN):
        more["test"] = True
    body = {**form.form.model_dump(exclude_none=True, exclude={"zip", "state", "timezone"}), **more}
    given = {key: value for key, value in body.items() if value is not None}
    return replace(form, name=name, form=LeadIn.model_validate(given), clinic=whose.key)


@st.composite
def _newer(draw: st.DrawFn, clinic: Clinic) -> tuple[Clinic, timedelta, Literal["keep", "move", "stop"]] | None:
    """Nothing, or a file in which a sequence has its steps in another order, or one less, or one more."""
    if draw(st.booleans()):
        return None
    hot, warm, slow = clinic.sequences
    mixed = tuple(draw(st.permutations(warm.steps)))[draw(st.integers(0, 1)) :]
    more = (draw(_step("new-1")),) if draw(st.booleans()) else ()
    changed = replace(clinic, sequences=(hot, replace(warm, steps=(*mixed, *more)), slow))
    return changed, draw(st.integers(1, 15)) * DAY, draw(st.sampled_from(["keep", "move", "stop"]))


# -- what never happens ------------------------------------------------------------------------


@MONTHS
@given(months())
def test_nothing_reaches_anybody_that_anything_forbids(month: Month) -> None:
    lines = month.lines()
    forms = {one.form.name: one for one in month.people}
    for number, line in enumerate(lines):
        if line.kind not in ("text", "email", "call"):
            continue
        told = forms[line.lead]
        before = [one for one in lines[:number] if one.phone == line.phone]
        assert_said_once(line, before)
        if line.kind == "text":
            assert_lawful(month.clinic(line), whereabouts(month, told, line), line)
            assert_agreed(line, before, month.people)
            assert_fresh(line)
            assert_no_test(told)
        if line.kind == "text" and line.step:
            assert_within_caps(month, told, line, before)
            assert_apart(line, before, ("email",))
        if line.kind == "email" and line.why[0]["rule"] != "due":  # else staff are asked to write it
            assert oracle.is_open(month.clinic(line).hours, line.at)
            assert_apart(line, before, ("text",))
            assert_open_to_email(line, before, forms)
        if line.kind == "call":
            assert not [one for one in before if one.kind == REPLY and one.lead == line.lead and one.text not in AGAIN]


AGAIN = ("HELP", "START")
"""Words that do not answer what was asked."""


def whereabouts(month: Month, told: Told, line: Line) -> Person:
    """Where the person may be, by what the form said; who said nothing lives where the clinic is."""
    form, clinic = told.form.form, month.clinic(line)
    number = next(home for home in HOMES.values() if form.phone.startswith(home.phone))
    home = next((one for one in HOMES.values() if form.zip == one.zip or form.state == one.state), None)
    zone = form.timezone or (home.zone if home else clinic.hours.zone)
    elsewhere = home.elsewhere if home and form.state else None
    zones = frozenset(filter(None, (number.zone, zone, elsewhere)))
    return Person(zones, frozenset({number.state, home.state if home else clinic.state}))


def assert_said_once(line: Line, before: list[Line]) -> None:
    """No step twice to one lead, whatever versions, sequences and replies came between; and one arm each."""
    if line.step is None:
        return
    mine = [one for one in before if one.kind in ("text", "email", "call") and one.step and one.lead == line.lead]
    assert (line.sequence, line.step) not in [(one.sequence, one.step) for one in mine]
    assert line.why[0]["rule"] == "due" or line.text not in [one.text for one in mine]
    arms = {one.variant for one in (*mine, line) if one.sequence == line.sequence == "hot"}
    assert len(arms) <= 1
    if line.text is not None and ", arm " in line.text:
        assert line.text.endswith(f", arm {line.variant}.")


def assert_agreed(line: Line, before: list[Line], people: list[Told]) -> None:
    """They agreed at this clinic, and neither they nor anybody on this phone has ended that since, at any of them."""
    forms = [one for one in people if (one.form.form.phone, one.form.at) <= (line.phone, line.at)]
    here = [one for one in forms if one.form.form.phone == line.phone and line.clinic in (one.form.clinic, None)]
    agreed = max((one.form.at for one in here if one.consent == "yes"), default=None)
    refused = max((one.form.at for one in here if one.consent == "no"), default=None)
    assert agreed is not None
    assert refused is None or agreed >= refused
    assert_not_stopped(before)


def assert_not_stopped(before: list[Line]) -> None:
    last = {one.text: one.at for one in before if one.kind == REPLY}
    stopped = max((last[words] for words in ("STOP", "no me escriban más") if words in last), default=None)
    assert stopped is None or stopped < last.get("START", stopped)


def assert_no_test(told: Told) -> None:
    """No phone of staff is among these."""
    assert not told.form.form.test


def assert_within_caps(month: Month, told: Told, line: Line, before: list[Line]) -> None:
    """The limits of the clinic, counted over all clinics of the brand; and those of the slow sequence."""
    clinic, sent = month.clinic(line), [one.at for one in before if one.kind == "text" and one.step]
    assert oracle.is_under_caps(clinic, whereabouts(month, told, line), sent, line.at)
    if line.sequence == "slow":
        slow = [one.at for one in before if one.kind == "text" and one.sequence == "slow"]
        assert sum(line.at - 30 * DAY < at for at in slow) < clinic.limits.nurture_per_month


def assert_apart(line: Line, before: list[Line], others: tuple[str, ...]) -> None:
    """Ten minutes lie between a step and what another channel brought last."""
    assert not [
        one for one in before if one.kind in others and one.clinic == line.clinic and line.at - one.at < 10 * MINUTE
    ]


def assert_open_to_email(line: Line, before: list[Line], forms: dict[str, Told]) -> None:
    """There is an address, and neither it nor the phone is closed, at whichever clinic of the brand that was said."""
    address = forms[line.lead].form.form.email
    assert address is not None
    closed = {forms[one.lead].form.form.email for one in before if one.kind == UNSUBSCRIBE}
    assert address not in closed
    assert_not_stopped(before)
