"""Taking rows out, and the opt-out list: `leadline export` and `leadline suppress`."""

import asyncio
import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.adapters.store import keys
from app.runtime import open_runtime
from app.settings import Settings
from app.workers.inbox import Inbox
from tests.house import until
from tests.installation import OPEN_HOURS, a_client, a_lead, bearer, consent_words, set_clock
from tests.story.commands import Done, Leadline, ask

ANA, BEN = "+13125550142", "+13125550143"


async def _with_two_leads() -> list[str]:
    """Ana, with a formula for a message, and Ben, who wrote STOP's opposite: nothing."""
    return await _with_leads(
        a_lead(ANA, first_name="Ana", message="=HYPERLINK(1)", seen="ad"), a_lead(BEN, first_name="Ben")
    )


async def _with_leads(*forms: dict[str, Any]) -> list[str]:
    async with open_runtime(Settings()) as runtime:
        await set_clock(runtime, OPEN_HOURS)
        async with runtime.engine.begin() as conn:
            made = await keys.create(conn, clinic="lakeside", role="source", source="website", name="form")
        ids = []
        async with a_client(runtime) as api:
            for form in forms:
                answer = await api.post("/leads", json=form, headers=bearer(made[1]))
                ids.append(str(answer.json()["lead_id"]))
        await Inbox(runtime).read_all()
    return ids


async def _read() -> None:
    async with open_runtime(Settings()) as runtime:
        await Inbox(runtime).read_all()


def _lines(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


async def test_every_kind_comes_out_whole_and_opened(lakeside: str, leadline: Leadline) -> None:
    ana, ben = await _with_two_leads()

    leads = _lines(leadline("export", "leads", "--clinic", "lakeside"))
    told = ("id", "first_name", "phone", "message", "stage", "extra", "suppressed_by")
    assert [tuple(one[name] for name in told) for one in leads] == [
        (ana, "Ana", ANA, "=HYPERLINK(1)", "texting", {"seen": "ad"}, None),
        (ben, "Ben", BEN, None, "texting", {}, None),
    ]
    consents = _lines(leadline("export", "consents", "--clinic", "lakeside"))
    assert [(one["phone"], one["status"], one["text_key"], one["text"]) for one in consents] == [
        (ANA, "granted", "web-2026-09", consent_words()),
        (BEN, "granted", "web-2026-09", consent_words()),
    ]
    messages = _lines(leadline("export", "messages", "--clinic", "lakeside"))
    assert [(one["phone"], one["step"], one["status"], one["text"][:7]) for one in messages] == [
        (ANA, "hello", "scheduled", "Hi Ana,"),
        (BEN, "hello", "scheduled", "Hi Ben,"),
    ]
    events = _lines(leadline("export", "events", "--clinic", "lakeside"))
    assert [(one["kind"], one["lead_id"], one["fields"]["first_name"]) for one in events] == [
        ("lead_captured", ana, "Ana"),
        ("lead_captured", ben, "Ben"),
    ]
    assert _lines(leadline("export", "tasks", "--clinic", "lakeside")) == []


async def test_a_spreadsheet_runs_nothing_of_it(lakeside: str, leadline: Leadline) -> None:
    await _with_two_leads()

    done = leadline("export", "leads", "--clinic", "lakeside", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out, newline="")))

    assert [(row["phone"], row["message"], row["extra"]) for row in rows] == [
        (f"'{ANA}", "'=HYPERLINK(1)", '{"seen": "ad"}'),
        (f"'{BEN}", "", "{}"),
    ]
    assert done.err.endswith("2 leads of lakeside.\n")


async def test_since_leaves_out_what_was_before(lakeside: str, leadline: Leadline) -> None:
    await _with_two_leads()

    assert len(_lines(leadline("export", "leads", "--clinic", "lakeside", "--since", "2026-11-24"))) == 2
    assert _lines(leadline("export", "leads", "--clinic", "lakeside", "--since", "2026-11-25")) == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["leads", "--clinic", "nowhere"], "leadline: there is no clinic nowhere; known: lakeside\n"),
        (
            ["leads", "--clinic", "lakeside", "--since", "soon"],
            "leadline: --since soon: give a moment such as 2026-11-01T09:00:00Z\n",
        ),
    ],
)
def test_a_wrong_order_gets_one_clear_line(lakeside: str, leadline: Leadline, arguments: list[str], line: str) -> None:
    done = leadline("export", *arguments)

    assert (done.code, done.out, done.err) == (2, "", line)


