"""Everything a clinic file can say, lived through in a simulation: line by line, whole."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.adapters.clinic_file import read_clinic
from app.cli.screen import WrongUsage
from app.cli.simulate import simulate
from app.domain.events import EmailOptedOut, LinkClicked
from app.simulation import versions
from app.simulation.engine import Simulation
from app.simulation.lines import Line
from app.simulation.month import installed, simulation_of
from app.simulation.scripts import read_leads, read_replies

ROOT = Path(__file__).resolve().parents[2]
TUESDAY = datetime.fromisoformat("2026-11-17T16:00:00Z")
"""10:00 in Chicago."""

OAK = """\
clinic: oak
name: Oak
brand: trees
timezone: America/Chicago
state: IL
help: {phone: "+13125550100", email: hello@oak.example}
hours: {mon-fri: ["09:00-17:00"]}
locations: {north: {name: North, booking_url: "https://book.oak.example/north"}}
senders: {oak-main: {carrier: twilio, number: "+13125550199", account: "${SID}", secret: "${TOKEN}"}}
sources: {oak-web: {consent_text: [web]}}
consent_texts: {web: I agree.}
teams: {desk: {respond_within: 2h, capacity: 5}}
smtp: {host: mail.oak.example, from: "Oak <hello@oak.example>"}
scoring:
  - {when: clicked, add: 10}
  - {track: hot, from: 10}
sequences:
  hot:
    for: {track: hot}
    steps: [{key: hurry, after: 1h, text: "Oak: you looked at our times. Reply YES."}]
  usual:
    steps:
      - {key: ask, after: 0m, text: "Oak: shall we find a time? {{ booking_link }}"}
      - {key: mail, after: 1h, email: {subject: Your request, body: "Oak: {{ booking_link }}"}}
      - {key: nudge, after: 1h, unless: clicked, text: "Oak: the times are still open."}
      - {key: call, after: 1h, call: Try a call}
    then: slow
  slow:
    steps: [{key: hello, after: 14d, text: "Oak: a quiet greeting."}]
