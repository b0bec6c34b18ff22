"""The funnel by HTTP: its rows and its total, who may ask, and when it is not sent again."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.embedded import Servers
from app.runtime import Runtime
from app.workers.inbox import Inbox
from app.workers.rollup import Rollup
from tests.installation import Keys, a_client, a_lead, a_runtime, bearer, make_keys
from tests.workers.test_rollup import told

Work = Callable[[], Awaitable[int]]


@pytest.fixture
async def runtime(servers: Servers) -> AsyncIterator[Runtime]:
    """An installation for each test: figures are of everything that ever happened in one."""
    async with a_runtime(servers) as opened:
        yield opened


@pytest.fixture
async def keys(runtime: Runtime) -> Keys:
    return await make_keys(runtime)


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(runtime) as client:
        yield client


@pytest.fixture
def work(runtime: Runtime) -> Work:
    return Inbox(runtime).read_all


@pytest.fixture
async def counted(runtime: Runtime) -> Runtime:
    """One lead for whom everything happened: texted, asked, booked by hand; and all of it counted."""
    await told(runtime, "question", "other")
    return runtime


async def funnel(api: httpx.AsyncClient, keys: Keys, query: str = "", **headers: str) -> httpx.Response:
    return await api.get(f"/reports/funnel{query}", headers={**bearer(keys.coordinator), **headers})


async def first_text(runtime: Runtime) -> tuple[str, str]:
    """The sequence and step of the text that was sent."""
    async with runtime.engine.connect() as conn:
        row = (await conn.execute(text("SELECT sequence, step FROM messages WHERE status = 'sent'"))).one()
    return row.sequence, row.step


FIGURES = {
    "captured": 0,
    "leads": 1,
    "entered": 1,
    "sent": 1,
    "segments": 1,
    "emails": 0,
    "delivered": 0,
    "failed": 0,
    "replies": 2,
    "replied": 1,
    "question": 1,
    "booked": 0,
    "declined": 0,
    "opted_out": 0,
}
RATES = {"delivered": 0.0, "replied": 1.0, "question": 1.0, "booked": 0.0, "declined": 0.0, "opted_out": 0.0}
NO_RATES = dict.fromkeys(RATES)


async def test_the_funnel_by_step_has_its_rows_its_total_and_how_long_things_took(
    counted: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    sequence, key = await first_text(counted)
    answer = await funnel(api, keys, "?by=step")
    assert answer.status_code == 200
    report: dict[str, Any] = answer.json()
    assert re.fullmatch(r"2026-11-24T16:\d\d:\d\d.*Z", report.pop("as_of"))
    nothing = dict.fromkeys(FIGURES, 0)
    nobody = {"sequence": "-", "step": "-", **nothing, "captured": 1, "rates": NO_RATES}
    step = {"sequence": sequence, "step": key, **FIGURES, "rates": RATES}
    assert report == {
        "clinic": "lakeside",
        "by": "step",
        "since": None,
        "until": None,
        "rows": [nobody, step],
        "total": {**FIGURES, "captured": 1, "rates": RATES},
        "times": [
            {"measure": "first_text", "leads": 1, "median": 5.0, "p90": 9.0, "buckets": [in_ten_seconds]},
            {"measure": "first_reply", "leads": 1, "median": 5.0, "p90": 9.0, "buckets": [in_ten_seconds]},
            {"measure": "first_answer", "leads": 0, "median": None, "p90": None, "buckets": []},
        ],
        "tasks": [
            {
                "sequence": sequence,
                "variant": "-",
                "opened": 2,
                "answered": 0,
                "median": None,
                "p90": None,
            }
        ],
        "teams": [],
    }


in_ten_seconds = {"seconds": 10, "leads": 1, "booked": 0}


@pytest.mark.parametrize(
    ("by", "named"),
    [
        ("sequence", [{"sequence": "-"}, {"sequence": "SENT"}]),
        ("variant", [{"sequence": "-", "variant": "-"}, {"sequence": "SENT", "variant": "-"}]),
        ("source", [{"source": "website"}]),
        ("location", [{"location": "north"}]),
        ("service", [{"service": "fertility"}]),
    ],
)
async def test_every_split_names_its_rows_and_has_the_same_total(
    counted: Runtime, api: httpx.AsyncClient, keys: Keys, by: str, named: list[dict[str, str]]
) -> None:
    report = (await funnel(api, keys, f"?by={by}")).json()
    keys_of = [{name: row[name] for name in named[0]} for row in report["rows"]]
    sequence, _ = await first_text(counted)
    expected = [{name: sequence if value == "SENT" else value for name, value in row.items()} for row in named]
    assert (keys_of, report["total"]) == (expected, {**FIGURES, "captured": 1, "rates": RATES})


async def test_days_are_asked_for_with_both_ends(counted: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    periods = ("?from=2026-11-24&to=2026-11-24", "?to=2026-11-23", "?from=2026-11-25")
    found = [(await funnel(api, keys, period)).json()["total"]["sent"] for period in periods]
    assert found == [1, 0, 0]


async def test_a_report_that_is_known_is_not_sent_again_until_a_figure_changes(
    counted: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work
) -> None:
    first = await funnel(api, keys)
    tag = first.headers["etag"]
    again = await funnel(api, keys, "", **{"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await api.post("/leads", json=a_lead(), headers=bearer(keys.source))).status_code == 202
    await work()
    await Rollup(counted).count_all()
    changed = await funnel(api, keys, "", **{"If-None-Match": tag})
    assert (changed.status_code, changed.json()["total"]["captured"]) == (200, 2)


async def test_a_test_lead_never_counts(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Work) -> None:
    assert (await api.post("/leads", json=a_lead(test=True), headers=bearer(keys.source))).status_code == 202
    await work()
    await Rollup(runtime).count_all()
    report = (await funnel(api, keys)).json()
    assert (report["rows"], report["tasks"]) == ([], [])
    assert {name: report["total"][name] for name in FIGURES} == dict.fromkeys(FIGURES, 0)


async def test_who_may_ask_and_for_what(counted: Runtime, api: httpx.AsyncClient, keys: Keys) -> None:
    asked = {
        name: await api.get("/reports/funnel", headers=bearer(key))
        for name, key in (("source", keys.source), ("admin", keys.admin), ("other", keys.other_coordinator))
    }
    assert {name: answer.status_code for name, answer in asked.items()} == {"source": 403, "admin": 200, "other": 200}
    assert (asked["other"].json()["clinic"], asked["other"].json()["rows"]) == ("other", [])
    assert (await api.get("/reports/funnel")).status_code == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [("?by=name", "by"), ("?from=yesterday", "from"), ("?from=2026-11-25&to=2026-11-24", "to")],
)
async def test_a_wrong_question_is_told_which_field_is_wrong(
    api: httpx.AsyncClient, keys: Keys, query: str, field: str
) -> None:
    answer = await funnel(api, keys, query)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
