"""The reports: what the kept figures say of a clinic over some days. Sums over rollup rows, never over messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import installation, rollups
from app.adapters.tables import FUNNEL_MEASURES
from app.domain.funnel import OPENED, quantile

By = Literal["sequence", "step", "variant", "source", "location", "service"]
"""What the funnel is split by."""

KEYS: dict[By, tuple[str, ...]] = {
    "sequence": ("sequence",),
    "step": ("sequence", "step"),
    "variant": ("sequence", "variant"),
    "source": ("source",),
    "location": ("location",),
    "service": ("service",),
}
"""The columns that name a row of each split: a step or a variant is one of its sequence."""

BASE: dict[By | None, str] = {
    "sequence": "entered",
    "step": "sent",
    "variant": "entered",
    "source": "captured",
    "location": "captured",
    "service": "captured",
    None: "captured",
}
"""Whom a row's rates are of: who came in; with a sequence, who got a text of it; with a step, who got its text."""

OUTCOMES = ("replied", "question", "booked", "declined", "opted_out")


@dataclass(frozen=True, kw_only=True)
class Period:
    """Days at the clinic, both ends included; None: from the first, to the last."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class FunnelRow:
    """One row: its keys, its figures by name, and the rates of what happened (None: there is nothing to divide)."""

    keys: dict[str, str]
    figures: dict[str, int]
    rates: dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """The funnel split one way, and day by day; `as_of`: everything read before that moment is counted."""

    by: By
    rows: tuple[FunnelRow, ...]
    days: tuple[tuple[date, dict[str, int]], ...]
    total: FunnelRow
    as_of: datetime


_SUMS = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in FUNNEL_MEASURES)
_WHERE = """
clinic = :clinic AND day >= coalesce(CAST(:since AS date), '-infinity')
AND day <= coalesce(CAST(:until AS date), 'infinity')
"""


def _asked(clinic: str, period: Period) -> dict[str, Any]:
    return {"clinic": clinic, "since": period.since, "until": period.until}


async def funnel(conn: AsyncConnection, clinic: str, by: By, period: Period) -> Funnel:
    """A clinic's funnel over these days."""
    keys = KEYS[by]
    named = ", ".join(keys)
    # One look at the rows for the rows of the report, its days and its total.
    statement = f"""
    SELECT {named}, day, GROUPING({keys[0]}) AS no_keys, GROUPING(day) AS no_day, {_SUMS}
    FROM funnel_days WHERE {_WHERE}
    GROUP BY GROUPING SETS (({named}), (day), ()) ORDER BY {named}, day
    """  # noqa: S608 - the only insertions are our own constants.
    found = (await conn.execute(text(statement), _asked(clinic, period))).all()
    return Funnel(
        by=by,
        rows=tuple(_row(by, row, keys) for row in found if not row.no_keys),
        days=tuple((row.day, _figures(row)) for row in found if not row.no_day),
        total=next(_row(None, row, ()) for row in found if row.no_keys and row.no_day),
        as_of=await as_of(conn),
    )


def _figures(row: Row[Any]) -> dict[str, int]:
    return {name: int(getattr(row, name)) for name in FUNNEL_MEASURES}


def _row(by: By | None, row: Row[Any], keys: Sequence[str]) -> FunnelRow:
    figures = _figures(row)
    rates = {"delivered": _share(figures["delivered"], figures["sent"])}
    rates |= {name: _share(figures[name], figures[BASE[by]]) for name in OUTCOMES}
    return FunnelRow(keys={key: getattr(row, key) for key in keys}, figures=figures, rates=rates)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


async def as_of(conn: AsyncConnection) -> datetime:
    """The moment up to which every read event is counted, by the installation's clock."""
    behind = await rollups.behind(conn)
    return behind.since or await installation.now(conn)


# -- how long things took ----------------------------------------------------------------------

