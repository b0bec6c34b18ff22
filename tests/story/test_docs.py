"""The papers say what is so: what they show is run on a real demo, what they name exists, what is generated is fresh.

A fenced block `sh run` is run, in order, in one shell's variables; a `json seen` after it is what must come out. There
`…` stands for anything: in a string for some characters, alone in a list for one item. An object may have more.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from sqlalchemy import text

from app.adapters.sms.twilio import ANSWER
from app.api.measures import REGISTRY
from app.cli import app as commands
from app.cli import doctor
from app.runtime import Runtime
from app.settings import Settings
from docs import draw, machine
from tests.story.test_demo import OPEN_HOURS, WEB, Demo, clear, free_ports, until

ROOT = Path(__file__).resolve().parents[2]
PAPERS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BY_HAND = [paper for paper in PAPERS if paper.name not in ("rooms.md", "machine.md", "CHANGELOG.md")]
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its info string and its text."""

    info: str
    text: str


def blocks(paper: Path) -> list[Block]:
    return [Block(info.strip(), body) for _, info, body in FENCE.findall(paper.read_text())]


def everything(papers: list[Path]) -> str:
    return "\n".join(paper.read_text() for paper in papers)


# -- what is shown is run ----------------------------------------------------------------------


@dataclass
class Terminal:
    """A reader's terminal in a folder where a demo runs: variables last from block to block."""

    demo: Demo
    folder: Path

    def run(self, lines: str) -> str:
        """What the lines print; the test fails when they do."""
        kept = self.folder / "variables"
        names = re.findall(r"^([A-Z_]+)=", lines, re.MULTILINE)
        keep = "".join(f"[ ! -v {name} ] || declare -p {name} >> {shlex.quote(str(kept))}\n" for name in names)
        script = f"set -euo pipefail\n. {shlex.quote(str(kept))}\n{self.here(lines)}\n{keep}"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**Demo.environment(), "PATH": path, "URL": self.demo.base}
        kept.touch()
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def here(self, words: str) -> str:
        """Words of a paper with this demo's ports in place of the usual ones."""
        ported = words.replace("127.0.0.1:8001", self.demo.phones.removeprefix("http://"))
        return ported.replace("127.0.0.1:8000", self.demo.base.removeprefix("http://"))


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("reader")
    (folder / "examples").symlink_to(ROOT / "examples")
    demo = Demo(folder / ".leadline", free_ports()).start().ready()
    yield Terminal(demo, folder)
    clear(demo)


def is_as_shown(shown: Any, real: Any) -> bool:
    if isinstance(shown, str) and isinstance(real, str):
        return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), real, re.DOTALL) is not None
    if isinstance(shown, dict) and isinstance(real, dict):
        return all(name in real and is_as_shown(part, real[name]) for name, part in shown.items())
    if isinstance(shown, list) and isinstance(real, list):
        pairs = zip(shown, real, strict=False)
        return len(shown) == len(real) and all(one == "…" or is_as_shown(one, other) for one, other in pairs)
    return bool(shown == real and type(shown) is type(real))


def told_by(paper: Path) -> list[tuple[str, str | None]]:
    """What a paper runs, each with what must come out of it, if the paper shows that."""
    story = [block for block in blocks(paper) if block.info in ("sh run", "json seen")]
    shown = [block.text if block.info == "json seen" else None for block in story[1:]] + [None]
    return [(block.text, seen) for block, seen in zip(story, shown, strict=False) if block.info == "sh run"]


STORIES = [paper for paper in BY_HAND if told_by(paper)]


@pytest.mark.parametrize("paper", STORIES, ids=lambda paper: paper.stem)
def test_every_command_of_a_paper_runs_and_shows_what_the_paper_shows(terminal: Terminal, paper: Path) -> None:
    for lines, shown in told_by(paper):
        if shown is None:
            terminal.run(lines)
        else:
            comes_out(terminal, lines, json.loads(terminal.here(shown)))


def comes_out(terminal: Terminal, lines: str, shown: Any) -> None:
    """The lines print what is shown: at once where they send something, else as soon as it has arrived."""
    seen: list[str] = []

    def as_shown() -> bool:
        seen.append(terminal.run(lines))
        return is_as_shown(shown, json.loads(seen[-1]))

    if " -d " in lines:
        assert as_shown(), seen[-1]
    else:
        until(as_shown, f"what the paper shows after {lines}")


def test_the_readme_shows_what_comes_out_five_times() -> None:
    assert sum(shown is not None for _, shown in told_by(ROOT / "README.md")) == 5
    assert [paper.stem for paper in STORIES] == [
        "README",
        "coordinators",
        "extending",
        "operations",
        "replies",
        "reports",
        "sequences",
        "wording",
    ]


def test_the_examples_do_what_they_say(terminal: Terminal) -> None:
    form, desk = (terminal.demo.key(role)["Authorization"].split()[1] for role in ("source", "coordinator"))
    assert terminal.demo.leadline("clock", "--to", OPEN_HOURS).returncode == 0
    first, again = (json.loads(terminal.run(f"KEY={form} sh examples/post_lead.sh Eva 3125550171")) for _ in range(2))
    assert (first["duplicate"], again["duplicate"], again["lead_id"]) == (False, True, first["lead_id"])
    phone = f"{terminal.demo.phones}/handsets/+13125550171"
    until(lambda: httpx.get(f"{phone}/messages", **WEB).json()["messages"], "she is texted")
    httpx.post(f"{phone}/reply", json={"text": "call me please"}, **WEB)
    (task,) = until(lambda: terminal.demo.get("/tasks")["tasks"], "she becomes a task")
    said = terminal.run(f"KEY={desk} python3 examples/poll_tasks.py --once")
    assert said.split() == [task["id"], "callback", "open", "due", task["due_at"], "front-desk"]


