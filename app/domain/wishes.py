"""When somebody wants to come, as far as the words are certain: days, parts of the day, times, local to the clinic.

How to think of it: the text is said plainly as for any reading, then searched for days and for times, each by its own
small table. A wish is plain data; what is ambiguous stays words: "3" alone is no time, "10/11" with two readings is no
date, "maybe next month" is no day. A negation ("not Mondays") turns the days it names into `not_weekdays`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from app.domain.replies.rows import either
from app.domain.replies.saying import say_plainly

Window = tuple[date | int | None, time, time]
"""A date, a weekday (Monday is 0) or any day; from, until. Local to the clinic."""

OPENS, CLOSES = time(0), time(23, 59)
PARTS: dict[str, tuple[time, time]] = {
    "morning": (time(6), time(12)),
    "midday": (time(11), time(14)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(21)),
}
"""The parts of a day, as a clinic's front desk would take them."""


@dataclass(frozen=True)
class Wish:
    """Certain wishes about time: any of these days, in any of these parts or between these times.

    `dates` are local dates, `weekdays` and `not_weekdays` numbers with Monday 0, `parts` names out of `PARTS`, `ranges`
    pairs of local times. Empty means that nothing certain was said of it.
    """

    dates: tuple[date, ...] = ()
    weekdays: tuple[int, ...] = ()
    not_weekdays: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    ranges: tuple[tuple[time, time], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The wish as JSON can hold it; dates as `2026-11-24`, times as `15:00`, what was not said left out."""
        told: dict[str, Any] = {
            "dates": [day.isoformat() for day in self.dates],
            "weekdays": [_DAY_NAMES[number] for number in self.weekdays],
            "not_weekdays": [_DAY_NAMES[number] for number in self.not_weekdays],
            "parts": list(self.parts),
            "ranges": [{"from": _clock(begin), "until": _clock(end)} for begin, end in self.ranges],
        }
        return {name: value for name, value in told.items() if value}

    @property
    def windows(self) -> tuple[Window, ...]:
        """The wish as windows, one a day and time: what a clinic's own times can be held against."""
        spoken: tuple[date | int | None, ...] = (*self.dates, *self.weekdays)
        others = (
            tuple(number for number in range(7) if number not in self.not_weekdays) if self.not_weekdays else (None,)
        )
        times = (*self.ranges, *(PARTS[part] for part in self.parts)) or ((OPENS, CLOSES),)
        return tuple((day, begin, end) for day in spoken or others for begin, end in times)

    def __iter__(self) -> Iterator[Window]:
        return iter(self.windows)


def read_wish(text: str, today: date) -> Wish | None:
    """What a text certainly asks for, or None when it names no day and no time.

    `today` is the clinic's local date; "tomorrow" and "the 14th" count from it and never mean a day that is over.
    """
    words = _HALF.sub(r"\1 thirty", _NOT_FOR_THE_VISIT.sub(" ", say_plainly(_DASH.sub(r"\1 to \2", text)).words))
    barred = {number for found in _BARRED.finditer(words) for number in _weekdays(found[0])}
    named = _BARRED.sub(" ", words)
    dates, named = _take_dates(named, today)
    ranges, named = _take_ranges(named)
    weekdays = _weekdays(named) - barred
    if _NEXT_WEEK.search(named):
        dates |= _week_after(today, weekdays or set(range(7)) - barred)
        weekdays = set()
    wish = Wish(
        dates=tuple(sorted(dates)),
        weekdays=tuple(sorted(weekdays)),
        not_weekdays=tuple(sorted(barred)),
        parts=() if ranges else _parts(named),
        ranges=tuple(ranges),
    )
    return wish if wish != Wish() else None


def _clock(at: time) -> str:
    return at.isoformat("minutes")


# --- days --------------------------------------------------------------------------------------------------------

_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_WORDS = {
    **{name: {number} for number, name in enumerate(_DAY_NAMES)},
    **{f"{name}s": {number} for number, name in enumerate(_DAY_NAMES)},
    **dict(zip("lunes martes miercoles jueves viernes sabado domingo".split(), ({n} for n in range(7)), strict=True)),  # noqa: SIM905
    "sabados": {5},
    "domingos": {6},
    "weekday": set(range(5)),
    "weekdays": set(range(5)),
    "weekend": {5, 6},
    "weekends": {5, 6},
    "entre semana": set(range(5)),
    "fin de semana": {5, 6},
}
_DAYS = "|".join(sorted(_DAY_WORDS, key=len, reverse=True))
_DAY = re.compile(rf"\b(?:{_DAYS})\b")
_LIST = rf"(?:{_DAYS})(?:(?: (?:and|or|y|o|ni|nor|los|on))* (?:{_DAYS}))*"
_BARRED = re.compile(
    rf"\b(?:not|no|except|never|cant(?: (?:do|make|come))?|but not|excepto|menos|no puedo|any day but|wont work)"
    rf"(?: (?:on|for|available|free|any|it|los|el|me|queda|good|a))* {_LIST}"
    rf"|(?:{_DAYS}) (?:isnt|arent|is not|wont|doesnt|dont|no|is no)(?: (?:work|good|possible|me|sirve|puedo|queda))+\b"
)
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "january jan enero",
            "february feb febrero",
            "march marzo",
            "april apr abril",
            "may mayo",
            "june jun junio",
            "july jul julio",
            "august aug agosto",
            "september sept sep septiembre",
            "october oct octubre",
            "november nov noviembre",
            "december dec diciembre",
        ),
        1,
    )
    for word in words.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{_MONTH}) (?:the )?(?P<day>\d\d?)(?:st|nd|rd|th)?\b(?!:)"
    rf"|\b(?P<day2>\d\d?)(?:st|nd|rd|th)? (?:of |de )?(?P<month2>{_MONTH})\b"
)
_NTH = re.compile(
    r"\b(?:the )?(?P<day>\d\d?)(?:st|nd|rd|th)\b|\b(?:el|dia)(?: dia)? (?P<day2>\d\d?)\b(?! (?:am|pm|de la))"
)
_NEXT_WEEK = re.compile(
    r"\b(?:(?:next|the following) week|(?:proxima|otra|siguiente) semana|semana (?:que (?:viene|entra)|entrante))\b"
)
_SLASHED = re.compile(r"\b(\d\d?)/(\d\d?)\b")
_FROM_TODAY = (
    (re.compile(r"\b(?:day after tomorrow|pasado manana)\b"), 2),
    (re.compile(r"\b(?:tomorrow|(?<!la )(?<!las )manana(?! (?:y|o|es|por favor|esta) ))\b"), 1),
    (re.compile(r"\b(?:today|tonight|hoy)\b"), 0),
)
_NOT_FOR_THE_VISIT = re.compile(
    r"\b(?:last|past|since|ayer|pasado(?! manana)|yesterday) (?:\w+ )?(?:" + _DAYS + r"|night|week|noche)\b"
    r"|\b(?:good|happy|great|nice|buenos?|buenas|feliz) (?:morning|afternoon|evening|dias?|tardes|" + _DAYS + r")\b"
)