Measure = Literal["first_text", "first_reply", "first_answer"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long something took: leads by bucket with those that booked, and the time half and nine tenths took."""

    measure: str
    buckets: tuple[tuple[int, int, int], ...]
    median: float | None
    p90: float | None

    @property
    def count(self) -> int:
        """How many were measured."""
        return sum(count for _, count, _ in self.buckets)


async def times(conn: AsyncConnection, clinic: str, period: Period) -> tuple[Times, ...]:
    """Of the leads that came in on these days: from form to first text, to first reply, from question to answer."""
    rows = await conn.execute(
        text(f"""
        SELECT measure, bucket, sum(count) AS number, sum(booked) AS booked
        FROM funnel_times WHERE {_WHERE} AND measure = ANY(:measures) GROUP BY measure, bucket ORDER BY measure, bucket
        """),  # noqa: S608 - the only insertion is our own constant.
        _asked(clinic, period) | {"measures": list(MEASURES)},
    )
    found: dict[str, list[tuple[int, int, int]]] = {}
    for row in rows:
        found.setdefault(row.measure, []).append((row.bucket, row.number, row.booked))
    return tuple(_times(measure, found.get(measure, [])) for measure in MEASURES)


def _times(measure: str, buckets: list[tuple[int, int, int]]) -> Times:
    counts = {bucket: count for bucket, count, _ in buckets}
    median, p90 = quantile(counts, 0.5), quantile(counts, 0.9)
    return Times(measure=measure, buckets=tuple(buckets), median=median, p90=p90)


@dataclass(frozen=True, kw_only=True)
class Load:
    """Tasks opened on these days under a sequence and variant, and their first answers, in seconds."""

    sequence: str
    variant: str
    opened: int
    answered: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, kw_only=True)
class TeamLoad:
    """The answers of a team to tasks opened on these days, in seconds."""

    team: str
    answered: int
    median: float | None
    p90: float | None


async def loads(conn: AsyncConnection, clinic: str, period: Period) -> tuple[tuple[Load, ...], tuple[TeamLoad, ...]]:
    """What the texts asked of the staff, by variant; and how fast each team answered."""
    rows = (
        await conn.execute(
            text(f"""
            SELECT sequence, variant, team, bucket, sum(count) AS number
            FROM funnel_times WHERE {_WHERE} AND measure = 'task' GROUP BY sequence, variant, team, bucket
            ORDER BY sequence, variant, team, bucket
            """),  # noqa: S608 - the only insertion is our own constant.
            _asked(clinic, period),
        )
    ).all()
    variants: dict[tuple[str, str], dict[int, int]] = {}
    teams: dict[str, dict[int, int]] = {}
    for row in rows:
        of_variant = variants.setdefault((row.sequence, row.variant), {})
        of_variant[row.bucket] = of_variant.get(row.bucket, 0) + row.number
        if row.bucket != OPENED:
            of_team = teams.setdefault(row.team, {})
            of_team[row.bucket] = of_team.get(row.bucket, 0) + row.number
    return (
        tuple(_load(sequence, variant, buckets) for (sequence, variant), buckets in variants.items()),
        tuple(TeamLoad(team=team, **_spread(buckets)) for team, buckets in sorted(teams.items())),
    )


def _load(sequence: str, variant: str, buckets: dict[int, int]) -> Load:
    opened = buckets.pop(OPENED, 0)
    return Load(sequence=sequence, variant=variant, opened=opened, **_spread(buckets))


def _spread(buckets: dict[int, int]) -> dict[str, Any]:
    return {"answered": sum(buckets.values()), "median": quantile(buckets, 0.5), "p90": quantile(buckets, 0.9)}


# -- all of it ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that is reported of a clinic over some days."""

    clinic: str
    period: Period
    funnel: Funnel
    times: tuple[Times, ...]
    tasks: tuple[Load, ...]
    teams: tuple[TeamLoad, ...]


async def whole(conn: AsyncConnection, clinic: str, by: By, period: Period) -> Report:
    """The report; on a connection whose statements see one state, its parts are of one moment."""
    tasks, teams = await loads(conn, clinic, period)
    return Report(
        clinic=clinic,
        period=period,
        funnel=await funnel(conn, clinic, by, period),
        times=await times(conn, clinic, period),
        tasks=tasks,
        teams=teams,
    )
