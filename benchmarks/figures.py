"""What a row of the table says: figures of several rounds, ours beside a baseline's, and the bound they must hold."""

from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Bound:
    """What must hold. `least` and `most` bound the ratio to the baseline, or the figure itself where there is none."""

    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value keeps within it."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"


@dataclass(frozen=True)
class Figure:
    """One line of the table: a value a round of ours, and of the baseline in the same rounds if there is one."""

    name: str
    unit: str
    ours: tuple[float, ...]
    baseline: tuple[float, ...]
    bound: Bound
    note: str = ""

    @property
    def value(self) -> float:
        """What the bound is about: the ratio of the medians, or our median where there is no baseline."""
        return median(self.ours) / median(self.baseline) if self.baseline else median(self.ours)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest such value of any round."""
        pairs = zip(self.ours, self.baseline, strict=True)
        values = [mine / theirs for mine, theirs in pairs] if self.baseline else list(self.ours)
        return min(values), max(values)

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.bound.holds(self.value)

    def as_json(self) -> dict[str, Any]:
        """The figure for programs."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": list(self.ours),
            "baseline": list(self.baseline),
            "value": self.value,
            "least": self.bound.least,
            "most": self.bound.most,
            "holds": self.holds,
            "note": self.note,
        }


def percentile(values: list[float], share: float) -> float:
    """The value that this share (0 to 1) of all values does not exceed; raises ValueError for no values."""
    if not values:
        raise ValueError("there is nothing to take a percentile of")
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
