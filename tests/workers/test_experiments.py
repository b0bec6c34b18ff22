"""Experiments on a real database: arms that stick, people that count once, an arm that is stopped, moves by arm."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.adapters.sms.line import Line
from app.adapters.store import experiments as store
from app.adapters.store import moving, reports, rollups
from app.adapters.store.applying import ClinicText, apply
from app.adapters.store.clinics import ClinicShelf
from app.adapters.store.reports import Period
from app.domain.experiments import arm_of
from app.domain.ids import new_id
from app.embedded import Servers
from app.reporting.experiments import experiment_report
from app.runtime import Runtime
from app.workers import stopping
from app.workers.inbox import Inbox
from app.workers.upkeep import Upkeep
from tests.domain import builders as make
from tests.installation import OPEN_HOURS, a_runtime, apply_clinic, known_clinic
from tests.workers.test_claims import SENDER, append, captured, phones
from tests.workers.test_in_flight import SEQUENCE, document, give, leads_came, order, rows, send
from tests.workers.test_rollup import count

WORDS = {"a": "Lakeside Clinic: hello, asked in one way.", "b": "Lakeside Clinic: hello, asked in another way."}


def trying(arms: str, *steps: str, change: str = "text", step: str = "hello", stop_if: str = "", **more: Any) -> str:
    """Lakeside with one sequence of these steps, in which something is tried."""
    stop = f", stop_if: {{opt_out_rate: {stop_if}}}" if stop_if else ""
    named = f", step: {step}" if change != "order" else ""
    one = f"{{sequence: {SEQUENCE}{named}, change: {change}, arms: {arms}{stop}}}"
    return f"{document(*(steps or ('hello', 'ask', 'close')), **more)}\nexperiments:\n  greeting: {one}\n"


LATER = OPEN_HOURS + timedelta(hours=1)
TEXTS = trying(str(WORDS))
ORDER = trying("{a: [hello, ask], b: [ask, hello]}", change="order")
LIMITED = trying(str(WORDS), stop_if="0.05")


@pytest.fixture
async def house(servers: Servers) -> AsyncIterator[Runtime]:
    async with a_runtime(servers, TEXTS) as opened:
        yield opened


async def report(runtime: Runtime, edition: str | None = None) -> dict[str, Any]:
    async with runtime.engine.connect() as conn:
        clinic = await runtime.clinics.take(conn, "lakeside")
        found = await experiment_report(conn, clinic, "greeting", edition)
    assert found is not None
    return found


def figures(report: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(arm[name] for name in ("arm", *names)) for arm in report["arms"]]


ARMS = "SELECT contact_id, variant FROM leads ORDER BY id"


async def test_a_lead_its_texts_and_its_part_have_the_arm_of_the_hash(house: Runtime) -> None:
    await leads_came(house, 20)
    await send(house)
    async with house.engine.connect() as conn:
        experiment = (await house.clinics.take(conn, "lakeside")).experiments["greeting"]
    leads = await rows(house, ARMS)
    assert leads == [(contact, arm_of(experiment, "lakeside", contact)) for contact, _ in leads]
    assert set(dict(leads).values()) == {"a", "b"}
    texts = await rows(house, "SELECT contact_id, variant, step FROM messages WHERE purpose = 'step'")
    assert sorted(texts) == sorted((contact, arm, step) for contact, arm in leads for step in ("hello", "ask"))
    parts = await rows(house, "SELECT contact_id, arm, experiment, edition FROM experiment_people")
    assert sorted(parts) == sorted((*lead, "greeting", experiment.edition) for lead in leads)
    bodies = "SELECT variant, body_cipher FROM messages WHERE step = 'hello'"
    for variant, body in await rows(house, bodies):
        assert house.vault.open("message", body) == WORDS[variant]


async def test_arms_stick_through_restarts_and_later_files_until_the_arms_themselves_change(house: Runtime) -> None:
    await leads_came(house, 12)
    before = dict(await rows(house, ARMS))
    # Other words for another step, a stop-loss, and a shelf that remembers nothing: a new version, the same trial.
    await apply_clinic(house, trying(str(WORDS), words="here we are", stop_if="0.1"))
    house.clinics._whole.clear()
    for phone in phones(12):
        await append(house, phone, captured(phone))
    await Inbox(house).read_all()
    after = await rows(house, "SELECT contact_id, variant, version FROM leads ORDER BY id")
    assert {(contact, arm) for contact, arm, _ in after} == set(before.items())
    assert Counter(version for *_, version in after) == {1: 12, 2: 12}
    assert await rows(house, "SELECT count(*)::int, count(DISTINCT edition)::int FROM experiment_people") == [(12, 1)]
    await apply_clinic(house, trying(str({**WORDS, "b": "Lakeside Clinic: hello, in a third way."})))
    await leads_came(house, 12)
    found = await rows(house, "SELECT count(*)::int, count(DISTINCT edition)::int FROM experiment_people")
    assert found == [(24, 2)]


async def test_the_plan_of_a_changed_file_names_the_experiment_and_who_stands_in_its_sequence(house: Runtime) -> None:
    await leads_came(house, 3)
    changed = trying(str({**WORDS, "b": "Lakeside Clinic: hello, in a third way."}))
    async with house.engine.begin() as conn:
        plan = await apply(conn, [ClinicText("x.yaml", changed, known_clinic(changed))], dry_run=True)
    told = {(one.kind, one.key): (one.change, one.in_flight) for one in plan.changes if one.change != "unchanged"}
    assert told == {
        ("clinic", "lakeside"): ("changed", None),
        ("sequence", SEQUENCE): ("changed", {"hello": 3}),
        ("experiment", "greeting"): ("changed", None),
    }


async def test_what_people_do_counts_once_under_their_arm_and_test_leads_never(house: Runtime) -> None:
    await leads_came(house, 8)
    await append(house, "+13125569999", captured("+13125569999", test=True))
    await Inbox(house).read_all()
    sent = await send(house)
    assert sent == ["hello"] * 8  # a test lead is texted on the clinic's own phones only
    leads = await rows(
        house,
        "SELECT leads.id, phone_cipher, variant FROM leads JOIN contacts ON contacts.id = contact_id"
        " WHERE NOT test ORDER BY leads.id",
    )
    first, second, third = [(lead, house.vault.open("phone", phone), arm) for lead, phone, arm in leads[:3]]
    for _ in range(2):
        await append(house, first[1], make.a_reply("how much is it?", at=LATER, sender=SENDER))
    booked = make.an_appointment("booked", id=new_id("evt"), lead_id=second[0], at=LATER)
    await append(house, second[1], booked)
    await append(house, third[1], make.a_reply("STOP", at=LATER, sender=SENDER))
    await count(house)
    shares = Counter(arm for *_, arm in leads)
    did = {name: Counter(dict.fromkeys("ab", 0)) for name in ("replied", "booked", "opted_out")}
    did["replied"].update([first[2], third[2]])
    did["booked"].update([second[2]])
    did["opted_out"].update([third[2]])
    expected = [
        (arm, shares[arm], shares[arm], shares[arm], *(did[name][arm] for name in ("replied", "booked", "opted_out")))
        for arm in "ab"
    ]
    names = ("n", "texted", "sent", "replied", "booked", "opted_out")
    assert figures(await report(house), *names) == expected
    async with house.engine.begin() as conn:
        await rollups.reset(conn)
    assert figures(await report(house), *names)[0][2:] == (0, 0, 0, 0, 0)
    await count(house)
    assert figures(await report(house), *names) == expected


async def test_the_funnel_by_variant_shows_the_arms_and_the_work_that_each_made(house: Runtime) -> None:
    await leads_came(house, 8)
    await send(house)
    for phone in phones(8):
        await append(house, phone, make.a_reply("how much is it?", at=LATER, sender=SENDER))
    await count(house)
    shares = Counter(arm for _, arm in await rows(house, ARMS))
    async with house.engine.connect() as conn:
        found = await reports.whole(conn, "lakeside", "variant", Period())
    by_arm = {row.keys["variant"]: row.figures for row in found.funnel.rows if row.keys["sequence"] == SEQUENCE}
    assert {arm: (row["entered"], row["sent"], row["replied"]) for arm, row in by_arm.items()} == {
        arm: (number,) * 3 for arm, number in shares.items()
    }
    assert {(load.sequence, load.variant): load.opened for load in found.tasks} == {
        (SEQUENCE, arm): number for arm, number in shares.items()
    }


# -- the stop-loss -----------------------------------------------------------------------------


async def watch(runtime: Runtime) -> None:
    """Upkeep's look at the arms."""
    line = Line()
    await Upkeep(runtime, line).stop_losing_arms()
    await line.close()