async def test_a_phone_on_the_list_is_never_texted_and_a_later_form_does_not_open_it(
    lakeside: str, leadline: Leadline
) -> None:
    await _with_two_leads()

    assert leadline("suppress", "add", "(312) 555-0142", "--clinic", "lakeside").err == "It is closed to texts.\n"
    assert leadline("suppress", "add", ANA, "--clinic", "lakeside").err == "It was closed to texts already.\n"
    await _read()

    stages = await ask(lakeside, "SELECT stage, reason FROM leads ORDER BY captured_at, id")
    assert sorted(stages) == [("opted_out", "opted out (staff)"), ("texting", None)]
    assert await ask(lakeside, "SELECT count(*) FROM messages WHERE status = 'scheduled'") == [(1,)]
    ledger = _lines(leadline("export", "consents", "--clinic", "lakeside"))[-1]
    assert (ledger["phone"], ledger["status"], ledger["method"], ledger["reason"]) == (
        ANA,
        "withdrawn",
        "opt-out list",
        "asked for it",
    )
    await _with_two_leads()
    assert await ask(lakeside, "SELECT count(*) FROM messages WHERE status = 'scheduled'") == [(1,)]


async def test_lifting_needs_a_reason_is_on_record_and_sends_nothing(lakeside: str, leadline: Leadline) -> None:
    await _with_two_leads()
    leadline("suppress", "add", ANA, "--clinic", "lakeside")
    await _read()

    empty = leadline("suppress", "lift", ANA, "--clinic", "lakeside", "--reason", " ")
    assert (empty.code, empty.err) == (2, "leadline: --reason is empty: say why this phone may be texted again\n")
    lifted = leadline("suppress", "lift", ANA, "--clinic", "lakeside", "--reason", "a mistake", "--by", "sam")
    assert (lifted.code, lifted.err) == (0, "It is open again; who lifted it and why is on record.\n")
    await _read()
    again = leadline("suppress", "lift", ANA, "--clinic", "lakeside", "--reason", "a mistake")
    assert (again.code, again.err) == (1, "leadline: this phone is not closed to texts\n")

    event = _lines(leadline("export", "events", "--clinic", "lakeside"))[-1]
    assert (event["kind"], event["fields"]) == ("phone_opened", {"by": "sam", "reason": "a mistake"})
    assert await ask(lakeside, "SELECT stage FROM leads ORDER BY stage") == [("opted_out",), ("texting",)]
    assert await ask(lakeside, "SELECT count(*) FROM messages WHERE status = 'scheduled'") == [(1,)]


def test_a_list_is_imported_whole_or_not_at_all(lakeside: str, leadline: Leadline, tmp_path: Path) -> None:
    plain = tmp_path / "list.txt"
    plain.write_text("312 555 0142\n\n+13125550143\n(312) 555-0142\n")
    bad = tmp_path / "bad.csv"
    bad.write_text("name,phone\nA,3125550144\nB,12\nC,8005550199\n")
    table = tmp_path / "table.csv"
    table.write_text("name,phone\nA,'+13125550144\n")

    refused = leadline("suppress", "import", bad, "--clinic", "lakeside")
    assert refused.code == 2
    assert "nothing was imported. line 3: phone is not a phone number" in refused.err
    assert "line 4: phone is a toll-free" in refused.err
    assert asyncio.run(ask(lakeside, "SELECT count(*) FROM suppressions")) == [(0,)]

    assert leadline("suppress", "import", plain, "--clinic", "lakeside").err == (
        "2 phones are closed to texts now; 0 were already.\n"
    )
    assert leadline("suppress", "import", table, "--clinic", "lakeside").code == 0

    exported = _lines(leadline("suppress", "export", "--clinic", "lakeside"))
    assert sorted((one["phone"], one["by"], one["lifted_at"]) for one in exported) == [
        (ANA, "staff", None),
        (BEN, "staff", None),
        ("+13125550144", "staff", None),
    ]


@pytest.mark.parametrize("order", [("export", "events"), ("suppress", "export")], ids=" ".join)
async def test_whoever_reads_slowly_keeps_no_transaction_open(
    lakeside: str, leadline: Leadline, tmp_path: Path, order: tuple[str, ...]
) -> None:
    """The database ends a transaction that idles for 15 s; a pager or a slow disk may take longer over a page."""
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"31255{number:05}\n" for number in range(50_000, 51_200)))
    leadline("suppress", "import", listed, "--clinic", "lakeside")
    nobody = await ask(lakeside, OTHERS)

    command = [sys.executable, "-m", "app.cli", *order, "--clinic", "lakeside"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as export:  # noqa: ASYNC220
        assert export.stdout is not None

        async def waits_for_us() -> str:
            """What its session does while a full pipe holds it up between two pages."""
            ((state,),) = await ask(lakeside, PAGE_STATE) or [("",)]
            return "" if state == "active" else state

        assert nobody == [(0,)]
        assert await until(waits_for_us) == "idle"
        lines = export.stdout.read().splitlines()
    assert (export.returncode, len(lines)) == (0, 1200)


OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'leadline'"
PAGE_STATE = """
SELECT state FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'leadline'
AND query LIKE '%ORDER BY%LIMIT 500%'
"""
