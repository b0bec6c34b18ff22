"""How figures are called and written where people read them."""

from collections.abc import Mapping
from typing import Any

from app.adapters.store.reports import FunnelRow
from app.domain.funnel import EDGES

RATED = ("replied %", "booked %", "opted out %")

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


ARM_COLUMNS = ("arm", "began", "texted", "texts", "delivered", "replied", "booked", "opted out", "of", *RATED)
"""The columns of an experiment's arms; `of` is how many are judged, whom the first two rates are of."""


def arm_row(arm: Mapping[str, Any]) -> list[str]:
    """An arm in these columns."""
    names = ("n", "texted", "sent", "delivered", "replied", "booked", "opted_out", "judged")
    name = f"{arm['arm']} (stopped)" if arm["stopped"] else str(arm["arm"])
    rates = [interval(arm["rates"][one], "rate") for one in ("replied", "booked", "opted_out")]
    return [name, *(f"{arm[one]:,}" for one in names), *rates]


def difference_row(one: Mapping[str, Any]) -> tuple[str, str, str]:
    """An arm against the first: its name, and the differences in bookings and in replies."""
    shown = [interval(one[what], "difference", "+") for what in ("booked", "replied")]
    return f"{one['arm']} minus {one['against']}", shown[0], shown[1]


def interval(figures: Mapping[str, float | None], name: str, sign: str = "") -> str:
    """A figure with its interval, in per cent or points."""
    value, low, high = figures[name], figures["low"], figures["high"]
    if value is None or low is None or high is None:
        return "–"
    return f"{value * 100:{sign}.1f} ({low * 100:.1f} to {high * 100:.1f})"


def tried(report: Mapping[str, Any]) -> str:
    """What an experiment tries: `text of confirm in appointment-request`."""
    if report["change"] is None:
        return ""
    what = f"the {report['change']} of {report['step']}" if report["step"] else "the order of two steps"
    return f"{what} in {report['sequence']}"


def bucket(number: int) -> str:
    """What a bucket of times holds."""
    return f"≤ {duration(EDGES[number])}" if number < len(EDGES) else f"> {duration(EDGES[-1])}"
