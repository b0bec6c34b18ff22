"""The report on an experiment: its arms, what came of them within 14 days, and what that proves, in one sentence.

How to think of it: everybody counts who began the sequence with an arm, whether or not they came to the step that
differs; anything else would compare unlike people. What a person did counts for 14 days from their first text. The
verdict looks only at people of whom all is known: those who began before the first whose days still run.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import experiments as store
from app.adapters.store import installation, reports
from app.adapters.store.experiments import Stop
from app.domain.clinic import Clinic
from app.domain.experiments import Experiment
from app.reporting import statistics
from app.reporting.statistics import Difference, Share

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW = timedelta(days=14)
"""How long after the first text what somebody does counts."""

RULE = (
    "Booked within 14 days of the first text, of everybody who began. Looked at after every person, so the bound is"
    " O'Brien and Fleming's for looking all the time: 5% of trials without a difference show one, 80% of those with a"
    " fifth more bookings do. Intervals of differences (Newcombe) hold however often one looks; those of rates are"
    " Wilson's, 95%. An arm is stopped when the opt-outs among at least 10 people texted are all but certain (95%,"
    " however often one looks) to be above its limit."
)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What an edition tried, as far as it is known: one that is long gone has only its people."""

    key: str
    edition: str
    arms: tuple[str, ...]
    running: bool
    experiment: Experiment | None


async def experiment_report(
    conn: AsyncConnection, clinic: Clinic, key: str, edition: str | None = None
) -> dict[str, Any] | None:
    """The report on an edition (None: the one that runs, else the last) as JSON can hold it; None: there is none."""
    past = await store.editions(conn, clinic.key, key)
    tried = await _tried(conn, clinic, key, edition or _newest(clinic, key, past))
    if tried is None:
        return None
    rows = await store.people(conn, clinic.key, key, tried.edition)
    stops = await store.stops(conn, clinic.key, key, tried.edition)
    known = {"as_of": await reports.as_of(conn), "clinic": clinic.key}
    editions = [{"edition": one.edition, "since": one.since, "people": one.people} for one in past]
    told = await asyncio.to_thread(document, tried, rows, stops, await installation.now(conn))
    return known | told | {"editions": editions}


def _newest(clinic: Clinic, key: str, past: Sequence[Any]) -> str | None:
    if key in clinic.experiments:
        return clinic.experiments[key].edition
    return past[0].edition if past else None


async def _tried(conn: AsyncConnection, clinic: Clinic, key: str, edition: str | None) -> Tried | None:
    known = (one.experiment for one in (*clinic.sequences, *clinic.pinned.values()))
    found = next((one for one in known if one is not None and (one.key, one.edition) == (key, edition)), None)
    current = clinic.experiments.get(key)
    running = current is not None and current.edition == edition
    if found is not None:
        return Tried(key=key, edition=found.edition, arms=tuple(found.arms), running=running, experiment=found)
    rows = await store.people(conn, clinic.key, key, edition) if edition else []
    arms = tuple(sorted({row.arm for row in rows}))
    return Tried(key=key, edition=str(edition), arms=arms, running=False, experiment=None) if rows else None


def document(tried: Tried, rows: Sequence[Any], stops: Sequence[Stop], now: datetime) -> dict[str, Any]:
    """The report on these people (`store.Person`), in the order in which they began."""
    people = People(rows, now)
    comparisons = [_compare(people, tried, arm, stops) for arm in tried.arms[1:]]
    told = _verdict(tried, people, comparisons, stops)
    experiment = tried.experiment
    return {
        "key": tried.key,
        "edition": tried.edition,
        "running": tried.running,
        "sequence": experiment.sequence if experiment else None,
        "step": experiment.step if experiment else None,
        "change": experiment.change if experiment else None,
        "since": rows[0].entered_at if rows else None,
        "window_days": WINDOW.days,
        "arms": [people.arm(arm, {one.arm: one for one in stops}.get(arm)) for arm in tried.arms],
        "comparisons": comparisons,
        **told,
        "rule": RULE,
    }


class People:
    """Everybody who takes part, as columns: whose arm is which, who did what within their window."""

    def __init__(self, rows: Sequence[Any], now: datetime) -> None:
        import numpy as np

        self.entered = [row.entered_at for row in rows]
        self.arms = np.array([row.arm for row in rows], dtype=object)
        self.texts = {name: np.array([getattr(row, name) for row in rows], dtype=int) for name in ("sent", "delivered")}
        self.texted = np.array([row.first_text_at is not None for row in rows], dtype=bool)
        ends = [_window(row) for row in rows]
        self.did = {
            name: np.array(
                [_within(getattr(row, f"{name}_at"), end) for row, end in zip(rows, ends, strict=True)], bool
            )
            for name in ("replied", "booked")
        }
        self.opted_out = np.array([row.opted_out_at is not None for row in rows], dtype=bool)
        running = (place for place, end in enumerate(ends) if end > now)
        self.over = next(running, len(rows))
        """How many of the first are known wholly."""

    def arm(self, arm: str, stop: Stop | None) -> dict[str, Any]:
        """The figures of an arm: what was counted so far, and the rates of those whose days are over."""
        mine = self.arms == arm
        counted = {name: int(column[mine].sum()) for name, column in (self.texts | self.did).items()}
        texted, opted_out = int((mine & self.texted).sum()), int((mine & self.texted & self.opted_out).sum())
        judged = self.judged(arm)
        shares = {name: statistics.share(self.so_far(name, arm), judged) for name in ("replied", "booked")}
        shares["opted_out"] = statistics.share(opted_out, texted)
        return {
            "arm": arm,
            "n": int(mine.sum()),
            "texted": texted,
            **counted,
            "opted_out": opted_out,
            "judged": judged,
            "rates": {name: _rate(one) for name, one in shares.items()},
            "stopped": asdict(stop) if stop else None,
        }

    def judged(self, arm: str) -> int:
        """How many of an arm are known wholly."""
        return int((self.arms[: self.over] == arm).sum())

    def so_far(self, what: str, arm: str) -> int:
        """How many of those did that."""
        return int((self.did[what] & (self.arms == arm))[: self.over].sum())

    def pair(self, first: str, second: str, what: str, until: datetime | None) -> "tuple[NDArray[Any], NDArray[Any]]":
        """Who of two arms has the second, and who did that: those known wholly that began while both got leads."""
        before = self.over if until is None else bisect_left(self.entered, until)
        end = min(before, self.over)
        arms, did = self.arms[:end], self.did[what][:end]
        chosen = (arms == first) | (arms == second)
        return arms[chosen] == second, did[chosen]


