"""The report on an experiment, by HTTP, on a page and in the terminal: who may ask, and what it says."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from app.embedded import Servers
from app.reporting import terminal
from app.reporting.experiments import RULE
from app.reporting.page import experiment_page
from app.runtime import Runtime
from tests.installation import Keys, a_runtime, bearer
from tests.workers.test_experiments import TEXTS, report
from tests.workers.test_in_flight import leads_came, send
from tests.workers.test_rollup import count


@pytest.fixture(scope="module")
async def house(servers: Servers) -> AsyncIterator[Runtime]:
    async with a_runtime(servers, TEXTS) as opened:
        yield opened


async def ask(api: httpx.AsyncClient, key: str, path: str = "greeting") -> httpx.Response:
    return await api.get(f"/reports/experiments/{path}", headers=bearer(key))


async def test_the_report_has_the_arms_the_verdict_and_what_is_missing(
    runtime: Runtime, api: httpx.AsyncClient, keys: Keys
) -> None:
    await leads_came(runtime, 10)
    await send(runtime)
    await count(runtime)
    answer = await ask(api, keys.coordinator)
    assert answer.status_code == 200
    told = answer.json()
    arms = {one["arm"]: one for one in told.pop("arms")}
    assert set(arms) == {"a", "b"}
    assert sum(one["n"] for one in arms.values()) == 10
    nobody = {"rate": None, "low": None, "high": None}
    assert arms["b"] == {
        "arm": "b",
        **dict.fromkeys(("n", "texted", "sent"), arms["b"]["n"]),
        **dict.fromkeys(("delivered", "replied", "booked", "opted_out", "judged"), 0),
        "rates": {"replied": nobody, "booked": nobody, "opted_out": arms["b"]["rates"]["opted_out"]},
        "stopped": None,
    }
    unknown = {"difference": None, "low": None, "high": None, "information": 0.0}
    undecided = unknown | {"decided": False, "shown": False, "settled": False}
    edition = told.pop("edition")
    for name in ("as_of", "since"):
        assert re.fullmatch(r"2026-11-24T16:\d\d:\d\d.*Z", told.pop(name))
    assert [(one["edition"], one["people"]) for one in told.pop("editions")] == [(edition, 10)]
    assert told == {
        "clinic": "lakeside",
        "key": "greeting",
        "running": True,
        "sequence": "request",
        "step": "hello",
        "change": "text",
        "window_days": 14,
        "comparisons": [{"arm": "b", "against": "a", "booked": undecided, "replied": undecided}],
        "state": "early",
        "verdict": "Too early: 0 of about 5,100 leads per arm.",
        "needed": 5100,
        "missing": 5100,
        "rule": RULE,
    }


async def test_an_experiment_that_never_was_and_another_clinics_are_not_there(
    api: httpx.AsyncClient, keys: Keys
) -> None:
    assert (await ask(api, keys.coordinator, "other")).status_code == 404
    assert (await ask(api, keys.coordinator, "greeting?edition=gone")).status_code == 404
    assert (await ask(api, keys.other_coordinator)).status_code == 404
    assert (await ask(api, keys.source)).status_code == 403
    assert (await api.get("/reports/experiments/greeting")).status_code == 401


async def test_the_page_and_the_terminal_say_the_verdict_the_arms_and_the_rule(
    runtime: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    await leads_came(runtime, 10)
    await count(runtime)
    told = await report(runtime)
    page = experiment_page(told)
    terminal.show_experiment(told)
    shown = " ".join(capsys.readouterr().err.split())
    for words in (told["verdict"], "the text of hello in request", "b minus a", RULE.split(".")[0]):
        assert words.replace("'", "&#39;") in page
        assert words in shown
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"?(https?:)?//", page)
