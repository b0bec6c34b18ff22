"""A report as one page with charts: everything is in the file, so it opens without a network and sends nothing.

The charts are SVG by pygal, drawn here and not by the reader's browser; the page has no script.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from pygal.style import Style

from app.adapters.store.reports import Report, Times
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

# pygal hangs a finder of the old kind (no `find_spec`) into the whole process, for maps that are not drawn here; every
# later import of anything would warn of it.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

STYLE = Style(
    background="transparent",
    plot_background="transparent",
    font_family="system-ui, sans-serif",
    foreground="#444444",
    foreground_strong="#222222",
    foreground_subtle="#bbbbbb",
    colors=("#1f6f8b", "#e07a5f", "#81b29a", "#8d6a9f", "#f2cc8f", "#3d405b", "#b56576"),
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=13,
    title_font_size=16,
    value_font_size=12,
    guide_stroke_color="#e4e4e4",
    guide_stroke_dasharray="0",
    major_guide_stroke_color="#e4e4e4",
    major_guide_stroke_dasharray="0",
)

_ENVIRONMENT = Environment(loader=PackageLoader("app.reporting"), autoescape=select_autoescape(default=True))
_ENVIRONMENT.filters.update(share=share, duration=duration)

FUNNEL = ("captured", "leads", "replied", "question", "booked", "declined", "opted_out")
MOST_ROWS = 20
"""Rows that a chart can show legibly; the table has all."""


def experiment_page(report: Mapping[str, Any]) -> str:
    """The page of an experiment's report (`experiments.experiment_report`) as HTML."""
    arms = [one["arm"] for one in report["arms"]]
    rates = [
        (COLUMNS[name], [_percent(one["rates"][name]["rate"]) for one in report["arms"]])
        for name in ("replied", "booked", "opted_out")
    ]
    return _ENVIRONMENT.get_template("experiment.html").render(
        report=report,
        tried=tried(report),
        columns=ARM_COLUMNS,
        rows=[arm_row(one) for one in report["arms"]],
        differences=[difference_row(one) for one in report["comparisons"]],
        chart=Markup(_bars("Of whose 14 days are over (opted out: of who was texted), in %", rates, arms)),  # noqa: S704 - drawn by us
    )


def page(report: Report) -> str:
    """The whole page as HTML."""
    return _ENVIRONMENT.get_template("report.html").render(
        report=report,
        columns=COLUMNS,
        rows=[(name_of(row), row) for row in report.funnel.rows],
        charts=[Markup(chart) for chart in _charts(report)],  # noqa: S704 - drawn by us; pygal escapes the names
        times=[(MEASURES[one.measure], one) for one in report.times if one.count],
    )


def _charts(report: Report) -> Iterator[str]:
    total = report.funnel.total.figures
    yield _bars("People", [(COLUMNS[name], [total[name]]) for name in FUNNEL], [""])
    rows = report.funnel.rows[:MOST_ROWS]
    names = [name_of(row) for row in rows]
    rates = [
        (COLUMNS[name], [_percent(row.rates[name]) for row in rows]) for name in ("replied", "booked", "opted_out")
    ]
    yield _bars(f"Of whom a row is about, by {report.funnel.by}, in %", rates, names)
    if len(report.funnel.days) > 1:
        yield _lines(report)
    yield from (_spread(times) for times in report.times if times.count)


def _percent(rate: float | None) -> float | None:
    return None if rate is None else round(rate * 100, 1)


Series = Iterable[tuple[str, list[float | None] | list[int]]]


def _bars(title: str, series: Series, names: list[str]) -> str:
    chart = pygal.Bar(**_look(title, names), x_label_rotation=25 if len(names) > 4 else 0)
    for name, values in series:
        chart.add(name, values)
    return _drawn(chart)


def _lines(report: Report) -> str:
    days = [day.isoformat() for day, _ in report.funnel.days]
    chart = pygal.Line(**_look("By day", days), x_label_rotation=40, show_minor_x_labels=False, dots_size=2)
    chart.x_labels_major_count = 10
    for name in ("sent", "delivered", "replied", "booked"):
        chart.add(COLUMNS[name], [figures[name] for _, figures in report.funnel.days])
    return _drawn(chart)


def _spread(times: Times) -> str:
    names = [bucket(number) for number, _, _ in times.buckets]
    chart = pygal.StackedBar(**_look(f"How long it took {MEASURES[times.measure]}", names), x_label_rotation=40)
    chart.add("booked later", [booked for _, _, booked in times.buckets])
    chart.add("not booked", [leads - booked for _, leads, booked in times.buckets])
    return _drawn(chart)


def _look(title: str, names: list[str]) -> dict[str, object]:
    """What all charts have in common; `js=()` keeps pygal from naming a script on the network."""
    return {
        "title": title,
        "x_labels": names,
        "style": STYLE,
        "js": (),
        "width": 900,
        "height": 380,
        "legend_at_bottom": True,
        "print_values": len(names) <= 12,
        "print_values_position": "top",
        "print_zeroes": False,
        "truncate_label": -1,
        "rounded_bars": 3,
        "min_scale": 4,
        "show_y_guides": True,
    }


def _drawn(chart: pygal.graph.graph.Graph) -> str:
    chart.add_xml_filter(_without_script)
    svg: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    return svg


def _without_script(root: Element) -> Element:
    """The chart without the settings that pygal leaves for its own script, which is not there."""
    for parent in list(root.iter()):
        for script in parent.findall("script"):
            parent.remove(script)
    return root
