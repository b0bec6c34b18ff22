"""`python -m benchmarks`: every figure as a ratio to a baseline in the same run, in a table (or JSON)."""

import asyncio
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import answer_to_task, events_decided, funnel, lead_to_text, leads_in, poll_cost, simulated, texts_sent
from benchmarks.figures import Figure
from benchmarks.ground import BenchmarkFailed, Ground, embedded_servers

ROWS = {
    "leads-in": leads_in,
    "events-decided": events_decided,
    "texts-sent": texts_sent,
    "answer-to-task": answer_to_task,
    "lead-to-text": lead_to_text,
    "simulate": simulated,
    "poll-cost": poll_cost,
    "funnel": funnel,
}

console = Console(stderr=True)


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(ROWS)}; may be given again.")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Rounds of each; the figure is their median.")] = 3,
    messages: Annotated[int, typer.Option(min=1_000, help="Messages in the benchmark of the funnel.")] = 1_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as one JSON document on stdout.")] = False,
) -> None:
    """Measure how fast Leadline is on this machine. Exit 1 when a bound does not hold."""
    wanted = only or list(ROWS)
    unknown = sorted(set(wanted) - ROWS.keys())
    if unknown:
        console.print(f"there is no benchmark {', '.join(unknown)}; there are: {', '.join(ROWS)}")
        raise typer.Exit(2)
    try:
        figures = asyncio.run(_measure(wanted, rounds, messages))
    except BenchmarkFailed as failure:
        console.print(f"no figures: {failure}")
        raise typer.Exit(1) from None
    console.print(_table(figures))
    if as_json:
        print(orjson.dumps({"figures": [figure.as_json() for figure in figures]}).decode())
    raise typer.Exit(0 if all(figure.holds for figure in figures) else 1)


async def _measure(names: list[str], rounds: int, messages: int) -> list[Figure]:
    bar = Progress(TextColumn("{task.description:<16}"), BarColumn(), TimeElapsedColumn(), console=console)
    figures: list[Figure] = []
    with embedded_servers() as embedded, bar:
        ground = Ground(embedded, messages)
        for name in names:
            row = bar.add_task(name, total=2 * rounds)
            figures += await ROWS[name].measure(ground, rounds, lambda row=row: bar.advance(row))
            bar.update(row, completed=2 * rounds)
    return figures


def _table(figures: list[Figure]) -> Table:
    table = Table("what", "ours", "baseline", "ratio or figure", "rounds", "bound", "")
    for figure in figures:
        low, high = figure.spread
        table.add_row(
            figure.name,
            _medians(figure.ours, figure.unit),
            _medians(figure.baseline, figure.unit) if figure.baseline else "–",
            f"{figure.value:.2f}",
            f"{low:.2f}–{high:.2f}",
            str(figure.bound),
            "[green]holds[/]" if figure.holds else "[red]does not hold[/]",
        )
    return table


def _medians(values: tuple[float, ...], unit: str) -> str:
    middle = sorted(values)[len(values) // 2]
    return f"{middle:,.0f} {unit}" if middle >= 100 else f"{middle:.2g} {unit}"


if __name__ == "__main__":
    typer.run(main)
