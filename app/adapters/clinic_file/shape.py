"""The shape of a clinic file: every key there is, what its value looks like, and which keys must be there.

A record is a mapping whose keys are fixed, a `map_of` one whose keys the clinic chooses. What comes out is plain
dictionaries, lists and values, in the order of the file, with whatever was wrong left out (and noted).
"""

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.nodes import ScalarNode

from app.adapters.clinic_file import values
from app.adapters.clinic_file.page import Mistake, Spot, nearest
from app.adapters.clinic_file.times import DAY_NAMES, clock, day, exact_span, half_days, some_span, span, week
from app.adapters.clinic_file.values import (
    Reader,
    email,
    flag,
    key,
    language,
    number,
    one_of,
    phone,
    state,
    url,
    whole,
    word,
    words,
    zip_code,
    zone,
)
from app.adapters.clinic_file.values import field as field_name
from app.domain.conditions import SIGNALS
from app.domain.experiments import CHANGES
from app.domain.tasks import KINDS

CARRIERS = ("twilio",)
"""Carriers that texts can go through: the modules of `adapters/sms` by name."""

REQUESTS = ("appointment", "call", "information")
ANSWERS = ("booking_link", "help", "stop_confirmation", "safety", "acknowledge", "decline")
CHANNELS = ("text", "email", "call", "wait")
LINT_CLASSES = (
    "condition",
    "specialty",
    "result",
    "treatment",
    "money",
    "identifier",
    "promise",
    "asks_for_details",
    "link",
    "shortener",
    "placeholder",
)


def record(keys: Mapping[str, Reader], required: tuple[str, ...] = (), one_of_these: tuple[str, ...] = ()) -> Reader:
    """A reader of mappings with fixed keys; `one_of_these`: at least one of them must be there."""

    def read(spot: Spot) -> dict[str, Any]:
        entries = spot.entries()
        for name in (name for name in required if name not in entries):
            spot.wrong("missing", f"{_inside(spot)}{name} is missing")
        if one_of_these and not set(one_of_these) & set(entries):
            spot.wrong("missing", f"{_inside(spot)}one of {', '.join(one_of_these)} is missing")
        for name, one in entries.items():
            if name not in keys:
                one.wrong("unknown_key", f"{one.path} is no known key", nearest(name, keys))
        return _right({name: one.read(keys[name]) for name, one in entries.items() if name in keys})

    return read


def map_of(reader: Reader, names: Reader = key, least: int = 0) -> Reader:
    """A reader of mappings whose keys are the clinic's own."""

    def read(spot: Spot) -> dict[str, Any]:
        entries = spot.entries()
        if len(entries) < least:
            raise Mistake("missing", f"{spot.label()} needs at least {least}")
        for name, one in entries.items():
            # A key is read like a value, as a spot of its own.
            Spot(ScalarNode("tag:yaml.org,2002:str", name), one.path, one.notes).read(names)
        return _right({name: one.read(reader) for name, one in entries.items()})

    return read


def list_of(reader: Reader, least: int = 0, write: str | None = None) -> Reader:
    """A reader of lists; a single value stands for a list of one, and a wrong one leaves None in its place.

    `write` is what to write where it is empty.
    """

    def read(spot: Spot) -> tuple[Any, ...]:
        nothing = least > 0 and spot.scalar("null") is not None
        spots = [] if nothing else spot.elements()
        if len(spots) < least:
            raise Mistake("missing", f"{spot.label()} must not be empty", write)
        return tuple(one.read(reader) for one in spots)

    return read


def anything(spot: Spot) -> Any:
    """Whatever stands there, as plain data; for keys whose inside is read by whoever uses it."""
    if spot.is_mapping():
        return {name: one.read(anything) for name, one in spot.entries().items()}
    return tuple(one.read(anything) for one in spot.elements()) if spot.is_list() else spot.node.value


def conditions(spot: Spot) -> dict[str, tuple[str, ...]]:
    """What must be known of a lead: a signal such as `clicked`, a mapping of facts to values, or a list of such.

    `has` names fields, `utm.…` is any campaign field, `extra.…` any field that only this clinic's form or question has.
    """
    return _conditions(spot, FACTS)


def audience(spot: Spot) -> dict[str, tuple[str, ...]]:
    """The same, and the track that the score reached: whom a sequence is for, when a step is left out."""
    return _conditions(spot, FACTS | {"track": SOME_KEYS})


