"""Consent: which acts allow texts, and which of them still stands when a text wants to leave.

How to think of it. The ledger only grows. An act that allows texts is `granted`; one that allows nothing is kept all
the same, as `unmatched` with its problem; an end is `withdrawn`; the phone's own START after its own STOP is
`renewed`. `judge` says what an act is worth on the day it comes in, `stands` whether it is worth that still: what
ends a consent is never a changed row, always a later one.

An act counts only when it can be shown what the person read: the form's words must be those that the clinic has on
file (47 CFR 64.1200(f)(9): a clear disclosure, signed). So a form whose wording drifted from the file stops texting,
not the other way round.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from html import unescape

from app.domain.clinic import Clinic
from app.domain.effects import RecordConsent
from app.domain.events import ConsentAct

STAFF = "staff"
"""The source of leads that a coordinator hands in."""

SCOPE = "appointment follow-up"
"""What a person agrees to be texted about, here always."""

ALLOWING = frozenset({"granted", "renewed"})
STATUSES = ("granted", "renewed", "unmatched", "withdrawn")

SKEW = timedelta(minutes=10)
"""How far ahead of ours a form's clock may run."""

OLDEST = timedelta(days=90)
"""An inquiry carries a relationship for three months (47 CFR 64.1200(f)(5)); an older act proves no wish of today."""

PROBLEMS = {
    "not_ticked": "The box for texts was not ticked.",
    "pre_ticked": "The box for texts was ticked beforehand.",
    "no_words": "The form did not send the consent words it showed.",
    "in_future": "The consent is dated in the future.",
    "too_old": f"The consent is more than {OLDEST.days} days old.",
    "source_without_words": "The clinic has no consent words on file for this form.",
    "words_not_on_file": "The consent words that the form showed are not on file at the clinic.",
    "another_person": "The consent came with another name on this phone.",
}
"""Why an act allows nothing, for programs and for people."""

DRIFT = ("words_not_on_file", "source_without_words")
"""The problems that are the form's or the file's, not the person's: the clinic has to mend them."""


@dataclass(frozen=True, kw_only=True)
class Permission:
    """What an act is worth: texts allowed under the consent text `text_key`, or not, for the reason `problem`."""

    granted: bool
    text_key: str | None = None
    problem: str | None = None


def judge(act: ConsentAct, source: str | None, clinic: Clinic, at: datetime) -> Permission:
    """Whether this act allows texts; `at` is when it reached us (aware UTC).

    A form's words must be among its source's `consent_text`; with `source` None, or of staff, among any of the
    clinic's. A form's clock is compared with both of ours, the installation's and the real one, for either may have
    been set; it is at fault only when both say so.
    """
    problem = _problem_of_act(act, at)
    if problem:
        return Permission(granted=False, problem=problem)
    on_file = _on_file(source, clinic)
    read = as_read(act.text or "")
    key = next((key for key, words in on_file.items() if as_read(words) == read), None)
    if key is not None:
        return Permission(granted=True, text_key=key)
    return Permission(granted=False, problem="words_not_on_file" if on_file else "source_without_words")


def _problem_of_act(act: ConsentAct, at: datetime) -> str | None:
    clocks = (at, act.received or at)
    if not act.sms:
        return "not_ticked"
    if act.prechecked or says_pre_ticked(act.method):
        return "pre_ticked"
    if not as_read(act.text or ""):
        return "no_words"
    if act.at is not None and act.at > max(clocks) + SKEW:
        return "in_future"
    if act.at is not None and act.at < min(clocks) - OLDEST:
        return "too_old"
    return None


PRE_TICKED = ("prechecked", "preticked", "preselected", "prefilled", "checkedbydefault", "defaultchecked")


def says_pre_ticked(words: str | None) -> bool:
    """Whether a method, or the name of a form's field, says that the box was ticked before anybody saw it."""
    said = re.sub(r"[\W_]", "", words or "").casefold()
    return any(word in said for word in PRE_TICKED)


def _on_file(source: str | None, clinic: Clinic) -> dict[str, str]:
    known = clinic.sources.get(source or "")
    if known is None:
        return dict(clinic.consent_texts) if source in (None, STAFF) else {}
    return {key: clinic.consent_texts[key] for key in known.consent_texts if key in clinic.consent_texts}


# -- words ---------------------------------------------------------------------------------------

_BREAK = re.compile(r"<\s*/?(?:br|p|div|li|ul|ol|tr|td|h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_SAME = str.maketrans(
    dict.fromkeys("‘’‚‛′`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")
)
_TRAILING = " .,;:!?"


@lru_cache(maxsize=512)
def as_read(words: str) -> str:
    """Words as a person reads them, for comparing: without tags, entities, case, kinds of space, quote and dash, and
    without punctuation at the end. Nothing else is forgiven."""
    plain = unescape(_TAG.sub("", _BREAK.sub(" ", words))).translate(_SAME)
    return " ".join(unicodedata.normalize("NFKC", plain).casefold().split()).rstrip(_TRAILING)


# -- standing ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of one phone's ledger at one clinic, as far as standing goes.

    `person` is None where the whole phone is meant. `at` is when the act says it happened, None where it does not;
    for a withdrawal, the earliest moment any clock gives for it.
    """

    id: str
    status: str
    lead_id: str | None
    person: str | None
    at: datetime | None = None
    corrects: str | None = None

    @classmethod
    def of(cls, order: RecordConsent, recorded: datetime) -> "Entry":
        """The row that an order makes when it is recorded at this moment (aware UTC)."""
        said = order.act.at
        ending = order.status == "withdrawn"
        return cls(
            id=order.id,
            status=order.status,
            lead_id=order.lead_id,
            person=order.person,
            at=min(said or recorded, recorded) if ending else said,
            corrects=order.act.corrects,
        )


def stands(consent_id: str | None, lead_id: str | None, ledger: Iterable[Entry]) -> bool:
    """Whether this consent allows a text to this lead now; `ledger` is the phone's, in the order it was written.

    It must be the lead's own act, and nothing later may have ended it: a withdrawal by this person or for the whole
    phone, or a correction. A withdrawal written before it ends it too, when the act itself is the older one: a form
    that arrives late does not undo a STOP. `store/messages.py` asks the database the same.
    """
    rows = list(ledger)
    place, act = next(((n, row) for n, row in enumerate(rows) if row.id == consent_id), (0, None))
    if act is None or lead_id is None or act.lead_id != lead_id or act.status not in ALLOWING:
        return False
    return not any(_ends(row, act, later=number > place) for number, row in enumerate(rows))


def _ends(row: Entry, act: Entry, *, later: bool) -> bool:
    if row.corrects == act.id:
        return later
    concerns = row.person is None or row.person == act.person or row.lead_id == act.lead_id
    older = act.at is not None and row.at is not None and act.at < row.at
    return row.status == "withdrawn" and concerns and (later or older)
