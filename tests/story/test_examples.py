"""The example clinics: each is ready to launch, and each way through them goes where its file says."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.adapters.clinic_file import read_clinic
from app.domain.clinic import Clinic
from tests.story.commands import ROOT, Leadline

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
LAKESIDE, BRIGHTSMILE = ROOT / "examples/lakeside.yaml", ROOT / "examples/brightsmile.yaml"
MIDWEST, GULF = ROOT / "examples/cedarline-midwest.yaml", ROOT / "examples/cedarline-gulf.yaml"
TUTORIAL = ROOT / "docs/sequences.md"
TUESDAY = "2026-11-24T16:00:00Z"
HOT = {"service": "new-patient", "preferred_times": "mornings", "location": "north"}

Step = tuple[str, str, str | None]


def clinic_of(file: Path) -> Clinic:
    return read_clinic(file.read_text(), name=file.name)[0]


def a_form(file: Path, phone: str = "+13125550142", **changes: object) -> dict[str, Any]:
    """What this clinic's first form sends, with its own consent words."""
    words = next(iter(clinic_of(file).consent_texts.values()))
    consent = {"sms": True, "method": "web_form", "text": words}
    return {"first_name": "Maria", "phone": phone, "consent": consent, **changes}


class Story:
    """What `leadline simulate` tells of one person (or, with a list of forms, of several) at one of the examples."""

    def __init__(self, leadline: Leadline, folder: Path, file: Path, form: object, *said: tuple[str, str]):
        lead, replies = folder / "lead.json", folder / "replies.jsonl"
        lead.write_text(json.dumps(form))
        replies.write_text("".join(f"{json.dumps({'lead': 1, 'after': at, 'text': text})}\n" for at, text in said))
        given = ("--lead", lead, "--replies", replies, "--days", "120", "--jsonl")
        done = leadline("simulate", file, "--from", TUESDAY, *given)
        assert done.code == 0, done.err
        self.lines = [json.loads(line) for line in done.out.splitlines()]

    def sent(self) -> list[Step]:
        """Texts, e-mails and calls: when on whose clock, what, which step."""
        kinds = ("text", "email", "call")
        return [
            (one["local_time"][:16], one["kind"], one["step"] or one["text"][:24])
            for one in self.lines
            if one["kind"] in kinds
        ]

    def stages(self) -> list[str]:
        return [one["stage"] for one in self.lines if one["kind"] == "stage"]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.lines if one["kind"] == kind]


# -- all of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_ready_to_launch(leadline: Leadline, file: Path) -> None:
    done = leadline("check", file, "--json")
    assert (done.code, done.json["ok"]) == (0, True), done.out
    assert {one["rule"] for one in done.json["findings"]} <= {
        "yes_keyword",  # to do at the carrier, in no file
        "secret_unset",
        "number",
        "booking_page",
        "accented_name",
    }


def test_there_are_three_clinics_to_start_from() -> None:
    assert [file.stem for file in EXAMPLES] == ["brightsmile", "cedarline-gulf", "cedarline-midwest", "lakeside"]


# -- Lakeside: the ways of the guide -----------------------------------------------------------


def test_who_is_hot_and_silent_gets_the_quick_steps_and_then_the_slow_ones(leadline: Leadline, tmp_path: Path) -> None:
    story = Story(leadline, tmp_path, LAKESIDE, a_form(LAKESIDE, **HOT))
    assert story.sent() == [
        ("2026-11-24T10:00", "text", "confirm"),
        ("2026-11-25T10:00", "text", "options"),
        ("2026-11-28T10:00", "call", "call"),
        ("2026-11-30T14:00", "text", "reminder"),
        ("2026-12-04T14:00", "text", "close"),
        ("2026-12-26T09:00", "text", "check-in"),
        ("2027-02-09T11:00", "text", "last-word"),
    ]
    assert story.stages() == ["texting", "nurture", "finished"]


