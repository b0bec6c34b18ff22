"""What a clinic file may say about experiments, and every mistake in it with its line and what to do instead."""

from datetime import time

import pytest

from app.adapters.clinic_file import ClinicFileError, read_applied, read_clinic
from app.adapters.clinic_file.parts import sequence_parts
from app.adapters.store.applying import content_digest
from app.domain.clinic import Span, Unit
from app.domain.experiments import Experiment

FILE = """\
clinic: lakeside
name: Lakeside Clinic
timezone: America/Chicago
state: IL
languages: [en, es]
help: {phone: "+13125550100"}
hours: {mon-fri: "09:00-17:00"}
senders:
  main: {carrier: twilio, number: "+13125550199", account: "${A}", secret: "${S}"}
sources:
  website: {}
teams:
  desk: {respond_within: 2h, capacity: 40}
sequences:
  gentle:
    steps:
      - {key: hello, after: 0m, text: {en: "Hello from Lakeside", es: "Hola de Lakeside"}}
      - {key: offer, after: 1 business day, at: "10:00", text: {en: "Still looking?", es: "Sigue buscando?"}}
      - {key: call, after: 1 business day, call: "Try a call"}
  slow:
    for: {track: nurture}
    steps: [{key: later, after: 1d, text: {en: "Are you well?", es: "Que tal?"}}]
"""
WORDS = "{a: {en: One, es: Uno}, b: {en: Two, es: Dos}}"
LINE = 24


def written(one: str) -> str:
    return f"{FILE}experiments:\n  {one}\n"


def right(one: str) -> tuple[Experiment, list[tuple[str, str]]]:
    clinic, findings = read_clinic(written(one))
    (experiment,) = clinic.experiments.values()
    assert [each.experiment for each in clinic.sequences if each.key == experiment.sequence] == [experiment]
    return experiment, [(each.path, each.sentence) for each in findings if each.path.startswith("experiments")]


def mistakes(one: str) -> list[tuple[int | None, str]]:
    with pytest.raises(ClinicFileError) as error:
        read_clinic(written(one))
    return [(found.line, found.sentence) for found in error.value.findings]


def minutes(number: int) -> Span:
    return Span(amount=number, unit=Unit.MINUTES)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            f"x: {{sequence: gentle, step: hello, change: text, arms: {WORDS}, stop_if: {{opt_out_rate: 0.05}}}}",
            {"change": "text", "step": "hello", "opt_out_limit": 0.05}
            | {"arms": {"a": {"en": "One", "es": "Uno"}, "b": {"en": "Two", "es": "Dos"}}},
        ),
        (
            "x: {sequence: gentle, step: hello, change: after, arms: {now: 0m, soon: 30m}}",
            {"change": "after", "step": "hello", "arms": {"now": minutes(0), "soon": minutes(30)}},
        ),
        (
            'x: {sequence: gentle, step: offer, change: at, arms: {a: "10:00", b: "14:00"}}',
            {"change": "at", "step": "offer", "arms": {"a": time(10), "b": time(14)}},
        ),
        (
            "x: {sequence: gentle, change: order, arms: {a: [hello, offer], b: [offer, hello]}}",
            {"change": "order", "step": None, "arms": {"a": ("hello", "offer"), "b": ("offer", "hello")}},
        ),
    ],
)
def test_a_text_a_delay_a_time_of_day_and_an_order_can_be_tried(one: str, expected: dict[str, object]) -> None:
    experiment, findings = right(one)
    assert experiment == Experiment(**{"key": "x", "sequence": "gentle", **expected})  # type: ignore[arg-type]
    assert findings == []


TRY_ONE = "try one of them first, and the other in another experiment"


