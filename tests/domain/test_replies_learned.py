"""The statistical reader: its weights are those its sentences give, and what it is worth on people it never read."""

import time

import pytest

from app.domain.replies import Intent, Reading, read_reply
from app.domain.replies.saying import say_plainly
from app.domain.replies.traits import traits_of
from app.domain.replies.weights import likelihoods, load_weights
from training.replies import AUTHORS, WEIGHTS, everything, fingerprint, held_out, sentences


def test_the_stored_weights_were_made_from_these_sentences_rows_and_families() -> None:
    first = WEIGHTS.read_text("utf-8").splitlines()[0]
    assert first.rpartition(" ")[2] == fingerprint(), "run `make model`"


def test_an_author_who_was_not_learned_from_is_read_well_enough() -> None:
    figures = held_out("english")
    assert figures.macro_f1 > 0.87
    assert figures.stops_held > 0.91
    assert figures.false_stops < 0.03
    assert figures.dangers_caught > 0.93
    assert figures.false_dangers < 0.04
    assert figures.acts_right > 0.97
    assert figures.acts > 200


def test_every_sentence_has_an_intent_and_stands_once() -> None:
    known = [one for author in (*AUTHORS, "taught") for one in sentences(author)]
    assert {one.intent for one in known} == {intent.value for intent in Intent}
    assert len({one.text.casefold() for one in known}) == len(known)


def test_likelihoods_are_shares_of_one() -> None:
    saying = say_plainly("the pharmacy never picked up and my aunt is annoyed")
    found = likelihoods(traits_of("", saying, []), load_weights())
    assert set(found) == set(Intent)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("these pings drive me up the wall, no further ones please", Intent.OPT_OUT),
        ("se puso morada mi niña y no agarra aire", Intent.URGENT),
    ],
)
def test_an_alarm_that_no_row_knows_is_likely_and_never_sure(text: str, intent: Intent) -> None:
    reading = read_reply(text)
    assert (reading.intent, reading.certainty) == (intent, "likely")


def test_without_weights_the_rows_still_act_on_keywords() -> None:
    assert read_reply("STOP", weights={}) == Reading(Intent.OPT_OUT, "sure", "stop word: stop")


def test_nothing_is_sure_without_a_row() -> None:
    alone = [read_reply(one.text) for one in everything()[::5]]
    assert {reading.certainty for reading in alone if reading.because.startswith("sounds like it")} == {
        "likely",
        "unsure",
    }


def test_a_reason_names_no_persons_name() -> None:
    reading = read_reply("Gladys Pruitt is my neighbor and she says you folks are fine people")
    assert not {"gladys", "pruitt"} & set(reading.because.lower().split())


def test_listening_costs_less_than_a_few_times_the_rows() -> None:
    texts = [one.text for one in sentences("english")[::8]]
    read_reply(texts[0])
    began = time.process_time()
    for text in texts:
        say_plainly(text)
    saying = time.process_time() - began
    for text in texts:
        read_reply(text)
    assert time.process_time() - began - saying < 40 * saying
