"""The figures are what the log says: after random histories every kept row equals a plain recount of everything.

The recount reads all events, messages, stage changes and tasks into memory and asks of each lead and each thing it did
which step text was the last before it. It shares no code with the counting but the names of rows and the buckets.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.adapters.codec import load_event
from app.adapters.sms.outcomes import Receipt
from app.adapters.store import messages, receipts, reports, rollups
from app.adapters.store.messages import Settlement
from app.adapters.store.reports import Period
from app.adapters.tables import FUNNEL_MEASURES
from app.domain.events import ReplyReceived, TextSent
from app.domain.funnel import Row, Span, bucket_of
from app.domain.ids import derive_id, new_id
from app.embedded import Servers
from app.runtime import Runtime
from app.workers.inbox import Inbox
from app.workers.rollup import Rollup
from tests.domain import builders as make
from tests.house import a_house, until
from tests.installation import a_runtime, set_clock
from tests.workers.test_fold import ACTS, AGREED, PHONES, SENDER, Scenario

CHICAGO = ZoneInfo("America/Chicago")
MEASURES = set(FUNNEL_MEASURES)

Kept = tuple[Counter[tuple[Row, str]], dict[Span, tuple[int, int]]]


# -- what is kept ------------------------------------------------------------------------------


async def kept(runtime: Runtime) -> Kept:
    """Both tables, whole, but for the zeros."""
    figures: Counter[tuple[Row, str]] = Counter()
    spans: dict[Span, tuple[int, int]] = {}
    async with runtime.engine.connect() as conn:
        for one in await conn.execute(text("SELECT * FROM funnel_days")):
            row = Row(*(getattr(one, key) for key in Row._fields))
            figures.update({(row, name): number for name in MEASURES if (number := getattr(one, name))})
        for one in await conn.execute(text("SELECT * FROM funnel_times")):
            spans[Span(*(getattr(one, key) for key in Span._fields))] = (one._mapping["count"], one.booked)
    return figures, spans


# -- the recount -------------------------------------------------------------------------------


@dataclass
class Books:
    """Everything in memory, and one question after the other."""

    log: list[Any]
    messages: dict[str, Any]
    stages: list[Any]
    tasks: dict[str, Any]
    leads: dict[str, Any]
    figures: Counter[tuple[Row, str]] = field(default_factory=Counter)
    spans: Counter[Span] = field(default_factory=Counter)
    booked: Counter[Span] = field(default_factory=Counter)

    def recount(self) -> Kept:
        self.said = {row.id: event for row, event in self.log}
        self.place = {row.id: row.read_no for row, _ in self.log}
        self.texts()
        for lead in self.leads.values():
            if not lead.test:
                self.people(lead)
        self.work()
        spans = {span: (self.spans[span], self.booked[span]) for span in self.spans}
        return self.figures, spans

    def is_test(self, lead_id: str | None) -> bool:
        return lead_id is not None and self.leads[lead_id].test

    def form(self, lead_id: str) -> Any:
        """The event that began a lead."""
        first = next(one for one in self.stages if one.lead_id == lead_id and one.from_stage is None)
        return self.said[first.event_id]

    def at(self, lead_id: str | None, day: date, *step: str) -> Row:
        if lead_id is None:
            return Row("lakeside", day)
        form = self.form(lead_id)
        sequence, key, variant = (*step, "-", "-", "-")[:3]
        return Row("lakeside", day, sequence, key, variant, form.source, form.location or "-", form.service or "-")

    def steps(self, lead_id: str, before: int) -> list[Any]:
        """The step texts that had been sent to a lead when an event was read, in order."""
        ids = [
            event.message_id
            for row, event in self.log
            if isinstance(event, TextSent)
            and row.read_no < before
            and self.messages[event.message_id].lead_id == lead_id
        ]
        return [self.messages[one] for one in ids if self.messages[one].step and self.messages[one].channel == "text"]

    def last(self, lead_id: str, before: int) -> Row:
        sent = self.steps(lead_id, before)
        if not sent:
            return self.at(lead_id, day_of(self.leads[lead_id].captured_at))
        return self.at(lead_id, day_of(moment(sent[-1])), sent[-1].sequence, sent[-1].step, sent[-1].variant or "-")

    def texts(self) -> None:
        names = {"text_delivered": "delivered", "text_failed": "failed"}
        for row, event in self.log:
            message = self.messages.get(getattr(event, "message_id", ""))
            if isinstance(event, ReplyReceived):
                self.reply(row, event)
            elif message is None or self.is_test(message.lead_id) or row.kind not in (*names, "text_sent"):
                continue
            else:
                step = (message.sequence, message.step, message.variant or "-") if message.step else ()
                where = self.at(message.lead_id, day_of(moment(message)), *step)
                if row.kind == "text_sent":
                    self.figures[where, "sent"] += 1
                    self.figures[where, "segments"] += event.segments
                else:
                    self.figures[where, names[row.kind]] += 1

    def reply(self, row: Any, event: ReplyReceived) -> None:
        came = self.messages.get(derive_id("msg", event.id, -1))
        if came is not None and not self.is_test(came.lead_id):
            day = day_of(event.at)
            where = self.last(came.lead_id, row.read_no) if came.lead_id else Row("lakeside", day)
            self.figures[where._replace(day=day), "replies"] += 1

    def people(self, lead: Any) -> None:
        first = self.form(lead.id)
        self.figures[self.at(lead.id, day_of(lead.captured_at)), "captured"] += 1
        sent = self.steps(lead.id, before=10**12)
        begun = {one.sequence: one for one in reversed(sent)}
        for one in begun.values():
            self.figures[self.at(lead.id, day_of(moment(one)), one.sequence, one.step, "-"), "entered"] += 1
        if sent:
            where = self.at(lead.id, day_of(moment(sent[0])), sent[0].sequence, sent[0].step, "-")
            self.figures[where, "leads"] += 1
        did = {what: min(when) for what in WHAT if (when := self.when(lead.id, what))}
        for what, place in did.items():
            self.figures[self.last(lead.id, place), what] += 1
        self.times(lead, first, sent, did.get("booked"))

    def when(self, lead_id: str, what: str) -> list[int]:
        """The places in the log at which a lead did this."""
        if what == "replied":
            return [
                row.read_no
                for row, event in self.log
                if isinstance(event, ReplyReceived)
                and (came := self.messages.get(derive_id("msg", event.id, -1))) is not None
                and came.lead_id == lead_id
            ]
        if what == "question":
            asked = [one for one in self.tasks.values() if one.kind == "question" and one.lead_id == lead_id]
            return [self.place[one.event_id] for one in asked]
        return [
            self.place[one.event_id]
            for one in self.stages
            if one.lead_id == lead_id
            and (one.to_stage == what or (what == "booked" and one.to_stage == "finished" and self.came(one.event_id)))
        ]

    def came(self, event_id: str) -> bool:
        event = self.said[event_id]
        return event is not None and event.kind == "appointment_completed"

    def times(self, lead: Any, form: Any, sent: list[Any], booked: int | None) -> None:
        """First text, first reply after it, first answer after the first task; and whether a booking came later."""
        measured: list[tuple[str, int, int]] = []
        if sent:
            began, at = self.sent_no(sent[0].id), moment(sent[0])
            measured.append(("first_text", began, bucket_of(at, since=lead.captured_at)))
            after = [no for no in self.when(lead.id, "replied") if no > began]
            if after:
                measured.append(("first_reply", after[0], bucket_of(self.at_no(after[0]), since=at)))
        mine = [one for one in self.tasks.values() if one.lead_id == lead.id]
        answers = [no for one in mine if (no := self.answer_no(one.id)) is not None]
        if answers:
            opened = min(mine, key=lambda one: self.place[one.event_id]).opened_at
            measured.append(("first_answer", min(answers), bucket_of(self.at_no(min(answers)), since=opened)))
        for measure, no, bucket in measured:
            row = self.last(lead.id, no if measure != "first_text" else no + 1)
            span = Span(
                "lakeside", day_of(lead.captured_at), measure, row.sequence, row.variant, form.source, "-", "-", bucket
            )
            self.spans[span] += 1
            self.booked[span] += booked is not None and no <= booked

    def sent_no(self, message_id: str) -> int:
        return next(
            row.read_no for row, event in self.log if isinstance(event, TextSent) and event.message_id == message_id
        )

    def at_no(self, read_no: int) -> datetime:
        found: datetime = next(row.at for row, _ in self.log if row.read_no == read_no)
        return found

    def answer_no(self, task_id: str) -> int | None:
        """Where a task was first answered: somebody wrote, or it was done."""
        return next(
            (
                row.read_no
                for row, event in self.log
                if row.kind in ("task_completed", "answer_written")
                and event is not None
                and event.task_id == task_id
                and not row.quarantined
            ),
            None,
        )

    def work(self) -> None:
        for task in self.tasks.values():
            if self.is_test(task.lead_id):
                continue
            where = self.last(task.lead_id, self.place[task.event_id]) if task.lead_id else Row("lakeside", date.min)
            source = self.form(task.lead_id).source if task.lead_id else "-"
            span = Span(
                *("lakeside", day_of(task.opened_at), "task", where.sequence, where.variant, source, task.kind, "-"), -1
            )
            self.spans[span] += 1
            no = self.answer_no(task.id)
            if no is not None:
                took = bucket_of(self.at_no(no), since=task.opened_at)
                self.spans[span._replace(team=task.team, bucket=took)] += 1


WHAT = ("replied", "question", "booked", "declined", "opted_out")


def moment(message: Any) -> datetime:
    found: datetime = message.sent_at or message.due_at
    return found


def day_of(at: datetime) -> date:
    return at.astimezone(CHICAGO).date()


async def recount(runtime: Runtime) -> Kept:
    """Every row of the house, counted by hand."""
    async with runtime.engine.connect() as conn:
        log = []
        for row in await conn.execute(text("SELECT * FROM events WHERE read_no IS NOT NULL ORDER BY read_no")):
            event = None if row.quarantined else load_event(runtime.vault.decrypt("event", row.payload_cipher))
            log.append((row, event))
        tables = [
            {row.id: row for row in await conn.execute(text(f"SELECT * FROM {name} ORDER BY id"))}
            for name in ("messages", "stage_changes", "tasks", "leads")
        ]
    messages, stages, tasks, leads = tables
    return Books(log, messages, list(stages.values()), tasks, leads).recount()


# -- random histories --------------------------------------------------------------------------


class Busy(Scenario):
    """The scenario of the fold, with receipts, tests, and more to tell people apart by."""

    async def submit(self) -> None:
        same = await self.lead() if self.dice.random() < 0.15 else None
        event = make.a_submission(
            lead_id=new_id("lead"),
            token=new_id("t"),
            first_name=self.dice.choice(["Maria", "Maria", "Jo"]),
            consent=self.dice.choice([AGREED, AGREED, AGREED, None]),
            location=self.dice.choice([None, "north", "south"]),
            service=self.dice.choice([None, "new-patient", "fertility"]),
            test=self.dice.random() < 0.1,
            duplicate_of=same.id if same else None,
        )
        await self.append(self.phone_of(same) if same else self.dice.choice(PHONES), event)

    async def receipt(self) -> None:
        """The carrier tells of a text, sometimes days later."""
        row = await self.one_of("SELECT id FROM messages WHERE status = 'sent' AND channel = 'text' ORDER BY id")
        if row is not None:
            status = self.dice.choice(["delivered", "delivered", "undelivered"])
            told = Receipt(account="", carrier_id="SM1", status=status, code=None, cause="refused")
            async with self.runtime.engine.begin() as conn:
                await receipts.take_receipt(conn, self.runtime.vault, sender=SENDER, message_id=row.id, receipt=told)


async def play(runtime: Runtime, number: int, rounds: int = 7, count: bool = True) -> Busy:
    """A history by numbered dice; counted as it goes, at odd moments."""
    scenario, rollup = Busy(runtime, random.Random(number)), Rollup(runtime)
    acts = (*ACTS, *(Busy.submit, Busy.claim, Busy.land, Busy.receipt) * 5)
    for _ in range(rounds):
        for act in scenario.dice.choices(acts, k=40):
            await act(scenario)
        for act in (Busy.claim, Busy.land, Busy.receipt) * 3:
            await act(scenario)
        await Inbox(runtime).read_all()
        if scenario.dice.random() < 0.2:
            await scenario.spoil()
        for _ in range(2):
            await scenario.complete()
        if count and scenario.dice.random() < 0.5:
            await rollup.count_all()
        await Inbox(runtime).read_all()
        scenario.now += timedelta(hours=scenario.dice.randrange(20))
        await set_clock(runtime, scenario.now)
    return scenario


@pytest.mark.parametrize("number", range(3))
async def test_after_any_history_the_kept_figures_are_a_plain_recount_of_everything(
    servers: Servers, number: int
) -> None:
    async with a_runtime(servers) as runtime:
        await play(runtime, number)
        await Rollup(runtime).count_all()
        figures, spans = await kept(runtime)
        expected, times = await recount(runtime)
    assert figures == expected
    assert spans == times
    assert {name for _, name in figures} >= MEASURES - {"emails", "booked", "declined", "opted_out"}
    assert {span.measure for span in spans} >= {"first_text", "task"}


async def test_the_sums_tie_out_to_the_message_log(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        await play(runtime, 7)
        await Rollup(runtime).count_all()
        async with runtime.engine.connect() as conn:
            total = (await reports.funnel(conn, "lakeside", "step", Period())).total.figures
            log = (await conn.execute(text(MESSAGE_LOG))).one()._mapping
            rows = [(await reports.funnel(conn, "lakeside", by, Period())).rows for by in reports.KEYS]
    assert {name: total[name] for name in log} == dict(log)
    assert log["sent"] > 0
    for of_one in rows:
        assert {name: sum(row.figures[name] for row in of_one) for name in MEASURES} == total


MESSAGE_LOG = """
WITH real AS (
    SELECT messages.*, EXISTS (
        SELECT FROM messages AS one WHERE one.id = messages.id AND one.status IN ('sent', 'delivered', 'undelivered')
    ) AS went
    FROM messages LEFT JOIN leads ON leads.id = lead_id
    WHERE channel = 'text' AND messages.clinic = 'lakeside' AND NOT coalesce(leads.test, false)
)
SELECT count(*) FILTER (WHERE went) AS sent, count(*) FILTER (WHERE status = 'delivered') AS delivered,
       count(*) FILTER (WHERE status IN ('undelivered', 'failed')) AS failed,
       count(*) FILTER (WHERE direction = 'in') AS replies