async def opting_out(runtime: Runtime, people: int, arm: str) -> None:
    """So many people came and were texted; who has this arm wanted no more."""
    await leads_came(runtime, people)
    await send(runtime, people)
    for phone, variant in await rows(
        runtime, "SELECT phone_cipher, variant FROM leads JOIN contacts ON contacts.id = contact_id"
    ):
        if variant == arm:
            await append(runtime, runtime.vault.open("phone", phone), make.a_reply("STOP", at=LATER, sender=SENDER))
    await count(runtime)


async def test_an_arm_of_which_too_many_opt_out_gets_no_new_leads_from_then_on(servers: Servers) -> None:
    async with a_runtime(servers, LIMITED) as house:
        await opting_out(house, 40, "b")
        before = dict(await rows(house, ARMS))
        with capture_logs() as logs:
            await watch(house)
            await watch(house)
        people = Counter(before.values())["b"]
        stopped = {"people": people, "opted_out": people, "limit": 0.05}
        assert [one for one in logs if one["event"] == "experiment_arm_stopped"] == [
            {"event": "experiment_arm_stopped", "log_level": "error", "clinic": "lakeside"}
            | {"experiment": "greeting", "arm": "b", **stopped}
        ]
        told = await report(house)
        assert told["arms"][0]["stopped"] is None
        assert told["arms"][1]["stopped"] == {"arm": "b", "at": told["arms"][1]["stopped"]["at"], **stopped}
        assert told["verdict"].startswith("b was stopped on 2026-11-24: ")
        # Another process, which has read nothing yet, and a file with other words elsewhere: it holds.
        house.clinics._whole.clear()
        await apply_clinic(house, trying(str(WORDS), words="here we are", stop_if="0.05"))
        for number in range(20):
            await append(house, f"+1312557{number:04d}", captured(f"+1312557{number:04d}"))
        await Inbox(house).read_all()
        after = await rows(house, ARMS)
        assert {arm for contact, arm in after if contact not in before} == {"a"}
        assert dict(after).items() >= before.items()


