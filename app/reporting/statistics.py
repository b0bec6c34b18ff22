"""What the figures of an experiment prove: intervals that hold however often somebody looks, and when it is enough.

How to think of it: people are taken in the order in which they began, and after each of them the difference is looked
at, in effect all the time. A coin that is tossed often enough shows a run of heads; so the ordinary 95 % interval is of
no use to whoever looks each morning. Here the bound is one that chance crosses in one of twenty trials at most,
watched from the first person to the last: O'Brien and Fleming's, for looking all the time (`BOUND`). It is wide in the
beginning, and narrows as the planned number of people comes in. Where the bound is first crossed, or the number
reached, the verdict falls, and people who come later do not change it.

Distributions are scipy's. It is read when it is first needed, and only its special functions, which take a tenth of
the time that all of its statistics take: an API that never shows an experiment starts without.
"""

from dataclasses import dataclass
from functools import cache
from math import exp, log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.05
"""How often a trial in which nothing differs may be told to show a difference."""

POWER = 0.8
"""How often a trial in which the smallest effect is there shall show it."""

EFFECT = 0.2
"""The smallest effect worth acting on: a fifth more bookings, or fewer."""


@cache
def bound(comparisons: int = 1) -> float:
    """How many standard errors, at the planned end, a difference must have; several comparisons share `ALPHA`.

    A Brownian motion leaves a band of this half width between 0 and 1 with a chance of `ALPHA`: by the reflection
    principle the chance is 4 · (1 - Φ(c)) up to a term below 1e-9 (O'Brien and Fleming 1979; Jennison and Turnbull,
    Group Sequential Methods, 2000, ch. 5). Looking seldom only makes it rarer.
    """
    from scipy.special import ndtri

    return float(-ndtri(ALPHA / comparisons / 4))


def information_needed(comparisons: int = 1) -> float:
    """How much must be known of the logarithm of two rates' ratio (1 / variance) to show `EFFECT` with `POWER`."""
    from scipy.special import ndtri

    return float(((bound(comparisons) + ndtri(POWER)) / log(1 + EFFECT)) ** 2)


def people_needed(booked: int, people: int, comparisons: int = 1) -> int:
    """About how many people each arm takes in all, at the rate seen in both; before there is one, at one in ten."""
    rate = (booked + 1) / (people + 10)
    return round(information_needed(comparisons) * 2 * (1 - rate) / rate)


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many: the rate, and Wilson's 95 % interval around it (None where there is nobody)."""

    count: int
    people: int
    rate: float | None
    low: float | None
    high: float | None


def share(count: int, people: int) -> Share:
    """A share with its interval."""
    if not people:
        return Share(count=count, people=people, rate=None, low=None, high=None)
    from scipy.special import ndtri

    rate, low, high = _wilson(count, people, -ndtri(ALPHA / 2))
    return Share(count=count, people=people, rate=rate, low=max(float(low), 0.0), high=min(float(high), 1.0))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An arm against the first: the difference of their rates, in an interval that holds however often one looks.

    `decided` says whether the verdict has fallen; then the figures are those of that moment. `share` is how much of
    the planned information there is (1: all). `people` is how many of each the figures are of: (first, arm).
    """

    difference: float | None
    low: float | None
    high: float | None
    share: float
    people: tuple[int, int]
    decided: bool
    first_rate: float = 0.0

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out that nothing differs."""
        return self.decided and self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def settled(self) -> bool:
        """Whether the interval leaves out every effect that is worth acting on (`EFFECT` of the first arm's rate)."""
        worth = EFFECT * self.first_rate
        return (
            self.decided and self.low is not None and self.high is not None and -worth < self.low <= self.high < worth
        )


NOTHING = Difference(difference=None, low=None, high=None, share=0.0, people=(0, 0), decided=False)


