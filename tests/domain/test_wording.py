"""The words of a text: templates, names from strangers, look-alike characters, and parts as carriers count."""

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.wording import ALLOWED, Length, WordingError, clean_name, measure, pick, plain, render

ANA = dict.fromkeys(ALLOWED, "") | {"first_name": "Ana", "clinic_name": "Lakeside Clinic"}
NOBODY = ANA | {"first_name": ""}

# --- render ------------------------------------------------------------------------------------------------


def test_a_template_becomes_a_text() -> None:
    text = render("Hi {{ first_name }}, this is {{ clinic_name }}.\nReply YES.\n", ANA)
    assert text == "Hi Ana, this is Lakeside Clinic.\nReply YES."


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ first_name }}, this is us.", "Hi, this is us."),
        ("Hi {{ first_name }}! Thanks.", "Hi! Thanks."),
        ("Thanks for asking, {{ first_name }}. We call you.", "Thanks for asking. We call you."),
        ("Your {{ service }} visit", "Your visit"),
        ("{{ first_name }}, your visit", "your visit"),
        ("One \n {{ first_name }}\nTwo", "One\n\nTwo"),
        ("Wait ... now", "Wait ... now"),
        ("{% if first_name %}Hi {{ first_name }}{% else %}Hello{% endif %}!", "Hello!"),
    ],
)
def test_an_empty_value_leaves_no_hole(template: str, text: str) -> None:
    assert render(template, NOBODY) == text


def test_a_value_is_never_read_as_a_template() -> None:
    assert render("Hi {{ first_name }}", ANA | {"first_name": "{{ clinic_name }}"}) == "Hi {{ clinic_name }}"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{{ phone }}", "unknown variable phone; a text may name " + ", ".join(sorted(ALLOWED))),
        ("Hi {{ first_name", "line 1: unexpected end of template, expected 'end of print statement'."),
        ("a\n{{ first_name.__class__ }}", "line 2: getattr is not allowed in a text"),
        ("{{ first_name['x'] }}", "line 1: getitem is not allowed in a text"),
        ("{{ first_name() }}", "line 1: call is not allowed in a text"),
        ("{{ 'a' * 999999999 }}", "line 1: mul is not allowed in a text"),
        ("{% for c in first_name %}{% endfor %}", "line 1: for is not allowed in a text"),
        ("{% set first_name = 1 %}", "line 1: assign is not allowed in a text"),
        ("{% include 'secrets' %}", "line 1: include is not allowed in a text"),
        ("{{ first_name|pprint }}", "line 1: No filter named 'pprint'."),
    ],
)
def test_a_template_that_reaches_too_far_is_refused_and_told_why(template: str, problem: str) -> None:
    with pytest.raises(WordingError) as refusal:
        render(template, ANA)
    assert str(refusal.value) == problem


def test_a_missing_value_is_named_and_the_others_are_not_told() -> None:
    with pytest.raises(WordingError) as refusal:
        render("{{ first_name }} {{ booking_link }}", {"first_name": "Ana"})
    assert str(refusal.value) == "'booking_link' is undefined"


# --- pick --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "language", "languages", "template"),
    [
        ({"en": "Hi", "es": "Hola"}, "es", ("en", "es"), "Hola"),
        ({"en": "Hi", "es": "Hola"}, "ES-mx", ("en", "es"), "Hola"),
        ({"en": "Hi", "es": "Hola"}, "fr", ("es", "en"), "Hola"),
        ({"en": "Hi", "es": "Hola"}, None, ("en", "es"), "Hi"),
        ({"es": "Hola"}, "fr", ("en",), "Hola"),
    ],
)
def test_the_words_are_in_the_leads_language_else_the_clinics_else_any(
    words: dict[str, str], language: str | None, languages: tuple[str, ...], template: str
) -> None:
    assert pick(words, language, languages) == template


def test_no_words_at_all_is_an_error() -> None:
    with pytest.raises(WordingError, match="no text in any language"):
        pick({}, "en", ("en",))


# --- clean_name --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Ana", "Ana"),
        ("  María   José ", "María José"),
        ("O’Brien-Smith", "O'Brien-Smith"),
        ("J.R. Jr.", "J.R. Jr."),
        ("ＡＮＡ", "ANA"),
        ("李雷", "李雷"),
        ("http://evil", ""),
        ("Ana http://evil.example/x", "Ana"),
        ("evil.com", ""),
        ("evil.c0m", ""),
        ("ev\u200bil.com", ""),
        ("www.evil", ""),
        ("ana@evil.example", ""),
        ("Ana\nReply 5", "Ana Reply"),
        ("A\u202ena\u0000", "Ana"),
        ("Ana 😀 ❤️", "Ana"),
        ("{{ 7*7 }}", ""),
        ("3125550100", ""),
        ("- . '", ""),
        ("x" * 5000, "x" * 30),
        ("María de los Ángeles Fernández de la Cruz", "María de los Ángeles Fernández"),
        ("Wolfeschlegelsteinhausen Bergerdorff", "Wolfeschlegelsteinhausen"),
    ],
)
def test_of_a_strangers_name_only_the_name_is_left(raw: str, name: str) -> None:
    assert clean_name(raw) == name


