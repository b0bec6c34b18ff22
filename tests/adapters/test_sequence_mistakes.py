"""What is wrong in the course of a sequence is told with line, reason and suggestion, before anything is applied."""

from datetime import UTC, datetime

import pytest

from app.adapters.clinic_file import ClinicFileError, examine, fields, read_clinic
from app.adapters.lead_form import LeadIn
from app.domain.clinic import Sequence

HEAD = """\
clinic: lakeside
name: Lakeside Clinic
timezone: America/Chicago
state: IL
help: {phone: "+13125550100"}
hours: {mon-fri: ["09:00-17:00"]}
languages: [en, es]
services: {check-up: {public_label: visit}, fertility: {public_label: visit}}
locations: {north: {name: North, booking_url: "https://book.example/n"}}
senders: {main: {carrier: twilio, number: "+13125550199", account: "${SID}", secret: "${TOKEN}"}}
sources: {website: {consent_text: [web]}}
consent_texts: {web: I agree.}
teams: {desk: {respond_within: 2h, capacity: 5}}
sequences:
"""
FIRST = HEAD.count("\n") + 1

CALL = "{key: call, after: 1 business day, call: Call}"


def step(key: str, words: str, more: str = "") -> str:
    return f"{{key: {key}, after: 0m, text: {words}{more}}}"


def sequence(key: str, *steps: str, more: str = "") -> str:
    """Line n of a sequence, counted from 0: its key, what there is `more`, `steps:`, then a line for each step."""
    return "\n".join(
        [f"  {key}:", f"    {more or 'then: finished'}", "    steps:", *(f"      - {one}" for one in steps)]
    )


def mistakes(*sequences: str) -> list[tuple[int, str, str]]:
    """Line (the first sequence's is 0), rule and sentence of every mistake; of none, nothing."""
    try:
        read_clinic(HEAD + "\n".join(sequences) + "\n")
    except ClinicFileError as error:
        return [((found.line or 0) - FIRST, found.rule, found.sentence) for found in error.findings]
    return []


def warnings(*sequences: str) -> list[tuple[int, str, str]]:
    _, found = read_clinic(HEAD + "\n".join(sequences) + "\n")
    return [((one.line or 0) - FIRST, one.rule, one.sentence) for one in found]


HELLO = step("hello", "Hello.")
NEVER = "sequences.a.steps[1] is never done: "
INSTEAD = ": change its conditions, or leave it out"


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        ("if: [clicked, no_click]", "clicked and no_click are opposites"),
        ("unless: [replied, no_reply]", "no_reply and replied are opposites"),
        ("if: clicked, unless: clicked", "`if` and `unless` both name clicked"),
        ("if: {has: email}, unless: {has: [zip, email]}", "`if` and `unless` both name has email"),
        (
            "if: {service: check-up}, unless: {service: [check-up, fertility]}",
            "`if` and `unless` both name service is check-up",
        ),
        (
            'if: {captured_after: "16:00", captured_before: "09:00"}',
            "no time of day is before 09:00 and from 16:00 on",
        ),
        (
            "if: {language: es}",
            "it asks that language is es, and the sequence is for language is en",
        ),
        (
            "unless: {language: [en, es]}",
            "it is left out where language is en or es, and that is everybody here",
        ),
    ],
)
def test_a_step_whose_conditions_contradict_each_other_is_refused(conditions: str, sentence: str) -> None:
    second = step("again", "Again.", f", {conditions}")
    assert mistakes(sequence("a", HELLO, second, more="for: {language: en}")) == [
        (4, "contradiction", f"{NEVER}{sentence}{INSTEAD}")
    ]


@pytest.mark.parametrize(
    "conditions",
    [
        "if: clicked",
        "if: [no_reply, {service: check-up}], unless: [clicked, {has: email}]",
        'if: {captured_before: "16:00", captured_after: "09:00", captured_on: [mon, fri]}',
        "if: {service: [check-up, fertility]}, unless: {service: fertility}",
        "unless: {language: es}",
        "if: {track: [hot, warm]}",
    ],
)
def test_conditions_that_can_be_met_are_taken(conditions: str) -> None:
    assert mistakes(sequence("a", HELLO, step("again", "Again.", f", {conditions}"))) == []


