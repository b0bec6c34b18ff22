"""Things fall ill too: what is harmless because it speaks of a door, a phone line or a parking lot, not of a lead.

"Our booking page caught a virus" names no illness of anybody. A word of harm is excused where its sentence speaks of
a thing and of no person, and where things are said to have it: phrases that describe (they are guesses by nature),
and the names in the set `metaphors`. "The dialysis door is open" stays blocked.
"""

import re
from collections.abc import Iterable

from app.domain.lint.phrases import Words, words_of
from app.domain.lint.rows import SETS, Row, Span

_EDGE = re.compile(r"[.!?\n]+(?=\s|$)")
_SAID_OF_THINGS = ("condition", "result", "treatment", "promise")
_GUESSES = ("describes", "tells", "speaks of a result", "presses")


def _any_of(options: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){Words(tuple(options)).pattern}(?!\w)")


_THINGS = frozenset(SETS["things"])
_PERSONS = frozenset(SETS["persons"])
_ON_THE_WAY = frozenset(SETS["on_the_way"])
_METAPHOR = _any_of(SETS["metaphors"])
_SMALL_MONEY = _any_of(SETS["small_money"])


def speaks_of_a_thing(row: Row, span: Span, folded: str) -> bool:
    """Whether a place that `row` found is said of a thing, or is what a visitor pays on the way."""
    words = words_of(folded[slice(*_sentence(span, folded))])
    found = folded[slice(*span)]
    if row.cls == "money":
        return not _ON_THE_WAY.isdisjoint(words) and bool(_SMALL_MONEY.search(found))
    if row.cls not in _SAID_OF_THINGS or _THINGS.isdisjoint(words) or not _PERSONS.isdisjoint(words):
        return False
    return row.why.startswith(_GUESSES) or (bool(_METAPHOR.search(found)) and _is_its_own(span, folded))


def _is_its_own(span: Span, folded: str) -> bool:
    """Whether a thing has it: "the line caught a fever", "the surgery of a map", but not "surgery: use door C"."""
    start, end = _sentence(span, folded)
    before, after = words_of(folded[start : span[0]]), folded[span[1] : end]
    return not _THINGS.isdisjoint(before) or bool(re.match(r"(?i) (?:of|for|de|del|para)\b", after))


def _sentence(span: Span, folded: str) -> Span:
    before = [match.end() for match in _EDGE.finditer(folded, 0, span[0])]
    after = _EDGE.search(folded, span[1])
    return (before[-1] if before else 0), (after.start() if after else len(folded))