def test_who_is_hot_and_says_yes_gets_the_link_and_books(leadline: Leadline, tmp_path: Path) -> None:
    said = (("5m", "Yes!"), ("30m", "I already booked my appointment online"))
    story = Story(leadline, tmp_path, LAKESIDE, a_form(LAKESIDE, **HOT), *said)
    assert story.sent() == [
        ("2026-11-24T10:00", "text", "confirm"),
        ("2026-11-24T10:05", "text", "Lakeside Clinic: choose a time"[:24]),
    ]
    assert story.stages() == ["texting", "booked"]


def test_who_gave_an_address_is_written_to_as_well(leadline: Leadline, tmp_path: Path) -> None:
    story = Story(leadline, tmp_path, LAKESIDE, a_form(LAKESIDE, **HOT, email="maria@example.com"))
    assert ("2026-11-30T09:00", "email", "letter") in story.sent()
    (letter,) = story.of("email")
    assert "Choose a time that suits you here: https://" in letter["text"]


def test_who_does_not_answer_two_texts_is_called(leadline: Leadline, tmp_path: Path) -> None:
    story = Story(leadline, tmp_path, LAKESIDE, a_form(LAKESIDE, service="check-up"))
    assert [one["text"] for one in story.of("task")] == ["No answer to two texts: one friendly call, no more"]


def test_the_answer_to_the_question_makes_a_lead_hot_and_nothing_is_said_twice(
    leadline: Leadline, tmp_path: Path
) -> None:
    form = a_form(LAKESIDE, service="new-patient", request="appointment")
    story = Story(leadline, tmp_path, LAKESIDE, form, ("6d", "New"))
    asked = [one["text"] for one in story.of("text") if "Is this your first visit?" in one["text"]]
    assert asked == [
        "Lakeside Clinic: whenever you are ready, reply YES and we will send a link with open times. "
        "Is this your first visit? Answer NEW or BACK."
    ]
    steps = [(one["sequence"], one["step"]) for one in story.lines if one["kind"] in ("text", "call")]
    assert steps == [
        ("gentle", "hello"),
        ("gentle", "options"),
        ("appointment-request", "reminder"),
        ("appointment-request", "close"),
        ("nurture", "check-in"),
        ("nurture", "last-word"),
    ]


def test_the_experiment_gives_each_person_one_of_its_two_texts(leadline: Leadline, tmp_path: Path) -> None:
    forms = [a_form(LAKESIDE, f"+1312555014{number}", **HOT) for number in range(10)]
    story = Story(leadline, tmp_path, LAKESIDE, forms)
    reminders = [one for one in story.of("text") if one["step"] == "reminder"]
    assert len(reminders) == 10
    assert {(one["variant"], one["text"][:36]) for one in reminders} == {
        ("online", "Lakeside Clinic: your request is sti"),
        ("short", "Lakeside Clinic: shall we find you a"),
    }


@pytest.mark.parametrize("arm", ["online", "short"])
def test_a_rehearsal_may_name_its_arm_and_takes_minutes_at_any_hour(
    leadline: Leadline, tmp_path: Path, arm: str
) -> None:
    asked = {"speed": "1d=1m", "sequence": "appointment-request", "arm": arm}
    form = a_form(LAKESIDE, "+13125550150", test=True, rehearse=asked)
    story = Story(leadline, tmp_path, LAKESIDE, form)
    (reminder,) = [one for one in story.of("text") if one["step"] == "reminder"]
    assert (reminder["variant"], reminder["local_time"][:13]) == (arm, "2026-11-24T10")
    assert story.lines[-1]["local_time"] < "2026-11-24T12"


def test_who_speaks_spanish_reads_spanish(leadline: Leadline, tmp_path: Path) -> None:
    story = Story(leadline, tmp_path, LAKESIDE, a_form(LAKESIDE, language="es", **HOT))
    assert story.of("text")[0]["text"].startswith("Hola Maria, somos Lakeside Clinic.")


