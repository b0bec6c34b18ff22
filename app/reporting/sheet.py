"""A report's funnel as CSV (RFC 4180), which no spreadsheet takes for formulas."""

import csv
from typing import Any, TextIO

from app.adapters.store.reports import KEYS, FunnelRow, Report
from app.adapters.tables import FUNNEL_MEASURES

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a cell that begins with it for (OWASP, CSV injection)."""


def write(report: Report, to: TextIO) -> None:
    """The rows and, last, the total; a key that is `-` stands for none."""
    keys = KEYS[report.funnel.by]
    rates = list(report.funnel.total.rates)
    table = csv.writer(to, lineterminator="\r\n")
    table.writerow([*keys, *FUNNEL_MEASURES, *(f"{name}_rate" for name in rates)])
    for row in report.funnel.rows:
        table.writerow([_cell(value) for value in _values(row, keys, rates)])
    table.writerow([_cell(value) for value in _values(report.funnel.total, keys, rates)])


def _values(row: FunnelRow, keys: tuple[str, ...], rates: list[str]) -> list[Any]:
    named = [row.keys.get(key, "total") for key in keys]
    return [*named, *(row.figures[name] for name in FUNNEL_MEASURES), *(row.rates[name] for name in rates)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    shown = str(value)
    return f"'{shown}" if isinstance(value, str) and shown.startswith(FORMULA) else shown
