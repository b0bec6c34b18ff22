"""The form of a text: signed by the brand, with a way out in the first, short, and in an alphabet that is not dear."""

import re
from collections.abc import Iterator

from app.domain.lint.phrases import fold
from app.domain.lint.report import Finding
from app.domain.lint.rows import Rulebook, Span, rows_of
from app.domain.wording import Length, measure

_OPT_OUT = Rulebook(tuple(rows_of("opt_out_wording")))
_GREETED = re.compile(
    r"(?i:\b(?:hi|hello|hey|dear|hola|estimad[oa]|buen[oa]s \w+|thanks|gracias),?) ([A-Z][a-z]+)(?: ([A-Z][a-z]+))?"
)


def greeted(folded: str) -> frozenset[str]:
    """The names that a text addresses, lower-case and at least three letters long."""
    return frozenset(
        name.lower() for match in _GREETED.finditer(folded) for name in match.groups() if name and len(name) > 2
    )


def judge(
    text: str, length: Length, first_message: bool, brand: str | None, max_segments: int | None
) -> Iterator[tuple[Finding, Span]]:
    """What is wrong with the form; see `lint` for what is not judged."""
    nowhere = (0, 0)
    if brand is not None and _name(brand) not in _name(text):
        yield Finding("brand", "", f"the text does not say who writes: {brand}"), nowhere
    if first_message and not any(_OPT_OUT.find(fold(text))):
        yield Finding("opt_out_wording", "", "a first text says how to stop (CTIA Messaging Principles 5.1.3)"), nowhere
    if max_segments is not None and length.segments > max_segments:
        yield Finding("length", "", f"{length.segments} segments, and {max_segments} are allowed"), nowhere
    if length.encoding == "UCS-2":
        place = next(i for i, letter in enumerate(text) if measure(letter).encoding == "UCS-2")
        why = "is not in GSM-7, so that a segment holds 70 characters and not 160"
        yield Finding("encoding", text[place], why, "warn"), (place, place + 1)


def _name(words: str) -> str:
    return " ".join(re.findall(r"\w+", fold(words).casefold()))
