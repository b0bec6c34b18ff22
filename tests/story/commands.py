"""Commands as a person gives them: what one did, and a look at what it left in the database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.cli import main

ROOT = Path(__file__).resolve().parents[2]
LAKESIDE = ROOT / "examples" / "lakeside.yaml"


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, its data, and what it told the person."""

    code: object
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Leadline = Callable[..., Done]


async def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    engine = create_async_engine(url)
    async with engine.begin() as conn:
        result = await conn.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    await engine.dispose()
    return rows


def exit_code() -> object:
    """How the command in `sys.argv` ends."""
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def edited(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """The example clinic with some words changed."""
    document = LAKESIDE.read_text()
    for old, new in changes:
        assert old in document
        document = document.replace(old, new, 1)
    path = tmp_path / "edited.yaml"
    path.write_text(document)
    return path
