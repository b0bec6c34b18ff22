"""`leadline check` as people and programs meet it, and `leadline apply` where something blocks launch."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.story.commands import LAKESIDE, Leadline, ask, edited

COMMA = ("Recibimos su solicitud de cita.", "Recibimos, su solicitud de cita.")
COMMA_PATH = "sequences.appointment-request"
UNSAFE = ("tell us which days suit you", "tell us which days suit your chemotherapy")
UNSAFE_PATH = "sequences.appointment-request.steps[1].text.en"


def line_of(path: Path, words: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if words in line)


def test_the_example_passes_without_a_database_or_secrets_and_says_what_to_read(leadline: Leadline) -> None:
    done = leadline("check", LAKESIDE, "--json")
    assert (done.code, done.json["ok"], done.err) == (0, True, "")
    assert list(done.json) == ["ok", "findings", "approvals", "allowed"]
    assert {found["level"] for found in done.json["findings"]} == {"warn"}
    fields = ["file", "level", "rule", "path", "line", "message", "suggestion"]
    assert [list(found) for found in done.json["findings"]] == [fields] * len(done.json["findings"])
    assert {row["by"] for row in done.json["approvals"]} == {"compliance@lakeside.example"}
    unset = next(found for found in done.json["findings"] if found["rule"] == "secret_unset")
    assert (unset["path"], unset["message"]) == (
        "senders.lakeside-main",
        "not set here: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN",
    )


def test_a_text_that_gives_something_away_blocks_with_its_line_and_its_words(
    leadline: Leadline,
    tmp_path: Path,
) -> None:
    path = edited(tmp_path, UNSAFE)
    done = leadline("check", path, "--json")
    blocks = [found for found in done.json["findings"] if found["level"] == "block" and found["rule"] != "approval"]
    assert (done.code, done.json["ok"]) == (1, False)
    assert [(found["rule"], found["path"], found["line"]) for found in blocks] == [
        ("treatment", UNSAFE_PATH, line_of(path, "your chemotherapy"))
    ]
    assert "chemotherapy" in blocks[0]["message"]


def test_the_page_for_people_has_a_mark_for_each_section_and_a_verdict(
    leadline: Leadline,
    tmp_path: Path,
) -> None:
    fine = leadline("check", LAKESIDE)
    assert (fine.code, fine.out) == (0, "")
    headings = re.findall(r"^([✓!✗]) (.+)$", fine.err, re.MULTILINE)
    assert [title for _, title in headings] == [
        "The file", "Consent words", "Opt-out path", "Wording", "Who writes", "Segments", "Hours", "Sequences",
        "Keywords", "Senders", "Teams", "Links", "E-mail", "Approvals",
    ]  # fmt: skip
    assert ("✓", "Wording") in headings
    assert re.search(r"^Ready to launch, \d+ to read\.$", fine.err, re.MULTILINE)
    path = edited(tmp_path, UNSAFE)
    told = leadline("check", path).err
    assert "✗ Wording" in told
    assert f"✗ line {line_of(path, 'your chemotherapy')}, {UNSAFE_PATH}" in told
    assert re.search(r"^Not ready: \d+ to mend, \d+ to read\.$", told, re.MULTILINE)


def test_a_file_with_mistakes_is_told_of_all_of_them_and_no_section_is_ticked(
    leadline: Leadline,
    tmp_path: Path,
) -> None:
    path = edited(tmp_path, ("state: IL", "state: ILL"), ("capacity: 40", "capacity: many"))
    done = leadline("check", path, "--json")
    blocks = [found for found in done.json["findings"] if found["level"] == "block"]
    assert [(found["path"], found["line"]) for found in blocks] == [
        ("state", line_of(path, "state: ILL")),
        ("teams.front-desk.capacity", line_of(path, "capacity: many")),
    ]
    assert (done.code, done.json["approvals"]) == (1, [])
    assert "✓" not in leadline("check", path).err


def test_one_bad_file_of_several_blocks_and_each_finding_names_its_file(
    leadline: Leadline,
    tmp_path: Path,
) -> None:
    path = edited(tmp_path, UNSAFE)
    done = leadline("check", LAKESIDE, path, "--json")
    assert done.code == 1
    assert {found["file"] for found in done.json["findings"] if found["level"] == "block"} == {str(path)}


def test_a_changed_comma_asks_again_and_the_line_that_is_shown_answers(
    leadline: Leadline,
    tmp_path: Path,
) -> None:
    path = edited(tmp_path, COMMA)
    (asked,) = [found for found in leadline("check", path, "--json").json["findings"] if found["level"] == "block"]
    assert (asked["rule"], asked["path"]) == ("approval", COMMA_PATH)
    assert re.fullmatch(
        rf'- \{{by: NAME, on: {datetime.now(UTC):%Y-%m-%d}, of: "sha256:[0-9a-f]{{64}}"\}}', asked["suggestion"]
    )
    path.write_text(path.read_text() + f"  {asked['suggestion'].replace('NAME', 'ana@lakeside.example')}\n")
    done = leadline("check", path, "--json")
    assert (done.code, done.json["ok"]) == (0, True)
    assert {row["path"]: row["by"] for row in done.json["approvals"]}[COMMA_PATH] == "ana@lakeside.example"
    # The old approval is of words that are gone.
    assert [found["rule"] for found in done.json["findings"] if found["rule"].startswith("approval")] == [
        "approval_stale"
    ]


def test_words_that_somebody_let_pass_are_listed_with_who_and_why(leadline: Leadline, tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        UNSAFE,
        (
            "test_phones:",
            "lint: {allow: [{word: chemotherapy, class: treatment, by: ana, reason: our street}]}\ntest_phones:",
        ),
    )
    done = leadline("check", path, "--json")
    assert "treatment" not in {found["rule"] for found in done.json["findings"]}
    assert done.json["allowed"] == [
        {"file": str(path), "word": "chemotherapy", "class": "treatment", "by": "ana", "reason": "our street"}
    ]
    assert re.search(r"chemotherapy.*treatment.*ana.*our street", leadline("check", path).err)


# What applying lets pass.


async def test_production_applies_nothing_that_nobody_approved(
    installed: str,
    leadline: Leadline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEADLINE_ENV", "production")
    path = edited(tmp_path, COMMA)
    refused = leadline("apply", path, "--json")
    (asked,) = [found for found in refused.json["findings"] if found["level"] == "block"]
    assert (refused.code, refused.json["ok"], refused.json["changes"]) == (1, False, [])
    assert (asked["rule"], asked["path"], asked["line"]) == (
        "approval",
        COMMA_PATH,
        line_of(path, "appointment-request:"),
    )
    assert leadline("apply", path).err.endswith("Nothing was applied.\n")
    assert await ask(installed, "SELECT count(*) FROM clinics") == [(0,)]
    path.write_text(path.read_text() + f"  {asked['suggestion']}\n")
    assert leadline("apply", path, "--json").json["ok"] is True
    assert await ask(installed, "SELECT key FROM clinics") == [("lakeside",)]


async def test_a_demo_and_a_test_apply_unapproved_words_and_say_so(
    installed: str,
    leadline: Leadline,
    tmp_path: Path,
) -> None:
    path = edited(tmp_path, COMMA)
    done = leadline("apply", path, "--json")
    assert (done.code, done.json["ok"]) == (0, True)
    assert [(found["level"], found["rule"], found["path"]) for found in done.json["findings"]] == [
        ("warn", "approval", COMMA_PATH)
    ]
    assert done.json["findings"][0]["message"].endswith("(let pass: this is a test)")
    assert await ask(installed, "SELECT key FROM clinics") == [("lakeside",)]


async def test_what_a_text_gives_away_goes_live_nowhere(
    installed: str,
    leadline: Leadline,
    tmp_path: Path,
) -> None:
    path = edited(tmp_path, UNSAFE)
    done = leadline("apply", path, "--json")
    blocks = [(found["rule"], found["path"]) for found in done.json["findings"] if found["level"] == "block"]
    assert (done.code, blocks) == (1, [("treatment", UNSAFE_PATH)])
    assert await ask(installed, "SELECT count(*) FROM clinics") == [(0,)]
