"""The statistical reader: how likely each intent is, from weights that `make model` learned and a person can read.

How to think of it: each trait of a reply (`traits.py`) votes for and against intents with the weights of its line in
`rules/replies/weights.tsv`; the sums become likelihoods that add up to one (multinomial logistic regression). It never
acts by itself: `read.py` says what its word is worth beside the rows.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import exp

from app.domain.replies.reading import Intent

Likelihoods = Mapping[Intent, float]
"""Each intent with its likelihood; all together 1."""

Votes = tuple[tuple[Intent, float], ...]
Weights = Mapping[str, Votes]
"""Each trait with its votes for and against intents."""

TOLD = ("word", "pair", "means", "not", "both", "then", "row", "asks", "shouts")
"""The kinds of traits that a reason may name: words of the stored vocabulary, never pieces or signs."""


LEANING = 0.7
"""How far the ear leans towards the first row that matched, in the exponent: it doubles the odds."""


def likelihoods(traits: Mapping[str, float], weights: Weights, said: Intent | None = None) -> Likelihoods:
    """How likely a reply with these traits means each intent; `said` is what the first row said."""
    sums = dict.fromkeys(Intent, 0.0)
    for trait, value in traits.items():
        for intent, weight in weights.get(trait, ()):
            sums[intent] += weight * value
    if said is not None:
        sums[said] += LEANING
    most = max(sums.values())
    grown = {intent: exp(total - most) for intent, total in sums.items()}
    whole = sum(grown.values())
    return {intent: size / whole for intent, size in grown.items()}


def strongest(traits: Mapping[str, float], weights: Weights, intent: Intent, number: int = 3) -> list[str]:
    """The traits that spoke most for an intent, strongest first; only such as may be told."""
    spoke = [
        (sum(weight for voted, weight in weights.get(trait, ()) if voted is intent) * value, trait)
        for trait, value in traits.items()
        if trait.startswith(TOLD)
    ]
    return [trait for spoken, trait in sorted(spoke, reverse=True)[:number] if spoken > 0]


@cache
def load_weights() -> Weights:
    """Every trait of the stored model with its votes."""
    text = (files("app.domain") / "rules" / "replies" / "weights.tsv").read_text("utf-8")
    return dict(_line(line) for line in text.splitlines() if not line.startswith("# "))


def _line(line: str) -> tuple[str, Votes]:
    trait, *votes = line.split("\t")
    return trait, tuple((_INTENTS[name], float(weight)) for name, _, weight in (v.partition(" ") for v in votes))


_INTENTS: dict[str, Intent] = {intent.value: intent for intent in Intent}
