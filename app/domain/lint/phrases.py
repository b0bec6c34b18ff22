"""A phrase of a rule row, and how thousands of them are looked for in a text within a millisecond.

A phrase is words as one would write them, with few signs of its own:

    diabet*            a word that begins so; `*mab` one that ends so
    lab|blood test     one of several words, then another; `a_b` inside an alternative is two words
    your ?new meds     `?` before a word that may be missing
    skip .. fine       up to three words between, in the same sentence; `...` is up to six
    <body>             one of a named set (`sets.toml`)
    #                  a number
    ED                 capitals in a row ask for the same capitals in the text: Ed is a person

Each phrase becomes a regular expression when it is first needed. It is needed only if its rarest word stands in
the text, and that is one look in a dictionary for each word, its beginnings and its endings.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

BREAK = r"[\s\-/&,:'\"()+]{1,4}"
"""What may stand between two words of one phrase; a full stop may not."""

GAP = r"(?:[\s\-/&,:'\"()$#+@%]+[\w.:$%]*\w)"
_GAPS = {"..": GAP + "{0,3}?", "...": GAP + "{0,6}?"}
_NUMBER = r"\$?\d[\d,.:/%]*"
_EVERYWHERE = frozenset(
    re.findall(
        r"\w+",
        """
    a an and any are at be by can do for from has have how i if in is it its me my no not of on or our so that the
    this to up us was we what when will with you your al con de del el en es la las le lo los me mi no o para por
    que se si su sus te tu tus un una y ya been came come get got need needs see new time day please here
    """,
    )
)
"""Words of every text: a phrase is never looked up by one of them if it has another."""


def fold(text: str) -> str:
    """The text without accents and in plain quotes, letter for letter, so that a place in it is a place in the text."""
    return text if text.isascii() else text.translate(_FOLD)


class _Fold(dict[int, str]):
    """Each letter's bare form, worked out once."""

    def __missing__(self, point: int) -> str:
        letter = chr(point)
        bare = unicodedata.normalize("NFKD", letter)
        same = bare[0] if bare and (len(bare) == 1 or unicodedata.combining(bare[1])) else letter
        self[point] = _QUOTES.get(same, same)
        return self[point]


