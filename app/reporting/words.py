"""How figures are called and written where people read them."""

from app.adapters.store.reports import FunnelRow
from app.domain.funnel import EDGES

COLUMNS = {
    "captured": "came in",
    "leads": "texted",
    "sent": "texts",
    "segments": "segments",
    "emails": "e-mails",
    "delivered": "delivered",
    "replied": "replied",
    "question": "asked",
    "booked": "booked",
    "declined": "declined",
    "opted_out": "opted out",
}
"""The figures that people are shown, in the order of the funnel."""

MEASURES = {
    "first_text": "from the form to the first text",
    "first_reply": "from the first text to the first reply",
    "first_answer": "from the first task to the first answer",
}


def name_of(row: FunnelRow) -> str:
    """A row's name; what has none says so."""
    parts = [value for value in row.keys.values() if value != "-"]
    return " · ".join(parts) or "(none)"


def share(value: float | None) -> str:
    """A rate as people write it."""
    return "" if value is None else f"{value:.1%}"


def duration(seconds: float | None) -> str:
    """A length of time, in the unit that fits."""
    if seconds is None:
        return "–"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def bucket(number: int) -> str:
    """What a bucket of times holds."""
    return f"≤ {duration(EDGES[number])}" if number < len(EDGES) else f"> {duration(EDGES[-1])}"
