"""Leads simulated over thirty days on one core, against a fixed loop of plain Python in the same rounds.

The loop stands for the machine: on a usual one it runs about as often a second as there must be leads for 10,000 of
them to take a minute. Both are counted in processor time, since neither waits for anything.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time

from app.adapters.clinic_file import read_clinic
from app.simulation.crowd import random_leads
from app.simulation.month import first_source, installed, simulation_of
from app.simulation.town import Town
from benchmarks.figures import Bound, Figure
from benchmarks.ground import CLINIC_FILE, Ground

LEADS = 1000
BEGINS = datetime(2026, 11, 1, 6, tzinfo=UTC)
MONTH = timedelta(days=30)
LOOPS = 300
TURNS = 100_000


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """A round runs the loop, then a month; each month is another."""
    ours, loops = [], []
    for seed in range(rounds):
        loops.append(LOOPS / _took(_loop))
        step()
        ours.append(LEADS / _took(lambda seed=seed: _month(seed)))
        step()
    return [Figure("leads simulated over 30 days", "leads/s", tuple(ours), tuple(loops), Bound(least=1.0))]


def _took(work: Callable[[], None]) -> float:
    began = process_time()
    work()
    return process_time() - began


def _loop() -> None:
    for _ in range(LOOPS):
        total = 0
        for turn in range(TURNS):
            total += turn * turn % 7


def _month(seed: int) -> None:
    """All of it: the file read, the leads made up, every line written out."""
    clinic = installed(read_clinic(CLINIC_FILE.read_text())[0])
    source = first_source(clinic)
    leads = random_leads(clinic, LEADS, seed, BEGINS, MONTH, source)
    simulation = simulation_of(clinic, BEGINS, leads, source=source, people=Town(seed))
    for line in simulation.run(BEGINS + MONTH):
        line.as_json()