def _conditions(spot: Spot, keys: Mapping[str, Reader]) -> dict[str, tuple[str, ...]]:
    read: dict[str, tuple[str, ...]] = {}
    for one in spot.elements():
        found = _facts(one, keys) if one.is_mapping() else {"signal": (_signal(one),)}
        for name, wanted in found.items():
            if name in read and name not in ("signal", "has"):
                raise Mistake("duplicate_key", f"{spot.label()} asks for {name} twice")
            read[name] = (*read.get(name, ()), *wanted)
    return read


def _facts(spot: Spot, keys: Mapping[str, Reader]) -> dict[str, tuple[str, ...]]:
    own = {name: SOME_WORDS for name in spot.entries() if name.startswith(("utm.", "extra."))}
    read: dict[str, tuple[str, ...]] = record({**keys, **own})(spot)
    return read


def _signal(spot: Spot) -> str:
    written = spot.scalar("str")
    if written in SIGNALS:
        return str(written)
    message = f"{spot.label()} must be one of {', '.join(SIGNALS)}, or facts such as {{service: …}}"
    raise Mistake("value", message, MEANT.get(written or "") or nearest(written or "", SIGNALS))


MEANT = {
    **dict.fromkeys(("open", "opened", "click", "visited"), "clicked"),
    **dict.fromkeys(("reply", "answered", "responded", "wrote"), "replied"),
    **dict.fromkeys(("unopened", "not_opened", "not_clicked", "unclicked"), "no_click"),
    **dict.fromkeys(("unanswered", "not_replied", "no_answer", "no_response", "silent"), "no_reply"),
}
"""What people call a signal."""


def _moment(spot: Spot) -> tuple[str, ...]:
    return (f"{clock(spot):%H:%M}",)


def choices(spot: Spot) -> dict[str, tuple[str, ...]]:
    """The values of the question: a list of them, or a mapping from each to the other words that mean it."""
    read = map_of(list_of(word), word)(spot) if spot.is_mapping() else {one: () for one in list_of(word)(spot) if one}
    if len(read) < 2:
        raise Mistake("missing", f"{spot.label()} needs at least 2")
    return read


def _inside(spot: Spot) -> str:
    return f"{spot.path}: " if spot.path else ""