def test_conditions_are_read_as_they_are_written() -> None:
    written = "if: [no_reply, {service: check-up}, {has: zip}], unless: {captured_before: '9:05', utm.source: ads}"
    clinic, _ = read_clinic(HEAD + sequence("a", HELLO, step("again", "Again.", f", {written}")) + "\n")
    again = clinic.sequences[0].steps[1]
    assert (again.if_, again.unless) == (
        {"signal": ("no_reply",), "service": ("check-up",), "has": ("zip",)},
        {"captured_before": ("09:05",), "utm.source": ("ads",)},
    )


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("if: cliked", "must be one of clicked, no_click, replied, no_reply, or facts such as {service: …}"),
        ("if: {servise: check-up}", "is no known key; did you mean service?"),
        ("if: {service: checkup}", "there is no service 'checkup'; did you mean check-up?"),
        ("if: [{service: check-up}, {service: fertility}]", "asks for service twice"),
        ('if: {captured_before: "25:00"}', "must be a time from 00:00 to 23:59, not '25:00'"),
        ("unless: {captured_on: someday}", "must be one of mon, tue, wed, thu, fri, sat, sun, not 'someday'"),
        ("unless: {location: [north, nort]}", "there is no location 'nort'; did you mean north?"),
    ],
)
def test_a_condition_that_is_no_condition_is_told_with_a_suggestion(condition: str, sentence: str) -> None:
    ((line, _, told),) = mistakes(sequence("a", HELLO, step("again", "Again.", f", {condition}")))
    assert (line, sentence in told) == (4, True)


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ("if: opened", "did you mean clicked?"),
        ("unless: not_clicked", "did you mean no_click?"),
        ("if: answered", "did you mean replied?"),
        ("if: {source: webform}", "there is no source 'webform': there is website"),
        ("if: {location: uptown}", "there is no location 'uptown': there is north"),
        ('at: "2pm"', "must be a time from 00:00 to 23:59, not '2pm'; did you mean 14:00?"),
        ('at: "12:30 a.m."', "did you mean 00:30?"),
        ('at: "9"', "did you mean 09:00?"),
        ("at: noon", "must be a time from 00:00 to 23:59, not 'noon'"),
        ('at: "13pm"', "must be a time from 00:00 to 23:59, not '13pm'"),
    ],
)
def test_what_people_write_instead_is_understood_enough_to_say_what_to_write(slip: str, told: str) -> None:
    ((line, _, sentence),) = mistakes(sequence("a", HELLO, step("again", "Again.", f", {slip}")))
    assert (line, sentence.endswith(told)) == (4, True), sentence


@pytest.mark.parametrize(
    ("after", "suggestion"),
    [
        ("30 days", "; did you mean 30d?"),
        ("1 month", "; did you mean 30d?"),
        ("2 weeks", "; did you mean 14d?"),
        ("5 Hours", "; did you mean 5h?"),
        ("10min", "; did you mean 10m?"),
        ("2 working days", ": write 2 business days"),
        ("40 years", ""),
        ("20 seconds", ""),
        ("soon", ""),
    ],
)
def test_a_delay_in_other_words_is_told_in_ours(after: str, suggestion: str) -> None:
    told = "sequences.a.steps[0].after must be a duration such as 15m, 2h, 3d or 1 business day"
    assert mistakes(sequence("a", HELLO.replace("0m", after))) == [(3, "value", told + suggestion)]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("nme", "first_name"), ("name", "first_name"), ("link", "booking_link"), ("clinc", "clinic_name")],
)
def test_a_variable_by_a_shorter_name_is_suggested(name: str, meant: str) -> None:
    ((_, rule, sentence),) = mistakes(sequence("a", step("hello", f'"Hi {{{{ {name} }}}}"')))
    assert (rule, sentence.endswith(f"; did you mean {meant}?")) == ("template", True), sentence


@pytest.mark.parametrize("steps", ["steps: []", "steps:"])
def test_a_sequence_without_steps_is_told_what_one_looks_like(steps: str) -> None:
    told = "sequences.a.steps must not be empty: write a step, such as - {key: hello, after: 0m, text: …}"
    assert mistakes(f"  a:\n    {steps}") == [(1, "missing", told)]


HAS = "a field that no form is known to send; did you mean"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("if: {has: emial}", f"sequences.a.steps[1].if asks for has emial, {HAS} email?"),
        ("unless: [clicked, {has: [zip, vist]}]", f"sequences.a.steps[1].unless asks for has vist, {HAS} visit?"),
        ("if: {utm.campain: ads}", f"sequences.a.steps[1].if asks for utm.campain, {HAS} utm.campaign?"),
        ("if: {extra.vist: new}", f"sequences.a.steps[1].if asks for extra.vist, {HAS} extra.visit?"),
    ],
)
def test_a_field_that_is_almost_a_known_one_is_told(condition: str, told: str) -> None:
    question = "question: {ask: {en: New?, es: Nueva?}, field: visit, values: [new, back]}"
    asks = step("hello", '"Hello. {{ question }}"')
    written = sequence("a", asks, step("again", "Again.", f", {condition}"))
    assert [one for one in warnings(written, question) if one[1] == "field"] == [(4, "field", told)]


def test_fields_of_the_form_and_fields_of_a_clinics_own_are_not_doubted() -> None:
    known = ", ".join(sorted(fields.FORM))
    own = f"if: {{has: [{known}, insurance], utm.source: ads, utm.affiliate: x, extra.insurance: x}}"
    written = sequence("a", HELLO, step("again", "Again.", f", {own}"), more="for: {extra.visits: x}")
    assert [one for one in warnings(written) if one[1] == "field"] == []


def test_the_fields_that_are_known_are_those_that_a_lead_may_have() -> None:
    assert set(LeadIn.model_fields) == fields.FORM


