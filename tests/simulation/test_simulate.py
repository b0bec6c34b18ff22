"""`leadline simulate` as people and programs use it; and that it judges by the very facts the worker judges by."""

import ast
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from inspect import getsource
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from app.cli.screen import Failure, WrongUsage
from app.cli.simulate import simulate
from app.simulation import mail
from app.simulation.lines import KINDS, Line
from app.simulation.month import simulation_of
from app.simulation.post import Post
from app.simulation.scripts import read_leads, read_replies
from app.workers import email_claims
from app.workers.claims import Claim
from tests.domain.builders import CONSENT, NOW, a_clinic

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "examples/lakeside.yaml"
TUESDAY = "2026-11-24T16:00:00Z"


def leadline(*arguments: str, hash_seed: str = "0", given: str = "") -> subprocess.CompletedProcess[str]:
    """The command, in an environment without a single setting or secret."""
    bare = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "app.cli", "simulate", *arguments]
    return subprocess.run(command, cwd=ROOT, env=bare, input=given, capture_output=True, text=True, timeout=120)


# -- a story -----------------------------------------------------------------------------------

MARIA = {"first_name": "Maria", "phone": "+13125550142", "consent": {"sms": True, "text": CONSENT.text}}
CLINIC = a_clinic(scoring=())


def story(*replies: tuple[str, str], lead: dict[str, Any] = MARIA, at: datetime = NOW) -> list[Line]:
    """What happens in ten days to one lead who comes in on Tuesday at 10:00 in Chicago and writes this."""
    forms = read_leads(json.dumps(lead).encode(), "lead", CLINIC, "website", at)
    raw = "\n".join(json.dumps({"lead": 1, "after": after, "text": text}) for after, text in replies)
    said = read_replies(raw.encode(), "replies", CLINIC, forms)
    simulation = simulation_of(CLINIC, at, forms, source="website", replies=said)
    return list(simulation.run(at + timedelta(days=10)))


def told(lines: list[Line]) -> list[tuple[str, str, str | None]]:
    return [(f"{line.local:%a %H:%M}", line.kind, line.stage if line.kind == "stage" else line.text) for line in lines]


def test_a_lead_who_never_answers_gets_every_step_and_ends_in_nurture() -> None:
    assert told(story()) == [
        ("Tue 10:00", "stage", "texting"),
        ("Tue 10:00", "text", "Hi Maria, Lakeside. YES?"),
        ("Wed 10:00", "text", "Lakeside: still looking?"),
        ("Thu 10:00", "call", "Try a call."),
        ("Thu 10:00", "task", "Try a call."),
        ("Mon 10:00", "text", "Lakeside: we close your request."),
        ("Mon 10:00", "stage", "nurture"),
    ]


def test_stop_ends_it_and_a_question_holds_it() -> None:
    assert told(story(("1h", "STOP"))) == [
        ("Tue 10:00", "stage", "texting"),
        ("Tue 10:00", "text", "Hi Maria, Lakeside. YES?"),
        ("Tue 11:00", "reply", "STOP"),
        ("Tue 11:00", "stage", "opted_out"),
    ]
    assert told(story(("1h", "how much is it?")))[2:] == [
        ("Tue 11:00", "reply", "how much is it?"),
        ("Tue 11:00", "stage", "paused"),
        ("Tue 11:00", "task", "how much is it?"),
        ("Tue 11:00", "text", "Lakeside: a person will answer."),
    ]


def test_without_consent_nothing_is_sent_and_somebody_calls() -> None:
    assert [kind for _, kind, _ in told(story(lead={**MARIA, "consent": None}))] == ["stage", "task"]


def test_an_answer_at_night_waits_for_lawful_hours_or_grows_too_old() -> None:
    night = story(("690m", "YES"))
    assert [(when, kind) for when, kind, _ in told(night)][2:5] == [
        ("Tue 21:30", "reply"),
        ("Tue 21:30", "dropped"),
        ("Tue 21:30", "task"),
    ]
    (dropped,) = [line for line in night if line.kind == "dropped"]
    assert [(why["rule"], why["verdict"]) for why in dropped.why if why["verdict"] != "go"] == [
        ("recipient_window", "wait"),
        ("expiry", "drop"),
    ]


def test_a_line_names_who_where_what_and_why() -> None:
    first = next(line for line in story() if line.kind == "text").as_json()
    rules = [(why["rule"], why["verdict"]) for why in first.pop("why")]
    assert first == {
        "at": "2026-11-17T16:00:00Z",
        "local_time": "2026-11-17T10:00:00-06:00",
        "kind": "text",
        "lead": "1",
        "phone": "+13125550142",
        "state": "IL",
        "zone": "America/Chicago",
        "sequence": "request",
        "version": 1,
        "step": "first",
        "variant": None,
        "text": "Hi Maria, Lakeside. YES?",
        "segments": 1,
        "stage": "texting",
    }
    assert {verdict for _, verdict in rules} == {"go"}
    assert {"consent", "clinic_hours", "recipient_window", "caps"} <= {rule for rule, _ in rules}


def test_the_same_wish_within_ten_minutes_is_one_lead() -> None:
    forms = read_leads(json.dumps([MARIA, {**MARIA, "email": "maria@example.com"}]).encode(), "x", CLINIC, None, NOW)
    simulation = simulation_of(CLINIC, NOW, forms, source="website")
    texts = [line.lead for line in simulation.run(NOW + timedelta(hours=1)) if line.kind == "text"]
    assert texts == ["1"]
    assert [lead.facts["email"] for lead in simulation.leads()] == ["maria@example.com"]


