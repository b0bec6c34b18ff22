"""The one qualifying question: whether it was asked, what a reply answers to it, and what the answer changes.

A clinic asks one thing, on purpose, where a step of a sequence says `{{ question }}`. The answer fills a field of the
lead, the lead is scored again, and if another sequence is for it now, it goes on there, behind whatever it has been
sent already.
"""

import re
from dataclasses import replace
from datetime import datetime

from app.domain import choosing, conditions
from app.domain.changing import changed
from app.domain.clinic import Clinic, Question
from app.domain.contact import Lead
from app.domain.offers import names, spoken

_AROUND = (
    "i im ive am is it its this that my the a an we are was me be been have had will please pls thanks thank you hi"
    " hello yes visit patient client appointment option number"
    " si soy es mi la el un una yo estoy ya he gracias por favor hola paciente visita cita"
)
_FILLERS = frozenset(_AROUND.split())
"""Words that may stand around an answer without saying anything else."""

_CLAUSES = re.compile(r"[,.;:!?\n&]+|\band\b|\by\b")


def is_open(clinic: Clinic, lead: Lead) -> bool:
    """Whether the question was asked in a step the lead has reached, and its field is still unknown."""
    if clinic.question is None or conditions.known(lead, clinic.question.fills):
        return False
    sequence = clinic.sequence(lead.sequence, lead.version, lead.variant) if lead.sequence else None
    reached = sequence.steps[: lead.step + 1] if sequence else ()
    return any(names("question", step.words) for step in reached)


def answer_in(question: Question, words: str) -> str | None:
    """The value that a reply names, and no other: by a clause of its own, or by its number alone; else None."""
    values = tuple(question.values)
    whole = spoken(words)
    if len(whole) == 1 and whole[0].isdecimal():
        number = int(whole[0])
        return values[number - 1] if 1 <= number <= len(values) else None
    clauses = {_bare(clause) for clause in _CLAUSES.split(words.casefold())}
    named = [value for value in values if any(_bare(name) in clauses for name in (value, *question.values[value]))]
    return named[0] if len(named) == 1 else None


def _bare(words: str) -> tuple[str, ...]:
    """The words that say something; all of them where none does."""
    said = spoken(words)
    return tuple(word for word in said if word not in _FILLERS) or said


def answered(
    clinic: Clinic, lead: Lead, question: Question, value: str, event_id: str, at: datetime, contact_id: str
) -> Lead:
    """The lead with the answer in its field, scored anew, and in the sequence that is for it now."""
    return choosing.reconsider(clinic, lead, _filled(lead, question.fills, value), event_id, at, contact_id)


def _filled(lead: Lead, field: str, value: str) -> Lead:
    if field in conditions.OWN_FIELDS:
        return changed(lead, **{field: value})
    if field in conditions.FORM_FIELDS:
        return replace(lead, facts={**lead.facts, field: value})
    return replace(lead, facts={**lead.facts, "extra": {**(lead.facts.get("extra") or {}), field: value}})
