"""Reading a reply: what the rows say for certain, and what the statistical reader makes of the rest.

How to think of it: the rows are a clerk with a list, never surprised and never guessing; the statistical reader has an
ear and no authority. A sure row acts; the ear names the intent of everything else, may raise an alarm (danger, a wish
that texts end) that no row heard, and takes certainty from a row it does not believe. By itself it is never sure.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from app.domain.replies.found import ROWS, rows_found
from app.domain.replies.machines import is_automatic
from app.domain.replies.reading import Certainty, Intent, Reading
from app.domain.replies.rows import Row
from app.domain.replies.saying import Saying, say_plainly
from app.domain.replies.traits import traits_of
from app.domain.replies.weights import Likelihoods, Weights, likelihoods, load_weights, strongest

ALARM: dict[Intent, float] = {Intent.URGENT: 0.25, Intent.OPT_OUT: 0.4}
"""From what likelihood an alarm outranks the rest; danger lower, since missing it costs more.

Half of it is enough for a stop that a row heard too.
"""

FAINT = 0.4
"""What no row says and is less likely than this is `other`: a person reads it anyway."""

BELIEVED = 0.05
"""Below this the ear does not believe a sure row at all, and its own estimate counts."""

AGREED: dict[Intent, float] = {Intent.ALREADY_BOOKED: 0.8}
"""From what likelihood a row keeps the certainty it claims; half for those not named."""

# All of these were chosen on sentences of authors whom the weights had not learned from.

FoundRow = tuple[Row, str]


class Heard(NamedTuple):
    """Everything the decision rests on."""

    found: Sequence[FoundRow]
    likely: Likelihoods
    told: Callable[[Intent], list[str]]
    """The traits that spoke for an intent."""


def prepare() -> None:
    """Compile every row and load the weights now: half a second that the first reply need not wait for."""
    load_weights()
    for row in ROWS:
        for phrases in filter(None, (row.when, row.aside, row.unless)):
            phrases.compiled  # noqa: B018 - asking is compiling


def read_reply(body: str, media: int = 0, weights: Weights | None = None) -> Reading:
    """What a reply means, how certain that is, and which row or which words say so; never raises.

    `media` counts the pictures that came with it; they are not looked at. A reaction ("Liked “…”") is read without
    the words it quotes, since those are ours. `weights` are those of the stored model unless others are tried.
    """
    saying = say_plainly(body)
    if is_automatic(saying.words):
        return Reading(Intent.OTHER, "sure", "a machine's answer", automatic=True)
    found = tuple(rows_found(saying))
    if not found and not saying.words:
        return Reading(Intent.OTHER, "unsure", _why_nothing(body, saying, media), automatic=saying.reaction)
    return _decide(_listen(body, saying, found, load_weights() if weights is None else weights))


def _listen(body: str, saying: Saying, found: Sequence[FoundRow], weights: Weights) -> Heard:
    rows = [row for row, _ in found]
    traits = traits_of(body, saying, rows)
    said = rows[0].intent if rows else None
    return Heard(found, likelihoods(traits, weights, said), partial(strongest, traits, weights))


def _decide(heard: Heard) -> Reading:
    intent = _intent(heard)
    also = {row.intent: None for row, _ in heard.found if row.intent not in (intent, Intent.OTHER)}
    speaks = next(((row, matched) for row, matched in heard.found if row.intent is intent), None)
    if speaks is None:
        alone: Certainty = "likely" if intent in ALARM else "unsure"
        told = ", ".join(heard.told(intent)) or "nothing in particular"
        return Reading(intent, alone, f"sounds like it: {told}", also=tuple(also))
    row, matched = speaks
    return Reading(intent, _certainty(row, heard), f"{row.name}: {matched}", also=tuple(also))


def _intent(heard: Heard) -> Intent:
    """What the reply is named by: a whole keyword, danger, a sure row, an alarm, and else what is most likely."""
    first = heard.found[0][0] if heard.found else None
    if first is not None and first.whole and first.certainty == "sure":
        return first.intent
    if heard.likely[Intent.URGENT] >= ALARM[Intent.URGENT]:
        return Intent.URGENT
    if first is not None and first.certainty == "sure" and heard.likely[first.intent] >= BELIEVED:
        return first.intent
    row_says_stop = first is not None and first.intent is Intent.OPT_OUT
    if heard.likely[Intent.OPT_OUT] >= ALARM[Intent.OPT_OUT] / (1 + row_says_stop):
        return Intent.OPT_OUT
    return first.intent if first is not None and first.whole else _most_likely(heard)


def _most_likely(heard: Heard) -> Intent:
    best = max(heard.likely, key=lambda intent: heard.likely[intent])
    if best in ALARM or heard.likely[best] >= FAINT or any(row.intent is best for row, _ in heard.found):
        return best
    return Intent.OTHER


def _certainty(row: Row, heard: Heard) -> Certainty:
    """A row's own certainty, or one step less where it is not the first to speak or the ear does not agree."""
    first = heard.found[0][0]
    if row is first and (row.whole or heard.likely[row.intent] >= AGREED.get(row.intent, 0.5)):
        return row.certainty
    if row.certainty == "sure":
        return "likely"
    return "unsure" if row.intent in AGREED else row.certainty


def _why_nothing(body: str, saying: Saying, media: int) -> str:
    if saying.reaction:
        return "a reaction to one of our texts"
    if body.strip():
        return "no words"
    return "picture only" if media else "empty"
