"""What the statistical reader looks at in a reply: its traits, by names that a person can read.

`word stop`, `pair stop texting`, `piece <sto` (four letters of a word, for typos and endings), `means stop` (a family
of `meanings.py`), `not interested` (a family after a negation), `both not + texting` (two families in one message),
`then not > texting` (two families in a row), `row no` and `says decline` (what the rows found), and a few single ones.
A trait's value is 1, but what comes in numbers shares one weight, so that long messages do not shout.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from app.domain.replies.meanings import GIVEN_NAME, meanings_of
from app.domain.replies.rows import Row
from app.domain.replies.saying import Saying

SHARED = 3.0
"""The weight that traits of one kind share, by the root of their number."""

PIECE = 4
"""Letters in a piece of a word."""

_NEGATIONS = frozenset(
    """
    not dont doesnt didnt isnt arent wasnt cant wont wouldnt couldnt shouldnt havent hasnt never no without nor aint
    neither nunca ni tampoco sin jamas nada
    """.split()  # noqa: SIM905
)
_REACH = 3
"""Words that a negation reaches."""

_LENGTHS = (1, 2, 4, 8, 14, 29)


def traits_of(text: str, saying: Saying, found: Sequence[Row]) -> dict[str, float]:
    """The traits of a reply with their values; `found` are the rows that matched, first one first."""
    words = saying.words.split()
    meanings = meanings_of(words)
    spoken = [_generally(word, means) for word, means in zip(words, meanings, strict=True)]
    traits = dict.fromkeys(_single(text, saying, words, found), 1.0)
    for group in (
        _words(spoken),
        _pairs(spoken),
        _pieces(spoken),
        {f"means {one}" for means in meanings for one in means},
        _negated(words, meanings),
        {f"both {a} + {b}" for a, b in combinations(sorted(set().union(*meanings)), 2)},
        _in_a_row(meanings),
    ):
        traits.update(dict.fromkeys(group, SHARED / max(len(group), 1) ** 0.5))
    return traits


def _generally(word: str, means: set[str]) -> str:
    """A word as it is learned: no numbers and no names, since those are somebody's own."""
    if GIVEN_NAME in means:
        return "NAME"
    if word[0].isdigit():
        return "0" if word.isdigit() else "0t"
    return word


def _words(spoken: list[str]) -> set[str]:
    return {f"word {word}" for word in spoken}


def _pairs(spoken: list[str]) -> set[str]:
    return {f"pair {a} {b}" for a, b in pairwise(["^", *spoken, "$"])}


def _pieces(spoken: list[str]) -> set[str]:
    marked = {f"<{word}>" for word in spoken if len(word) > 2}
    return {f"piece {word[at : at + PIECE]}" for word in marked for at in range(len(word) - PIECE + 1)}


def _negated(words: list[str], meanings: list[set[str]]) -> set[str]:
    reached = 0
    negated: set[str] = set()
    for place, word in enumerate(words):
        if place < reached:
            negated.update(f"not {one}" for one in meanings[place])
        if word in _NEGATIONS:
            reached = place + 1 + _REACH
    return negated


def _in_a_row(meanings: list[set[str]]) -> set[str]:
    places = [{"^"}, *filter(None, meanings)]
    return {f"then {a} > {b}" for before, after in pairwise(places) for a in before for b in after}


def _single(text: str, saying: Saying, words: list[str], found: Sequence[Row]) -> Iterator[str]:
    yield "always"
    yield f"long {sum(len(words) > length for length in _LENGTHS)}"
    yield f"first says {found[0].intent} {found[0].certainty}" if found else "no row"
    for row in found:
        yield f"row {row.name}"
        yield f"says {row.intent}"
    if "?" in text:
        yield "asks"
    if text.rstrip().endswith("?"):
        yield "ends asking"
    if "!" in text:
        yield "shouts"
    if saying.reaction:
        yield "reaction"
    yield from {f"sign {sign}" for sign in text if sign > "\u2190" and not sign.isalnum()}
