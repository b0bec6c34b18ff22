"""`leadline read`: how a reply would be read."""

import json
import sys
from typing import Annotated

import typer

from app.cli.screen import WrongUsage, give_json


def read(
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON Lines in, JSON Lines out (the only form).")] = True,
) -> None:
    """Say how replies would be read: stdin `{"text"}` lines, stdout intent, certainty and why.

    Needs neither a database nor secrets.

    Example: `echo '{"text":"yes please"}' | leadline read --jsonl`
    """
    from app.domain.replies import read_reply

    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            reply = _text(line, number)
            reading = read_reply(reply)
            told = {"intent": reading.intent, "certainty": reading.certainty, "because": reading.because}
            give_json({"text": reply, **told}, indent=None)


def _text(line: str, number: int) -> str:
    try:
        given = json.loads(line)
    except ValueError:
        raise WrongUsage(f"line {number} of the input is not JSON") from None
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise WrongUsage(f'line {number} of the input is not an object with "text"')
    return str(given["text"])