@given(st.text(max_size=200))
def test_a_cleaned_name_is_short_and_holds_letters_marks_and_four_signs(raw: str) -> None:
    name = clean_name(raw)
    assert len(name) <= 30
    assert all(unicodedata.category(c)[0] in "LM" or c in " '-." for c in name)
    assert name == "" or any(c.isalpha() for c in name)
    assert name == name.strip()


# --- plain -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("“Hi” ‘Ana’ – it’s—fine…", "\"Hi\" 'Ana' - it's-fine..."),
        ("a\u00a0b\u202fc\u2003d\te", "a b c d e"),
        ("• one\r\n• two\rthree", "- one\n- two\nthree"),
        ("S\u200bT\u200dO\ufeffP\u00ad", "STOP"),
        ("a\u202eb\u0007c", "abc"),
        ("cafe\u0301", "café"),
        ("¿Mañana a las 3? ¡Sí!", "¿Mañana a las 3? ¡Sí!"),
        ("`x`", "'x'"),
    ],
)
def test_look_alikes_become_what_gsm_has(text: str, replaced: str) -> None:
    assert plain(text) == replaced


@given(st.text())
def test_plain_text_stays_as_it_is_when_made_plain_again(text: str) -> None:
    assert plain(plain(text)) == plain(text)


# --- measure -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length("GSM-7", 1, 0)),
        ("a" * 160, Length("GSM-7", 1, 160)),
        ("a" * 161, Length("GSM-7", 2, 161)),
        ("a" * 306, Length("GSM-7", 2, 306)),
        ("a" * 307, Length("GSM-7", 3, 307)),
        ("a" * 459, Length("GSM-7", 3, 459)),
        ("a" * 460, Length("GSM-7", 4, 460)),
        ("€" * 80, Length("GSM-7", 1, 160)),
        ("a" * 159 + "€", Length("GSM-7", 2, 161)),
        # The pair would begin at septet 153: it moves on, and 306 septets need three parts.
        ("a" * 152 + "€" + "a" * 152, Length("GSM-7", 3, 306)),
        ("a" * 151 + "€" + "a" * 153, Length("GSM-7", 2, 306)),
        ("ñÑéü¿¡@£\n^{}\\[~]|", Length("GSM-7", 1, 25)),
        ("á", Length("UCS-2", 1, 1)),
        ("`", Length("UCS-2", 1, 1)),
        ("á" * 70, Length("UCS-2", 1, 70)),
        ("á" * 71, Length("UCS-2", 2, 71)),
        ("á" * 134, Length("UCS-2", 2, 134)),
        ("á" * 135, Length("UCS-2", 3, 135)),
        ("😀" * 35, Length("UCS-2", 1, 70)),
        ("á" * 69 + "😀", Length("UCS-2", 2, 71)),
        # The emoji would begin at unit 67.
        ("á" * 66 + "😀" + "á" * 66, Length("UCS-2", 3, 134)),
        ("á" * 65 + "😀" + "á" * 67, Length("UCS-2", 2, 134)),
        # In UCS-2 an extension character is one unit like any other.
        ("á" + "€" * 69, Length("UCS-2", 1, 70)),
    ],
)
def test_parts_are_counted_to_the_septet(text: str, length: Length) -> None:
    assert measure(text) == length


# From the table of 3GPP TS 23.038 by code position, written apart from the code's own.
GSM_ROWS = (
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ",  # Position 1B is the escape itself; a space stands in for it here.
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
)
GSM = "".join(GSM_ROWS)
EXTENDED = "\x0c^{}\\[~]|€"


def cut_into_parts(units: list[str], alone: int, part: int) -> int:
    """Fill one part after another, the slow and plain way; each unit is a string as long as its cost."""
    if len("".join(units)) <= alone:
        return 1
    parts = [""]
    for unit in units:
        if len(parts[-1] + unit) > part:
            parts.append("")
        parts[-1] += unit
    return len(parts)


def naive(text: str) -> Length:
    encoding: Literal["GSM-7", "UCS-2"] = "GSM-7" if set(text) <= set(GSM + EXTENDED) else "UCS-2"
    if encoding == "GSM-7":
        units = ["ee" if c in EXTENDED else "b" for c in text]
        return Length(encoding, cut_into_parts(units, 160, 153), len("".join(units)))
    units = ["u" * (len(c.encode("utf-16-be")) // 2) for c in text]
    return Length(encoding, cut_into_parts(units, 70, 67), len(text.encode("utf-16-be")) // 2)


def near_a_boundary(filler: str, others: str) -> st.SearchStrategy[str]:
    """Texts whose two-unit characters fall on and beside the ends of parts."""
    run = st.integers(0, 160).map(lambda n: filler * n)
    return st.lists(st.one_of(run, st.text(alphabet=others, max_size=4)), max_size=8).map("".join)


@given(near_a_boundary("a", GSM + EXTENDED))
def test_gsm_parts_agree_with_filling_them_one_by_one(text: str) -> None:
    assert measure(text) == naive(text)


@given(near_a_boundary("á", "á😀€a👍"))
def test_ucs2_parts_agree_with_filling_them_one_by_one(text: str) -> None:
    assert measure(text) == naive(text)


@given(st.text(max_size=400))
def test_any_text_is_counted_as_by_filling_parts_one_by_one(text: str) -> None:
    assert measure(text) == naive(text)
