"""`python -m docs.machine`: the machine's tables as a page, written from the code and never by hand.

How to think of it: the tables in `app/domain/machine.py` and its handlers are literal, so they can be read out.
A cell names its handler; below the tables each handler is told by its docstring or, where it has none because it is
short, by its code.
"""

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from app.domain import machine
from app.domain.contact import Stage
from app.domain.events import EVENTS
from app.domain.handlers import answers, staff, texts

PAGE = Path(__file__).resolve().with_name("machine.md")

STAGES: tuple[Stage | None, ...] = (None, *Stage)

NOTHING = "·"

FOREWORD = f"""# The machine, cell by cell

Written by `python -m docs.machine` from [`app/domain/machine.py`](../app/domain/machine.py); a test says when it is
stale. Read that file's first paragraphs for the three rules that stand above all rows.

A row is what happened, a column is where the lead stands (the first: a number without a lead), a cell names what
answers. `{NOTHING}` is `stay`: nothing follows, and somebody decided so.
"""

Handler = Callable[..., None]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    parts = [
        FOREWORD,
        "## What happened × where the lead stands",
        grid([event.__name__ for event in EVENTS], machine.TABLE, {event.__name__: event for event in EVENTS}),
        "## A reply, by what it means",
        "`reply` reads the text, then looks here. Only a reading that is `sure` acts by itself; an opt-out, a danger"
        " and a wrong number that are only likely have rows of their own, so has a danger beside a stop, and what is"
        " doubtful ends with a person. A pick from an open choice and an answer to the clinic's question come"
        " before ([answers.md](answers.md)).",
        grid([str(key) for key in answers.REPLIES[None]], answers.REPLIES, {str(k): k for k in answers.REPLIES[None]}),
        "## A task is done, by its outcome",
        pairs("outcome", staff.OUTCOMES),
        "## A text failed, by its cause",
        pairs("cause", texts.FAILURES),
        "## The handlers",
        handlers(_all_handlers()),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def grid(rows: list[str], table: Mapping[Any, Mapping[Any, Handler]], keys: Mapping[str, Any]) -> str:
    """A table by stage, as Markdown."""
    head = ["", *("no lead" if stage is None else stage.value.replace("_", " ") for stage in STAGES)]
    lines = [[f"**{_words(row)}**", *(_cell(table[stage][keys[row]]) for stage in STAGES)] for row in rows]
    return _table(head, lines)


def pairs(title: str, table: Mapping[str, Handler]) -> str:
    """A table of two columns, as Markdown."""
    return _table([title, "handler"], [[f"`{key}`", _cell(handler)] for key, handler in table.items()])


def _table(head: list[str], lines: list[list[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def _cell(handler: Handler) -> str:
    name = _name(handler)
    if name == "stay":
        return NOTHING
    kind = _kind(handler)
    return f"{_words(name)}: `{kind}`" if kind else _words(name)


def _name(handler: Handler) -> str:
    return handler.__name__.strip("_")


def _kind(handler: Handler) -> str | None:
    """The kind of task that a handler made by another one opens."""
    return inspect.getclosurevars(handler).nonlocals.get("kind")


def _words(name: str) -> str:
    """`AppointmentBooked` and `capture_beside` as people write them."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.replace("_", " ").strip()


def _all_handlers() -> Iterable[Handler]:
    tables: list[Mapping[Any, Handler]] = [staff.OUTCOMES, texts.FAILURES]
    tables += [*machine.TABLE.values(), *answers.REPLIES.values()]
    seen = {_name(handler): handler for table in tables for handler in table.values()}
    return [seen[name] for name in sorted(seen) if name != "stay"]


def handlers(every: Iterable[Handler]) -> str:
    """What each handler does, in its own words or in its code."""
    return "\n".join(f"- **{_words(_name(one))}**: {_told(one)}" for one in every)


def _told(handler: Handler) -> str:
    source = inspect.unwrap(handler)
    said = inspect.getdoc(source) or _maker_says(source)
    return " ".join(said.split()) if said else f"`{_code(source)}`"


def _maker_says(handler: Handler) -> str | None:
    """The docstring of the function that made this one, where it was made by one."""
    maker, inside, _ = handler.__qualname__.partition(".<locals>")
    return inspect.getdoc(getattr(inspect.getmodule(handler), maker)) if inside else None


def _code(handler: Handler) -> str:
    """A short handler's statements in one line."""
    source = dedent(inspect.getsource(handler))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    return _joined(function.body, source)


def _joined(statements: list[ast.stmt], source: str) -> str:
    return "; ".join(_written(statement, source) for statement in statements)


def _written(statement: ast.stmt, source: str) -> str:
    """A statement as the file has it: `ast.unparse` would write it differently from one Python to the next."""
    if not isinstance(statement, ast.If):
        return " ".join((ast.get_source_segment(source, statement) or "").split())
    test = " ".join((ast.get_source_segment(source, statement.test) or "").split())
    otherwise = f" else: {_joined(statement.orelse, source)}" if statement.orelse else ""
    return f"if {test}: {_joined(statement.body, source)}{otherwise}"


if __name__ == "__main__":
    main()
