"""`leadline read`: how a reply would be read, for a person or for a program."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from app.cli.screen import WrongUsage, give_json, show_table, texts_on_stdin

Texts = Annotated[list[str] | None, typer.Argument(help="Replies to read, each in quotes.", show_default=False)]


def read(
    texts: Texts = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON Lines in (stdin), JSON Lines out.")] = False,
) -> None:
    """Say how replies would be read: intent, certainty and why; with quoted replies as a table for a person.

    Without replies as arguments it reads `{"text"}` lines from stdin, as with `--jsonl`. Needs neither a database nor
    secrets.

    Example: `leadline read "can I stop by on Tuesday after 3?"`
    """
    if texts and jsonl:
        raise WrongUsage("give replies as arguments or `--jsonl` with lines on stdin, not both")
    if texts:
        _show(texts)
        return
    for _, given in texts_on_stdin():
        give_json(_told(given), indent=None)


def _show(texts: list[str]) -> None:
    from app.domain.replies import read_reply
    from app.domain.wishes import read_wish

    today = datetime.now(UTC).astimezone().date()
    rows = []
    for text in texts:
        reading, wish = read_reply(text), read_wish(text, today)
        also = ", ".join(reading.also)
        told = json.dumps(wish.as_json()) if wish and reading.intent in ("time_preference", "callback") else ""
        rows.append((text, reading.intent, reading.certainty, reading.because, also, told))
    show_table("How it is read", ("Reply", "Intent", "Certainty", "Because", "Also", "Wish"), rows)


def _told(given: dict[str, Any]) -> dict[str, Any]:
    from app.domain.replies import read_reply

    reading = read_reply(given["text"])
    return {**given, "intent": reading.intent, "certainty": reading.certainty, "because": reading.because}