"""
ELM = OAK.replace("oak", "elm").replace("Oak", "Elm").replace("+13125550199", "+13125550198")
TRIED = 'experiments: {words: {sequence: usual, step: ask, change: text, arms: {a: "Oak: a?", b: "Oak: b?"}}}\n'
MARIA = {"first_name": "Maria", "phone": "+13125550142", "email": "maria@example.com"}
AGREED = {"consent": {"sms": True, "text": "I agree."}}


def a_simulation(
    *files: str, leads: tuple[dict[str, Any], ...] = (MARIA,), replies: tuple[Any, ...] = ()
) -> Simulation:
    first, *beside = (installed(read_clinic(one)[0]) for one in files)
    raw = json.dumps([{**one, **AGREED} for one in leads]).encode()
    forms = read_leads(raw, "leads", first, None, TUESDAY, beside)
    said = "\n".join(json.dumps({"lead": lead, "after": after, "text": text}) for lead, after, text in replies)
    spoken = read_replies(said.encode(), "replies", first, forms)
    return simulation_of(first, TUESDAY, forms, source=next(iter(first.sources)), replies=spoken, beside=beside)


def told(simulation: Simulation, days: int = 30) -> list[tuple[str, str, str | None]]:
    return [_told(line) for line in simulation.run(TUESDAY + timedelta(days=days))]


def _told(line: Line) -> tuple[str, str, str | None]:
    whose = f"{line.clinic} " if line.clinic else ""
    return (
        f"{line.local:%b %d %H:%M}",
        f"{whose}{line.kind} {line.step or ''}".strip(),
        line.stage if line.kind == "stage" else None,
    )


def happens(simulation: Simulation, kind: Any, after: timedelta) -> Simulation:
    """The first lead opens its link, or unsubscribes."""
    lead = lambda contact: contact.leads[0].id  # noqa: E731
    simulation.expect(
        TUESDAY + after, MARIA["phone"], lambda event_id, contact, now: kind(id=event_id, at=now, lead_id=lead(contact))
    )
    return simulation


def test_a_silent_lead_meets_every_channel_in_turn_and_is_greeted_slowly() -> None:
    assert told(a_simulation(OAK)) == [
        ("Nov 17 10:00", "stage", "texting"),
        ("Nov 17 10:00", "text ask", None),
        ("Nov 17 11:00", "email mail", None),
        ("Nov 17 12:00", "text nudge", None),
        ("Nov 17 13:00", "call call", None),
        ("Nov 17 13:00", "stage", "nurture"),
        ("Nov 17 13:00", "task", None),
        ("Dec 01 13:00", "text hello", None),
        ("Dec 01 13:00", "stage", "finished"),
    ]


def test_who_answers_is_not_called() -> None:
    """Calls are for those from whom nothing was heard."""
    lines = a_simulation(OAK, replies=((1, "30m", "YES"),))
    assert told(lines, days=2) == [
        ("Nov 17 10:00", "stage", "texting"),
        ("Nov 17 10:00", "text ask", None),
        ("Nov 17 10:30", "reply", None),
        ("Nov 17 10:30", "text", None),
        ("Nov 17 11:30", "email mail", None),
        ("Nov 17 12:30", "text nudge", None),
        ("Nov 17 13:30", "stage", "nurture"),
        ("Nov 17 13:30", "dropped call", None),
    ]


def test_who_clicks_is_hot_from_then_on() -> None:
    assert told(happens(a_simulation(OAK), LinkClicked, timedelta(minutes=90)), days=2) == [
        ("Nov 17 10:00", "stage", "texting"),
        ("Nov 17 10:00", "text ask", None),
        ("Nov 17 11:00", "email mail", None),
        ("Nov 17 11:30", "click", None),
        ("Nov 17 12:30", "text hurry", None),
        ("Nov 17 12:30", "stage", "finished"),
    ]


def test_who_unsubscribes_gets_no_e_mail_from_any_clinic_of_the_brand_and_texts_as_before() -> None:
    people = ({**MARIA, "clinic": "oak"}, {**MARIA, "clinic": "elm"})
    files = (OAK.replace("trees", "wood"), ELM.replace("trees", "wood").replace("after: 0m", "after: 2h"))
    simulation = happens(a_simulation(*files, leads=people), EmailOptedOut, timedelta(hours=2))
    assert told(simulation, days=1) == [
        ("Nov 17 10:00", "oak stage", "texting"),
        ("Nov 17 10:00", "elm stage", "texting"),
        ("Nov 17 10:00", "oak text ask", None),
        ("Nov 17 11:00", "oak email mail", None),
        ("Nov 17 12:00", "oak unsubscribe", None),
        ("Nov 17 12:00", "elm text ask", None),
        ("Nov 17 12:00", "oak held nudge", None),
        ("Nov 17 13:00", "elm dropped mail", None),
        ("Nov 17 14:00", "elm held nudge", None),
    ]


def test_the_clinics_of_a_brand_share_caps_and_opt_outs_and_others_do_not() -> None:
    people = ({**MARIA, "clinic": "oak"}, {**MARIA, "clinic": "elm"})
    stops = ((1, "30m", "STOP"),)
    assert told(a_simulation(OAK, ELM, leads=people, replies=stops), days=2) == [
        ("Nov 17 10:00", "oak stage", "texting"),
        ("Nov 17 10:00", "elm stage", "texting"),
        ("Nov 17 10:00", "oak text ask", None),
        ("Nov 17 10:00", "elm held ask", None),
        ("Nov 17 10:10", "elm text ask", None),
        ("Nov 17 10:30", "oak reply", None),
        ("Nov 17 10:30", "oak stage", "opted_out"),
        ("Nov 17 11:10", "elm dropped mail", None),
        ("Nov 17 11:10", "elm stage", "opted_out"),
    ]
    apart = a_simulation(OAK, ELM.replace("trees", "elms"), leads=people, replies=stops)
    assert [what for _, what, _ in told(apart, 1)][2:] == [
        "oak text ask",
        "elm text ask",
        "oak reply",
        "oak stage",
        "elm email mail",
        "elm text nudge",
        "elm call call",
        "elm stage",
        "elm task",
    ]


def test_a_text_of_an_arm_names_it_and_a_phone_keeps_its_arm() -> None:
    people = tuple({**MARIA, "phone": f"+1312555{number}"} for number in range(2000, 2040))
    lines = list(a_simulation(OAK + TRIED, leads=people).run(TUESDAY + timedelta(hours=1)))
    said = {(line.variant, line.text) for line in lines if line.kind == "text"}
    assert said == {("a", "Oak: a?"), ("b", "Oak: b?")}
    assert {line.variant for line in lines if line.kind == "stage"} == {"a", "b"}


@pytest.mark.parametrize(
    ("decision", "after"),
    [
        ("keep", [("email mail", 1), ("text nudge", 1), ("call call", 1)]),
        ("move", [("text nudge", 2), ("call call", 2)]),
        ("stop", []),
    ],
)
def test_a_newer_file_in_the_middle_keeps_moves_or_stops_who_is_on_the_way(
    decision: Any, after: list[tuple[str, int]]
) -> None:
    simulation = a_simulation(OAK)
    newer = "\n".join(line for line in OAK.splitlines() if "key: mail" not in line) + "\n"
    versions.expect(simulation, TUESDAY + timedelta(minutes=30), read_clinic(newer)[0], decision)
    lines = list(simulation.run(TUESDAY + timedelta(days=1)))
    steps = [(f"{line.kind} {line.step}", line.version) for line in lines if line.step]
    assert steps == [("text ask", 1), *after]
    assert simulation.clinic.version == 2


# -- the command -------------------------------------------------------------------------------


def leadline(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", "simulate", *arguments, "--from", "2026-11-17T16:00:00Z"]
    return subprocess.run(
        command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=120
    )


def test_two_files_and_a_newer_one_are_simulated_together(tmp_path: Path) -> None:
    oak, elm, newer = (tmp_path / name for name in ("oak.yaml", "elm.yaml", "newer.yaml"))
    for path, words in ((oak, OAK + TRIED), (elm, ELM), (newer, OAK.replace("still open", "open yet") + TRIED)):
        path.write_text(words)
    ran = leadline(str(oak), str(elm), "--random", "40", "--jsonl", "--apply", f"2026-11-20={newer}")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {line["clinic"] for line in lines} == {"oak", "elm"}
    assert {line["variant"] for line in lines if line["kind"] == "text" and line["step"] == "ask"} == {"a", "b", None}
    assert {line["version"] for line in lines if line["clinic"] == "oak" and line["version"]} == {1, 2}
    shown = leadline(str(oak), "--random", "40").stderr
    assert "Experiment words" in shown
    assert "opens the link" in shown


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"files": ["oak", "oak"]}, "{oak} is the clinic oak again; a newer version of it comes by --apply"),
        ({"apply": ["soon"]}, "--apply must be a moment and a file, such as 2026-12-01T09:00=newer.yaml"),
        ({"apply": ["soon={oak}"]}, "--apply must be a moment such as 2026-11-24T16:00:00Z"),
        ({"apply": ["2026-12-01={elm}"]}, "{elm} is the clinic elm, which is not simulated"),
        ({"in_flight": "move"}, "--in-flight belongs to --apply"),
    ],
)
def test_what_does_not_fit_together_is_told_in_one_line(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    from app.cli.in_flight import InFlight

    paths = {name: tmp_path / f"{name}.yaml" for name in ("oak", "elm")}
    paths["oak"].write_text(OAK)
    paths["elm"].write_text(ELM)
    files = [paths[name] for name in given.get("files", ["oak"])]
    applied = [one.format(**paths) for one in given.get("apply", [])]
    in_flight = InFlight(given.get("in_flight", "keep"))
    with pytest.raises(WrongUsage) as caught:
        simulate(files=files, begins="2026-11-17", apply=applied, in_flight=in_flight)
    assert str(caught.value) == words.format(**paths)


def test_a_lead_that_names_no_clinic_of_these_is_told_with_its_place() -> None:
    from app.simulation.scripts import BadScript

    with pytest.raises(BadScript, match=r"^leads: lead 1: clinic is not known here; known are: oak, elm$"):
        a_simulation(OAK, ELM, leads=({**MARIA, "clinic": "ash"},))