def test_nobody_can_have_clicked_or_replied_before_anything_was_sent() -> None:
    early = sequence("a", CALL, step("one", "One.", ", if: clicked"), step("two", "Two.", ", if: clicked"))
    told = "nothing was sent before it, so nobody has clicked: put a text before it"
    assert mistakes(early) == [(4, "unreachable", f"{NEVER}{told}")]
    before = sequence("before", HELLO, more="then: a")
    assert mistakes(before, early.replace("then: finished", "for: {language: es}")) == []


def test_two_sequences_for_the_same_leads_are_refused_and_one_within_another_is_told() -> None:
    first = sequence("a", HELLO, more="for: {language: [en, es], service: check-up}")
    same = sequence("b", HELLO, more="for: {service: [check-up], language: [es, en]}")
    within = sequence("c", HELLO, more="for: {service: check-up, language: es, source: website}")
    beside = sequence("d", HELLO, more="for: {service: [check-up, fertility], language: es}")
    everyone = sequence("e", HELLO)
    assert mistakes(first, same, everyone) == [
        (5, "equal", "sequences.b is for the same leads as sequences.a (line 15): change one `for`")
    ]
    rest = [one for one in warnings(first, within, beside, everyone) if one[1] == "unreachable"]
    assert rest == [
        (
            4,
            "unreachable",
            "sequences.c is never chosen: sequences.a (line 15) before it takes all of its leads:"
            " put it first, or make the other's `for` narrower",
        )
    ]


def test_two_steps_that_say_the_same_are_refused_with_both_lines() -> None:
    """Case and spaces make no other text; another language does not make the same one."""
    words = step("hello", "{en: Hello there., es: Hola.}")
    again = step("again", '{en: "hello  THERE.", es: Otra vez.}')
    assert mistakes(sequence("a", words, CALL, again)) == [
        (
            5,
            "same_text",
            "sequences.a.steps[2].text says the same as sequences.a.steps[0].text (line 18):"
            " say it in other words, or leave it out",
        )
    ]


def test_the_sequence_that_follows_says_something_else_too() -> None:
    first, slow = sequence("a", HELLO, more="then: slow"), sequence("slow", step("hi", "HELLO."))
    assert [(line, rule) for line, rule, _ in mistakes(first, slow)] == [(7, "same_text")]


def test_what_follows_must_exist_and_come_to_an_end() -> None:
    a, b = sequence("a", HELLO, more="then: b"), sequence("b", step("hi", "Hi."), more="then: a")
    never, end = "sequences that follow each other never end", "let one of them end in nurture or finished"
    assert mistakes(a, b) == [(1, "circle", f"{never}: a → b → a: {end}")]
    _, found = examine(HEAD + f"{a}\n{b}\n", now=datetime(2026, 11, 24, tzinfo=UTC), env={})
    assert [one.rule for one in found] == ["circle", "language", "language"]
    assert [(line, rule) for line, rule, _ in mistakes(sequence("a", HELLO, more="then: a"))] == [(1, "circle")]
    assert mistakes(sequence("slow", HELLO), sequence("a", step("hi", "Hi."), more="then: slwo")) == [
        (5, "reference", "there is no sequence 'slwo' to follow; did you mean slow?")
    ]


def test_what_follows_another_sequence_needs_no_for_and_hides_nobody() -> None:
    slow = sequence("slow", step("hi", "Hi."))
    found = warnings(slow, sequence("a", HELLO, more="then: slow"))
    assert [one for one in found if one[1] in ("unreachable", "catch_all")] == []


def test_more_than_five_texts_are_told() -> None:
    five = tuple(step(f"n{n}", f"Text {n}.") for n in range(5))
    assert [one for one in warnings(sequence("a", *five, CALL)) if one[1] == "length_of_sequence"] == []
    six = warnings(sequence("a", *five, step("n5", "Text 5.")))
    assert [one for one in six if one[1] == "length_of_sequence"] == [
        (
            0,
            "length_of_sequence",
            "sequences.a has 6 texts: after three to five, silence turns into opt-outs: leave the weakest out, or let a"
            " slow one follow with `then`",
        )
    ]


def test_unknown_variables_and_missing_languages_are_refused() -> None:
    a = sequence("a", step("hello", '{en: "Hello {{ fist_name }}", es: Hola.}'), step("again", "{en: Again.}"))
    assert mistakes(a) == [
        (
            3,
            "template",
            "sequences.a.steps[0].text.en: unknown variable fist_name; a text may name booking_link, clinic_name,"
            " first_name, help_phone, intake_link, location, question, service, time_options; did you mean first_name?",
        ),
        (4, "language", "sequences.a.steps[1].text has no text in es: write it: es: …"),
    ]


def test_every_mistake_is_told_at_once_and_nothing_is_built() -> None:
    a = sequence("a", HELLO, step("again", "hello.", ", if: [clicked, no_click]"), more="then: nowhere")
    assert [rule for _, rule, _ in mistakes(a)] == ["reference", "contradiction", "same_text"]
    clinic, _ = read_clinic(HEAD + sequence("a", HELLO) + "\n")
    assert clinic.sequences == (Sequence(key="a", steps=clinic.sequences[0].steps, then=None),)
