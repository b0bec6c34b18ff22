"""Every row in the order it is asked, and which of them a reply matches."""

from collections.abc import Iterator

from app.domain.replies.answers import ANSWERS, BACK_IN, LAST, START
from app.domain.replies.danger import DANGER
from app.domain.replies.languages import ABROAD, DANGER_ABROAD, STOP_ABROAD
from app.domain.replies.refusals import REFUSALS
from app.domain.replies.rows import Row
from app.domain.replies.saying import Saying
from app.domain.replies.scheduling import SCHEDULING
from app.domain.replies.stops import STOPS

ROWS: tuple[Row, ...] = (
    *DANGER,
    DANGER_ABROAD,
    START,
    BACK_IN,
    *STOPS,
    STOP_ABROAD,
    *REFUSALS,
    *SCHEDULING,
    *ANSWERS,
    *ABROAD,
    LAST,
)
"""Every row; the first that matches speaks for the rows, so order is meaning: danger, then stop, then the rest."""


def rows_found(saying: Saying) -> Iterator[tuple[Row, str]]:
    """The rows that match, in order, each with its own words that matched."""
    for row in ROWS:
        if (matched := row.match(saying.words, saying.clauses)) is not None:
            yield row, matched
