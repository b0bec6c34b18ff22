"""The rules of leases: every standing against every act."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import leases
from app.domain.leases import Refused, Standing

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
EARLIER = NOW - timedelta(minutes=1)

OPEN = Standing(status="open")
MINE = Standing(status="claimed", assignee="ana", lease_until=LATER)
THEIRS = Standing(status="claimed", assignee="bo", lease_until=LATER)
MINE_ENDED = Standing(status="claimed", assignee="ana", lease_until=EARLIER)
THEIRS_ENDED = Standing(status="claimed", assignee="bo", lease_until=EARLIER)
MINE_SWEPT = Standing(status="open", lapsed_by="ana", lapsed_until=EARLIER)
THEIRS_SWEPT = Standing(status="open", lapsed_by="bo", lapsed_until=EARLIER)
ASLEEP = Standing(status="snoozed", snoozed_until=LATER)
DONE = Standing(status="done", assignee="bo", outcome="booked", completed_by="bo", completed_at=EARLIER)
CANCELLED = Standing(status="cancelled")

ACTS: dict[str, tuple[Callable[[Standing], Standing], Standing]] = {
    "claim": (
        lambda standing: leases.claim(standing, "ana", LATER, NOW),
        Standing(status="claimed", assignee="ana", lease_until=LATER),
    ),
    "assign": (
        lambda standing: leases.assign(standing, "ana", LATER, NOW, to="cy"),
        Standing(status="claimed", assignee="cy", lease_until=LATER),
    ),
    "release": (lambda standing: leases.release(standing, "ana", NOW), OPEN),
    "snooze": (lambda standing: leases.snooze(standing, "ana", LATER, NOW), ASLEEP),
    "complete": (
        lambda standing: leases.complete(standing, "ana", "booked", NOW),
        Standing(status="done", assignee="ana", outcome="booked", completed_by="ana", completed_at=NOW),
    ),
}

FREE = [OPEN, MINE, THEIRS_ENDED, THEIRS_SWEPT, ASLEEP]
LAPSED = [MINE_ENDED, MINE_SWEPT]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("standing", FREE)
def test_what_nobody_else_holds_may_be_acted_on(standing: Standing, act: str) -> None:
    """Open, one's own, asleep, or let run out by another."""
    do, expected = ACTS[act]

    assert do(standing) == expected


@pytest.mark.parametrize("standing", LAPSED)
@pytest.mark.parametrize("act", ACTS)
def test_whose_lease_ran_out_claims_again_before_anything_else(standing: Standing, act: str) -> None:
    """And is told until when it was held, whether or not the end has been written."""
    do, expected = ACTS[act]
    if act == "claim":
        assert do(standing) == expected
        return

    with pytest.raises(Refused) as refused:
        do(standing)

    assert (refused.value.holder, refused.value.until) == ("ana", EARLIER)


@pytest.mark.parametrize("act", ACTS)
def test_what_another_holds_is_refused_with_the_holder(act: str) -> None:
    """By name and until when."""
    with pytest.raises(Refused) as refused:
        ACTS[act][0](THEIRS)

    assert (str(refused.value), refused.value.holder, refused.value.until) == (
        "somebody else holds the task",
        "bo",
        LATER,
    )


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("standing", [DONE, CANCELLED])
def test_what_is_over_is_refused(standing: Standing, act: str) -> None:
    """With how it ended, and no holder."""
    with pytest.raises(Refused) as refused:
        ACTS[act][0](standing)

    assert (str(refused.value), refused.value.holder) == (f"the task is already {standing.status}", None)


@pytest.mark.parametrize("standing", [OPEN, MINE, THEIRS_ENDED, ASLEEP])
def test_an_answer_leaves_a_task_where_it_stands(standing: Standing) -> None:
    """Writing to the lead neither takes nor gives back a lease."""
    assert leases.answer(standing, "ana", NOW) == standing


def test_a_lease_ends_at_its_moment() -> None:
    """At that very instant, not after it; so does a snooze."""
    at_the_end = Standing(status="claimed", assignee="ana", lease_until=NOW)
    asleep_until_now = Standing(status="snoozed", snoozed_until=NOW)

    assert leases.settle(at_the_end, NOW) == Standing(status="open", lapsed_by="ana", lapsed_until=NOW)
    assert leases.settle(asleep_until_now, NOW) == OPEN
    assert [leases.settle(standing, NOW) for standing in (OPEN, MINE, ASLEEP, DONE)] == [OPEN, MINE, ASLEEP, DONE]


@pytest.mark.parametrize("standing", [*FREE, *LAPSED, THEIRS])
def test_a_takeover_asks_nobody(standing: Standing) -> None:
    """Whoever holds the task, and also where nobody does."""
    assert leases.take_over(standing, "cy", LATER, NOW) == Standing(status="claimed", assignee="cy", lease_until=LATER)


@pytest.mark.parametrize("standing", [DONE, CANCELLED])
def test_what_is_over_cannot_be_taken_over(standing: Standing) -> None:
    """There is nothing left to do."""
    with pytest.raises(Refused, match=f"the task is already {standing.status}"):
        leases.take_over(standing, "cy", LATER, NOW)


def test_a_lease_that_a_rule_ends_is_as_one_that_ran_out() -> None:
    """Its holder hears of it at the next act; what nobody holds stays as it is."""
    assert leases.free(THEIRS, NOW) == Standing(status="open", lapsed_by="bo", lapsed_until=NOW)
    assert [leases.free(standing, NOW) for standing in (OPEN, ASLEEP, THEIRS_ENDED)] == [OPEN, ASLEEP, THEIRS_SWEPT]
