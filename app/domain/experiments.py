"""Experiments: one thing of a sequence said or timed in two ways, to see which of them books more.

How to think of it: an experiment belongs to its sequence, so what is tried is part of a version, and who stands in that
version keeps it. A lead that enters the sequence is given an arm by a hash of its contact, and from then on sees one
plain sequence: the one with that arm in it (`Sequence.seen_by`, made once). Nothing else knows that there is a trial.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import time
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:  # A sequence holds its experiment.
    from app.domain.clinic import Sequence, Span, Step

Change = Literal["text", "after", "at", "order"]
"""The one thing that differs: a step's words, its delay, its time of day, or the order of two steps."""

CHANGES: tuple[Change, ...] = get_args(Change)


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A trial in a sequence. `arms` are in the order of the file, the first is what the others are compared with.

    An arm is words by language, a span, a time of day, or the keys of two steps in their order, as `change` says.
    `step` is None where the order of two steps is tried. `opt_out_limit` is the share of people (0 to 1) that may opt
    out before an arm gets no new leads.
    """

    key: str
    sequence: str
    change: Change
    arms: Mapping[str, object]
    step: str | None = None
    opt_out_limit: float | None = None

    @cached_property
    def edition(self) -> str:
        """A name for what is tried: it changes with the arms, and with nothing else. Results belong to an edition."""
        said = [self.sequence, self.step, self.change, {name: _plain(arm) for name, arm in self.arms.items()}]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]


def _plain(arm: object) -> object:
    """An arm as JSON can hold it, the same whenever it says the same."""
    if isinstance(arm, Mapping):
        return {str(language): str(words) for language, words in arm.items()}
    if isinstance(arm, tuple):
        return list(arm)
    if isinstance(arm, time):
        return arm.isoformat()
    span = cast("Span", arm)
    return [span.amount, span.unit.value]


def arm_of(experiment: Experiment, clinic: str, contact_id: str, stopped: Collection[str] = ()) -> str:
    """The arm of a person at a clinic: even shares, the same however often it is asked, whoever asks.

    Who would get a stopped arm is spread over the others in the same way; everybody else keeps theirs.
    """
    arms = sorted(experiment.arms)
    arm = arms[_drawn(experiment, clinic, contact_id, "") % len(arms)]
    left = [one for one in arms if one not in stopped]
    if arm not in stopped or not left:
        return arm
    return left[_drawn(experiment, clinic, contact_id, arm) % len(left)]


def _drawn(experiment: Experiment, clinic: str, contact_id: str, instead_of: str) -> int:
    drawn = f"{experiment.key}\n{clinic}\n{contact_id}\n{instead_of}"
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8], "big")


def with_arm(sequence: "Sequence", arm: str) -> "Sequence":
    """The sequence with one arm of its experiment in it; asked once for each arm (`Sequence.seen_by`)."""
    experiment = cast(Experiment, sequence.experiment)
    change = _order if experiment.change == "order" else _one_step
    return replace(sequence, steps=change(sequence.steps, experiment, experiment.arms[arm]))


def _one_step(steps: "tuple[Step, ...]", experiment: Experiment, arm: object) -> "tuple[Step, ...]":
    given = {_FIELD[experiment.change]: arm}
    return tuple(replace(step, **given) if step.key == experiment.step else step for step in steps)  # type: ignore[arg-type]


_FIELD = {"text": "words", "after": "after", "at": "at"}


def _order(steps: "tuple[Step, ...]", experiment: Experiment, arm: object) -> "tuple[Step, ...]":
    """Two steps in the arm's order. When something is sent belongs to the place, what is sent to the step."""
    keys = cast(tuple[str, ...], arm)
    by_key = {step.key: step for step in steps}
    coming = iter(keys)
    return tuple(
        replace(by_key[next(coming)], after=step.after, at=step.at) if step.key in keys else step for step in steps
    )


def carried(old: "Sequence", new: "Sequence", variant: str | None, drawn: str | None) -> str | None:
    """The arm of a lead that is moved to another version: its own while the same is tried, else the one drawn anew."""
    if new.experiment is None:
        return None
    same = old.experiment is not None and old.experiment.edition == new.experiment.edition
    return variant if same and variant in new.experiment.arms else drawn