def test_a_slow_sender_takes_its_time() -> None:
    slow = {key: _paced(sender, 1 / 60) for key, sender in CLINIC.senders.items()}
    clinic = a_clinic(scoring=(), senders=slow)
    people = [{**MARIA, "phone": f"+1312555{number:04d}"} for number in range(200, 204)]
    forms = read_leads(json.dumps(people).encode(), "x", clinic, "website", NOW)
    lines = simulation_of(clinic, NOW, forms, source="website").run(NOW + timedelta(hours=1))
    assert [line.at - NOW for line in lines if line.kind == "text"] == [timedelta(minutes=n) for n in range(4)]


def _paced(sender: Any, rate: float) -> Any:
    return type(sender)(**{**vars(sender), "segments_per_second": rate})


# -- the same facts as the worker --------------------------------------------------------------


def _facts_given(function: Any) -> set[str]:
    """The names that a function hands to `Case`, or an e-mail's to `EmailCase`."""
    tree = ast.parse(dedent(getsource(function)))
    cases = ("Case", "EmailCase")
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in cases]
    return {name.arg for name in call.keywords if name.arg is not None}


def test_the_simulator_judges_by_all_that_the_worker_judges_by() -> None:
    assert _facts_given(Post._case) >= _facts_given(Claim._case)
    assert _facts_given(mail._case) == _facts_given(email_claims._case)


# -- the command -------------------------------------------------------------------------------

MONTH = (EXAMPLE, "--from", TUESDAY, "--days", "30", "--random", "60", "--jsonl")


def test_the_same_seed_gives_the_same_lines_byte_by_byte_and_another_seed_gives_others() -> None:
    one, same = (leadline(*MONTH, "--seed", "7", hash_seed=hash_seed) for hash_seed in ("1", "2"))
    other = leadline(*MONTH, "--seed", "8")
    assert (one.returncode, one.stderr) == (0, "")
    assert len(one.stdout.splitlines()) > 200
    assert one.stdout == same.stdout
    assert one.stdout != other.stdout


def test_lines_are_in_order_and_all_of_them_have_every_key() -> None:
    lines = [json.loads(line) for line in leadline(*MONTH).stdout.splitlines()]
    assert {tuple(line) for line in lines} == {tuple(next(iter(_any_line())).as_json())}
    assert {line["kind"] for line in lines} <= set(KINDS)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


def _any_line() -> list[Line]:
    return [Line(at=NOW, kind="text", lead="1", phone="+13125550142", state="IL", zone="America/Chicago")]


def test_leads_and_replies_are_taken_from_files(tmp_path: Path) -> None:
    lead, replies = tmp_path / "lead.json", tmp_path / "replies.jsonl"
    consent = {"sms": True, "text": _words_on_file(), "method": "web_form"}
    lead.write_text(json.dumps({**MARIA, "external_id": "form-7", "consent": consent}, indent=2))
    replies.write_text('{"lead": "form-7", "after": "20m", "text": "Yes!"}\n')
    ran = leadline(EXAMPLE, "--from", TUESDAY, "--days", "1", "--lead", str(lead), "--replies", str(replies), "--jsonl")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    texts = [(line["at"], line["lead"], line["step"]) for line in lines if line["kind"] == "text"]
    assert texts == [("2026-11-24T16:00:00Z", "form-7", "hello"), ("2026-11-24T16:20:00Z", "form-7", None)]
    shown = leadline(EXAMPLE, "--from", TUESDAY, "--days", "1", "--lead", "-", given=lead.read_text())
    assert (shown.returncode, shown.stdout) == (0, "")
    assert "lead form-7, +13125550142, IL, times in America/Chicago" in shown.stderr
    assert "Tue Nov 24 10:00" in shown.stderr


def _words_on_file() -> str:
    from app.adapters.clinic_file import read_clinic

    clinic, _ = read_clinic((ROOT / EXAMPLE).read_text())
    return clinic.consent_texts["web-2026-09"]


def test_many_leads_are_summed_up_with_their_hours() -> None:
    shown = leadline(EXAMPLE, "--from", TUESDAY, "--random", "30").stderr
    for title in ("30 forms", "Stages at the end", "Tasks", "Texts by the hour of those who get them"):
        assert title in shown


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"begins": "soon"}, "--from must be a moment such as 2026-11-24T16:00:00Z"),
        ({"begins": "1776-07-04"}, "--from must be a moment between 2000 and 2100"),
        ({"files": [Path("missing.yaml")]}, "missing.yaml can't be read: No such file or directory"),
        ({"seed": 3}, "--seed belongs to --random"),
        ({"random": 3, "lead": Path("lead.json")}, "give --lead or --random, not both"),
        ({"source": "fax"}, "there is no source fax; there are: website"),
        ({"lead": Path("/proc/version")}, "/proc/version:1: is not JSON"),
    ],
)
def test_a_wrong_argument_gets_one_clear_line(given: dict[str, Any], told: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        simulate(**{"files": [ROOT / EXAMPLE], "begins": TUESDAY, **given})
    assert str(caught.value) == told


def test_a_wrong_lead_on_stdin_ends_with_exit_2_and_its_line() -> None:
    ran = leadline(EXAMPLE, "--from", TUESDAY, "--lead", "-", given='{"first_name": "Maria"}')
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "leadline: -:1: phone is required\n")


def test_a_clinic_file_with_mistakes_is_told_with_its_lines(tmp_path: Path) -> None:
    wrong = tmp_path / "clinic.yaml"
    words = (ROOT / EXAMPLE).read_text().replace("timezone: America/Chicago", "timezone: Chicago", 1)
    wrong.write_text(words)
    line = words.splitlines().index("timezone: Chicago") + 1
    with pytest.raises(Failure, match=f"^{re.escape(str(wrong))}:{line}: "):
        simulate(files=[wrong], begins=TUESDAY)
