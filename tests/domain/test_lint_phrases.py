"""The small language in which the lint's rows are written."""

import pytest

from app.domain.lint.phrases import fold, parse, split, words_of
from app.domain.lint.rows import Search

SETS = {"the": ["the", "your"], "fruit": ["apple", "pear"]}


def found(phrase: str, text: str) -> list[str]:
    """The pieces of a text in which a phrase is found."""
    folded = fold(text)
    search = Search([parse(phrase, SETS)])
    return [text[slice(*span)] for _, span in search.find(folded, words_of(folded))]


@pytest.mark.parametrize(
    ("phrase", "text", "pieces"),
    [
        ("pear", "A Pear, pears and spear", ["Pear"]),
        ("pear*", "Pears and spear", ["Pears"]),
        ("*berry", "Blueberry or berry", ["Blueberry"]),
        ("ripe|green pear", "ripe pear, green pear, red pear", ["ripe pear", "green pear"]),
        ("very_ripe|green pear", "very ripe pear", ["very ripe pear"]),
        ("ripe ?red pear", "ripe pear, ripe red pear", ["ripe pear", "ripe red pear"]),
        ("?my pear", "my pear", ["my pear"]),
        ("ripe .. pear", "ripe and very red pear", ["ripe and very red pear"]),
        ("ripe .. pear", "It is ripe. A pear", []),
        ("<the> <fruit>", "the apple, your pear, my pear", ["the apple", "your pear"]),
        ("# pear*", "12 pears and 3.5 pears", ["12 pears", "3.5 pears"]),
        ("PEAR", "PEAR pear Pear", ["PEAR"]),
        ("what's ripe", "What\u2019s ripe, whats ripe", ["What\u2019s ripe", "whats ripe"]),
        ("co-pay", "co-pay co pay", ["co-pay", "co pay"]),
        ("pera", "Perá", ["Perá"]),
    ],
)
def test_a_phrase_is_found_where_it_stands_and_nowhere_else(phrase: str, text: str, pieces: list[str]) -> None:
    assert found(phrase, text) == pieces


def test_a_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        parse("<nuts>", SETS)


@pytest.mark.parametrize(
    "phrase", ["ripe| pear", "|ripe pear", "ripe||green pear", "ripe|?green pear", "?my ?ripe", ".. pear", "ripe ..."]
)
def test_a_phrase_that_would_find_nothing_or_everything_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"missing|stands|must be there"):
        parse(phrase, SETS)


@pytest.mark.parametrize("block", ["apple\n# pears ripe\nplum", "ripe|, green pear", "apple, |pear", "apple, , pear"])
def test_a_row_that_would_lose_a_phrase_is_refused(block: str) -> None:
    with pytest.raises(ValueError, match=r"may not begin|a comma stands"):
        split(block)


def test_a_row_is_cut_at_commas_and_at_ends_of_lines() -> None:
    assert split("apple, ripe # pears\nplum,\n") == ["apple", "ripe # pears", "plum"]


def test_folding_keeps_every_letter_in_its_place() -> None:
    text = "Ñandú “sí” ½ ﬁn 👍 İ"
    assert len(fold(text)) == len(text)
    assert fold("Ñandú “sí”") == 'Nandu "si"'