def _right(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was read without a mistake."""
    return {name: value for name, value in found.items() if value is not None}


# The tables.

SOME_WORDS, SOME_KEYS = list_of(word, 1), list_of(key, 1)
FACTS = {
    "service": SOME_KEYS,
    "location": SOME_KEYS,
    "source": SOME_KEYS,
    "language": list_of(language, 1),
    "request": list_of(one_of(*REQUESTS), 1),
    "has": SOME_WORDS,
    "captured_before": _moment,
    "captured_after": _moment,
    "captured_on": list_of(one_of(*DAY_NAMES), 1),
}
HOLIDAYS = record(
    {
        "calendar": one_of("US", *(f"US-{state}" for state in sorted(values.STATES))),
        "closed": list_of(day),
        "half_days": half_days,
    }
)
LOCATION = record(
    {
        "name": word,
        "zip": zip_code,
        "timezone": zone,
        "state": state,
        "hours": week,
        "holidays": HOLIDAYS,
        "booking_url": url,
        "phone": phone,
    },
    required=("name",),
)
SERVICE = record({"public_label": word, "sensitive": flag, "locations": SOME_KEYS}, required=("public_label",))
SENDER = record(
    {
        "carrier": one_of(*CARRIERS),
        "number": phone,
        "account": values.secret,
        "secret": values.secret,
        "segments_per_second": number(0.01, 1_000_000),
        "segments_per_day": whole(1, 100_000_000),
        "stop_confirmed_by": one_of("carrier", "us"),
        "locations": SOME_KEYS,
    },
    required=("carrier", "number", "account", "secret"),
)
SOURCE = record(
    {
        "auth": key,
        "consent_text": SOME_KEYS,
        "secret": values.secret,
        "fields": map_of(anything, word),
        "defaults": map_of(word, word),
        "locations": SOME_KEYS,
    }
)
TEAM = record(
    {
        "respond_within": some_span,
        "capacity": whole(1, 100_000),
        "hours": week,
        "people": SOME_WORDS,
        "away": list_of(record({"who": word, "from": day, "until": day}, required=("who", "from"))),
    },
    required=("respond_within", "capacity"),
)
PLAY = record(
    {
        "when": SOME_WORDS,
        "team": key,
        "say": words,
        "escalate": record({"after": some_span, "to": word}, required=("after", "to")),
    },
    required=("when", "say"),
)
ROUTE = record(
    {"when": record({"kind": list_of(one_of(*KINDS), 1), "words": SOME_WORDS}), "team": key},
    required=("team",),
)
SCORE_ROW = record(
    {"when": conditions, "add": whole(1, 1000), "track": key, "from": whole(0, 100_000)},
    one_of_these=("add", "track"),
)
STEP = record(
    {
        "key": key,
        "after": span,
        "at": clock,
        "text": words,
        "email": record({"subject": words, "body": words}, required=("subject", "body")),
        "call": word,
        "wait": anything,
        "if": audience,
        "unless": audience,
        "max_segments": whole(1, 10),
    },
    required=("key", "after"),
    one_of_these=CHANNELS,
)
SEQUENCE = record(
    {
        "for": audience,
        "steps": list_of(STEP, 1, "write a step, such as - {key: hello, after: 0m, text: …}"),
        "then": key,
    },
    required=("steps",),
)
ARMS: Mapping[str, Reader] = {"text": words, "after": span, "at": clock, "order": list_of(key)}
"""What an arm of an experiment looks like, by what it changes."""


def experiment(spot: Spot) -> dict[str, Any]:
    """An experiment; what its arms look like is said by its `change`, of which there is one."""
    change = spot.entries().get("change")
    written = change.scalar("str") if change else None
    if _changes_two(spot, change):
        return {}
    reader = record(
        {
            "sequence": key,
            "step": key,
            "change": one_of(*CHANGES),
            "arms": map_of(ARMS.get(written or "", anything)),
            "stop_if": record({"opt_out_rate": values.share}),
        },
        required=("sequence", "change", "arms"),
    )
    read: dict[str, Any] = reader(spot)
    return read


def _changes_two(spot: Spot, change: Spot | None) -> bool:
    """Whether more than one thing would differ, so that nobody could say which made a difference; notes that."""
    if change is not None and change.is_list():
        both = " and ".join(one.scalar("str") or "?" for one in change.elements())
        raise Mistake("two_changes", f"{spot.path} changes {both}", TRY_ONE)
    arms = spot.entries().get("arms")
    found = False
    for arm in arms.entries().values() if arms is not None and arms.is_mapping() else ():
        named = [name for name in CHANGES if arm.is_mapping() and name in arm.entries()]
        if len(named) > 1:
            arm.wrong("two_changes", f"{arm.path} changes {' and '.join(named)}", TRY_ONE)
        elif named:
            arm.wrong("value", f"{arm.path} names {named[0]} again", f"write what it is, without `{named[0]}:`")
        found = found or bool(named)
    return found


TRY_ONE = "try one of them first, and the other in another experiment"
EXPERIMENT = experiment
CLINIC = record(
    {
        "clinic": key,
        "name": word,
        "brand": key,
        "timezone": zone,
        "state": state,
        "languages": list_of(language, 1),
        "help": record({"phone": phone, "email": email}, one_of_these=("phone", "email")),
        "hours": week,
        "holidays": HOLIDAYS,
        "limits": record({name: whole(1, 1000) for name in ("per_day", "per_week", "nurture_per_month")}),
        "reply_window": exact_span,
        "resume_after": span,
        "stop_reminder_every": values.texts_between,
        "max_segments": whole(1, 10),
        "locations": map_of(LOCATION),
        "services": map_of(SERVICE),
        "senders": map_of(SENDER, least=1),
        "sources": map_of(SOURCE, least=1),
        "consent_texts": map_of(word),
        "bookings": map_of(record({"kind": key, "secret": values.secret}, required=("kind",))),
        "intake_link": url,
        "time_options": map_of(week, word),
        "answers": record(dict.fromkeys(ANSWERS, words)),
        "question": record({"ask": words, "field": field_name, "values": choices}, required=("ask", "field", "values")),
        "teams": map_of(TEAM, least=1),
        "routing": list_of(ROUTE),
        "playbook": map_of(PLAY),
        "scoring": list_of(SCORE_ROW),
        "sequences": map_of(SEQUENCE, least=1),
        "experiments": map_of(EXPERIMENT),
        "smtp": record(
            {"host": word, "port": whole(1, 65535), "user": word, "password": values.secret, "from": values.mailbox},
            required=("host", "from"),
        ),
        "test_phones": list_of(phone),
        "lint": record(
            {
                "allow": list_of(
                    record(
                        {"word": word, "class": one_of(*LINT_CLASSES), "by": word, "reason": word},
                        required=("word", "class", "by", "reason"),
                    )
                )
            }
        ),
        "approvals": list_of(record({"by": word, "on": day, "of": values.content_hash}, required=("by", "on", "of"))),
    },
    required=("clinic", "name", "timezone", "state", "hours", "help", "senders", "sources", "teams", "sequences"),
)
"""The whole file."""
