"""The wording lint: what a locked phone may show, in which class the rest is blocked, and who may allow a word."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lint import CLASSES, Allowed, Finding, lint
from app.domain.lint.rows import INNOCENT, ROWS, Row
from app.domain.wording import Length, measure
from tests.domain.lint_sentences import HARMFUL, HARMLESS

CAUGHT = [(row, text) for row in ROWS for text in row.caught]
PASSES = [text for row in (*ROWS, *INNOCENT) for text in row.passes]


def blocking(text: str) -> tuple[tuple[str, str], ...]:
    """What blocks a text: class and words of each finding."""
    return tuple((finding.cls, finding.match) for finding in lint(text).findings if finding.level == "block")


@pytest.mark.parametrize("text", HARMLESS)
def test_scheduling_talk_passes(text: str) -> None:
    assert blocking(text) == ()


@pytest.mark.parametrize(("cls", "text"), HARMFUL)
def test_what_a_stranger_could_learn_from_is_blocked_in_its_class(cls: str, text: str) -> None:
    report = lint(text)
    assert report.blocked
    assert cls in report.classes


@pytest.mark.parametrize(("row", "text"), CAUGHT)
def test_every_row_catches_its_own_examples(row: Row, text: str) -> None:
    assert row.cls in lint(text).classes


@pytest.mark.parametrize("text", PASSES)
def test_every_row_lets_its_innocent_examples_pass(text: str) -> None:
    assert blocking(text) == ()


def test_every_row_has_an_example_or_shares_its_patterns_with_the_sentences() -> None:
    assert [(row.file, row.why) for row in ROWS if not row.caught] == []


def test_a_finding_tells_the_words_as_they_stand_and_why() -> None:
    assert lint("Hola Eva, su Mamografía es el lunes. Olmo").findings == (
        Finding("result", "Mamografía", "names a test, a sample or an image"),
        Finding("encoding", "í", "is not in GSM-7, so that a segment holds 70 characters and not 160", "warn"),
    )


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("Ed will call you at 4. Elm Clinic", ()),
        ("About your ED treatment. Elm Clinic", ("condition",)),
        ("10 AM CT works. Elm Clinic", ()),
        ("Your CT is at 10 AM. Elm Clinic", ("result",)),
        ("We are in Jackson, MS. Elm Clinic", ()),
        ("No prep needed. Elm Clinic", ()),
        ("Your PrEP visit is Monday. Elm Clinic", ("treatment",)),
        ("Std msg rates apply. Elm Clinic", ()),
        ("Your STD visit is Monday. Elm Clinic", ("condition",)),
    ],
)
def test_capitals_tell_an_abbreviation_from_a_name(text: str, classes: tuple[str, ...]) -> None:
    assert lint(text).classes == classes


# --- things ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("The printer caught a fever, so no paper forms today. Elm Clinic", ()),
        ("Your fever: use door C. Elm Clinic", ("condition",)),
        ("Our gate is acting up, please ring. Elm Clinic", ()),
        ("Is his stomach acting up by the gate? Elm Clinic", ("condition",)),
        ("The surgery of our parking lot is over. Elm Clinic", ()),
        ("Surgery check-in is at door C. Elm Clinic", ("treatment",)),
        ("There is no fee in the garage. Elm Clinic", ()),
        ("There is no fee on Monday. Elm Clinic", ("money",)),
    ],
)
def test_what_is_said_of_a_thing_is_let_go(text: str, classes: tuple[str, ...]) -> None:
    assert lint(text).classes == classes


# --- links -------------------------------------------------------------------------------------------------

HIDDEN = base64.urlsafe_b64encode(b"kay.roe@mailbox.example").decode().rstrip("=")


@pytest.mark.parametrize(
    ("address", "classes"),
    [
        ("https://elm.example.com/t/8kQ2xLm", ()),
        ("https://elm.example.com/new-patient?utm_source=sms", ()),
        ("https://elm.example.com/locations/north", ()),
        ("https://elm.example.com/WeightLoss/t/1", ("link",)),
        ("https://elm.example.com/%68%69%76", ("link",)),
        ("https://elm.example.com/t/1#migraine", ("link",)),
        ("https://elmoncology.example.com/t/1", ("link",)),
        ("https://elm.example.com/t/%2B13125550142", ("link",)),
        (f"https://elm.example.com/t/{HIDDEN}", ("link",)),
        ("https://elm.example.com/t?name=kay", ("link",)),
        ("BIT.LY/x8", ("shortener",)),
        ("https://habit.lyndon.example.com/t/1", ()),
    ],
)
def test_an_address_is_read_for_what_it_tells(address: str, classes: tuple[str, ...]) -> None:
    assert lint(f"Pick a time: {address} Elm Clinic").classes == classes


# --- form --------------------------------------------------------------------------------------------------


def test_form_is_judged_only_where_it_is_asked_for() -> None:
    assert lint("See you Monday at 9").findings == ()


def test_a_text_without_its_brand_is_blocked() -> None:
    finding = Finding("brand", "", "the text does not say who writes: Elm Clinic")
    assert lint("See you Monday", brand="Elm Clinic").findings == (finding,)
    assert lint("ELM  CLINIC: see you Monday", brand="Elm Clinic").findings == ()


@pytest.mark.parametrize(
    "way",
    [
        "Reply STOP to opt out.",
        "Text stop to end",
        "STOP=opt out",
        "Reply STOP to unsubscribe",
        "Send END to quit",
        "Responda STOP para no recibir mensajes.",
        "Responda ALTO para cancelar",
        "Envíe BAJA para salir",
        "To opt out, reply stop",
    ],
)
def test_a_first_text_may_say_in_many_ways_how_to_stop(way: str) -> None:
    assert "opt_out_wording" not in lint(f"Hi, Elm Clinic here. {way}", first_message=True).classes


@pytest.mark.parametrize(
    "way",
    [
        "Reply CANCEL to cancel your appointment.",
        "Reply C to confirm or CANCEL if you can't make it.",
        "Text END to end your visit request.",
        "Responda CANCELAR para cancelar su cita.",
    ],
)
def test_a_way_out_of_the_visit_is_none_out_of_the_texts(way: str) -> None:
    assert lint(f"Hi, Elm Clinic here. {way}", first_message=True).classes == ("opt_out_wording",)
    assert lint(f"Hi, Elm Clinic here. {way} STOP to opt out.", first_message=True).classes == ()


def test_a_first_text_that_does_not_say_how_to_stop_is_blocked() -> None:
    report = lint("Hi, we can stop by at 3. Elm Clinic", first_message=True)
    assert report.classes == ("opt_out_wording",)
    assert report.blocked


def test_a_text_over_its_segments_is_blocked() -> None:
    assert lint("a" * 161, max_segments=1).findings == (Finding("length", "", "2 segments, and 1 are allowed"),)
    assert lint("a" * 160, max_segments=1).findings == ()


def test_a_character_outside_gsm_warns_and_does_not_block() -> None:
    report = lint("See you Monday ✅ Elm Clinic")
    assert (report.blocked, report.classes, report.length) == (False, ("encoding",), Length("UCS-2", 1, 27))


# --- what a clinic allows ----------------------------------------------------------------------------------

DERMATOLOGY = Allowed("dermatology", "specialty", "ana@elm.example", "Our name; counsel agreed on 2026-11-02.")


def test_an_allowed_word_is_excused_by_name_and_reason() -> None:
    report = lint("Elm Dermatology: see you Monday at 9.", allowed=(DERMATOLOGY,))
    assert report.findings == ()
    assert [(finding.cls, row) for finding, row in report.excused] == [("specialty", DERMATOLOGY)]


def test_an_allowed_word_excuses_nothing_else() -> None:
    report = lint("Elm Dermatology: your biopsy is Monday at 9.", allowed=(DERMATOLOGY,))
    assert report.classes == ("result",)


# --- any text ----------------------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_any_text_gets_a_verdict_whose_words_stand_in_it(text: str) -> None:
    report = lint(text, first_message=True)
    assert report.length == measure(text)
    assert all(finding.match in text for finding in report.findings)
    assert list(report.classes) == [cls for cls in CLASSES if cls in report.classes]
