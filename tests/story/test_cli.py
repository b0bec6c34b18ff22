"""The command line: what it prints where, its exit codes, and what applying a clinic file does."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from app.running import Running, note_running
from tests.story.commands import LAKESIDE, ROOT, Done, Leadline, ask, edited


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nonsense"], "leadline: No such command 'nonsense'.\n"),
        (["demo", "--prt", "1"], "leadline: No such option: --prt (Possible options: --port)\n"),
        (
            ["demo", "--port", "x"],
            "leadline: Invalid value for '--port': Input should be a valid integer,"
            " unable to parse string as an integer\n",
        ),
        (["apply"], "leadline: Missing argument 'FILE...'.\n"),
        (["apply", "no.yaml"], "leadline: no.yaml can't be read: No such file or directory\n"),
        (["apply", "--in-flight", "drop", "no.yaml"],
         "leadline: Invalid value for '--in-flight': Value error, 'drop' is not one of 'keep', 'move', 'stop'.\n"),
        (["clock", "--advance", "2x"],
         "leadline: --advance 2x: give a number and a unit, such as 90s, 15m, 2h, 2d or 1w\n"),
        (["clock", "--to", "soon"], "leadline: --to soon: give a time such as 2026-11-24T15:00:00Z\n"),
        (["clock", "--to", "2026-11-24T15:00:00"],
         "leadline: --to 2026-11-24T15:00:00: the time needs its zone, such as 2026-11-24T15:00:00Z for UTC\n"),
        (["clock", "--real", "--advance", "2d"], "leadline: --advance, --to and --real exclude each other\n"),
        (["keys", "create", "--clinic", "c", "--role", "source", "--name", "n"],
         "leadline: --source names the source of a key of role source, and only of such a key\n"),
        (["carrier", "--number", "+1312"],
         "leadline: --number +1312: give +NUMBER=URL, such as"
         " +13125550199=http://127.0.0.1:8000/webhooks/…\n"),
    ],
)  # fmt: skip
def test_a_wrong_argument_gets_one_clear_line_and_exit_code_2(
    leadline: Leadline, arguments: list[str], line: str
) -> None:
    assert leadline(*arguments) == Done(2, "", line)


def test_a_file_that_is_not_text_gets_one_clear_line(leadline: Leadline, tmp_path: Path) -> None:
    (tmp_path / "picture.yaml").write_bytes(b"clinic: \xff\xfe")
    assert leadline("check", "picture.yaml") == Done(2, "", "leadline: picture.yaml is not UTF-8 text (byte 8)\n")


def test_without_a_database_or_a_demo_a_command_says_what_to_do(leadline: Leadline) -> None:
    assert leadline("clock") == Done(
        1,
        "",
        "leadline: No running demo under .leadline and LEADLINE_DATABASE_URL is not set:"
        " run `leadline demo`, or set LEADLINE_DATABASE_URL\n",
    )


def test_what_a_killed_demo_left_is_not_taken_for_a_running_one(leadline: Leadline, tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    left = Running(gone.pid, 0.0, "demo", 8000, "postgresql+asyncpg://x", "", "http://127.0.0.1:8000", 64)
    note_running(tmp_path / ".leadline", left)
    done = leadline("doctor")
    assert (done.code, done.out) == (1, "")
    assert "No running demo under .leadline (one was here, but it has ended)" in done.err


def test_production_does_not_start_without_its_secrets_and_names_each(leadline: Leadline) -> None:
    done = leadline("api")
    assert (done.code, done.out) == (2, "")
    assert re.findall(r"LEADLINE_\w+(?=:)", done.err) == [
        "LEADLINE_DATABASE_URL",
        "LEADLINE_SECRET_KEYS",
        "LEADLINE_PUBLIC_URL",
    ]


def test_up_without_its_secrets_starts_nothing(leadline: Leadline, tmp_path: Path) -> None:
    done = leadline("up")
    assert (done.code, done.out) == (2, "")
    assert re.findall(r"^  (LEADLINE_\w+):", done.err, re.MULTILINE) == ["LEADLINE_SECRET_KEYS"]
    assert not (tmp_path / ".leadline").exists()


def test_a_demo_is_not_production(leadline: Leadline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_ENV", "production")
    assert leadline("demo") == Done(
        2, "", "leadline: LEADLINE_ENV is production, and a demo is not: use `leadline up`, or unset it\n"
    )


def test_a_setting_of_the_wrong_kind_is_named_without_its_value(
    leadline: Leadline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_LANES", "lots-and-lots")
    done = leadline("api")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("leadline: LEADLINE_LANES: ")
    assert "lots-and-lots" not in done.err
    assert done.err.count("\n") == 1


def test_a_database_that_is_not_there_gets_one_clear_line_without_the_password(
    leadline: Leadline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_DATABASE_URL", "postgresql://leadline:hush@127.0.0.1:1/none")
    assert leadline("clock") == Done(
        1, "", "leadline: the database does not answer: is it running, and is LEADLINE_DATABASE_URL right?\n"
    )


def test_help_answers_at_once_and_names_every_command() -> None:
    before = os.times()
    told = subprocess.run([sys.executable, "-m", "app.cli", "--help"], capture_output=True, text=True, check=True)
    after = os.times()
    named = {line.split()[1] for line in told.stdout.splitlines() if re.match(r"│ [a-z]", line)}
    assert {"demo", "up", "api", "worker", "migrate", "carrier", "apply", "check", "keys", "clock"} <= named
    assert {"sending", "doctor", "read"} <= named
    # Half a second; of the processor's time, since other tests run beside this one.
    assert after.children_user + after.children_system - before.children_user - before.children_system < 2


def test_help_imports_neither_the_database_nor_the_web_framework() -> None:
    code = (
        "import sys; import app.cli; print([m for m in ('sqlalchemy', 'fastapi', 'httpx', 'arq') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_replies_are_read_line_by_line(leadline: Leadline) -> None:
    done = leadline("read", "--jsonl", given='{"text": "STOP"}\n\n{"text": "Yes please"}\n')
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["text"], row["intent"], row["certainty"]) for row in rows] == [
        ("STOP", "opt_out", "sure"),
        ("Yes please", "confirm", "sure"),
    ]
    assert {tuple(row) for row in rows} == {("text", "intent", "certainty", "because")}
    assert leadline("read", given="STOP\n") == Done(2, "", "leadline: line 1 of the input is not JSON\n")


def test_migrating_twice_changes_nothing_and_another_number_of_lanes_is_refused(
    database: str, leadline: Leadline, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert leadline("clock") == Done(1, "", "leadline: this database is not set up yet: run `leadline migrate`\n")
    first, second = leadline("migrate"), leadline("migrate")
    assert (first.code, second.code) == (0, 0)
    assert first.err.endswith("(from nothing).\n")
    assert second.err.endswith("(as before).\n")
    monkeypatch.setenv("LEADLINE_LANES", "8")
    assert leadline("migrate") == Done(
        2, "", "leadline: LEADLINE_LANES is 8, but this installation was made with 64; set it to that\n"
    )


async def test_applying_a_new_clinic_writes_it_and_a_dry_run_does_not(installed: str, leadline: Leadline) -> None:
    dry = leadline("apply", LAKESIDE, "--dry-run", "--json")
    assert dry.code == 0
    assert await ask(installed, "SELECT count(*) FROM clinics") == [(0,)]
    wet = leadline("apply", LAKESIDE, "--json")
    assert wet.json == dry.json
    assert wet.json["ok"] is True
    assert {change["change"] for change in wet.json["changes"]} == {"new"}
    assert {change["kind"] for change in wet.json["changes"]} >= {"clinic", "sender", "source", "sequence"}
    assert await ask(installed, "SELECT key, brand, name, version FROM clinics") == [
        ("lakeside", "lakeside", "Lakeside Clinic", 1)
    ]
    assert await ask(installed, "SELECT key, clinic, number FROM senders") == [
        ("lakeside-main", "lakeside", "+13125550199")
    ]
    assert await ask(installed, "SELECT document FROM clinic_versions") == [(LAKESIDE.read_text(),)]
    assert await ask(installed, "SELECT clinic, last_no FROM change_counters") == [("lakeside", 0)]


async def test_applying_the_same_file_again_writes_nothing(lakeside: str, leadline: Leadline) -> None:
    rows = "SELECT xmin::text, key FROM clinics UNION ALL SELECT xmin::text, key FROM sequence_versions"
    before = await ask(lakeside, rows)
    again = leadline("apply", LAKESIDE, "--json")
    assert {change["change"] for change in again.json["changes"]} == {"unchanged"}
    assert await ask(lakeside, rows) == before
    assert leadline("apply", LAKESIDE).err.endswith("Nothing to do.\n")


async def test_only_a_sequence_that_changed_gets_a_new_version_and_the_plan_counts_who_stands_in_it(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    await ask(lakeside, "INSERT INTO contacts (id, clinic, phone_hash, phone_cipher, lane)"
                        " VALUES ('contact_1', 'lakeside', '\\x01', '\\x01', 1)")  # fmt: skip
    for number, (stage, step) in enumerate([("texting", 0), ("texting", 1), ("paused", 1), ("booked", 1)]):
        await ask(
            lakeside,
            "INSERT INTO leads (id, clinic, contact_id, stage, captured_at, source, token, zones, test, facts_cipher,"
            " track, score, sequence, version, step) VALUES"
            f" ('lead_{number}', 'lakeside', 'contact_1', '{stage}', now(), 'website', 'token{number}', '{{}}', false,"
            f" '\\x01', 'hot', 40, 'appointment-request', 1, {step})",
        )
    path = edited(tmp_path, ("We got your appointment request", "We have your appointment request"))
    plan = leadline("apply", path, "--json").json
    different = [change for change in plan["changes"] if change["change"] != "unchanged"]
    sequence = {"kind": "sequence", "key": "appointment-request", "clinic": "lakeside", "change": "changed"}
    assert different == [
        {"kind": "clinic", "key": "lakeside", "clinic": "lakeside", "change": "changed"},
        sequence | {"in_flight": {"confirm": 1, "options": 2}},
    ]
    versions = "SELECT key, version, clinic_version FROM sequence_versions ORDER BY key, version"
    assert await ask(lakeside, versions) == [
        ("appointment-request", 1, 1),
        ("appointment-request", 2, 2),
        ("gentle", 1, 1),
        ("nurture", 1, 1),
    ]
    assert await ask(lakeside, "SELECT version FROM clinics") == [(2,)]


async def test_a_part_that_is_left_out_is_shown_as_removed_and_its_rows_stay(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    document = YAML().load(LAKESIDE.read_text())
    document["senders"]["lakeside-two"] = dict(document["senders"]["lakeside-main"]) | {"number": "+13125550198"}
    path = tmp_path / "two.yaml"
    YAML().dump(document, path)
    assert leadline("apply", path).code == 0
    plan = leadline("apply", LAKESIDE, "--json").json
    assert [change for change in plan["changes"] if change["change"] == "removed"] == [
        {"kind": "sender", "key": "lakeside-two", "clinic": "lakeside", "change": "removed"}
    ]
    assert await ask(lakeside, "SELECT key FROM senders ORDER BY key") == [("lakeside-main",), ("lakeside-two",)]


async def test_keys_that_another_clinic_has_are_refused_and_nothing_is_written(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    path = edited(tmp_path, ("clinic: lakeside", "clinic: hillside"))
    done = leadline("apply", path, "--json")
    assert (done.code, done.json["ok"]) == (1, False)
    assert [(found["level"], found["path"]) for found in done.json["findings"]] == [
        ("block", "senders.lakeside-main"),
        ("block", "sources.website"),
    ]
    lines = LAKESIDE.read_text().splitlines()
    assert [lines[found["line"] - 1].split(":")[0].strip() for found in done.json["findings"]] == [
        "lakeside-main",
        "website",
    ]
    assert await ask(lakeside, "SELECT key FROM clinics") == [("lakeside",)]


async def test_one_wrong_file_keeps_all_from_being_applied_and_every_mistake_has_its_line(
    installed: str, leadline: Leadline, tmp_path: Path
) -> None:
    path = edited(tmp_path, ("timezone: America/Chicago", "timezone: America/Chikago"), ("state: IL", "state: ILL"))
    lines = path.read_text().splitlines()
    wrong = [n for n, line in enumerate(lines, 1) if line.startswith(("timezone:", "state:"))]
    done = leadline("apply", LAKESIDE, path)
    assert (done.code, done.out) == (1, "")
    told = [line.split(": ")[0] for line in done.err.splitlines()[:-1]]
    assert told == [f"{path}:{number}" for number in wrong]
    assert await ask(installed, "SELECT count(*) FROM clinics") == [(0,)]
    checked = leadline("check", path, "--json")
    assert (checked.code, checked.json["ok"]) == (1, False)
    assert [found["line"] for found in checked.json["findings"]] == wrong
    assert leadline("check", LAKESIDE).code == 0


async def test_a_key_is_printed_alone_once_and_only_its_digest_is_kept(lakeside: str, leadline: Leadline) -> None:
    wanted = ("keys", "create", "--clinic", "lakeside", "--role", "source", "--source", "website", "--name", "web form")
    done = leadline(*wanted)
    assert done.code == 0
    assert re.fullmatch(r"llk_[\w-]{43}\n", done.out)
    as_json = leadline(*wanted, "--json").json
    assert list(as_json) == ["id", "key", "role", "clinic", "source", "name"]
    listed = leadline("keys", "list", "--json")
    assert [key["name"] for key in listed.json["keys"]] == ["web form", "web form"]
    assert as_json["key"] not in listed.out
    assert leadline("keys", "revoke", as_json["id"]).code == 0
    assert await ask(lakeside, "SELECT revoked_at IS NOT NULL FROM api_keys ORDER BY id") == [(False,), (True,)]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["keys", "create", "--clinic", "hill", "--role", "admin", "--name", "n"],
         "there is no clinic hill; known: lakeside"),
        (["keys", "create", "--clinic", "lakeside", "--role", "source", "--source", "fax", "--name", "n"],
         "lakeside has no source fax; known: website"),
        (["keys", "revoke", "key_none"], "there is no key key_none; `leadline keys list` shows them"),
        (["sending", "off", "--clinic", "hill"], "there is no clinic hill; known: lakeside"),
        (["sending", "on", "--sender", "hill"], "there is no sender hill; known: lakeside-main"),
        (["sending", "on", "--sender", "hill", "--clinic", "lakeside"], "give --clinic or --sender, not both"),
        (["clock", "--advance", "900w"], "the clock of a demo stays within 10 years of the real time"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_the_known_ones(
    lakeside: str, leadline: Leadline, arguments: list[str], line: str
) -> None:
    assert leadline(*arguments) == Done(2, "", f"leadline: {line}\n")


def test_the_clock_moves_by_a_span_to_a_moment_and_back(lakeside: str, leadline: Leadline) -> None:
    assert leadline("clock", "--json").json["offset_seconds"] == 0
    assert leadline("clock", "--advance", "2d", "--json").json["offset_seconds"] == 172_800
    assert leadline("clock", "--advance", "90s", "--json").json["offset_seconds"] == 172_890
    moved = leadline("clock", "--to", "2026-11-24T10:00:00-06:00", "--json").json
    away = datetime.fromisoformat(moved["now"]) - datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert timedelta() <= away < timedelta(minutes=1)
    assert leadline("clock", "--real", "--json").json["offset_seconds"] == 0
    assert leadline("clock", "--advance", "-2h").err.endswith("(2:00:00 behind the real time)\n")


def test_the_clock_of_production_stands_firm(
    lakeside: str, leadline: Leadline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_ENV", "production")
    assert leadline("clock", "--advance", "2d") == Done(
        1, "", "leadline: the clock moves in a demo only; this installation is in production\n"
    )
    assert leadline("clock", "--json").json["offset_seconds"] == 0


async def test_the_switch_is_a_row_for_a_clinic_and_for_all(lakeside: str, leadline: Leadline) -> None:
    rows = "SELECT (SELECT sending FROM installation), (SELECT sending FROM clinics)"
    assert leadline("sending", "off") == Done(0, "", "Sending is off for the whole installation.\n")
    assert leadline("sending", "off", "--clinic", "lakeside") == Done(0, "", "Sending is off for lakeside.\n")
    assert await ask(lakeside, rows) == [(False, False)]
    assert leadline("sending", "on").code == 0
    held = "SELECT held_code FROM senders"
    assert leadline("sending", "off", "--sender", "lakeside-main").code == 0
    assert await ask(lakeside, held) == [("held by staff",)]
    assert leadline("sending", "on", "--sender", "lakeside-main").code == 0
    assert await ask(lakeside, held) == [(None,)]
    assert await ask(lakeside, rows) == [(True, False)]


async def test_the_doctor_names_what_fails_and_what_to_do_and_is_content_when_all_is_well(
    lakeside: str, leadline: Leadline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = leadline("doctor", "--json")
    failing = {check["check"]: check["fix"] for check in done.json["checks"] if check["state"] == "fail"}
    assert (done.code, done.json["ok"]) == (1, False)
    assert failing == {
        "workers": "start one: `leadline worker`",
        "carrier of lakeside-main": "set it where the API and the workers run",
        "mail server of lakeside": "set it where the workers run",
    }
    without_mail = tmp_path / "without_mail.yaml"
    without_mail.write_text(re.sub(r"(?ms)^smtp:.*?(?=^\S)", "", LAKESIDE.read_text()))
    assert leadline("apply", without_mail).code == 0
    await ask(lakeside, "INSERT INTO heartbeats (process, kind) VALUES ('worker-1', 'worker')")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "t")
    well = leadline("doctor", "--json")
    assert [check for check in well.json["checks"] if check["state"] == "fail"] == []
    assert (well.code, well.json["ok"]) == (0, True)
    await ask(lakeside, "UPDATE senders SET held_at = now(), held_code = '30034'")
    await ask(lakeside, "UPDATE heartbeats SET beat_at = now() - interval '40 seconds'")
    ill = leadline("doctor", "--json")
    assert {check["check"]: check["found"] for check in ill.json["checks"] if check["state"] == "fail"} == {
        "workers": "last seen 40 s ago",
        "held senders": "lakeside-main",
    }


async def test_the_doctor_names_teams_that_cannot_keep_up(lakeside: str, leadline: Leadline) -> None:
    await ask(
        lakeside,
        "INSERT INTO contacts (id, clinic, phone_hash, phone_cipher, lane) VALUES ('c', 'lakeside', '', '', 0)",
    )
    await ask(
        lakeside,
        "INSERT INTO tasks (id, clinic, contact_id, kind, priority, team, status, opened_at, due_at, about_cipher,"
        " event_id) SELECT 'task_' || n, 'lakeside', 'c', 'question', 3, 'front-desk', 'open', now(),"
        " now() + (n - 2.5) * interval '1 hour', '', 'evt' FROM generate_series(1, 41) AS n",
    )
    checks = {check["check"]: check for check in leadline("doctor", "--json").json["checks"]}
    assert [(checks[name]["state"], checks[name]["found"]) for name in ("overdue tasks", "full teams")] == [
        ("warn", "lakeside/front-desk 2"),
        ("warn", "lakeside/front-desk 41 of 40"),
    ]


def test_the_doctor_of_a_bare_database_says_to_migrate(database: str, leadline: Leadline) -> None:
    done = leadline("doctor", "--json")
    assert (done.code, done.json["checks"][0]) == (
        1,
        {
            "check": "database",
            "state": "fail",
            "found": "the tables are not at this version",
            "fix": "run `leadline migrate`",
        },
    )


def test_the_deployment_files_start_commands_that_exist() -> None:
    compose = YAML().load((ROOT / "compose.yaml").read_text())
    ours = {name: each for name, each in compose["services"].items() if each.get("image") == "leadline"}
    assert {name: each["command"][0] for name, each in ours.items()} == {
        "migrate": "migrate",
        "api": "api",
        "worker": "worker",
    }
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["leadline"]\nCMD ["api", "--host", "0.0.0.0"]' in dockerfile
    copied = [line.split()[1:-1] for line in dockerfile.splitlines() if re.match(r"COPY (?!--from)", line)]
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
