"""What the figures of experiments prove: against scipy's own, against the papers, and against thousands of trials."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from app.reporting import statistics
from app.reporting.statistics import ALPHA, LEAST_PEOPLE, POWER, compare, evidence_against, share, too_many


@pytest.mark.parametrize(("count", "people"), [(0, 7), (1, 3), (7, 7), (12, 340), (4_000, 10_000)])
def test_a_share_has_wilsons_interval(count: int, people: int) -> None:
    expected = binomtest(count, people).proportion_ci(0.95, method="wilson")
    found = share(count, people)
    assert (found.low, found.rate, found.high) == pytest.approx((expected.low, count / people, expected.high))


def test_nobody_has_no_share() -> None:
    assert (share(0, 0).rate, share(0, 0).low, share(0, 0).high) == (None, None, None)


def test_the_difference_has_newcombes_interval() -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10."""
    width = norm.isf(0.025)
    assert statistics.newcombe(48, 80, 56, 70, width) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert statistics.newcombe(3, 10, 9, 10, width) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_the_bound_is_left_by_chance_in_one_of_twenty_trials() -> None:
    """The exact chance that a Brownian motion leaves the band: the whole series of the reflection principle."""
    c = statistics.bound()
    terms = [(-1) ** k / (2 * k + 1) * np.exp(-((2 * k + 1) ** 2) * np.pi**2 / (8 * c**2)) for k in range(50)]
    assert 1 - 4 / np.pi * sum(terms) == pytest.approx(ALPHA, abs=1e-6)
    assert statistics.bound(2) == pytest.approx(norm.isf(ALPHA / 8))


def trials(number: int, people: int, base: float, better: float = 1.0) -> list[statistics.Difference]:
    """So many trials with so many people in all, the second arm booking that much better; all of one seed."""
    chance = np.random.default_rng(20261124)
    found = []
    for _ in range(number):
        arms = chance.random(people) < 0.5
        found.append(compare(arms, chance.random(people) < np.where(arms, base * better, base)))
    return found


@pytest.mark.parametrize("base", [0.05, 0.3, 0.6])
def test_of_trials_without_a_difference_one_in_twenty_shows_one_though_somebody_always_looks(base: float) -> None:
    number, people = 1000, int(2.2 * statistics.people_needed(round(base * 10_000), 10_000))
    shown = sum(one.shown for one in trials(number, people, base))
    assert binomtest(shown, number, ALPHA, alternative="greater").pvalue > 0.01


def test_that_is_no_matter_of_course_with_the_ordinary_interval() -> None:
    """The same trials, looked at each day with the 95 % interval of the textbooks: a third shows what is not there."""
    chance, shown = np.random.default_rng(20261124), 0
    for _ in range(300):
        arms, booked = chance.random(3_000) < 0.5, chance.random(3_000) < 0.3
        days = np.arange(60, 3_000, 30)
        yes, no = np.cumsum(booked & arms)[days], np.cumsum(booked & ~arms)[days]
        low, high = statistics.newcombe(no, np.cumsum(~arms)[days], yes, np.cumsum(arms)[days], norm.isf(0.025))
        shown += bool(((low > 0) | (high < 0)).any())
    assert shown / 300 > 0.25


def test_four_of_five_trials_with_a_fifth_more_bookings_show_it_with_the_people_that_are_asked_for() -> None:
    number, needed = 500, statistics.people_needed(3_300, 10_000)
    found = trials(number, int(2.1 * needed), 0.3, better=1.2)
    shown = sum(one.shown and (one.difference or 0) > 0 for one in found)
    assert binomtest(shown, number, POWER, alternative="less").pvalue > 0.01
    assert sum(sum(one.people) for one in found) / number < 2 * needed


def test_a_verdict_that_has_fallen_is_not_changed_by_who_comes_later() -> None:
    chance = np.random.default_rng(1)
    arms = chance.random(5_000) < 0.5
    booked = chance.random(5_000) < np.where(arms, 0.45, 0.3)
    verdict = compare(arms, booked)
    assert verdict.shown
    booked[sum(verdict.people) :] = ~arms[sum(verdict.people) :]
    assert compare(arms, booked) == verdict
    before = compare(arms[: sum(verdict.people) - 1], booked[: sum(verdict.people) - 1])
    assert not before.decided


@pytest.mark.parametrize("arms", [[], [True, True, True], [False] * 50])
def test_without_people_in_both_arms_nothing_is_compared(arms: list[bool]) -> None:
    found = compare(np.array(arms, dtype=bool), np.ones(len(arms), dtype=bool))
    assert (found.difference, found.low, found.decided, found.share) == (None, None, False, 0.0)


# -- opt-outs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opted_out", "people", "limit", "stops"),
    [
        (1, 3, 0.05, False),
        (3, 3, 0.05, False),  # too few to say anything
        (3, 10, 0.05, False),
        (5, 20, 0.05, True),
        (9, 60, 0.05, False),
        (15, 60, 0.05, True),
        (5, 100, 0.05, False),
        (200, 1_000, 0.05, True),
        (0, 50, 0.0, False),
        (1, 50, 0.0, True),
        (50, 50, 1.0, False),
    ],
)
def test_an_arm_is_stopped_when_it_is_all_but_certain_that_too_many_opt_out(
    opted_out: int, people: int, limit: float, stops: bool
) -> None:
    assert too_many(opted_out, people, limit) is stops


def test_the_evidence_is_the_average_over_all_rates_above_the_limit() -> None:
    """By plain sums over a fine grid."""
    rates = np.linspace(0.05, 1, 200_001)
    likelihood = rates**4 * (1 - rates) ** 26
    averaged = np.trapezoid(likelihood, rates) / 0.95
    assert evidence_against(4, 30, 0.05) == pytest.approx(averaged / (0.05**4 * 0.95**26), rel=1e-4)


def test_of_arms_at_the_limit_one_in_twenty_is_stopped_at_most_though_each_person_is_looked_at() -> None:
    chance, number, stopped = np.random.default_rng(20261124), 300, 0
    known = {}
    for _ in range(number):
        opted_out = np.cumsum(chance.random(400) < 0.05)
        for people in range(LEAST_PEOPLE, 401):
            at = (int(opted_out[people - 1]), people)
            if at not in known:
                known[at] = too_many(*at, 0.05)
            if known[at]:
                stopped += 1
                break
    assert 0 < stopped <= ALPHA * number
