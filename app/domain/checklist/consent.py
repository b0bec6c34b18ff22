"""The consent words: what a person has to have read before the first text, in English or Spanish.

A lead's follow-up is best treated as marketing, which needs a written agreement that names who writes and says that it
is no condition of a purchase (47 CFR 64.1200(f)(9)). Carriers ask for the rest when a campaign is registered.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.checklist.sheet import Level, Remark, Sheet
from app.domain.clinic import Clinic


@dataclass(frozen=True)
class Piece:
    """One thing that consent words have to say: how it is recognised, and how to say it."""

    level: Level
    rule: str
    said: re.Pattern[str]
    lacks: str
    such_as: str


def _piece(level: Level, rule: str, said: str, lacks: str, such_as: str) -> Piece:
    return Piece(level, f"consent_{rule}", re.compile(said, re.IGNORECASE), lacks, such_as)


PIECES = (
    _piece(
        "block",
        "texts",
        r"\btext(s|ed|ing)?\b|\bsms\b|\bmensajes?\b|\bmessages?\b",
        "what is agreed to: texts (47 CFR 64.1200(f)(9))",
        "I agree to receive text messages about my appointment request",
    ),
    _piece(
        "block",
        "condition",
        r"\b(not|isn't|never|without)\b[^.]{0,30}\b(condition|required?|requirement|obligat\w+)"
        r"|\bno\b[^.]{0,30}\b(condici[oó]n|requisito|obligatori[oa])|no purchase",
        "that consent is not a condition of a purchase (47 CFR 64.1200(f)(9)(i)(B))",
        "My consent is not a condition of care.",
    ),
    _piece(
        "block",
        "stop",
        r"\bstop\b|\bunsubscribe\b|\bopt out\b|\balto\b|\bparar\b",
        "how to stop (CTIA Messaging Principles 5.1.2)",
        "Reply STOP to opt out.",
    ),
    _piece(
        "warn",
        "help",
        r"\bhelp\b|\bayuda\b",
        "how to get help (CTIA Messaging Principles 5.1.2)",
        "Reply HELP for help.",
    ),
    _piece(
        "warn",
        "frequency",
        r"\bfrequen\w+|\bfrecuencia\b|\brecurring\b|\b(up to|at most|hasta) \w+"
        r"|\bper (day|week|month)\b|\bpor (semana|mes)\b",
        "how many texts will come (CTIA Messaging Principles 5.1.2)",
        "Message frequency varies.",
    ),
    _piece(
        "warn",
        "rates",
        r"\brates\b|\bcharges\b|\btarifas\b|\bcargos\b",
        "that rates may apply (CTIA Messaging Principles 5.1.2)",
        "Message and data rates may apply.",
    ),
    _piece(
        "warn",
        "privacy",
        r"\bprivacy\b|\bprivacidad\b",
        "where the privacy policy is, which carriers ask for",
        "See our privacy policy at https://…",
    ),
    _piece(
        "warn",
        "encryption",
        r"\bencrypt\w*|\bcifrad[oa]s?\b|\bsecure\b|\bsegur[oa]s?\b",
        "that texts are not encrypted, which people have a right to know",
        "Text messages are not encrypted.",
    ),
)


def consent(sheet: Sheet) -> Iterator[Remark]:
    """Each consent text is shown by a source, and says what it has to."""
    clinic = sheet.clinic
    shown = {key for source in clinic.sources.values() for key in source.consent_texts}
    for key, words in clinic.consent_texts.items():
        path = f"consent_texts.{key}"
        if key not in shown:
            yield Remark("warn", "consent_text", path, "no source shows these words")
        yield from _pieces(clinic, path, words)


def _pieces(clinic: Clinic, path: str, words: str) -> Iterator[Remark]:
    # A brand of its own may stand for its clinics; where none is given, the key is no name.
    names = (clinic.name, *([clinic.brand] if clinic.brand != clinic.key else []))
    if not any(_words_of(name) in _words_of(words) for name in names):
        message = "the consent words do not say who will write (47 CFR 64.1200(f)(9))"
        yield Remark("block", "consent_names", path, message, f"… from {clinic.name} …")
    for piece in PIECES:
        if not piece.said.search(words):
            message = f"the consent words do not say {piece.lacks}"
            yield Remark(piece.level, piece.rule, path, message, piece.such_as)


def _words_of(text: str) -> str:
    return " ".join(["", *re.findall(r"[^\W_]+", text.casefold()), ""])
