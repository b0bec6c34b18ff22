"""A report in the terminal: the funnel as a table with bars, the times as bars, the staff's work as tables."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.adapters.store.reports import BASE, FunnelRow, Report, Times
from app.reporting.words import (
    ARM_COLUMNS,
    COLUMNS,
    MEASURES,
    arm_row,
    bucket,
    difference_row,
    duration,
    name_of,
    share,
    tried,
)

WIDTH = 30


def show(report: Report) -> None:
    """Print the report to stderr, as all that people read."""
    Console(stderr=True, width=None if sys.stderr.isatty() else 160).print(Group(*_parts(report)))


def show_experiment(report: Mapping[str, Any]) -> None:
    """Print an experiment's report (`experiments.experiment_report`) to stderr."""
    Console(stderr=True, width=None if sys.stderr.isatty() else 160).print(Group(*_experiment(report)))


def _experiment(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    named = f"{report['clinic']}, experiment {report['key']}: {tried(report)}".removesuffix(": ")
    yield Text(f"{named}, as of {report['as_of']:%Y-%m-%d %H:%M} UTC", style="bold")
    yield Text(report["verdict"], style="bold")
    if report["missing"]:
        yield Text(f"It needs about {report['missing']:,} more per arm.")
    table = _table("Arms", *ARM_COLUMNS)
    for arm in report["arms"]:
        table.add_row(*(Text(cell) for cell in arm_row(arm)))
    yield table
    table = _table("Differences, in points", "", "booked", "replied")
    for one in report["comparisons"]:
        table.add_row(*(Text(cell) for cell in difference_row(one)))
    yield table
    yield Text(report["rule"], style="dim")


def _parts(report: Report) -> Iterator[RenderableType]:
    since, until = report.period.since or "the first day", report.period.until or "now"
    yield Text(f"{report.clinic}, {since} to {until}, as of {report.funnel.as_of:%Y-%m-%d %H:%M} UTC", style="bold")
    yield _funnel(report)
    yield _shares(report)
    yield from (_times(one) for one in report.times if one.count)
    if report.tasks:
        yield _tasks(report)
    if report.teams:
        yield _teams(report)


def _table(title: str, *columns: str, words: int = 1) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < words else "right", overflow="fold")
    return table


def _funnel(report: Report) -> Table:
    table = _table(f"Funnel by {report.funnel.by}", report.funnel.by, *COLUMNS.values())
    for row in report.funnel.rows:
        table.add_row(Text(name_of(row)), *_numbers(row))
    table.add_section()
    table.add_row("all", *_numbers(report.funnel.total))
    return table


def _numbers(row: FunnelRow) -> list[str]:
    return [f"{row.figures[name]:,}" for name in COLUMNS]


SHARES = ("delivered", "replied", "booked", "opted_out")


def _shares(report: Report) -> Table:
    whom = {"captured": "who came in", "entered": "who got a text of it", "sent": "who got this text"}
    title = f"Of {whom[BASE[report.funnel.by]]} (delivered: of the texts)"
    table = _table(title, report.funnel.by, *(COLUMNS[name] for name in SHARES), "booked")
    for row in report.funnel.rows:
        shares = [share(row.rates[name]) for name in SHARES]
        table.add_row(Text(name_of(row)), *shares, _bar(row.rates["booked"] or 0, 1))
    return table


def _bar(value: float, most: float) -> Bar:
    return Bar(size=most or 1, begin=0, end=value, width=WIDTH)


def _times(times: Times) -> Table:
    title = f"{MEASURES[times.measure]}: half within {duration(times.median)}, nine tenths within {duration(times.p90)}"
    table = _table(title, "within", "leads", "booked", "")
    most = max(leads for _, leads, _ in times.buckets)
    for number, leads, booked in times.buckets:
        table.add_row(bucket(number), f"{leads:,}", f"{booked:,}", _bar(leads, most))
    return table


def _tasks(report: Report) -> Table:
    columns = ("sequence", "variant", "tasks", "answered", "half within", "nine tenths within")
    table = _table("Tasks by what led to them", *columns, words=2)
    for load in report.tasks:
        spread = (duration(load.median), duration(load.p90))
        table.add_row(Text(load.sequence), Text(load.variant), f"{load.opened:,}", f"{load.answered:,}", *spread)
    return table


def _teams(report: Report) -> Table:
    table = _table("Answers by team", "team", "answered", "half within", "nine tenths within")
    for load in report.teams:
        table.add_row(Text(load.team), f"{load.answered:,}", duration(load.median), duration(load.p90))
    return table
