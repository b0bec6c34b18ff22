"""Reading a reply: what a person meant by a text, as rows that a person can read and extend.

How to think of it: a reply is first *said plainly* (`saying.py`); then the rows are asked in order, danger first, and
the first that matches wins (`read.py`). Only a `sure` reading acts by itself; `likely` and `unsure` end with a person.
"""

from app.domain.replies.found import ROWS
from app.domain.replies.read import prepare, read_reply
from app.domain.replies.reading import Certainty, Intent, Reading
from app.domain.replies.rows import Row

__all__ = ["ROWS", "Certainty", "Intent", "Reading", "Row", "prepare", "read_reply"]
