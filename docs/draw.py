"""`python -m docs.draw`: the picture of the rooms and the list of their files, drawn from the real imports.

How to think of it: `ROOMS` says which modules live together; everything else is measured. A room stands one row
below the lowest room that imports it, an arrow is an import that no longer way round explains, and the libraries in a
box are those its modules import. A module that stands in no room is an error, so the picture cannot go stale silently.
"""

import ast
import re
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap

from grimp import ImportGraph, build_graph

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"
LIST = ROOT / "docs" / "rooms.md"


@dataclass(frozen=True)
class Room:
    """Modules that live together: a name, what they are for, and the beginnings of their names."""

    name: str
    purpose: str
    modules: tuple[str, ...]

    def holds(self, module: str) -> bool:
        """Whether a module lives here."""
        return any(module == one or module.startswith(f"{one}.") for one in self.modules)


_ONE_MACHINE = "demo demo_clinic children lifeline running ports embedded embedded_home install logs serving"

ROOMS = (
    Room(
        "cli",
        "commands, and everything that one machine needs to run all of it",
        ("app.cli", *(f"app.{name}" for name in _ONE_MACHINE.split())),
    ),
    Room("api", "doors in: verify, append, answer; never decide, never send", ("app.api", "app.main")),
    Room("workers", "read events, decide, claim under the gate, send, keep house", ("app.workers",)),
    Room("carrier", "the emulated carrier and its handset page, a process of its own", ("app.carrier",)),
    Room("simulation", "the same rules over a moved clock, with nothing behind them", ("app.simulation",)),
    Room("reporting", "reports as they are read: a document, a terminal, CSV, a page", ("app.reporting",)),
    Room("runtime", "what a process holds: settings, engine, vault, the doorbell", ("app.runtime", "app.settings")),
    Room("adapters", "the outside, one thing a file: SQL, clinic files, carriers, encryption", ("app.adapters",)),
    Room("domain", "the rules: pure functions over plain data", ("app.domain",)),
)

Edges = frozenset[tuple[str, str]]


def main() -> None:
    """Write both papers."""
    graph = read_imports()
    PICTURE.write_text(picture(graph), encoding="utf-8")
    LIST.write_text(listing(graph), encoding="utf-8")


def read_imports() -> ImportGraph:
    """Who imports whom, other people's packages included."""
    return build_graph("app", include_external_packages=True, cache_dir=None)


def room_of(module: str) -> Room:
    """The room of one of our modules; raises LookupError when nobody gave it one."""
    for room in ROOMS:
        if room.holds(module):
            return room
    raise LookupError(f"{module} stands in no room: add it to ROOMS in docs/draw.py")


def ours(graph: ImportGraph) -> list[str]:
    """Every module of the house but the house itself, which holds only the version."""
    return sorted(module for module in graph.modules if module.startswith("app."))


def edges_of(graph: ImportGraph) -> Edges:
    """Which room imports from which."""
    return frozenset(
        (room_of(module).name, room_of(other).name)
        for module in ours(graph)
        for other in graph.find_modules_directly_imported_by(module)
        if other.startswith("app.") and room_of(other) is not room_of(module)
    )


def rows_of(edges: Edges) -> list[list[str]]:
    """Rooms by row, importers above; raises ValueError when two rooms import each other, by whatever way round."""
    rows: list[list[str]] = []
    left = [room.name for room in ROOMS]
    while left:
        row = [name for name in left if not any(to == name and source in left for source, to in edges)]
        if not row:
            raise ValueError(f"these rooms import each other in a circle: {', '.join(left)}")
        rows.append(row)
        left = [name for name in left if name not in row]
    return rows


def needed(edges: Edges) -> Edges:
    """The edges that no longer way explains."""
    return frozenset(edge for edge in edges if not _reaches(edges - {edge}, *edge))


def _reaches(edges: Edges, source: str, goal: str) -> bool:
    nexts = {to for origin, to in edges if origin == source}
    return goal in nexts or any(_reaches(edges, one, goal) for one in nexts)


