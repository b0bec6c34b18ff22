"""What reading a reply gives: an intent, how certain that is, and which row says so."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Certainty = Literal["sure", "likely", "unsure"]


class Intent(StrEnum):
    """What a reply wants, most pressing first; a message with several is named by the first of them."""

    URGENT = "urgent"
    OPT_OUT = "opt_out"
    WRONG_NUMBER = "wrong_number"
    DECLINE = "decline"
    CALLBACK = "callback"
    QUESTION = "question"
    ALREADY_BOOKED = "already_booked"
    TIME_PREFERENCE = "time_preference"
    CONFIRM = "confirm"
    HELP = "help"
    OPT_IN = "opt_in"
    OTHER = "other"


@dataclass(frozen=True)
class Reading:
    """How a reply was read.

    `because` names the row and the row's own words that matched, no more of the text. `also` are further intents that
    rows found in the same message: a call for help that says STOP too must do both. `automatic` says that a machine
    wrote it (a reaction, an out-of-office, a driving notice), so no machine may answer it.
    """

    intent: Intent
    certainty: Certainty
    because: str
    also: tuple[Intent, ...] = ()
    automatic: bool = False