async def test_every_sql_statement_in_the_papers_runs(runtime: Runtime) -> None:
    statements = [block.text for paper in BY_HAND for block in blocks(paper) if block.info == "sql"]
    assert len(statements) >= 2
    async with runtime.engine.begin() as conn:
        for statement in statements:
            await conn.execute(text(statement.replace(":", r"\:")))


# -- what is named exists ----------------------------------------------------------------------

LEADLINE = re.compile(r"\bleadline ((?:[a-z]+ ?){1,2})((?:[^`\n|&;)]|\\\n)*)")


def command_lines() -> list[tuple[str, str]]:
    """Every `leadline …` in code, with the words that follow."""
    pieces = [block.text for paper in BY_HAND for block in blocks(paper) if block.info.startswith("sh")]
    pieces += [span for paper in BY_HAND for span in re.findall(r"`([^`\n]+)`", FENCE.sub("", paper.read_text()))]
    return [found for piece in pieces for found in LEADLINE.findall(piece)]


def test_every_command_and_option_that_the_papers_name_exists() -> None:
    known = typer.main.get_command(commands)
    lines = command_lines()
    assert len(lines) > 15
    for words, rest in lines:
        first, *second = words.split()
        command = known.commands[first]  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            command = command.commands[second[0]]
        options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        named = set(re.findall(r"(?<!\S)--[a-z-]+", f"{words} {rest}"))
        assert named <= options, f"leadline {words}{rest}"


def test_every_command_is_told_of_in_the_papers() -> None:
    known = typer.main.get_command(commands)
    told = {words.split()[0] for words, _ in command_lines()}
    assert set(known.commands) - told == set()  # type: ignore[attr-defined]


def test_the_settings_table_is_the_settings() -> None:
    rows = re.findall(r"^\| `LEADLINE_([A-Z_]+)` \| (\S+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    written = {name: "" if default == "empty" else default.strip("`") for name, default in rows}
    real = {name.upper(): field.get_default() for name, field in Settings.model_fields.items()}
    assert written == {name: _written(default) for name, default in real.items()}


def _written(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default in ("", ()) else str(default)


def test_every_variable_that_the_papers_name_is_a_setting() -> None:
    named = set(re.findall(r"\bLEADLINE_([A-Z_]+)", everything(PAPERS)))
    assert named <= {name.upper() for name in Settings.model_fields}


async def test_every_address_that_the_papers_name_is_served(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    served = {(method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, methods in paths.items() for method in methods}
    named = re.findall(r"`(GET|POST) (/[^ `?]*)", everything(BY_HAND))
    assert len(named) > 5
    assert {(method, re.sub(r"\{[\w|]+\}", "{}", path)) for method, path in named} <= served


def test_the_metrics_in_the_papers_are_the_metrics() -> None:
    measured = {f"{family.name}_total" if family.type == "counter" else family.name for family in REGISTRY.collect()}
    named = set(re.findall(r"`(leadline_[a-z_]+)`", (ROOT / "docs/operations.md").read_text()))
    assert named == measured


def test_the_log_lines_in_the_papers_are_the_log_lines() -> None:
    written = {
        name
        for file in (ROOT / "app").rglob("*.py")
        for name in re.findall(r'log\.(?:info|warning|error|exception)\(\s*"([a-z_]+)"', file.read_text())
    }
    table = (ROOT / "docs/operations.md").read_text().partition("## Logs")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == written


def test_every_file_that_the_papers_name_is_there() -> None:
    for paper in PAPERS:
        said = re.sub(r"`[^`\n]*`", _unless_code_looks_like_a_link, FENCE.sub("", paper.read_text()))
        linked = [paper.parent / target for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", said)]
        named = [ROOT / name for name in re.findall(r"`((?:app|tests|docs|examples|migrations)/[\w./]+)`", said)]
        assert [str(file) for file in (*linked, *named) if not file.exists()] == [], paper.name


def _unless_code_looks_like_a_link(span: re.Match[str]) -> str:
    return "" if "](" in span[0] else span[0]


def test_every_heading_that_a_link_points_to_is_there() -> None:
    for paper in PAPERS:
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", paper.read_text()):
            other = paper.parent / target if target else paper
            headings = re.findall(r"^#+ (.+)$", other.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_what_the_doctor_looks_at_is_told() -> None:
    source = Path(doctor.__file__).read_text()
    checks = set(re.findall(r'(?:Sign|_lateness|_list)\(\s*"([a-zA-Z ]+)"', source))
    operations = (ROOT / "docs/operations.md").read_text()
    assert len(checks) >= 8
    assert {check for check in checks if f"**{check}**" not in operations} == set()


def test_the_carriers_answer_is_as_the_papers_say() -> None:
    assert b"<Response/>" in ANSWER
    assert "`<Response/>`" in (ROOT / "docs/extending.md").read_text()


# -- what is generated is fresh ----------------------------------------------------------------

STALE = "is stale: run `python -m docs.draw` and `python -m docs.machine`, look at what changed, and commit it"


def test_the_picture_of_the_rooms_and_their_list_are_in_step_with_the_imports() -> None:
    graph = draw.read_imports()
    assert draw.PICTURE.read_text() == draw.picture(graph), f"docs/rooms.svg {STALE}"
    assert draw.LIST.read_text() == draw.listing(graph), f"docs/rooms.md {STALE}"


def test_the_machines_page_is_in_step_with_the_machine() -> None:
    assert machine.PAGE.read_text() == machine.page(), f"docs/machine.md {STALE}"


def test_the_screenshot_is_a_picture_of_a_handset_and_not_too_large() -> None:
    picture = (ROOT / "docs/handset.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000