def _window(row: Any) -> datetime:
    """When a person's days are over; of one who gets no text they count from the beginning."""
    entered: datetime = row.entered_at
    return min(row.first_text_at or entered, entered + WINDOW) + WINDOW


def _within(at: datetime | None, end: datetime) -> bool:
    return at is not None and at <= end


def _rate(one: Share) -> dict[str, float | None]:
    return {name: _rounded(getattr(one, name)) for name in ("rate", "low", "high")}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _compare(people: People, tried: Tried, arm: str, stops: Sequence[Stop]) -> dict[str, Any]:
    """An arm against the first. Bookings decide; replies are told beside them."""
    first, many = tried.arms[0], len(tried.arms) - 1
    until = min((one.at for one in stops if one.arm in (first, arm)), default=None)
    shown = {what: statistics.compare(*people.pair(first, arm, what, until), many) for what in ("booked", "replied")}
    return {"arm": arm, "against": first, **{what: _difference(one) for what, one in shown.items()}}


def _difference(one: Difference) -> dict[str, Any]:
    figures = {name: _rounded(getattr(one, name)) for name in ("difference", "low", "high")}
    told = {"information": round(one.share, 3), "decided": one.decided, "shown": one.shown, "settled": one.settled}
    return figures | told


# -- the verdict -------------------------------------------------------------------------------


def _verdict(
    tried: Tried, people: People, comparisons: Sequence[Mapping[str, Any]], stops: Sequence[Stop]
) -> dict[str, Any]:
    """The sentence, and in figures how many people each arm needs and how many of them are missing."""
    stopped = {one.arm for one in stops}
    open_ = [one for one in comparisons if not one["booked"]["decided"] and not {one["arm"], one["against"]} & stopped]
    decided = [one["booked"] for one in comparisons if one["booked"]["decided"]]
    asked = {one[side] for one in open_ or comparisons for side in ("arm", "against")}
    judged = {arm: people.judged(arm) for arm in asked}
    booked = sum(people.so_far("booked", arm) for arm in asked)
    least = min(judged.values(), default=0)
    needed = _about(statistics.people_needed(booked, sum(judged.values()), max(len(comparisons), 1)))
    missing = max(_about(needed - least), 1) if open_ else 0
    said = [_stopped(one) for one in stops] + [_decided(one, len(comparisons)) for one in comparisons]
    if open_:
        ended = "Too early" if tried.running else "It ended too early"
        said.append(f"{ended}: {least:,} of about {max(needed, least + missing):,} leads per arm.")
    if open_:
        state = "early"
    elif decided:
        state = "different" if any(one["shown"] for one in decided) else "no_difference"
    else:
        state = "stopped"
    verdict = " ".join(one for one in said if one)
    return {"state": state, "verdict": verdict, "needed": needed, "missing": missing if tried.running else 0}


def _about(number: int) -> int:
    """A number to two digits: nobody knows more."""
    least = max(number, 0)
    return int(round(least, 2 - len(str(least)))) if least > 99 else least


def _stopped(one: Stop) -> str:
    limit = f"{one.limit * 100:.3g}%"
    return (
        f"{one.arm} was stopped on {one.at:%Y-%m-%d}: {one.opted_out} of {one.people} opted out, the limit is {limit}."
    )


def _decided(one: Mapping[str, Any], many: int) -> str:
    booked = one["booked"]
    if not booked["decided"]:
        return ""
    low, high, difference = booked["low"] * 100, booked["high"] * 100, booked["difference"] * 100
    than = f" than {one['against']}" if many > 1 else ""
    if not booked["shown"]:
        between = f" between {one['against']} and {one['arm']}" if many > 1 else ""
        worth = "worth acting on" if booked["settled"] else "shown"
        return f"No difference {worth}{between}: {difference:+.1f} points ({low:.1f} to {high:.1f})."
    if difference > 0:
        return f"{one['arm']} books more{than}: {difference:+.1f} points ({low:.1f} to {high:.1f})."
    than = f" than {one['arm']}" if many > 1 else ""
    return f"{one['against']} books more{than}: {-difference:+.1f} points ({-high:.1f} to {-low:.1f})."
