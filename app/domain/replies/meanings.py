"""Which words mean about the same, in English and Spanish: "me falta el aire" and "can't breathe" meet here.

The families stand in `rules/replies/meanings.toml`; the statistical reader learns from families as well as from words,
so that it knows a sentence in words it never saw.
"""

import tomllib
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

LONGEST = 4
"""Words in the longest phrase of the families."""

GIVEN_NAME = "given_name"
"""The family of people's names: they are learned as a family only, so no reason ever shows one."""


class Meanings(NamedTuple):
    """Families by whole phrase, and by the beginning of a word."""

    phrases: dict[tuple[str, ...], tuple[str, ...]]
    stems: dict[str, tuple[str, ...]]


def meanings_of(words: Sequence[str]) -> list[set[str]]:
    """The families that begin at each word; `words` are plainly said."""
    return [_beginning_at(words, place) for place in range(len(words))]


def _beginning_at(words: Sequence[str], place: int) -> set[str]:
    phrases = MEANINGS.phrases
    found = set(_by_stem(words[place]))
    for length in range(1, LONGEST + 1):
        found.update(phrases.get(tuple(words[place : place + length]), ()))
    return found


@lru_cache(maxsize=4096)
def _by_stem(word: str) -> tuple[str, ...]:
    stems = MEANINGS.stems
    return tuple(family for end in range(3, len(word) + 1) for family in stems.get(word[:end], ()))


def _load() -> Meanings:
    text = (files("app.domain") / "rules" / "replies" / "meanings.toml").read_text("utf-8")
    phrases: dict[tuple[str, ...], list[str]] = defaultdict(list)
    stems: dict[str, list[str]] = defaultdict(list)
    for families in tomllib.loads(text).values():
        for family, members in families.items():
            for member in members.split():
                if member.endswith("*"):
                    stems[member[:-1]].append(family)
                else:
                    phrases[tuple(member.split("_"))].append(family)
    return Meanings({k: tuple(v) for k, v in phrases.items()}, {k: tuple(v) for k, v in stems.items()})


MEANINGS = _load()