_QUOTES = {**dict.fromkeys("‘’‚‛′`´ʼ＇", "'"), **dict.fromkeys("“”„″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
_FOLD = _Fold()


def words_of(folded: str) -> set[str]:
    """The words of a folded text in lower case; "what's" is there as `what`, `s` and `whats`."""
    lower = folded.lower()
    return {*_WORD.findall(lower), *(word.replace("'", "") for word in _APOSTROPHED.findall(lower))}


_WORD = re.compile(r"\w+")
_APOSTROPHED = re.compile(r"\w+'\w+")


@dataclass(frozen=True)
class Words:
    """One place of a phrase: the words that may stand there."""

    options: tuple[str, ...]
    optional: bool = False

    @property
    def pattern(self) -> str:
        """The place as a regular expression, without what separates it from its neighbours."""
        return f"(?:{'|'.join(map(_option, self.options))})"


def _option(option: str) -> str:
    return BREAK.join(map(_word, option.split("_")))


def _word(word: str) -> str:
    if word == "#":
        return _NUMBER
    body = re.escape(word.strip("*")).replace("'", "'?")
    body = ("\\w{3,}" if word.startswith("*") else "") + body + ("\\w*" if word.endswith("*") else "")
    return body if any(map(str.isupper, word)) else f"(?i:{body})"


@dataclass(frozen=True)
class Phrase:
    """A phrase as written, ready to be looked for in a folded text."""

    written: str
    places: tuple[Words | str, ...]

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The whole phrase; it begins and ends at the edge of a word."""
        made, glue = "", ""
        for place in self.places:
            if isinstance(place, str):
                made += _GAPS[place]
            elif place.optional:
                made += f"(?:{glue}{place.pattern}{'' if glue else BREAK})?"
            else:
                made += glue + place.pattern
            glue = BREAK if (glue or not (isinstance(place, Words) and place.optional)) else ""
        return re.compile(rf"(?<!\w)(?:{made})(?!\w)")

    def lookups(self) -> tuple[str, ...]:
        """The words by which to look it up: those of its rarest place."""
        needed = [place.options for place in self.places if isinstance(place, Words) and not place.optional]
        best = max(needed, key=_rarity)
        return tuple(_rarest(option.lower().split("_")) for option in best)


def _rarity(options: Sequence[str]) -> tuple[bool, float]:
    words = [_rarest(option.lower().split("_")) for option in options]
    return all(word not in _EVERYWHERE and word != "#" for word in words), min(map(len, words)) - len(words) / 8


def _rarest(words: Sequence[str]) -> str:
    return max(words, key=lambda word: (word not in _EVERYWHERE, len(word)))


def parse(written: str, sets: Mapping[str, Sequence[str]]) -> Phrase:
    """Reads one phrase; raises `KeyError` for a set that `sets` does not have, `ValueError` for a slip of the pen."""
    tokens = fold(written).split()
    _check(written, tokens)
    return Phrase(written, tuple(chain.from_iterable(_place(token, sets) for token in tokens)))


def _check(written: str, tokens: Sequence[str]) -> None:
    """Refuses what reads like a phrase and finds nothing, or everything: most come of a comma in the wrong place."""
    if any("" in token.removeprefix("?").split("|") for token in tokens):
        raise ValueError(f"a word is missing beside | in: {written}")
    if any("?" in token[1:] for token in tokens):
        raise ValueError(f"? stands before a whole place, not inside it: {written}")
    if all(token.startswith("?") or token in _GAPS for token in tokens):
        raise ValueError(f"nothing in it must be there: {written}")
    if tokens[0] in _GAPS or tokens[-1] in _GAPS:
        raise ValueError(f"a gap stands between two words: {written}")


def _place(token: str, sets: Mapping[str, Sequence[str]]) -> Iterable[Words | str]:
    if token in _GAPS:
        return (token,)
    optional = token.startswith("?")
    options: list[str] = []
    for option in token.removeprefix("?").replace("-", "_").split("|"):
        options += sets[option[1:-1]] if option.startswith("<") else [option]
    return (Words(tuple(options), optional),)


def split(block: str) -> list[str]:
    """The phrases of a row, separated by commas or new lines; raises `ValueError` for what may be a lost phrase.

    A line may not begin with `# `: some would write a remark so, others a number.
    """
    if any(line.lstrip().startswith("# ") for line in block.splitlines()):
        raise ValueError(f"a line may not begin with a number's sign: {block.strip()[:60]}")
    if re.search(r"[^,\s]\s*,\s*,|\|\s*,|,\s*\|", block):
        raise ValueError(f"a comma stands where none belongs: {block.strip()[:60]}")
    return [phrase.strip() for line in block.splitlines() for phrase in line.split(",") if phrase.strip()]


class Index:
    """Phrases by their rarest word: which of them could stand in this text at all."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._phrases = phrases
        self._words: dict[str, list[int]] = defaultdict(list)
        self._beginnings: dict[str, list[int]] = defaultdict(list)
        self._endings: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        for number, phrase in enumerate(phrases):
            for key in phrase.lookups():
                self._file(key, number)
        self._lengths = sorted({len(key) for key in self._beginnings}), sorted({len(key) for key in self._endings})

    def _file(self, key: str, number: int) -> None:
        if key == "#":
            self._always.append(number)
        elif key.endswith("*"):
            self._beginnings[key[:-1]].append(number)
        elif key.startswith("*"):
            self._endings[key[1:]].append(number)
        else:
            self._words[re.sub(r"\W", "", key)].append(number)

    def candidates(self, words: Iterable[str]) -> list[int]:
        """The numbers of the phrases that have their rarest word among these (see `words_of`), in order."""
        found = set(self._always)
        begin, end = self._lengths
        for word in words:
            found.update(self._words.get(word, ()))
            for length in begin:
                if length > len(word):
                    break
                found.update(self._beginnings.get(word[:length], ()))
            for length in end:
                if length > len(word):
                    break
                found.update(self._endings.get(word[-length:], ()))
        return sorted(found)