def compare(arms: "NDArray[Any]", booked: "NDArray[Any]", comparisons: int = 1) -> Difference:
    """Compare two arms: for each person, in the order in which they began, whether theirs is the second; the outcome.

    The verdict falls at the first person after whom the interval leaves zero, or the planned information is there.
    """
    import numpy as np

    if not len(arms):
        return NOTHING
    second, first = np.cumsum(arms), np.cumsum(~arms)
    yes_second, yes_first = np.cumsum(booked & arms), np.cumsum(booked & ~arms)
    shares = _information(first, second, yes_first + yes_second) / information_needed(comparisons)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = bound(comparisons) / np.sqrt(np.minimum(shares, 1))
        low, high = newcombe(yes_first, first, yes_second, second, width)
    known = (first > 0) & (second > 0) & (shares > 0)
    ends = np.flatnonzero(known & ((low > 0) | (high < 0) | (shares >= 1)))
    at = int(ends[0]) if len(ends) else len(arms) - 1
    if not known[at]:
        return Difference(
            difference=None, low=None, high=None, share=0.0, people=(int(first[at]), int(second[at])), decided=False
        )
    return Difference(
        difference=float(yes_second[at] / second[at] - yes_first[at] / first[at]),
        low=float(low[at]),
        high=float(high[at]),
        share=float(min(shares[at], 1)),
        people=(int(first[at]), int(second[at])),
        decided=bool(len(ends)),
        first_rate=float(yes_first[at] / first[at]),
    )


def _information(first: "NDArray[Any]", second: "NDArray[Any]", yes: "NDArray[Any]") -> "NDArray[Any]":
    """What is known of the logarithm of the ratio, when both arms have the rate that both together show."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        rate = yes / (first + second)
        known = rate / (1 - rate) / (1 / first + 1 / second)
    finite: NDArray[Any] = np.nan_to_num(known, nan=0.0, posinf=0.0)
    return finite


def newcombe(yes_first: Any, first: Any, yes_second: Any, second: Any, width: Any) -> tuple[Any, Any]:
    """The interval of second minus first, `width` standard errors wide on either side (Newcombe 1998, method 10)."""
    import numpy as np

    rate_1, low_1, high_1 = _wilson(yes_first, first, width)
    rate_2, low_2, high_2 = _wilson(yes_second, second, width)
    difference = rate_2 - rate_1
    below = np.sqrt((rate_2 - low_2) ** 2 + (high_1 - rate_1) ** 2)
    above = np.sqrt((high_2 - rate_2) ** 2 + (rate_1 - low_1) ** 2)
    return difference - below, difference + above


def _wilson(yes: Any, people: Any, width: Any) -> tuple[Any, Any, Any]:
    """Wilson's score interval over whole columns; scipy has it for one number at a time, and a test compares."""
    import numpy as np

    rate, square = yes / people, width**2
    middle = (rate + square / (2 * people)) / (1 + square / people)
    half = width / (1 + square / people) * np.sqrt(rate * (1 - rate) / people + square / (4 * people**2))
    return rate, middle - half, middle + half


# -- opt-outs ----------------------------------------------------------------------------------

LEAST_PEOPLE = 10
"""Fewer say nothing about an arm, whatever they did."""


def evidence_against(opted_out: int, people: int, limit: float) -> float:
    """How many times better rates above the limit explain these opt-outs than the limit itself does.

    Averaged over all rates above, each as likely as the other beforehand. At whatever moment one looks, this is 20 or
    more in one of twenty arms at most that are no worse than the limit (Ville 1939: it is a martingale at the limit,
    and falls below it). So nobody is punished for looking every minute.
    """
    from scipy.special import betaincc, betaln, log1p, xlogy

    above, rest = opted_out + 1, people - opted_out + 1
    beyond = float(betaincc(above, rest, limit))
    if not beyond:
        return 0.0
    averaged = betaln(above, rest) + log(beyond) - log1p(-limit)
    at_limit = xlogy(opted_out, limit) + xlogy(people - opted_out, 1 - limit)
    return exp(min(float(averaged - at_limit), 700.0))


def too_many(opted_out: int, people: int, limit: float) -> bool:
    """Whether an arm must be stopped: it is all but certain that more than the limit opt out."""
    if people < LEAST_PEOPLE or opted_out <= limit * people:
        return False
    return limit < 1 and (limit <= 0 or evidence_against(opted_out, people, limit) >= 1 / ALPHA)