def libraries_of(graph: ImportGraph, room: Room) -> list[str]:
    """Other people's packages that a room's modules import, the standard library left out."""
    found = {
        other.partition(".")[0]
        for module in ours(graph)
        if room.holds(module)
        for other in graph.find_modules_directly_imported_by(module)
    }
    return sorted(found - set(sys.stdlib_module_names) - {"app", "migrations"})


# -- the picture -------------------------------------------------------------------------------

WIDE, HIGH, GAP, EDGE = 272, 148, 40, 24
"""A box, the space between boxes, and the space around all, in pixels."""

STYLE = """
  .box { fill: #f4f9fa; stroke: #0f7480; stroke-width: 1.5 }
  .name { font: 600 17px system-ui, sans-serif; fill: #0b3c43 }
  .purpose { font: 13px system-ui, sans-serif; fill: #25363a }
  .libraries { font: italic 12px system-ui, sans-serif; fill: #0f7480 }
  .arrow { stroke: #7d9499; stroke-width: 1.6; fill: none; marker-end: url(#head) }
"""


def picture(graph: ImportGraph) -> str:
    """The rooms as an SVG drawing, row under row."""
    edges = edges_of(graph)
    rows = rows_of(edges)
    width = max(len(row) for row in rows) * (WIDE + GAP) - GAP + 2 * EDGE
    height = len(rows) * (HIGH + GAP) - GAP + 2 * EDGE
    places = {
        name: (int((width - len(row) * (WIDE + GAP) + GAP) / 2 + x * (WIDE + GAP)), EDGE + y * (HIGH + GAP))
        for y, row in enumerate(rows)
        for x, name in enumerate(row)
    }
    boxes = [_box(room, places[room.name], libraries_of(graph, room)) for room in ROOMS]
    arrows = [_arrow(places[source], places[to]) for source, to in sorted(needed(edges))]
    return "\n".join([_head(width, height), *arrows, *boxes, "</svg>", ""])


def _head(width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-label="The rooms of the house; arrows are imports.">\n'
        f"<style>{STYLE}</style>\n"
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
        ' orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="#7d9499"/></marker></defs>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    )


def _box(room: Room, place: tuple[int, int], libraries: list[str]) -> str:
    x, y = place
    lines = [(room.name, "name", 28)]
    lines += [(line, "purpose", 50 + 17 * at) for at, line in enumerate(wrap(room.purpose, 38))]
    below = lines[-1][2] + 20
    lines += [(line, "libraries", below + 15 * at) for at, line in enumerate(wrap(", ".join(libraries), 42))]
    words = "".join(
        f'<text class="{kind}" x="{x + 16}" y="{y + down}">{escape(text)}</text>' for text, kind, down in lines
    )
    return f'<g><rect class="box" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="10"/>{words}</g>'


def _arrow(source: tuple[int, int], to: tuple[int, int]) -> str:
    (x1, y1), (x2, y2) = (source[0] + WIDE // 2, source[1] + HIGH), (to[0] + WIDE // 2, to[1])
    bend = (y2 - y1) // 2
    return f'<path class="arrow" d="M{x1} {y1} C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"/>'


# -- the list ----------------------------------------------------------------------------------


def listing(graph: ImportGraph) -> str:
    """Every file with the first sentence of its docstring, room by room."""
    parts = ["# What stands in which room", "", "Written by `python -m docs.draw` from the files' own first lines."]
    for room in ROOMS:
        files = {_file_of(module): module for module in ours(graph) if room.holds(module)}
        rows = [f"| [`{path}`](../{path}) | {line} |" for path in sorted(files) if (line := first_line(ROOT / path))]
        parts += ["", f"## {room.name}", "", f"{room.purpose[0].upper()}{room.purpose[1:]}.", ""]
        parts += ["| file | what for |", "|---|---|", *rows]
    return "\n".join([*parts, ""])


def _file_of(module: str) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if (ROOT / path).is_dir() else f"{path}.py"


def first_line(file: Path) -> str:
    """The first line of a module's docstring, fit for a cell; empty where there is none."""
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    line = said.partition("\n")[0].replace("|", "\\|")
    # Where a rule comes from is for whoever reads the file.
    return re.sub(r" \(contract[^)]*\)", "", line)


if __name__ == "__main__":
    main()
