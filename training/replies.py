"""Learn the weights of the statistical reply reader from the sentences the project wrote.

`make model` writes `app/domain/rules/replies/weights.tsv`, a line a trait; the same sentences give the same file.
`python -m training.replies --held-out` says how well an author is read by weights learned without that author.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from app.domain.replies.found import ROWS, rows_found
from app.domain.replies.read import read_reply
from app.domain.replies.reading import Intent, Reading
from app.domain.replies.saying import say_plainly
from app.domain.replies.traits import traits_of

RULES = Path(__file__).parents[1] / "app" / "domain" / "rules" / "replies"
WEIGHTS = RULES / "weights.tsv"
AUTHORS = ("english", "roundabout", "spanish")
"""Three people who wrote without seeing each other's sentences; `taught` holds what was added since."""

SEEN_AT_LEAST = 2
"""Sentences that a trait must be in."""
CAUTION = 1.0
"""The inverse of how strongly large weights are held back (scikit-learn's C)."""
SMALLEST = 0.08
"""A weight below this is left out."""


class Sentence(NamedTuple):
    """A sentence with what it means."""

    intent: str
    text: str


Votes = Mapping[str, Mapping[str, float]]
"""Trait to intent to weight."""


def sentences(author: str) -> list[Sentence]:
    """The sentences of one file, `intent<tab>text` a line."""
    lines = (RULES / "sentences" / f"{author}.tsv").read_text("utf-8").splitlines()
    return [Sentence(*line.split("\t", 1)) for line in lines if line]


def examples() -> list[Sentence]:
    """The rows' own examples."""
    return [Sentence(row.intent, example) for row in ROWS for example in row.examples]


def everything() -> list[Sentence]:
    """All there is to learn from."""
    return [*(one for author in (*AUTHORS, "taught") for one in sentences(author)), *examples()]


@cache
def read_traits(text: str) -> dict[str, float]:
    """The traits of a sentence, as the running reader sees them.

    A row's own example is looked at without the rows: they are always right about it, which would teach too much trust.
    """
    saying = say_plainly(text)
    found = [] if text in _OWN else [row for row, _ in rows_found(saying)]
    return traits_of(text, saying, found)


_OWN = frozenset(example for row in ROWS for example in row.examples)


def learn(learned: Iterable[Sentence]) -> Votes:
    """Weights by trait and intent, rounded, without the small ones."""
    known = list(learned)
    traits = [read_traits(one.text) for one in known]
    often = Counter(trait for one in traits for trait in one)
    kept = [{trait: value for trait, value in one.items() if often[trait] >= SEEN_AT_LEAST} for one in traits]
    columns = DictVectorizer(dtype=np.float64)
    seen = columns.fit_transform(kept)
    fitted = LogisticRegression(C=CAUTION, max_iter=150, tol=1e-3).fit(seen, [one.intent for one in known])
    weights = (fitted.coef_ - fitted.coef_.mean(axis=0)).T
    return dict(_votes(columns.get_feature_names_out(), weights, list(fitted.classes_)))


def _votes(traits: Iterable[str], weights: np.ndarray, intents: list[str]) -> Iterable[tuple[str, dict[str, float]]]:
    for trait, row in zip(traits, weights, strict=True):
        large = {i: round(float(w), 2) for i, w in zip(intents, row, strict=True) if abs(w) >= SMALLEST}
        if large:
            yield str(trait), large


def fingerprint() -> str:
    """What the weights were made from: sentences, families and rows, in one number."""
    parts = [f"{one.intent}\t{one.text}\t{sorted(read_traits(one.text).items())}" for one in everything()]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def as_file(votes: Votes) -> str:
    """The weights as they are stored."""
    lines = [f"# trait, then intent and weight; made by `make model` from {fingerprint()}"]
    for trait in sorted(votes):
        told = (f"{intent} {votes[trait][intent]:+.2f}" for intent in Intent if intent in votes[trait])
        lines.append("\t".join((trait, *told)))
    return "\n".join(lines) + "\n"


class Figures(NamedTuple):
    """How well an author's sentences are read; shares of 1."""

    macro_f1: float
    stops_held: float
    """Opt-outs read as opt-out or wrong number: both end or hold texts."""
    false_stops: float
    """Of all that is no opt-out."""
    dangers_caught: float
    false_dangers: float
    acts_right: float
    acts: int


def held_out(author: str) -> Figures:
    """How a reader that learned without this author reads this author."""
    own = set(sentences(author))
    others = [one for one in everything() if one not in own]
    weights = {trait: tuple((Intent(i), w) for i, w in votes.items()) for trait, votes in learn(others).items()}
    return figures([(one.intent, read_reply(one.text, weights=weights)) for one in sentences(author)])


def figures(read: list[tuple[str, Reading]]) -> Figures:
    """The figures of readings beside what was meant."""
    meant = [intent for intent, _ in read]
    said = [str(reading.intent) for _, reading in read]
    acted = [intent == reading.intent for intent, reading in read if _acts(reading)]
    return Figures(
        macro_f1=float(f1_score(meant, said, average="macro")),
        stops_held=_share(said, {"opt_out", "wrong_number"}, [one == "opt_out" for one in meant]),
        false_stops=_share(said, {"opt_out"}, [one != "opt_out" for one in meant]),
        dangers_caught=_share(said, {"urgent"}, [one == "urgent" for one in meant]),
        false_dangers=_share(said, {"urgent"}, [one != "urgent" for one in meant]),
        acts_right=sum(acted) / len(acted),
        acts=len(acted),
    )


def _acts(reading: Reading) -> bool:
    """Whether something is done about it without a person."""
    if reading.automatic or reading.intent is Intent.URGENT:
        return False
    return reading.certainty == "sure" or (reading.intent, reading.certainty) == (Intent.ALREADY_BOOKED, "likely")


def _share(said: list[str], wanted: set[str], among: list[bool]) -> float:
    chosen = [one in wanted for one, counts in zip(said, among, strict=True) if counts]
    return sum(chosen) / len(chosen)


def main() -> None:
    """Learn from everything and store it; with `--held-out`, show how authors are read that were not learned from."""
    if "--held-out" in sys.argv:
        for author in AUTHORS:
            told = " ".join(f"{name} {value:.3g}" for name, value in held_out(author)._asdict().items())
            sys.stdout.write(f"{author}: {told}\n")
        return
    made = as_file(learn(everything()))
    WEIGHTS.write_text(made, "utf-8")
    sys.stdout.write(f"{WEIGHTS}: {made.count(chr(10)) - 1} traits, {len(made) // 1000} kB\n")


if __name__ == "__main__":
    main()
