"""The rule rows of the lint, read from `rules/lint/*.toml` when this module is imported.

A file is a class and a language (`condition.es.toml`); a row is words that mean the same harm:

    [[row]]
    why = "names a finding of the body"
    words = "rash*, lump|mole on|in your"       # phrases, see phrases.py
    patterns = ['\\b\\d{3}-\\d{2}-\\d{4}\\b']        # or regular expressions, for what is not words
    needs = '\\d'                                # `patterns` are slow: only in a text that has this
    only_with = "social, ssn"                   # and one of these words
    unless = "a|the long shot"                  # phrases that make it innocent where they overlap it
    caught = ["Is the rash better? Oak Clinic"] # own examples, walked by a test
    passes = ["We rashly moved your visit"]

`innocent.*.toml` has the idioms that no row may see. A new row needs no code.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import chain

from app.domain.lint.phrases import Index, Phrase, fold, parse, split, words_of
from app.domain.lint.report import CONTENT

FOLDER = files("app.domain") / "rules" / "lint"

Span = tuple[int, int]


def _documents() -> dict[str, dict[str, object]]:
    named = sorted((file.name, file) for file in FOLDER.iterdir() if file.name.endswith(".toml"))
    return {name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8")) for name, file in named}


_READ = _documents()
SETS: dict[str, list[str]] = {}
for _name, _block in _READ.pop("sets").items():
    # A set may name the sets above it.
    SETS[_name] = list(
        chain.from_iterable(SETS[o[1:-1]] if o.startswith("<") else [fold(o)] for o in split(str(_block)))
    )


@dataclass(frozen=True)
class Row:
    """One row: what it looks for, what makes that innocent, and its own examples."""

    file: str
    cls: str
    why: str
    phrases: tuple[Phrase, ...]
    patterns: tuple[str, ...]
    needs: str
    only_with: frozenset[str]
    unless: tuple[Phrase, ...]
    caught: tuple[str, ...]
    passes: tuple[str, ...]
    in_links: bool

    @cached_property
    def excuses(self) -> "Search":
        """The phrases of `unless`, ready to be looked for."""
        return Search(self.unless)

    @cached_property
    def needed(self) -> re.Pattern[str]:
        """What a text must have for `patterns` to be worth a look; it finds the empty string where there is none."""
        return re.compile(self.needs)

    @cached_property
    def expressions(self) -> tuple[re.Pattern[str], ...]:
        """The regular expressions of `patterns`, run on the folded text."""
        return tuple(map(re.compile, self.patterns))


class Search:
    """Many phrases, looked for at once."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self.phrases = phrases

    @cached_property
    def _index(self) -> Index:
        return Index(self.phrases)  # When first asked: a command that judges nothing need not wait for it.

    def find(self, folded: str, words: set[str]) -> Iterator[tuple[int, Span]]:
        """Where phrases stand: their number and their place."""
        for number in self._index.candidates(words):
            for match in self.phrases[number].expression.finditer(folded):
                yield number, match.span()


def _rows(file: str, cls: str) -> Iterator[Row]:
    document = _READ[file]
    for raw in document["row"]:  # type: ignore[attr-defined]
        yield Row(
            file=file,
            cls=cls,
            why=raw["why"],
            phrases=tuple(parse(written, SETS) for written in split(raw.get("words", ""))),
            patterns=tuple(raw.get("patterns", ())),
            needs=raw.get("needs", ""),
            only_with=frozenset(split(raw.get("only_with", ""))),
            unless=tuple(parse(written, SETS) for written in split(raw.get("unless", ""))),
            caught=tuple(raw.get("caught", ())),
            passes=tuple(raw.get("passes", ())),
            in_links=raw.get("in_links", True),
        )


def rows_of(cls: str) -> Iterator[Row]:
    """The rows of a class, or of a file that is no class: `innocent`, `address`, `opt_out_wording`."""
    for file in _READ:
        if file.partition(".")[0] == cls:
            yield from _rows(file, cls)


ROWS = tuple(chain.from_iterable(map(rows_of, CONTENT)))
INNOCENT = tuple(rows_of("innocent"))
LINK_ONLY = tuple(rows_of("address"))


class Rulebook:
    """Rows made ready: which places of a text they speak of."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._patterned = tuple(row for row in rows if row.patterns)
        self._owners = tuple(row for row in rows for _ in row.phrases)
        self._search = Search(tuple(phrase for row in rows for phrase in row.phrases))

    def find(self, folded: str, words: set[str] | None = None) -> Iterator[tuple[Row, Span]]:
        """Every place that a row speaks of and nothing beside it excuses."""
        words = words_of(folded) if words is None else words
        for row, span in self._places(folded, words):
            if not any(overlap(span, excuse) for _, excuse in row.excuses.find(folded, words)):
                yield row, span

    def _places(self, folded: str, words: set[str]) -> Iterator[tuple[Row, Span]]:
        for number, span in self._search.find(folded, words):
            yield self._owners[number], span
        for row in self._patterned:
            if (row.only_with and row.only_with.isdisjoint(words)) or not row.needed.search(folded):
                continue
            for expression in row.expressions:
                for match in expression.finditer(folded):
                    yield row, match.span()


def overlap(one: Span, other: Span) -> bool:
    """Whether two places share a letter."""
    return one[0] < other[1] and other[0] < one[1]