@pytest.mark.parametrize(
    ("one", "sentences"),
    [
        (
            f"x: {{sequence: gentle, step: hello, change: [text, after], arms: {WORDS}}}",
            [f"experiments.x changes text and after: {TRY_ONE}"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: text, arms: {a: {text: One, after: 0m}, b: {text: Two}}}",
            [
                f"experiments.x.arms.a changes text and after: {TRY_ONE}",
                "experiments.x.arms.b names text again: write what it is, without `text:`",
            ],
        ),
        (
            "x: {sequence: gentle, change: order, arms: {a: [hello, offer], b: [hello, call]}}",
            ["experiments.x.arms.b is not about hello and offer, as a is: try one pair of steps"],
        ),
        (
            'x: {sequence: gentle, step: hello, change: after, arms: {a: 0m, b: "10:00"}}',
            ["experiments.x.arms.b must be a duration such as 15m, 2h, 3d or 1 business day"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: text, arms: {a: {en: One, es: Uno}, b: [Two]}}",
            ["experiments.x.arms.b must be some text"],
        ),
        (
            f"x: {{sequence: gentle, step: helo, change: text, arms: {WORDS}}}",
            ["sequences.gentle has no step 'helo'; did you mean hello?"],
        ),
        (
            f"x: {{sequence: gentle, change: text, arms: {WORDS}}}",
            ["experiments.x: step is missing: name the step that changes"],
        ),
        (
            f"x: {{sequence: gentle, step: call, change: text, arms: {WORDS}}}",
            ["sequences.gentle sends no text at 'call': name a step that is a text: hello, offer"],
        ),
        (
            f"x: {{sequence: gentel, step: hello, change: text, arms: {WORDS}}}",
            ["there is no sequence 'gentel'; did you mean gentle?"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: text, arms: {a: {en: One}, b: {en: Two, es: Dos}}}",
            ["experiments.x.arms.a has no text in es: write it: es: …"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: text, arms: {a: {en: One, es: Uno}, b: {en: 'one ', es: UNO}}}",
            ["experiments.x.arms.b is the same as experiments.x.arms.a: make one of them differ"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: after, arms: {a: 5m, b: 5m}}",
            ["experiments.x.arms.b is the same as experiments.x.arms.a: make one of them differ"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: after, arms: {a: 24h, b: 1d}}",
            ["experiments.x.arms.b is the same as experiments.x.arms.a: make one of them differ"],
        ),
        (
            "x: {sequence: gentle, step: offer, change: after, arms: {a: 60m, b: 1h}}",
            ["experiments.x.arms.b is the same as experiments.x.arms.a: make one of them differ"],
        ),
        (
            f"x: {{sequence: gentle, step: hello, change: text, arms: {WORDS}, stop_if: {{opt_out_rate: 5}}}}",
            ["experiments.x.stop_if.opt_out_rate must be a number from 0 to 1; did you mean 0.05?"],
        ),
        (
            f"x: {{sequence: gentle, step: hello, change: text, arms: {WORDS}, stop_if: {{opt_out_rate: 2%}}}}",
            ["experiments.x.stop_if.opt_out_rate must be a number from 0 to 1; did you mean 0.02?"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: after, arms: {a: 5m}}",
            ["experiments.x.arms needs at least 2: write what is tried beside what is"],
        ),
        (
            "x: {sequence: gentle, step: hello, change: after, arms: {a: 1m, b: 2m, c: 3m, d: 4m, e: 5m}}",
            ["experiments.x.arms may have 4 at most: try the best two first"],
        ),
        (
            "x: {sequence: gentle, change: order, arms: {a: [hello], b: [offr, hello]}}",
            [
                "experiments.x.arms.a must name two steps in their order: such as [confirm, options]",
                "sequences.gentle has no step 'offr'; did you mean offer?",
            ],
        ),
        (
            "x: {sequence: gentle, step: hello, change: text, arms: {a: {en: One, es: Uno}, "
            "b: {en: still looking?, es: Dos}}}",
            ["experiments.x.arms.b says the same as sequences.gentle.steps[1].text (line 18): say it in other words"],
        ),
        (
            f"x: {{sequence: gentle, step: hello, change: txt, arms: {WORDS}}}",
            ["experiments.x.change must be one of text, after, at, order, not 'txt'; did you mean text?"],
        ),
        (
            f"x: {{sequence: gentle, step: hello, change: text, arms: {WORDS}, stop_if: {{opt_outs: 0.1}}}}",
            ["experiments.x.stop_if.opt_outs is no known key; did you mean opt_out_rate?"],
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(one: str, sentences: list[str]) -> None:
    assert mistakes(one) == [(LINE, sentence) for sentence in sentences]


def test_a_sequence_has_one_experiment_at_a_time() -> None:
    two = "x: {sequence: gentle, step: hello, change: after, arms: {a: 0m, b: 5m}}"
    assert mistakes(f"{two}\n  y: {{sequence: gentle, step: offer, change: after, arms: {{a: 1d, b: 2d}}}}") == [
        (25, "sequences.gentle has an experiment already: experiments.x (line 24): run one after the other")
    ]


def test_arms_that_are_the_same_in_one_language_are_pointed_out() -> None:
    _, findings = right(
        "x: {sequence: gentle, step: hello, change: text, arms: {a: {en: One, es: Uno}, b: {en: Two, es: Uno}}}"
    )
    assert findings == [("experiments.x.arms.b", "experiments.x.arms.b is the same as experiments.x.arms.a in es")]


def test_a_day_until_a_time_of_day_is_not_the_same_as_24_hours_until_then() -> None:
    """Of a step with `at`: from noon, a day is tomorrow at ten and 24 hours are the day after at ten."""
    assert right("x: {sequence: gentle, step: offer, change: after, arms: {a: 24h, b: 1d}}")[1] == []


def test_a_step_beside_an_order_is_told_to_be_without_effect() -> None:
    _, findings = right(
        "x: {sequence: gentle, step: hello, change: order, arms: {a: [hello, offer], b: [offer, hello]}}"
    )
    assert findings == [
        ("experiments.x.step", "experiments.x tries an order: its arms name the steps: leave `step` out")
    ]


def test_arms_without_a_language_are_for_everyone_and_the_missing_one_is_told() -> None:
    experiment, findings = right(
        "x: {sequence: gentle, step: hello, change: text, arms: {a: One for all, b: Two for all}}"
    )
    assert experiment.arms == {"a": {"en": "One for all"}, "b": {"en": "Two for all"}}
    told = "has no text in es: whoever speaks that reads en: write it in each: {en: …, es: …}"
    assert findings == [(f"experiments.x.arms.{arm}", f"experiments.x.arms.{arm} {told}") for arm in ("a", "b")]


def test_a_file_that_an_earlier_release_applied_is_still_read_and_tries_nothing_that_it_could_not_have_meant() -> None:
    wrong = written("x: {sequence: gentle, step: hello, change: text, arms: {a: One, b: [Two]}}")
    assert read_applied(wrong, name="lakeside v1") == read_clinic(FILE)[0]
    with pytest.raises(ClinicFileError, match="lakeside v1:15: sequences"):
        read_applied(wrong.replace("steps:", "step:", 1), name="lakeside v1")


def test_an_experiment_is_part_of_what_its_sequence_says_and_of_no_other() -> None:
    """So beginning one, changing its arms and ending it are versions, and who is on the way keeps what they began."""
    plain, _ = read_clinic(FILE)
    trying, _ = read_clinic(written(f"x: {{sequence: gentle, step: hello, change: text, arms: {WORDS}}}"))
    other, _ = read_clinic(
        written(f"x: {{sequence: gentle, step: hello, change: text, arms: {WORDS}}}").replace("Two", "2")
    )
    digests = [[content_digest(one) for one in clinic.sequences] for clinic in (plain, trying, other)]
    assert len({gentle for gentle, _ in digests}) == 3
    assert len({slow for _, slow in digests}) == 1
    head = sequence_parts(written("x: {sequence: gentle, step: hello, change: after, arms: {a: 0m, b: 5m}}"), "gentle")
    assert head[""] == (
        "steps:\n- hello\n- offer\n- call\nexperiment:\n  x:\n    sequence: gentle\n    step: hello\n"
        "    change: after\n    arms:\n      a: 0m\n      b: 5m\n"
    )
