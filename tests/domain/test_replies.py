"""Reading a reply: every row by its own examples, and the traps between the rows."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.replies import ROWS, Intent, Reading, Row, read_reply
from app.domain.replies.saying import say_plainly

REACTION = Reading(Intent.OTHER, "unsure", "a reaction to one of our texts", automatic=True)

EXAMPLES = [pytest.param(row, example, id=f"{row.name}-{example}") for row in ROWS for example in row.examples]


@pytest.mark.parametrize(("row", "example"), EXAMPLES)
def test_every_row_reads_its_own_examples(row: Row, example: str) -> None:
    reading = read_reply(example)
    because_row, _, matched = reading.because.partition(": ")
    assert (reading.intent, reading.certainty, because_row) == (row.intent, row.certainty, row.name)
    assert matched


def test_every_row_has_a_name_of_its_own_and_examples() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.examples for row in ROWS)


def test_danger_is_asked_first_and_stop_next() -> None:
    asked = [row.intent for row in ROWS if row.intent is not Intent.OPT_IN]
    dangers, stops = asked.count(Intent.URGENT), asked.count(Intent.OPT_OUT)
    assert asked[: dangers + stops] == [Intent.URGENT] * dangers + [Intent.OPT_OUT] * stops


def test_every_intent_has_a_row() -> None:
    assert {row.intent for row in ROWS} == set(Intent)


def test_only_a_whole_keyword_or_a_clear_phrase_is_acted_upon_without_a_person() -> None:
    sure = {(row.intent, row.name) for row in ROWS if row.certainty == "sure" and row.intent is not Intent.URGENT}
    assert sure == {
        (Intent.OPT_OUT, "stop word"),
        (Intent.OPT_OUT, "stop phrase"),
        (Intent.WRONG_NUMBER, "wrong number"),
        (Intent.DECLINE, "no"),
        (Intent.CONFIRM, "yes"),
        (Intent.HELP, "help word"),
        (Intent.OPT_IN, "start word"),
    }


@pytest.mark.parametrize(
    "word",
    [
        *("STOP", "stopall", "Stop All", "unsubscribe", "Cancel", "END", "quit", "revoke", "OPTOUT", "opt out"),
        *("opt-out", "unsub", "remove", "REMOVE ME", "stopp", "STP", "st0p", "alto", "parar", "pare", "detener"),
        *("baja", "cancelar", "no mas", "no más", "No more", "please stop", "no texts", "stop, por favor"),
        *(
            "“STOP”",
            "'stop'",
            "*stop*",
            "\u200bSTOP\u200d",
            "s.t.o.p",
            "ｓｔｏｐ",
            "  stop\n",
            "STOP ✋",
            "ＳＴＯＰ！",
        ),
    ],
)
def test_a_keyword_alone_is_a_sure_opt_out_however_it_is_dressed(word: str) -> None:
    reading = read_reply(word)
    assert (reading.intent, reading.certainty) == (Intent.OPT_OUT, "sure")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("can I stop by at 3?", Intent.TIME_PREFERENCE),
        ("I'll stop by on Tuesday", Intent.TIME_PREFERENCE),
        ("should I stop my medication", Intent.QUESTION),
        ("near the bus stop, right", Intent.OTHER),
        ("I am away until the end of the month", Intent.TIME_PREFERENCE),
        ("please cancel my appointment on Friday", Intent.CALLBACK),
        ("this weekend is hard for me", Intent.TIME_PREFERENCE),
        ("please don't stop sending these", Intent.OTHER),
        ("I quit smoking last year", Intent.OTHER),
        ("it won't stop hurting", Intent.OTHER),
        ("nonstop cough", Intent.OTHER),
    ],
)
def test_a_stop_word_about_something_else_is_no_opt_out(text: str, intent: Intent) -> None:
    assert read_reply(text).intent is intent


@pytest.mark.parametrize(
    "text",
    [
        *("yes stop", "stop yes", "YES. Stop texting me", "ok stop", "Not interested STOP", "stop start"),
        *("stop texting me before nine", "can you all end this now please and thank you: unsubscribe"),
        *(
            "no thanks but unsubscribe my number",
            "bus stop? no: STOP",
            "you people just won't stop texting me, I asked you before",
        ),
        "call or email, don't text",
    ],
)
def test_a_stop_that_stands_beside_something_else_is_likely_and_goes_to_a_person(text: str) -> None:
    reading = read_reply(text)
    assert (reading.intent, reading.certainty) == (Intent.OPT_OUT, "likely")


@pytest.mark.parametrize(
    "text", ["yes stop", "no yes", "yes no", "yes?", "yes but not now", "si no", "ya", "okay?", "yes, wrong number"]
)
def test_a_yes_that_may_mean_something_else_is_never_acted_upon(text: str) -> None:
    reading = read_reply(text)
    assert (reading.intent, reading.certainty) != (Intent.CONFIRM, "sure")


@pytest.mark.parametrize(
    "text", ["no problem", "no?", "not sure", "no, can someone call me instead", "no tengo seguro"]
)
def test_a_no_inside_something_else_is_no_decline(text: str) -> None:
    assert read_reply(text).intent is not Intent.DECLINE


@pytest.mark.parametrize(
    "text", ["help me", "I need help with the page", "start over", "can I get help", "start at 3?"]
)
def test_help_and_start_act_by_themselves_only_as_the_whole_message(text: str) -> None:
    reading = read_reply(text)
    assert reading.certainty != "sure"


@pytest.mark.parametrize("text", ["I have chest pain, STOP texting", "STOP this is an emergency", "call me, it is 911"])
def test_danger_comes_before_everything_else(text: str) -> None:
    reading = read_reply(text)
    assert reading.intent is Intent.URGENT


@pytest.mark.parametrize("text", ["no chest pain", "it's not an emergency", "my emergency contact is my sister"])
def test_danger_denied_is_no_danger(text: str) -> None:
    assert read_reply(text).intent is not Intent.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "Liked “Hi Ana, this is Lakeside Clinic. Reply STOP to opt out.”",
        'Loved "Reply YES or STOP"',
        'Reacted 👍 to "Reply STOP to opt out"',
        "Disliked “Reply STOP…",
        'Laughed at "STOP"',
        "Emphasized “Reply STOP”",
        "Questioned “Reply STOP”",
        'Removed a like from "Reply STOP"',
        "\u200a👍\u200b to “\u200aReply STOP\u200a”",
        "Le gustó “Responda ALTO”",
        "Reaccionó con ❤️ a “Responda ALTO”",
        "Liked an image",
    ],
)
def test_a_reaction_is_not_read_by_the_words_it_quotes(text: str) -> None:
    assert read_reply(text) == REACTION


def test_what_a_person_adds_to_a_reaction_is_read() -> None:
    assert read_reply("Disliked “Reply YES” stop").intent is Intent.OPT_OUT


@pytest.mark.parametrize(
    ("text", "media", "because"),
    [("", 0, "empty"), (" \n", 0, "empty"), ("", 2, "picture only"), ("🙂", 0, "no words"), ("…", 1, "no words")],
)
def test_a_reply_without_words_is_other_and_says_why(text: str, media: int, because: str) -> None:
    assert read_reply(text, media) == Reading(Intent.OTHER, "unsure", because)


def test_words_beside_a_picture_are_read() -> None:
    assert read_reply("STOP", media=1) == Reading(Intent.OPT_OUT, "sure", "stop word: stop")


@given(st.text())
def test_any_text_at_all_gets_a_reading(text: str) -> None:
    reading = read_reply(text)
    assert isinstance(reading.intent, Intent)
    assert reading.because


@given(st.text(alphabet="bfgjqvwxz", min_size=4, max_size=12), st.sampled_from(ROWS), st.data())
def test_the_reason_never_holds_a_word_of_the_persons_own(secret: str, row: Row, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(row.examples))
    assert secret not in read_reply(f"{secret} {example} {secret}").because


def least_time(work: Callable[[], object]) -> float:
    """The least processor time in three tries: what else runs on this machine only ever adds to it."""
    took = []
    for _ in range(3):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def test_a_reply_is_read_in_under_a_millisecond_on_average() -> None:
    texts = [example for row in ROWS for example in row.examples]
    assert least_time(lambda: [read_reply(text) for text in texts]) / len(texts) < 0.001


def test_a_long_reply_takes_longer_in_proportion_only() -> None:
    text = "I was thinking about it, my cousin goes there and says the staff is kind to everyone who comes in. "
    assert least_time(lambda: read_reply(text * 16)) < 0.1


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("chest pain since noon, STOP texting me", Intent.OPT_OUT),
        ("Me duele el pecho y no me manden mensajes", Intent.OPT_OUT),
        ("wrong number, stop texting me now ok? thanks", Intent.WRONG_NUMBER),
    ],
)
def test_what_else_a_message_wants_is_told(text: str, also: Intent) -> None:
    assert also in read_reply(text).also


@pytest.mark.parametrize(
    "text",
    [
        "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get there.",
        "Automatic reply: I am out of the office until Monday",
        "Respuesta automática: estaré fuera de la oficina",
        "Thank you for contacting Oak Plumbing. We will get back to you within one business day.",
        "This number is not monitored. If this is an emergency call 911.",
    ],
)
def test_a_machines_answer_is_known_for_one(text: str) -> None:
    assert read_reply(text) == Reading(Intent.OTHER, "sure", "a machine's answer", automatic=True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("un5ubscr1be", "unsubscribe"),
        ("u n s u b s c r i b e", "unsubscribe"),
        ("tomorow mornng", "tomorrow morning"),
        ("stoooooop", "stop"),
        ("sche​dule", "schedule"),
        ("dоn't tеxt", "dont text"),
        ("Can not, do not", "cant dont"),
    ],
)
def test_what_was_typed_is_said_plainly(text: str, word: str) -> None:
    assert say_plainly(text).words == word


@pytest.mark.parametrize("text", ["shop", "step", "persona", "Texas", "hecho", "cancelled", "contract"])
def test_a_word_of_its_own_is_no_typo(text: str) -> None:
    assert say_plainly(text).words == text.lower()


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("this is Quintana", "wants the visit: this is …"),
        ("there's nobody named Quintana here", "another person at this phone: nobody named … here"),
        ("how does Quintana stop these texts", "stop in a longer text: how … stop these texts"),
    ],
)
def test_the_reason_has_an_ellipsis_for_words_that_are_not_ours(text: str, because: str) -> None:
    assert read_reply(text).because == because
