"""A report as a document for programs: what `GET /reports/funnel` answers and `leadline report --json` prints."""

from dataclasses import asdict
from typing import Any

from app.adapters.store.reports import FunnelRow, Report, Times
from app.domain.funnel import EDGES


def document(report: Report) -> dict[str, Any]:
    """The whole report as plain data."""
    return {
        "clinic": report.clinic,
        "by": report.funnel.by,
        "since": report.period.since,
        "until": report.period.until,
        "as_of": report.funnel.as_of,
        "rows": [_row(row) for row in report.funnel.rows],
        "total": _row(report.funnel.total),
        "times": [_times(one) for one in report.times],
        "tasks": [asdict(load) for load in report.tasks],
        "teams": [asdict(load) for load in report.teams],
    }


def _row(row: FunnelRow) -> dict[str, Any]:
    return {**row.keys, **row.figures, "rates": row.rates}


def _times(times: Times) -> dict[str, Any]:
    return {
        "measure": times.measure,
        "leads": times.count,
        "median": times.median,
        "p90": times.p90,
        "buckets": [
            {"seconds": EDGES[bucket] if bucket < len(EDGES) else None, "leads": leads, "booked": booked}
            for bucket, leads, booked in times.buckets
        ],
    }
