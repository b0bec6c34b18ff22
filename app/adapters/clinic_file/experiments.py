"""What is wrong with an experiment: more than one thing tried, arms that do not fit it, a step that is not there.

Like `references` it works on the values already read, whatever of them was right.
"""

from collections.abc import Mapping
from typing import Any

from app.adapters.clinic_file.page import Notes, nearest
from app.adapters.clinic_file.references import at, languages
from app.domain.clinic import Span, Unit

File = Mapping[str, Any]
One = Mapping[str, Any]

MOST_ARMS = 4
"""With more, no clinic has the people to tell them apart."""


def check(file: File, notes: Notes) -> None:
    """Notes everything of that in this file."""
    taken: dict[str, str] = {}
    for path, one in at(file, "experiments.*", notes):
        _alone(path, one, taken, notes)
        steps = _steps(file, one, notes)
        _step(path, one, steps, notes)
        _arms(path, one, "at" in steps.get(str(one.get("step")), {}), languages(file)[0], notes)
        if one.get("change") == "text" and (sequence := file.get("sequences", {}).get(one.get("sequence"))):
            _no_other_says(path, one, sequence, languages(file)[0], notes)


def _alone(path: str, one: One, taken: dict[str, str], notes: Notes) -> None:
    """One experiment in a sequence at a time: two would each spoil what the other shows."""
    first = taken.setdefault(str(one.get("sequence")), path)
    if first != path and "sequence" in one:
        message = f"sequences.{one['sequence']} has an experiment already: {first} (line {notes.line(first)})"
        notes.wrong(f"{path}.sequence", "two_experiments", message, "run one after the other")


def _steps(file: File, one: One, notes: Notes) -> dict[str, Mapping[str, Any]]:
    """The steps of its sequence by key; none when there is no such sequence."""
    sequence = f"sequences.{one.get('sequence')}"
    return {step["key"]: step for _, step in at(file, f"{sequence}.steps[]", notes) if "key" in step}


def _step(path: str, one: One, steps: dict[str, Mapping[str, Any]], notes: Notes) -> None:
    change, step, sequence = one.get("change"), one.get("step"), f"sequences.{one.get('sequence')}"
    if change == "order":
        if step is not None:
            one_of_them = any(step in keys for keys in one.get("arms", {}).values())
            note = notes.warn if one_of_them else notes.wrong
            note(f"{path}.step", "value", f"{path} tries an order: its arms name the steps", "leave `step` out")
    elif step is None and change is not None and f"{path}.step" not in notes.lines:
        notes.wrong(path, "missing", f"{path}: step is missing", "name the step that changes")
    elif step is not None and steps and step not in steps:
        notes.wrong(f"{path}.step", "reference", f"{sequence} has no step {step!r}", nearest(step, steps))
    elif change == "text" and steps and step in steps and "text" not in steps[step]:
        notes.wrong(f"{path}.step", "value", f"{sequence} sends no text at {step!r}", _a_text(steps))
    for name, keys in one.get("arms", {}).items() if change == "order" and steps else ():
        _ordered(f"{path}.arms.{name}", keys, sequence, steps, notes)


def _a_text(steps: Mapping[str, Mapping[str, Any]]) -> str:
    return f"name a step that is a text: {', '.join(key for key, step in steps.items() if 'text' in step)}"


def _ordered(path: str, keys: tuple[str, ...], sequence: str, steps: Mapping[str, Any], notes: Notes) -> None:
    for key in (key for key in keys if key is not None and key not in steps):
        notes.wrong(path, "reference", f"{sequence} has no step {key!r}", nearest(key, steps))
    if len(keys) != 2 or len(set(keys)) != 2:
        notes.wrong(path, "value", f"{path} must name two steps in their order", "such as [confirm, options]")


def _arms(path: str, one: One, timed: bool, first: str, notes: Notes) -> None:
    arms = one.get("arms")
    if arms is None:
        return
    inside = (each.removeprefix(f"{path}.arms.") for each in notes.lines if each.startswith(f"{path}.arms."))
    written = [each for each in inside if "." not in each and "[" not in each]
    if len(written) < 2:
        notes.wrong(f"{path}.arms", "missing", f"{path}.arms needs at least 2", "write what is tried beside what is")
    if len(written) > MOST_ARMS:
        notes.wrong(f"{path}.arms", "value", f"{path}.arms may have {MOST_ARMS} at most", "try the best two first")
    _differ(path, {name: _said(_lasts(arm, timed), first) for name, arm in arms.items()}, notes)
    if one.get("change") == "order":
        _same_steps(path, arms, notes)


def _differ(path: str, said: Mapping[str, Mapping[str, object]], notes: Notes) -> None:
    """No two arms are the same; where they are in one language, nothing is tried with those who speak it."""
    for number, (name, arm) in enumerate(said.items()):
        for other, before in list(said.items())[:number]:
            here, there = f"{path}.arms.{name}", f"{path}.arms.{other}"
            same = [language for language, words in arm.items() if before.get(language) == words]
            if arm and arm == before:
                notes.wrong(here, "same_arm", f"{here} is the same as {there}", "make one of them differ")
            elif same:
                notes.warn(here, "same_arm", f"{here} is the same as {there} in {', '.join(same)}")


def _lasts(arm: object, timed: bool) -> object:
    """A delay by its minutes where it has a number of them: as a day has, unless it is a day to a time of day."""
    minutes = {Unit.MINUTES: 1, Unit.HOURS: 60, **({} if timed else {Unit.DAYS: 24 * 60})}
    return arm.amount * minutes[arm.unit] if isinstance(arm, Span) and arm.unit in minutes else arm


def _said(arm: object, first: str) -> dict[str, object]:
    """What an arm says, as what can be compared: words by language, anything else as one thing."""
    if not isinstance(arm, Mapping):
        return {"": arm}
    return {language or first: words_of(words) for language, words in arm.items()}


def words_of(text: str) -> str:
    """A text without what does not count when two are compared."""
    return " ".join(text.casefold().split())


def _no_other_says(path: str, one: One, sequence: File, first: str, notes: Notes) -> None:
    """An arm says something else than the other steps of its sequence: nobody is told the same twice."""
    others: dict[object, str] = {}
    for index, step in enumerate(sequence.get("steps") or ()):
        if step and step.get("key") != one.get("step"):
            said = _said(step.get("text") or {}, first)
            others |= dict.fromkeys(said.items(), f"sequences.{one['sequence']}.steps[{index}].text")
    for name, arm in one.get("arms", {}).items():
        for pair in _said(arm, first).items():
            if pair in others:
                here, why = f"{path}.arms.{name}", f"says the same as {others[pair]}"
                notes.wrong(
                    here, "same_text", f"{here} {why} (line {notes.line(others[pair])})", "say it in other words"
                )


def _same_steps(path: str, arms: Mapping[str, tuple[str, ...]], notes: Notes) -> None:
    """All arms are about the same two steps."""
    named = {name: frozenset(keys) for name, keys in arms.items() if len(set(keys)) == 2}
    for name, keys in named.items():
        first = next(iter(named))
        if keys != named[first]:
            here, steps = f"{path}.arms.{name}", " and ".join(sorted(named[first]))
            notes.wrong(here, "two_changes", f"{here} is not about {steps}, as {first} is", "try one pair of steps")
