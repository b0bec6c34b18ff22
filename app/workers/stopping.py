"""The stop-loss of experiments: an arm in which all but certainly too many people opt out gets no new leads.

How to think of it: a look costs one sum over the people who take part. Only what looks bad is looked at again, under
the lock of whoever makes new versions of clinic files: stopping is a new version, which says the same, so that every
worker obeys from its next batch on, and whoever reads the log again decides as it was decided then.
"""

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.store import applying, experiments, installation
from app.adapters.store.clinics import ClinicShelf
from app.adapters.store.experiments import Stop
from app.domain.experiments import Experiment
from app.reporting import statistics


async def losing(conn: AsyncConnection, clinic: str, experiment: Experiment) -> list[str]:
    """The arms that must be stopped, the worst first. One always stays: of the last nothing would be left to send."""
    stopped = {one.arm for one in await experiments.stops(conn, clinic, experiment.key, experiment.edition)}
    left = len(experiment.arms) - len(stopped)
    if left < 2 or experiment.opt_out_limit is None:
        return []
    counts = await experiments.opt_outs(conn, clinic, experiment)
    seen = {arm: counts[arm] for arm in experiment.arms if arm in counts and arm not in stopped}
    return await asyncio.to_thread(_worst_first, seen, experiment.opt_out_limit, left - 1)


def _worst_first(seen: dict[str, tuple[int, int]], limit: float, most: int) -> list[str]:
    """Up to this many arms that are over the limit. In a thread: scipy is read for it, which takes a moment."""
    over = [arm for arm, (people, opted_out) in seen.items() if statistics.too_many(opted_out, people, limit)]
    return sorted(over, key=lambda arm: -seen[arm][1] / seen[arm][0])[:most]


async def stop(conn: AsyncConnection, clinic: str, key: str) -> list[Stop]:
    """Stop what must be stopped now, in the caller's transaction; what that was."""
    await applying.lock(conn)
    experiment = (await ClinicShelf("").take(conn, clinic)).experiments.get(key)
    if experiment is None or experiment.opt_out_limit is None:
        return []
    done, now = [], await installation.now(conn)
    counts = await experiments.opt_outs(conn, clinic, experiment)
    for arm in await losing(conn, clinic, experiment):
        people, opted_out = counts[arm]
        one = Stop(arm=arm, at=now, people=people, opted_out=opted_out, limit=experiment.opt_out_limit)
        await experiments.stop(conn, clinic, experiment, one)
        done.append(one)
    return done