def _weekdays(words: str) -> set[int]:
    return set().union(*(_DAY_WORDS[found[0]] for found in _DAY.finditer(words)))


def _week_after(today: date, weekdays: set[int]) -> set[date]:
    monday = today + timedelta(days=7 - today.weekday())
    return {monday + timedelta(days=number) for number in weekdays}


def _take_dates(words: str, today: date) -> tuple[set[date], str]:
    """The dates that words name, and the words without them."""
    dates: set[date] = set()
    for pattern, days in _FROM_TODAY:
        if pattern.search(words):
            dates.add(today + timedelta(days=days))
            words = pattern.sub(" tonight " if days == 0 and "tonight" in words else " ", words)
    for pattern in (_MONTH_DAY, _SLASHED, _NTH):
        for found in pattern.finditer(words):
            dates.update(_date_of(found, today))
        words = pattern.sub(" ", words)
    return dates, words


def _date_of(found: re.Match[str], today: date) -> set[date]:
    """The next such date; none where it cannot be told or does not exist."""
    named = found.groupdict()
    if not named:
        # 11/24 can only be a US date; 24/11 only the other way round; both possible and different is no certainty.
        first, second = int(found[1]), int(found[2])
        return _next(first, second, today) if second > 12 or first == second else set()
    day = int(named.get("day") or named.get("day2") or 0)
    month = named.get("month") or named.get("month2")
    return _next(_MONTHS[month], day, today) if month else _next_of_month(day, today)


def _next(month: int, day: int, today: date) -> set[date]:
    for year in (today.year, today.year + 1):
        try:
            meant = date(year, month, day)
        except ValueError:
            return set()
        if meant >= today:
            return {meant}
    return set()


def _next_of_month(day: int, today: date) -> set[date]:
    for ahead in range(2):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        try:
            meant = date(year, month + 1, day)
        except ValueError:
            continue
        if meant >= today:
            return {meant}
    return set()


# --- times -------------------------------------------------------------------------------------------------------

