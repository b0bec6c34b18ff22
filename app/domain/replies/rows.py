"""What a row is, and the small language its phrases are written in.

A phrase is what a person says, plainly: lower case, no accents, no apostrophes, one phrase a line, or with a comma
between; a line that ends with a stroke goes on. In it

- `(a|b)` is a choice, `(a )?` may be left out, `text(s|ed)?` has endings: the usual patterns, nothing captured;
- `WORDS IN CAPITALS` stand for a family of words from `vocabulary.py`: `stop TEXTING`;
- `~2` stands for up to two words of any kind. They are the person's own and never shown in `because`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

from app.domain.replies.reading import Certainty, Intent
from app.domain.replies.vocabulary import COURTESY, FAMILIES


class Phrases:
    """Phrases as a pattern, made and compiled when first asked for: a process that reads no reply pays for none."""

    def __init__(self, write: Callable[[], str]) -> None:
        self._write = write

    @cached_property
    def pattern(self) -> str:
        """The regular expression as text."""
        return self._write()

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The regular expression, ready to search with."""
        return re.compile(self.pattern)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way to say one thing.

    `when` must match; `aside` is cut out before that (innocent uses of the same words); `unless` forbids the row;
    `at_most` is the longest message, in words, that the row speaks for. A row `by_clause` is held against each
    clause between full stops, commas and the like, not only against the whole message.
    """

    intent: Intent
    certainty: Certainty
    name: str
    when: Phrases
    examples: tuple[str, ...]
    aside: Phrases | None = None
    unless: Phrases | None = None
    at_most: int | None = None
    by_clause: bool = False

    @property
    def whole(self) -> bool:
        """Whether the row speaks for whole messages only, so that nothing else can stand beside it."""
        return self.when.pattern.startswith("^") and self.when.pattern.endswith("$") and not self.by_clause

    def match(self, words: str, clauses: tuple[str, ...] = ()) -> str | None:
        """The words of this row found in a plainly said message, or None."""
        if self.at_most is not None and words.count(" ") >= self.at_most:
            return None
        # A stroke is no word: what stood on both sides of a cut must not become a phrase.
        left = words if self.aside is None else self.aside.compiled.sub("|", words)
        found = self.when.compiled.search(left)
        if found is None and self.by_clause:
            found = next(filter(None, map(self.when.compiled.search, clauses)), None)
        if found is None or (self.unless is not None and self.unless.compiled.search(words)):
            return None
        return _shown(found)


def _shown(found: re.Match[str]) -> str:
    """What matched, with an ellipsis for every word that is not of the row's own vocabulary."""
    words, stems = _vocabulary(found.re.pattern)
    own = (word if word in words or word.startswith(stems) or not word.isalpha() else "…" for word in found[0].split())
    return " ".join(word for word, _ in groupby(own))


@lru_cache(maxsize=256)
def _vocabulary(pattern: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words that stand in a pattern, and the stems that it leaves open (`swell\\w*`)."""
    spelled = re.sub(r"\\[a-zA-Z]", " ", pattern)
    words = {*re.findall(r"[^\W\d_]+", spelled), *re.findall(r"([a-z]+)[a-z]\?", spelled)}
    return frozenset(words), tuple(re.findall(r"([a-z]{3,})\\w", pattern))


_FAMILY = re.compile(r"(?<![A-Za-z_])[A-Z]{2,}(?:_[A-Z]+)*\b")
_GAP = re.compile(r"~(\d+) ?")
_GOES_ON = re.compile(r"\|\s*\n\s*")
_GROUP = re.compile(r"\((?!\?)")


def either(phrases: str) -> str:
    """Lines of phrases as one pattern; see the top of this file for what may stand in them."""
    phrases = _GOES_ON.sub("|", phrases)
    phrases = "".join(c for c in unicodedata.normalize("NFKD", phrases) if unicodedata.category(c) != "Mn")
    lines = [line.strip() for line in phrases.replace(", ", "\n").splitlines()]
    whole = "|".join(_GROUP.sub("(?:", line) for line in lines if line)
    while (spoken := _FAMILY.sub(lambda name: f"(?:{_GROUP.sub('(?:', FAMILIES[name[0]])})", whole)) != whole:
        whole = spoken
    return _GAP.sub(lambda gap: rf"(?:[^\s?|]+ ){{0,{gap[1]}}}?", spoken)


def anywhere(phrases: str) -> Phrases:
    """One of these stands anywhere, even inside a word: for writing without spaces."""
    return Phrases(lambda: either(phrases))


def says(phrases: str) -> Phrases:
    """One of these stands somewhere in the message, as whole words."""
    return Phrases(lambda: rf"(?<!\S)(?:{either(phrases)})(?!\S)")


def begins(phrases: str) -> Phrases:
    """The message starts with one of these, after courtesies if there are any."""
    return Phrases(lambda: rf"^(?:(?:{COURTESY}) )*(?:{either(phrases)})(?!\S)")


def alone(phrases: str) -> Phrases:
    """The whole message is one of these."""
    return Phrases(lambda: rf"^(?:{either(phrases)})$")


def politely(phrases: str) -> Phrases:
    """The whole message is one or more of these, with or without courtesies around them."""

    def write() -> str:
        said = either(phrases)
        return rf"^(?:(?:{COURTESY}) )*(?:{said})(?: (?:{said}|{COURTESY}))*$"

    return Phrases(write)


def such_as(examples: str) -> tuple[str, ...]:
    """Examples of a row, one a line, as people write them."""
    return tuple(line.strip() for line in examples.strip().splitlines())
