"""Rehearsal: a test lead that walks its sequence in minutes, at any hour, so that people see it before patients do.

How to think of it: everything is real, the words, the carrier, the reading of replies, the tasks; only time is not.
The calendar still says when each step would be due, and that distance is shortened. Nothing of this moves a text to
anybody but staff: the gate waives hours and caps only for a test lead on a phone that test leads may be sent to.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from app.domain.choosing import Choice
from app.domain.clinic import Clinic, Sequence
from app.domain.contact import Lead

FIELD = "rehearse"
"""The form's field that asks for it, beside `test: true`: `speed`, `sequence` and the `arm` of its experiment."""

SPEED = "1d=1m"
"""A day of the sequence takes a minute, unless somebody says otherwise."""

FASTEST = 10_000_000
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPEED = re.compile(r"(\d{1,6})([smhdw])\s*=\s*(\d{1,6})([smhdw])")


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """How a lead is rehearsed: how many times faster than life; and its sequence and arm, if not those it would get."""

    times: float
    sequence: str | None = None
    arm: str | None = None


def speed_of(written: str) -> float:
    """How many times faster than life `1d=1m` is; raises ValueError for what is no speed, or slower than life."""
    found = _SPEED.fullmatch(written.strip())
    if found is None:
        raise ValueError("must say what becomes of a day, such as 1d=1m or 1d=10s")
    life, stage = (
        timedelta(**{UNITS[unit]: int(number)}) for number, unit in ((found[1], found[2]), (found[3], found[4]))
    )
    if not stage or not 1 <= life / stage <= FASTEST:
        raise ValueError(f"must be from 1 to {FASTEST} times as fast as life, such as 1d=1m")
    return life / stage


def read(asked: object) -> Rehearsal:
    """What a form's `rehearse` says; raises ValueError with what is wrong with it."""
    if not isinstance(asked, Mapping):
        raise ValueError('must be an object such as {"speed": "1d=1m", "sequence": "gentle"}')
    speed, sequence, arm = asked.get("speed", SPEED), asked.get("sequence"), asked.get("arm")
    if unknown := sorted(set(map(str, asked)) - {"speed", "sequence", "arm"}):
        raise ValueError(f"knows speed, sequence and arm, not {', '.join(unknown)}")
    if not isinstance(speed, str) or not isinstance(sequence, str | None) or not isinstance(arm, str | None):
        raise ValueError('must look like {"speed": "1d=1m", "sequence": "gentle"}')
    return Rehearsal(times=speed_of(speed), sequence=sequence, arm=arm)


def mistake(clinic: Clinic, asked: Rehearsal) -> str | None:
    """What this clinic does not know of it; None when it can be rehearsed."""
    known = {one.key: one for one in clinic.sequences}
    if asked.sequence is not None and asked.sequence not in known:
        return f"names no sequence of this clinic; {_instead(asked.sequence, known)}"
    meant = known.values() if asked.sequence is None else [known[asked.sequence]]
    arms = {arm for one in meant if one.experiment for arm in one.experiment.arms}
    if asked.arm is not None and asked.arm not in arms:
        return f"names no arm of an experiment; {_instead(asked.arm, arms)}"
    return None


def _instead(written: str, known: Iterable[str]) -> str:
    """The word that was probably meant, and all that there are."""
    all_of_them = f"known are: {', '.join(sorted(known)) or 'none'}"
    near = get_close_matches(written, list(known), n=1)
    return f"did you mean {near[0]}? K{all_of_them[1:]}" if near else all_of_them


def rehearsal_of(lead: Lead | None) -> Rehearsal | None:
    """How this lead is rehearsed; None for every lead that is no test, and for a test that is to be like life."""
    return asked_by(lead.facts) if lead is not None and lead.test else None


def ends_with_its_sequence(lead: Lead) -> bool:
    """Whether this lead rehearses one sequence by name: then what follows that sequence is not played."""
    rehearsal = rehearsal_of(lead)
    return rehearsal is not None and rehearsal.sequence is not None


def asked_by(facts: Mapping[str, object]) -> Rehearsal | None:
    """The rehearsal that a test lead's facts ask for; nothing that could not be read counts as one."""
    extra = facts.get("extra")
    asked = extra.get(FIELD) if isinstance(extra, Mapping) else None
    try:
        return None if asked is None else read(asked)
    except ValueError:
        return None


def hastened(lead: Lead, since: datetime, moment: datetime) -> datetime:
    """When a moment comes for this lead that in life comes at `moment`, counted from `since`."""
    rehearsal = rehearsal_of(lead) if lead.test else None
    return moment if rehearsal is None or moment <= since else since + (moment - since) / rehearsal.times


def choice(clinic: Clinic, lead: Lead) -> Choice | None:
    """The sequence that is to be rehearsed with this lead, whatever its facts; None where the form names none."""
    rehearsal = rehearsal_of(lead)
    wanted = rehearsal.sequence if rehearsal else None
    found = next((one for one in clinic.sequences if one.key == wanted), None)
    return Choice(sequence=found, because=("it is rehearsed",)) if found else None


def arm(sequence: Sequence, lead: Lead) -> str | None:
    """The arm that is to be rehearsed in this sequence; None where the form names none that it has."""
    rehearsal = rehearsal_of(lead)
    tried = sequence.experiment
    return rehearsal.arm if rehearsal and tried and rehearsal.arm in tried.arms else None