async def test_the_other_arm_stays_however_many_opt_out_of_both(servers: Servers) -> None:
    async with a_runtime(servers, LIMITED) as house:
        await opting_out(house, 40, "b")
        for phone in phones(40):
            await append(house, phone, make.a_reply("STOP", at=LATER, sender=SENDER))
        await count(house)
        await watch(house)
        await watch(house)
        assert len(await rows(house, "SELECT arm FROM experiment_stops")) == 1


async def test_one_of_three_people_who_opts_out_stops_nothing(servers: Servers) -> None:
    async with a_runtime(servers, LIMITED) as house:
        await leads_came(house, 6)
        await send(house)
        await append(house, phones(1)[0], make.a_reply("STOP", at=LATER, sender=SENDER))
        await count(house)
        await watch(house)
        assert await rows(house, "SELECT arm FROM experiment_stops") == []


async def test_changed_arms_begin_afresh_with_all_of_them(servers: Servers) -> None:
    async with a_runtime(servers, LIMITED) as house:
        await opting_out(house, 40, "b")
        await watch(house)
        await apply_clinic(house, trying(str({**WORDS, "b": "Lakeside Clinic: hello, kindly."}), stop_if="0.05"))
        for number in range(20):
            await append(house, f"+1312557{number:04d}", captured(f"+1312557{number:04d}"))
        await count(house)
        told = await report(house)
        assert {arm: n > 0 for arm, n in figures(told, "n")} == {"a": True, "b": True}
        assert [one["people"] for one in told["editions"]] == [20, 40]
        earlier = await report(house, told["editions"][1]["edition"])
        assert (earlier["running"], earlier["state"]) == (False, "stopped")