FROM real
"""


async def test_counting_along_and_counting_it_all_again_give_the_same(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        await play(runtime, 11)
        await Rollup(runtime).count_all()
        along = await kept(runtime)
        async with runtime.engine.begin() as conn:
            await rollups.reset(conn)
        assert await kept(runtime) == (Counter(), {})
        await Rollup(runtime).count_all()
        assert await kept(runtime) == along


async def test_workers_that_count_at_once_count_each_event_once(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        await play(runtime, 13, count=False)
        counted = await asyncio.gather(*(Rollup(runtime).count_all() for _ in range(4)))
        counted.append(await Rollup(runtime).count_all())
        async with runtime.engine.connect() as conn:
            read = await conn.scalar(text("SELECT count(*) FROM events WHERE read_no IS NOT NULL"))
            assert await rollups.behind(conn) == rollups.Behind(age=None, since=None)
        assert sum(counted) == read
        assert (await kept(runtime))[0] == (await recount(runtime))[0]


async def test_what_somebody_took_and_never_counted_is_counted_by_the_next(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        await play(runtime, 17, rounds=3, count=False)
        async with runtime.engine.begin() as conn:
            assert await rollups.take(conn)
            assert len(await rollups.uncounted(conn, each=5, most=5)) == 5
            assert await Rollup(runtime).count() == 0
        await Rollup(runtime).count_all()
        assert (await kept(runtime))[0] == (await recount(runtime))[0]


async def test_an_erased_person_stays_counted_and_what_they_came_for_is_forgotten(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        scenario = await told(runtime, "yes")
        before = await kept(runtime)
        await scenario.append(PHONES[0], make.an_erasure())
        await count(runtime)
        assert await kept(runtime) == before
        async with runtime.engine.begin() as conn:
            states = (await conn.execute(text("SELECT state FROM funnel_leads"))).scalars().all()
            assert [{"service", "location"} & state.keys() for state in states] == [set()]
            await rollups.reset(conn)
        await count(runtime)
        again = await kept(runtime)
    assert again[1] == before[1]
    assert {(row.source, row.service, row.location) for row, _ in again[0]} == {("website", "-", "-")}
    blank = Counter({(row._replace(service="-", location="-"), name): n for (row, name), n in before[0].items()})
    assert again[0] == blank


async def test_a_receipt_that_comes_days_later_counts_where_its_text_was_sent(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        scenario = await told(runtime)
        scenario.now += timedelta(days=5)
        await set_clock(runtime, scenario.now)
        await scenario.deliver()
        await count(runtime)
        async with runtime.engine.connect() as conn:
            days = (await reports.funnel(conn, "lakeside", "step", Period())).days
            late = (await reports.funnel(conn, "lakeside", "step", Period(since=date(2026, 11, 25)))).days
    assert late == ()
    ((day, figures),) = days
    assert (day, figures["sent"], figures["delivered"]) == (date(2026, 11, 24), 1, 1)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 1, 4, 59, tzinfo=UTC), date(2026, 10, 31)),
        (datetime(2026, 11, 1, 5, 0, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 2, 5, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 2, 6, 0, tzinfo=UTC), date(2026, 11, 2)),
    ],
)
async def test_a_day_is_the_clinics_day_in_the_week_in_which_the_clocks_go_back(
    servers: Servers, at: datetime, day: date
) -> None:
    async with a_runtime(servers) as runtime:
        await set_clock(runtime, at)
        scenario = Busy(runtime, random.Random(1), now=at)
        await scenario.append(PHONES[0], make.a_submission(lead_id=new_id("lead"), token=new_id("t"), consent=AGREED))
        await count(runtime)
        async with runtime.engine.connect() as conn:
            ((found, figures),) = (await reports.funnel(conn, "lakeside", "step", Period())).days
    assert (found, figures["captured"]) == (day, 1)


async def test_each_thing_a_person_does_counts_once_under_the_last_text_before_it(servers: Servers) -> None:
    async with a_runtime(servers) as runtime:
        scenario = await told(runtime, "question", "question", "no", "no", "stop", "stop")
        await scenario.append(PHONES[0], make.an_appointment("booked"))
        await count(runtime)
        async with runtime.engine.connect() as conn:
            rows = (await reports.funnel(conn, "lakeside", "step", Period())).rows
    found = {(row.keys["step"], name): number for row in rows for name, number in row.figures.items() if number}
    (step,) = {key for key, _ in found} - {"-"}
    assert found.pop((step, "segments")) >= 1
    assert found == {
        ("-", "captured"): 1,
        **{(step, name): 1 for name in ("sent", "leads", "entered", "replied", "question", "declined")},
        **{(step, name): 1 for name in ("opted_out", "booked")},
        (step, "replies"): 6,
    }


async def told(runtime: Runtime, *sayings: str, service: str = "fertility") -> "Told":
    """A lead with a service and a location was texted its first step, and then said all this; all of it is counted."""
    scenario = Told(runtime, random.Random(1))
    form = make.a_submission(
        lead_id=new_id("lead"), token=new_id("t"), consent=AGREED, service=service, location="north"
    )
    await scenario.append(PHONES[0], form)
    await Inbox(runtime).read_all()
    row = await scenario.text_in("scheduled")
    await scenario.judge(row, "sending")
    row = await scenario.text_in("sending")
    async with runtime.engine.begin() as conn:
        await messages.settle(conn, [Settlement(id=row.id, claim_no=row.claim_no, status="sent")])
    await scenario.report(row, make.a_sent)
    for saying in sayings:
        await scenario.append(PHONES[0], make.a_reply(make.SAYINGS[saying], sender=SENDER))
    await count(runtime)
    return scenario


class Told(Busy):
    """One lead, step by step."""

    async def deliver(self) -> None:
        """The carrier says that the text arrived."""
        row = await self.text_in("sent")
        receipt = Receipt(account="", carrier_id="SM1", status="delivered", code=None, cause="refused")
        async with self.runtime.engine.begin() as conn:
            await receipts.take_receipt(conn, self.runtime.vault, sender=SENDER, message_id=row.id, receipt=receipt)


async def count(runtime: Runtime) -> None:
    """Read what is unread, then count it."""
    await Inbox(runtime).read_all()
    await Rollup(runtime).count_all()


async def test_a_worker_counts_by_itself_what_it_reads_and_sends(servers: Servers) -> None:
    async with a_house(servers) as house:
        await house.post_lead()

        async def delivered() -> bool:
            async with house.runtime.engine.connect() as conn:
                total = (await reports.funnel(conn, "lakeside", "step", Period())).total.figures
            return bool(total["delivered"]) and (total["captured"], total["sent"], total["leads"]) == (1, 1, 1)

        await until(delivered)
