"""How long a sequence goes on, how fast, and what follows it: a person bears so much, and the caps allow so much.

Times are reckoned in days, five business days to a week: nearly right is enough to tell too many from few.
"""

from collections.abc import Iterator
from itertools import accumulate

from app.domain.checklist.sheet import Remark, Sheet
from app.domain.checklist.texts import arms_of
from app.domain.clinic import Channel, Clinic, Sequence, Span, Unit

MOST_TEXTS, MOST_DAYS = 5, 14
"""Three to five texts over a few business days is what people bear."""

MOST_TEXTS_IN_ALL, MOST_WEEKS = 10, 26
"""With all that follows: half a year is long for somebody who never answered."""

WEEK, MONTH = 7, 30


def length(sheet: Sheet) -> Iterator[Remark]:
    """Sequences that go on and on; a slow one that follows another may, but not for ever."""
    for sequence in sheet.clinic.sequences:
        path = f"sequences.{sequence.key}"
        if not is_slow(sheet.clinic, sequence):
            yield from _alone(path, sequence)
        chain = _chain(sheet.clinic, sequence)
        if len(chain) > 1 and not any(one.then == sequence.key for one in sheet.clinic.sequences):
            yield from _in_all(path, chain)


def _alone(path: str, sequence: Sequence) -> Iterator[Remark]:
    texts, days = len(_texts(sequence)), max(_days(seen) for seen in _seen(sequence))
    if texts > MOST_TEXTS:
        yield Remark("warn", "length_of_sequence", path, f"{texts} texts are more than people bear: 3 to 5 will do")
    if days > MOST_DAYS:
        message = f"it goes on for {days * 5 // WEEK:.0f} business days or so"
        yield Remark("warn", "length_of_sequence", path, message)


def _in_all(path: str, chain: list[Sequence]) -> Iterator[Remark]:
    texts = sum(len(_texts(one)) for one in chain)
    weeks = sum(max(_days(seen) for seen in _seen(one)) for one in chain) / WEEK
    behind = " and ".join(one.key for one in chain[1:])
    if texts > MOST_TEXTS_IN_ALL:
        message = f"with {behind} behind it, who never answers gets {texts} texts"
        yield Remark("warn", "length_in_all", path, message, f"{MOST_TEXTS_IN_ALL} in all will do")
    if weeks > MOST_WEEKS:
        message = f"with {behind} behind it, it goes on for {weeks:.0f} weeks"
        yield Remark("warn", "length_in_all", path, message, "end it within half a year")


def caps(sheet: Sheet) -> Iterator[Remark]:
    """Steps that come faster than the limits let texts leave: they would wait, and grow too old to be sent."""
    limits = sheet.clinic.limits
    for sequence in sheet.clinic.sequences:
        slow = is_slow(sheet.clinic, sequence)
        name, most, span = ("nurture_per_month", limits.nurture_per_month, MONTH) if slow else _weekly(sheet.clinic)
        for seen in _seen(sequence):
            fast = _first_too_many(_texts(seen), most, span)
            if fast is not None:
                index = next(n for n, step in enumerate(sequence.steps) if step.key == fast)
                message = (
                    f"{most + 1} texts come within {span} days, and limits.{name} is {most}: this one waits, and is"
                    " left out when it waits for more than two open days"
                )
                path = f"sequences.{sequence.key}.steps[{index}].after"
                yield Remark("warn", "caps", path, message, "let more time pass before it, or raise the limit")


def _weekly(clinic: Clinic) -> tuple[str, int, int]:
    return "per_week", clinic.limits.per_week, WEEK


def _first_too_many(texts: list[tuple[str, float]], most: int, span: int) -> str | None:
    """The first text that has as many before it, within the span, as there may be."""
    late = (key for n, (key, day) in enumerate(texts) if n >= most and day - texts[n - most][1] < span)
    return next(late, None)


def is_slow(clinic: Clinic, sequence: Sequence) -> bool:
    """Whether it is a nurture sequence, as `choosing.is_slow` has it for who stands in one."""
    return sequence.for_.get("track") == ("nurture",) or any(one.then == sequence.key for one in clinic.sequences)


def _chain(clinic: Clinic, sequence: Sequence) -> list[Sequence]:
    """A sequence and all that follow each other behind it."""
    by_key, chain = {one.key: one for one in clinic.sequences}, [sequence]
    while (after := by_key.get(chain[-1].then or "")) is not None and after not in chain:
        chain.append(after)
    return chain


def _seen(sequence: Sequence) -> list[Sequence]:
    """A sequence as leads see it: once, or once for each arm of what is tried in it."""
    return [sequence.seen_by(arm) for arm in arms_of(sequence) or (None,)]


def _days(sequence: Sequence) -> float:
    return sum(_in_days(step.after) for step in sequence.steps)


def _texts(sequence: Sequence) -> list[tuple[str, float]]:
    """Each text with the days that have passed when it is due."""
    days = accumulate(_in_days(step.after) for step in sequence.steps)
    return [(step.key, day) for step, day in zip(sequence.steps, days, strict=True) if step.channel is Channel.TEXT]


def _in_days(span: Span) -> float:
    return span.amount * WEEK / 5 if span.unit is Unit.BUSINESS_DAYS else span.exact().total_seconds() / 86400
