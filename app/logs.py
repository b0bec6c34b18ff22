"""How a process logs: one JSON line per happening (or a pretty one), made of ids and never of people.

How to think of it: every line, ours and the libraries', goes through one list of processors; the last
looks before printing. An error is told by its type and by where it arose; its message stays out, since a
message may quote a value, and values here are health data.
"""

import logging
import re
import sys
import traceback
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PRIVATE = frozenset({
    "address", "about", "authorization", "body", "consent", "data", "email", "first_name", "form", "ip", "key",
    "last_name", "message", "name", "note", "number", "params", "password", "payload", "phone", "reason", "secret",
    "text", "to", "token", "url", "user_agent", "zip",
})  # fmt: skip
"""Fields that might hold a person's data or a secret: they are named in no line."""

_NUMBER = re.compile(r"(?<![\w.:-])\+?\d{10,15}(?![\w.:-])")
"""A run of digits as long as a phone number, that is not part of an id or a time."""

FRAMES = 6
"""How many of the innermost places an error is told with."""


def configure(style: Literal["json", "pretty"] = "json", level: int = logging.INFO) -> None:
    """Send what structlog and the standard library log to stderr, in this style. Call it once per process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    printer = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer()
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, errors_by_place, ids_only, printer]
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _no_arguments],
            processors=last,
        )
    )
    logging.basicConfig(handlers=[out], level=level, force=True)
    for chatty in ("alembic", "arq", "httpx", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def errors_by_place(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Replace an exception by its type and the places it came through, innermost last."""
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        line["where"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    line.pop("exception", None)
    line.pop("stack_info", None)
    return line


def ids_only(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Drop private fields, and hide what looks like a phone number in the others."""
    return {field: _hide(value) for field, value in line.items() if field not in PRIVATE}


def _hide(value: object) -> object:
    return _NUMBER.sub("[number]", value) if isinstance(value, str) else value


def _no_arguments(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    line.pop("positional_args", None)
    return line