_DASH = re.compile(r"(\d(?: ?[ap]m)?) ?[-–—] ?(\d)", re.IGNORECASE)
_HALF = re.compile(r"\bhalf past (\w+)")
_HOURS = {
    word: number
    for number, words in enumerate(
        (
            *("one una", "two dos", "three tres", "four cuatro", "five cinco", "six seis"),
            *("seven siete", "eight ocho", "nine nueve", "ten diez", "eleven once", "twelve doce"),
        ),
        1,
    )
    for word in words.split()
}
_SPOKEN = "|".join(_HOURS)
_TIME = (
    rf"(?:noon|midday|mediodia|(?:las? )?(?:\d\d?:\d\d|\d\d?|{_SPOKEN})(?: ?(?:oclock|thirty|y media|en punto))?"
    r"(?: ?(?:am|pm|a|p|de la (?:manana|tarde|noche)|in the (?:morning|afternoon|evening)))?)"
)
_BETWEEN = re.compile(rf"\b(?:between|from|entre|desde|de) ({_TIME}) (?:and|to|till|until|y|a|hasta) ({_TIME})\b")
_DASHED = re.compile(r"\b(\d\d?(?::\d\d)?) ?(?:to|til|till|until|a|-) ?(\d\d?(?::\d\d)? ?(?:am|pm))\b")
_AFTER = re.compile(
    rf"\b(?:after|from|not before|later than|finish at|off at|get off at|off work at|done at|work (?:until|till)"
    rf"|despues de|a partir de|desde|salgo a|no antes de|trabajo hasta) ({_TIME})\b"
)
_BEFORE = re.compile(rf"\b(?:before|by|until|till|no later than|not after|antes de|hasta|no despues de) ({_TIME})\b")
_AT = re.compile(
    rf"\b(?:at|around|about|a|como a|tipo|sobre) ({_TIME})\b"
    rf"|\b((?:\d\d?:\d\d|\d\d?) ?(?:am|pm)|\d\d?:\d\d|noon|midday|mediodia|(?:{_SPOKEN}|\d\d?) (?:oclock|thirty))\b"
)


def _take_ranges(words: str) -> tuple[list[tuple[time, time]], str]:
    """The certain times that words name, as ranges, and the words without them; a single time is the hour from it."""
    ranges: list[tuple[time, time]] = []
    for pattern, make in _READERS:
        for found in pattern.finditer(words):
            times = [_time_of(part, words) for part in found.groups() if part]
            if all(times) and (made := make(*[at for at in times if at])):
                ranges.append(made)
        words = pattern.sub(" ", words)
    return ranges, words


def _hour_from(at: time) -> tuple[time, time]:
    return at, time(min(at.hour + 1, 23), at.minute if at.hour < 23 else 59)


_READERS = (
    (_BETWEEN, lambda begin, end: (begin, end) if begin < end else None),
    (_DASHED, lambda begin, end: (begin, end) if begin < end else None),
    (_AFTER, lambda begin: (begin, CLOSES)),
    (_BEFORE, lambda end: (OPENS, end)),
    (_AT, _hour_from),
)


def _time_of(spoken: str, words: str) -> time | None:
    """A spoken time on the clock; an hour without am or pm is a clinic's: 7 to 11 mornings, 12 to 6 afternoons."""
    if re.search("noon|midday|mediodia", spoken):
        return time(12)
    found = re.search(rf"(\d\d?)(?::(\d\d))?|\b({_SPOKEN})\b", spoken)
    if found is None:
        return None
    hour, minute = (_HOURS[found[3]] if found[3] else int(found[1])), int(found[2] or 0)
    minute = 30 if re.search("thirty|media", spoken) else minute
    if hour > 23 or minute > 59:
        return None
    return time(_of_day(hour, spoken, words), minute)


def _of_day(hour: int, spoken: str, words: str) -> int:
    if hour > 12 or hour == 0:
        return hour
    late = re.search(r"pm\b|\dp\b|tarde|noche|afternoon|evening|tonight", spoken) is not None
    early = re.search(r"am\b|\da\b|manana|morning", spoken) is not None
    if not late and not early:
        late = hour < 7 or hour == 12 or (hour < 10 and re.search(r"\b(?:evening|tonight|noche)\b", words) is not None)
    return hour % 12 + (12 if late else 0)


_PART_WORDS = {
    "morning": re.compile(
        either("mornings?, (por|en|de) las? mananas?, before (noon|lunch), tempran(o|ito), early, am")
    ),
    "midday": re.compile(either("lunch ?time, lunch, noon, midday, mediodia")),
    "afternoon": re.compile(either("afternoons?, (por|en|de) las? tardes?, tarde, tardes, after lunch, after school")),
    "evening": re.compile(either("evenings?, after work, tonight, (por|en|de) las? noches?, despues del trabajo")),
}


def _parts(words: str) -> tuple[str, ...]:
    return tuple(part for part, said in _PART_WORDS.items() if re.search(rf"\b(?:{said.pattern})\b", words))