async def test_two_workers_that_look_at_once_stop_an_arm_once(servers: Servers) -> None:
    async with a_runtime(servers, LIMITED) as house:
        await opting_out(house, 40, "b")
        async with house.engine.begin() as one:
            assert [each.arm for each in await stopping.stop(one, "lakeside", "greeting")] == ["b"]
        async with house.engine.begin() as other:
            assert await stopping.stop(other, "lakeside", "greeting") == []
        assert await rows(house, "SELECT version FROM clinics WHERE key = 'lakeside'") == [(2,)]


async def test_after_a_stop_leads_of_the_last_change_can_still_be_moved(servers: Servers) -> None:
    """A stop makes a version of the file that says the same: it is no change that anybody applied."""
    async with a_runtime(servers, document("hello", "ask", "close")) as house:
        await leads_came(house, 2)
        await apply_clinic(house, LIMITED)
        for number in range(40):
            await append(house, f"+1312557{number:04d}", captured(f"+1312557{number:04d}"))
        await Inbox(house).read_all()
        await send(house, 60)
        for number in range(40):
            await append(house, f"+1312557{number:04d}", make.a_reply("STOP", at=LATER, sender=SENDER))
        await count(house)
        await watch(house)
        async with house.engine.connect() as conn:
            waiting = await moving.undecided(conn, "lakeside")
        assert [(one.sequence, one.version, one.leads) for one in waiting] == [(SEQUENCE, 2, 2)]


async def test_what_was_read_before_a_stop_is_decided_again_as_it_was_then(servers: Servers) -> None:
    async with a_runtime(servers, LIMITED) as house:
        await opting_out(house, 40, "b")
        await watch(house)
        async with house.engine.connect() as conn:
            shelf = ClinicShelf("")
            then, now = await shelf.take(conn, "lakeside", 1), await shelf.take(conn, "lakeside", 2)
        edition = now.experiments["greeting"].edition
        assert (then.stopped, now.stopped) == (frozenset(), frozenset({(edition, "b")}))


# -- moving ------------------------------------------------------------------------------------


async def test_leads_move_by_the_order_of_their_own_arm_and_are_told_nothing_twice(servers: Servers) -> None:
    async with a_runtime(servers, ORDER) as house:
        await leads_came(house, 10)
        await send(house)
        arms = Counter(arm for _, arm in await rows(house, ARMS))
        async with house.engine.connect() as conn:
            clinic = await house.clinics.take(conn, "lakeside")
            assert await moving.in_sequence(conn, clinic, SEQUENCE) == {"ask": arms["a"], "hello": arms["b"]}
        longer = trying("{a: [hello, ask], b: [ask, hello]}", "hello", "ask", "new", "close", change="order")
        await apply_clinic(house, longer)
        given = await give(house, await order(house, 2))
        assert (given.ordered, given.nowhere) == (10, 0)
        await Inbox(house).read_all()
        planned = (
            "SELECT variant, step, count(*)::int FROM messages WHERE status = 'scheduled' GROUP BY 1, 2 ORDER BY 1"
        )
        assert await rows(house, planned) == [("a", "ask", arms["a"]), ("b", "hello", arms["b"])]
        standing = "FROM messages WHERE status IN ('sent', 'scheduled')"
        twice = f"SELECT lead_id {standing} GROUP BY lead_id, step HAVING count(*) > 1"
        assert await rows(house, twice) == []
        assert await store_arms(house) == arms


async def store_arms(runtime: Runtime) -> Counter[str]:
    """How many people take part with each arm."""
    async with runtime.engine.connect() as conn:
        clinic = await runtime.clinics.take(conn, "lakeside")
        tried = clinic.experiments["greeting"]
        return Counter(row.arm for row in await store.people(conn, "lakeside", "greeting", tried.edition))
