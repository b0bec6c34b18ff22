"""`leadline lint`: whether a text may stand on a locked phone, and what it costs."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.screen import WrongUsage, give_json, say, show_table, texts_on_stdin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.lint import Report


def lint(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to judge, each as it would leave.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON Lines in, JSON Lines out.")] = False,
    brand: Annotated[str | None, typer.Option(help="The name every text must carry.")] = None,
    max_segments: Annotated[int | None, typer.Option(min=1, help="The most segments a text may have.")] = None,
    first_message: Annotated[bool, typer.Option("--first-message", help="The texts must say how to stop.")] = False,
) -> None:
    """Judge texts as they would leave: what they give away, and their form. Exit 1 when one is blocked.

    With `--jsonl`, stdin has `{"text","first_message"?}` lines, stdout a verdict for each, and the exit is 0.
    Needs neither a database nor secrets.

    Example: `leadline lint "Hi Ana, your lab results are in. Lakeside Clinic"`
    """
    from app.domain.lint import lint as judge

    if jsonl == bool(texts):
        raise WrongUsage("give texts to judge, or --jsonl and JSON Lines on stdin")
    if jsonl:
        for number, given in texts_on_stdin():
            text, first = given["text"], first_message or _is_first(given, number)
            report = judge(text, first_message=first, brand=brand, max_segments=max_segments)
            give_json(_told(text, report), indent=None)
        return
    judged = [
        (text, judge(text, first_message=first_message, brand=brand, max_segments=max_segments)) for text in texts or ()
    ]
    _show(judged)
    if any(report.blocked for _, report in judged):
        raise typer.Exit(1)


def _is_first(given: "Mapping[str, object]", number: int) -> bool:
    first = given.get("first_message") or False
    if not isinstance(first, bool):
        raise WrongUsage(f'"first_message" in line {number} of the input is not true or false')
    return first


def _told(text: str, report: "Report") -> dict[str, object]:
    return {
        "text": text,
        "blocked": report.blocked,
        "classes": report.classes,
        "findings": [{"class": f.cls, "match": f.match, "why": f.why} for f in report.findings],
        "encoding": report.length.encoding,
        "segments": report.length.segments,
        "units": report.length.units,
    }


def _show(judged: "list[tuple[str, Report]]") -> None:
    for text, report in judged:
        length = report.length
        verdict = "blocked" if report.blocked else "fine"
        say(f"{verdict}: {text}\n  {length.encoding}, {length.segments} segment(s), {length.units} units")
        if report.findings:
            rows = [("blocks" if f.level == "block" else "warns", f.cls, f.match, f.why) for f in report.findings]
            show_table("", ("", "class", "words", "why"), rows)
