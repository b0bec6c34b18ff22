"""`leadline report`: the figures in the terminal, as CSV, as JSON, and as a page that needs no network."""

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.runtime import open_runtime
from app.settings import Settings
from tests.installation import OPEN_HOURS, set_clock
from tests.story.commands import Done, Leadline
from tests.workers.test_experiments import TEXTS
from tests.workers.test_rollup import told

SERVICE = "=HYPERLINK(1)"
"""A name that a spreadsheet would run; a form may say what it likes."""


@pytest.fixture
async def one_lead(lakeside: str) -> str:
    """The database's URL; a lead was texted, asked, and said no, and all of it is counted."""
    async with open_runtime(Settings()) as runtime:
        await set_clock(runtime, OPEN_HOURS)
        await told(runtime, "question", "no", service=SERVICE)
    return lakeside


async def test_the_terminal_shows_the_funnel_the_times_and_the_staffs_work(one_lead: str, leadline: Leadline) -> None:
    done = leadline("report", "--clinic", "lakeside", "--by", "service")
    assert (done.code, done.out) == (0, "")
    shown = " ".join(done.err.split())
    for words in (SERVICE, "came in", "Funnel by service", "half within 5 s", "Tasks by what led to them"):
        assert words in shown


async def test_csv_has_every_row_and_the_total_and_nothing_that_a_spreadsheet_runs(
    one_lead: str, leadline: Leadline
) -> None:
    done = leadline("report", "--clinic", "lakeside", "--by", "service", "--csv")
    assert done.code == 0
    rows = list(csv.DictReader(io.StringIO(done.out, newline="")))
    told_of = [(row["service"], row["captured"], row["sent"], row["declined"], row["declined_rate"]) for row in rows]
    assert told_of == [(f"'{SERVICE}", "1", "1", "1", "1.0"), ("total", "1", "1", "1", "1.0")]


async def test_json_is_the_document_of_the_api(one_lead: str, leadline: Leadline) -> None:
    report = leadline("report", "--clinic", "lakeside", "--json").json
    assert (report["clinic"], report["by"], report["total"]["replied"]) == ("lakeside", "sequence", 1)
    assert [one["measure"] for one in report["times"]] == ["first_text", "first_reply", "first_answer"]


class Seen(HTMLParser):
    """What a page is made of, and every address in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "data")]


async def test_the_page_has_charts_and_asks_the_network_for_nothing(
    one_lead: str, leadline: Leadline, tmp_path: Path
) -> None:
    done = leadline("report", "--clinic", "lakeside", "--by", "service", "--html", tmp_path / "report.html")
    assert (done.code, done.out) == (0, "")
    page = (tmp_path / "report.html").read_text()
    seen = Seen()
    seen.feed(page)
    assert seen.tags.count("svg") >= 4
    assert (seen.tags.count("script"), seen.addresses, re.findall(r"url\(['\"]?http|@import", page)) == (0, [], [])
    assert SERVICE in page
    assert len(page) < 500_000


async def test_counting_anew_gives_the_same_report(one_lead: str, leadline: Leadline) -> None:
    before = leadline("report", "--clinic", "lakeside", "--json").json
    done = leadline("report", "--rebuild", "--clinic", "lakeside", "--json")
    after = done.json
    assert re.search(r"^\d+ events counted\.$", done.err, re.MULTILINE)
    assert before.pop("as_of") <= after.pop("as_of")
    assert after == before


def test_an_experiment_is_shown_in_the_terminal_as_json_and_as_a_page(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    (tmp_path / "trying.yaml").write_text(TEXTS)
    assert leadline("apply", tmp_path / "trying.yaml").code == 0
    asked = ("report", "--clinic", "lakeside", "--experiment", "greeting")
    shown, verdict = leadline(*asked), "Too early: 0 of about 5,100 leads per arm."
    assert (shown.code, shown.out) == (0, "")
    for words in (verdict, "It needs about 5,100 more per arm.", "the text of hello in request", "b minus a"):
        assert words in " ".join(shown.err.split())
    document = leadline(*asked, "--json").json
    assert (document["verdict"], [one["arm"] for one in document["arms"]]) == (verdict, ["a", "b"])
    assert leadline(*asked, "--html", tmp_path / "trial.html").code == 0
    page, seen = (tmp_path / "trial.html").read_text(), Seen()
    seen.feed(page)
    assert (seen.tags.count("svg"), seen.tags.count("script"), seen.addresses) == (1, 0, [])
    assert verdict in page
    unknown = leadline("report", "--clinic", "lakeside", "--experiment", "greting")
    assert unknown == Done(2, "", "leadline: lakeside has no experiment greting; known: greeting\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "say whose figures: --clinic KEY"),
        (("--clinic", "nobody"), "there is no clinic nobody; known: lakeside"),
        (("--clinic", "lakeside", "--from", "june"), "--from takes a day such as 2026-11-24"),
        (("--clinic", "lakeside", "--from", "2026-11-02", "--to", "2026-11-01"), "--to is before --from"),
        (("--clinic", "lakeside", "--csv", "--json"), "--csv or --json, not both"),
        (("--experiment", "x"), "say whose figures: --clinic KEY"),
        (("--clinic", "nobody", "--experiment", "x"), "there is no clinic nobody; known: lakeside"),
        (
            ("--clinic", "lakeside", "--experiment", "x", "--csv"),
            "an experiment is reported whole: without --csv, --from and --to",
        ),
    ],
)
def test_a_wrong_question_gets_one_clear_line(
    lakeside: str, leadline: Leadline, arguments: tuple[str, ...], line: str
) -> None:
    assert leadline("report", *arguments) == Done(2, "", f"leadline: {line}\n")
