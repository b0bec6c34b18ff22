"""Moving: where a lead that is on its way stands in a newer version of its sequence. By step key, never by number.

How to think of it: a step's key is its name for ever. A lead that waits for `options` waits for `options` in the new
version, wherever that stands now; if it is gone, for the next step of the old order that is still there. What a lead
has behind it stays behind it: a step that now stands later is not said again.
"""

from dataclasses import replace

from app.domain.changing import changed
from app.domain.clinic import Sequence, Step
from app.domain.contact import Lead
from app.domain.course import Course, Told


def place(old: Sequence, new: Sequence, step: int) -> int | None:
    """The index in `new` for a lead that stands before step `step` of `old`; past the last, the number of steps.

    None when the two share no step by which to tell, and the lead has begun: it stays where it is.
    """
    places = {one.key: number for number, one in enumerate(new.steps)}
    ahead = next((places[one.key] for one in old.steps[step:] if one.key in places), None)
    if ahead is not None:
        return ahead
    behind = next((places[one.key] + 1 for one in reversed(old.steps[:step]) if one.key in places), None)
    return 0 if behind is None and step == 0 else behind


def moved(lead: Lead, old: Sequence, new: Sequence, variant: str | None = None) -> Lead | None:
    """The lead in the new version, at its place; None when it has none there. Plans are the caller's business.

    Both are as the lead sees them, `new` with the arm `variant` (`experiments.carried`).
    """
    to = place(old, new, lead.step)
    if to is None:
        return None
    course = _with_behind(lead.course, new.key, old.steps[: lead.step], new.steps[to:])
    return changed(lead, version=new.version, variant=variant, step=to, course=course)


def _with_behind(course: Course, sequence: str, behind: tuple[Step, ...], ahead: tuple[Step, ...]) -> Course:
    """The memory with those steps behind the lead that the new order would come to again.

    What was sent is remembered already; what was skipped or dropped, or sent before there was a memory, is not.
    """
    known = {one.step for one in course.told if one.sequence == sequence}
    again = {one.key for one in ahead} & {one.key for one in behind} - known
    had = tuple(Told(id="", sequence=sequence, step=one.key) for one in behind if one.key in again)
    return replace(course, told=(*course.told, *had)) if had else course
