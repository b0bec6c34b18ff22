"""Saying a reply plainly: what a person typed, in the words that the rows are written in.

Lower case, no accents or apostrophes, no punctuation but the question mark, single spaces; "S T O P", "st0p" and
"stoppp" are `stop`, "tmrw" is `tomorrow`, "do not" is `dont`. A word that nobody knows becomes the one of our words
that is one slip of the finger away. A reaction that quotes our own text is read without the quote.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.domain.replies.vocabulary import KEYWORDS, LOOK_ALIKES, MENDED, SHORT_FORMS, SIGNS, SPOKEN_SHORT


@dataclass(frozen=True)
class Saying:
    """A reply said plainly: the whole as words, its clauses, and whether it wraps a quote of ours."""

    words: str
    clauses: tuple[str, ...]
    reaction: bool


def say_plainly(text: str) -> Saying:
    """What the reply says, without what a reaction in it quotes."""
    folded = _fold(text)
    reaction = _REACTION.match(folded)
    own = folded[reaction.end() :] if reaction else folded
    parts = _CLAUSE.split(_SPELLED.sub(_unspelled, own.replace("?", " ? ").replace("¿", " ")))
    quiet = any(_LETTER.search(part) for part in parts)
    clauses = [plain for part in parts if (plain := _words(part, quiet=quiet))]
    whole = " ".join(word for word, _ in groupby(" ".join(clauses).split()))
    return Saying(_contracted(whole), tuple(clauses), reaction is not None)


# --- letters -----------------------------------------------------------------------------------------------------

_APOSTROPHES = str.maketrans("", "", "'‘’`´ʼ＇")
_LOOKS_LATIN = str.maketrans("асеіјорѕхутвнкмοτрαѵ", "aceijopsxytbhkmotpav")
_LEET = str.maketrans("01345789@$", "oieastbgas")
_LATIN_AND_OTHER = re.compile(r"(?=\S*[a-z])(?=\S*[а-яіјѕα-ω])\S+")
_LEET_WORD = re.compile(r"(?<![\w@$])(?=[\w@$]*[a-z])(?=[\w@$]*[\d@$])[\w@$]{3,14}(?![\w@$])")


def _fold(text: str) -> str:
    """Lower case, compatible forms made one, without accents, apostrophes and what cannot be seen."""
    plain = text.translate(_APOSTROPHES)
    if plain.isascii():
        return plain.lower()
    decomposed = unicodedata.normalize("NFKD", plain).casefold()
    seen = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf"))
    return _LATIN_AND_OTHER.sub(lambda word: word[0].translate(_LOOKS_LATIN), seen)


def _unleet(word: re.Match[str]) -> str:
    plain = word[0].translate(_LEET)
    return plain if plain in KEYWORDS else word[0]


# --- words -------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W_]+(?::\d\d|/\d\d?)?|\?")
_LETTER = re.compile(r"[^\W_]")
_NUMBER_SIGN = re.compile(r"#(?!\s*\d)")
_CLAUSE = re.compile(r"[.!;,\n()\u2014…]+|(?<=\?)|\s[-–]+\s|:\s")
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[\W_]{1,3}[^\W\d_]){2,}(?![^\W_])")
_DRAWN_OUT = re.compile(r"([^\W\d])\1{2,}")


def _words(part: str, *, quiet: bool) -> str:
    """A clause as single-spaced words; `quiet`: signs say nothing, but the stop sign, since there are words."""
    marked = _LEET_WORD.sub(_unleet, _NUMBER_SIGN.sub(" number ", part))
    if not marked.isascii():
        marked = _signs_spoken(marked, quiet=quiet)
    mended = " ".join(_mended(word) for word, _ in groupby(_WORD.findall(marked)))
    return _contracted(" ".join(word for word, _ in groupby(mended.split())))


def _signs_spoken(marked: str, *, quiet: bool) -> str:
    for sign, word in SIGNS.items():
        if sign in marked and (not quiet or word == "stopsign"):
            marked = marked.replace(sign, f" {word} ")
    return marked


def _unspelled(spelled: re.Match[str]) -> str:
    """Three or more single letters in a row are one word that was spelled: "S T O P"."""
    return "".join(filter(str.isalpha, spelled[0]))


def _mended(word: str) -> str:
    if (short := SHORT_FORMS.get(word)) is not None:
        return short
    return _nearest(word) if word.isalpha() and word.isascii() else word


@lru_cache(maxsize=8192)
def _nearest(word: str) -> str:
    """The word that was meant by an unknown one: drawn out ("stoppp"), or mistyped."""
    if _DRAWN_OUT.search(word):
        once, twice = _DRAWN_OUT.sub(r"\1", word), _DRAWN_OUT.sub(r"\1\1", word)
        word = next((form for form in (twice, once) if form in SHORT_FORMS or form in MENDED), once)
        return SHORT_FORMS.get(word, word)
    if len(word) < 4 or word in MENDED or word in LOOK_ALIKES:
        return word
    slips = 1 if len(word) < 8 else 2
    near = process.extract(word, _TARGETS, scorer=OSA.distance, score_cutoff=slips, limit=5)
    # What begins with one of our words and goes on is an inflection ("persona", "cancelo"), not a slip.
    meant = [(slip, other[0] != word[0], other) for other, slip, _ in near if not word.startswith(other)]
    return min(meant)[2] if meant else word


_TARGETS = tuple(sorted(MENDED))
_LONG_FORM = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in SPOKEN_SHORT))


def _contracted(words: str) -> str:
    if _LONG_FORM.search(words):
        for pattern, short in SPOKEN_SHORT:
            words = pattern.sub(short, words)
    return words


# --- machines ----------------------------------------------------------------------------------------------------

_OPENING, _CLOSING = '["“”„«]', '["”“»]'

# Phones without each other's reactions get them as a text that quotes ours, and ours says STOP.
_REACTION = re.compile(
    r"\s*(?:(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned"
    r"|reacted (?:with )?\S{1,12} to|removed an? \S{1,16}(?: \S{1,12})? (?:reaction )?from"
    r"|(?:no )?(?:le|me) (?:gusto|gusta|encanto|encanta)|se rio (?:de|con)|enfatizo|destaco|cuestiono|puso en duda"
    rf"|reacciono (?:con )?\S{{1,12}} a|(?![\w?])\S{{1,12}} (?:to|a))\s*{_OPENING}(?:.*{_CLOSING}|.*$)"
    r"|(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned)"
    r" an? (?:image|picture|photo|message|video|attachment)\.?$)",
    re.DOTALL,
)