@pytest.mark.parametrize(
    ("words", "stage", "task"),
    [
        ("No thanks", "declined", None),
        ("STOP", "opted_out", None),
        ("How much is it?", "paused", "How much is it?"),
        ("call me after 3pm please", "paused", "call me after 3pm please"),
    ],
)
def test_a_reply_ends_or_holds_the_sequence(
    leadline: Leadline, tmp_path: Path, words: str, stage: str, task: str | None
) -> None:
    story = Story(leadline, tmp_path, LAKESIDE, a_form(LAKESIDE, **HOT), ("10m", words))
    assert story.stages() == ["texting", stage]
    assert [one["text"] for one in story.of("task")] == ([task] if task else [])
    assert [step for _, kind, step in story.sent() if kind != "text" or step == "options"] == []


# -- the other clinics -------------------------------------------------------------------------


def test_the_dentists_one_sequence_ends_by_itself(leadline: Leadline, tmp_path: Path) -> None:
    form = a_form(BRIGHTSMILE, "+13035550142", service="cleaning")
    story = Story(leadline, tmp_path, BRIGHTSMILE, form)
    assert [(kind, step) for _, kind, step in story.sent()] == [
        ("text", "hello"),
        ("text", "times"),
        ("call", "call"),
        ("text", "last"),
        ("text", "month"),
        ("text", "season"),
    ]
    assert story.stages() == ["texting", "nurture", "finished"]
    assert "cleaning" not in " ".join(one["text"] for one in story.of("text"))


@pytest.mark.parametrize(
    ("file", "phone", "location", "number", "first"),
    [
        (MIDWEST, "+13125550142", "chicago", "+13125550390", "2026-11-24T10:00-06:00"),
        (MIDWEST, "+13175550142", "indianapolis", "+13175550390", "2026-11-24T11:00-05:00"),
        (MIDWEST, "+15025550142", "louisville", "+13125550391", "2026-11-24T11:00-05:00"),
        (GULF, "+18135550142", "tampa", "+18135550390", "2026-11-24T11:00-05:00"),
        (GULF, "+18505550142", "pensacola", "+18505550390", "2026-11-24T10:00-06:00"),
        (GULF, "+12515550142", "mobile", "+18505550390", "2026-11-24T10:00-06:00"),
    ],
    ids=["chicago", "indianapolis", "louisville", "tampa", "pensacola", "mobile"],
)
def test_each_site_of_the_network_texts_by_its_own_number_and_clock(
    leadline: Leadline, tmp_path: Path, file: Path, phone: str, location: str, number: str, first: str
) -> None:
    assert clinic_of(file).sender_for(location).number == number
    story = Story(leadline, tmp_path, file, a_form(file, phone, location=location))
    assert story.of("text")[0]["local_time"].replace(":00-", "-") == first


def test_the_two_halves_of_the_network_are_one_brand_with_the_same_caps() -> None:
    north, south = clinic_of(MIDWEST), clinic_of(GULF)
    assert (north.brand, north.limits) == (south.brand, south.limits)
    assert north.key != south.key
    for names in ("senders", "sources"):
        assert set(getattr(north, names)).isdisjoint(getattr(south, names))


# -- the tutorial ------------------------------------------------------------------------------


def snippets() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("snippet", snippets(), ids=lambda snippet: " ".join(snippet.split()[:4]))
def test_each_snippet_of_the_tutorial_is_right_in_the_clinic_that_it_starts_from(snippet: str) -> None:
    """A snippet's sequences replace those of that name, any other key is replaced whole."""
    yaml = YAML()
    page, part = yaml.load(LAKESIDE.read_text()), yaml.load(snippet)
    sequences = {**page["sequences"], **part.pop("sequences", {})}
    if not any(step["key"] == "reminder" for step in sequences["appointment-request"]["steps"]):
        del page["experiments"]
    page.update(part)
    page["sequences"] = sequences
    out = StringIO()
    yaml.dump(page, out)
    clinic, findings = read_clinic(out.getvalue())
    assert clinic.key == "lakeside"
    assert [one for one in findings if one.rule not in ("unused", "catch_all", "unreachable")] == []
