"""Made-up leads: as various as the real ones, and the same for the same seed.

They live all over the country (not seldom with a number from elsewhere), write at any hour, in several languages,
with consent or without, and some write twice. Their forms go through the same reading as a real form's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from app.adapters.lead_form import LeadIn
from app.adapters.phones import PhoneError, parse_us_phone
from app.domain.clinic import Clinic
from app.simulation.scripts import Form, source_at

HOMES = """
AL 205 35203, AK 907 99501, AZ 602 85004, AR 501 72201, CA 415 94103, CA 213 90012, CO 303 80202, CT 203 06510,
DC 202 20005, DE 302 19801, FL 305 33130, FL 850 32501, GA 404 30303, HI 808 96813, IA 515 50309, ID 208 83702,
IL 312 60601, IL 773 60657, IN 317 46204, IN 219 46320, KS 316 67202, KY 502 40202, KY 270 42101, LA 504 70112,
MA 617 02108, MD 410 21201, ME 207 04101, MI 313 48226, MI 906 49855, MN 612 55401, MO 314 63101, MS 601 39201,
MT 406 59101, NC 704 28202, ND 701 58102, NE 402 68102, NE 308 69361, NH 603 03101, NJ 201 07302, NM 505 87102,
NV 702 89101, NY 212 10001, OH 614 43215, OK 405 73102, OR 503 97204, OR 541 97914, PA 215 19103, RI 401 02903,
SC 803 29201, SD 605 57701, TN 615 37203, TN 423 37402, TX 512 78701, TX 915 79901, UT 801 84101, VA 804 23219,
VT 802 05401, WA 206 98101, WI 414 53202, WV 304 25301, WY 307 82001, PR 787 00901
"""
"""State, area code, ZIP: every state, and the split ones twice."""

NAMES = (
    *("Maria", "Ana", "Luis", "Sofia", "James", "Linda", "Robert", "Patricia", "Wei", "Aisha", "Olga", "Kofi", "Noor"),
    *("Diego", "Carmen", "Emma", "Noah", "Ruth", "Samuel", "Grace", "José", "Zoë", "Björn", "Mary-Jo", "Łucja"),
    *("D'Angelo", "🙂", "https://evil.example"),
)
WISHES = ("weekday mornings", "after 5 pm", "Tuesday or Thursday", "lo antes posible", "Saturday 10 am")
MESSAGES = ("Please let me know about open times.", "Necesito una cita pronto.", "My daughter needs a visit.", "")
BUSY_HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 9, 9, 8, 8, 8, 7, 7, 7, 8, 9, 9, 8, 7, 5, 3)
"""How many forms come in each hour of the clinic's day, as weights: evenings too, and some in the night."""


@dataclass(frozen=True)
class Home:
    """Where somebody lives, and the area code there."""

    state: str
    area: str
    zip: str


@lru_cache(maxsize=1)
def homes() -> tuple[Home, ...]:
    """Every home there is."""
    return tuple(Home(*row.split()) for row in HOMES.replace("\n", " ").split(","))


def one_lead(clinic: Clinic, at: datetime, source: str | None) -> Form:
    """Somebody who asks for an appointment near the clinic and agrees to texts in the words on file."""
    home = next((one for one in homes() if one.state == clinic.state), homes()[0])
    body = {
        "first_name": "Maria",
        "phone": f"+1{home.area}{_exchanges(home.area)[0]}0142",
        "service": next(iter(clinic.services), None),
        "location": next(iter(clinic.locations), None),
        "preferred_times": WISHES[0],
        "request": "appointment",
        "consent": _agreement(clinic, source) | {"at": at},
    }
    return Form(name="1", at=at, form=LeadIn.model_validate(body))


def random_leads(
    clinic: Clinic,
    count: int,
    seed: int,
    begins: datetime,
    span: timedelta,
    source: str | None,
    beside: Sequence[Clinic] = (),
) -> Iterator[Form]:
    """So many leads over a span of time, in the order of their numbers, which are their names.

    The same arguments give the same leads. With clinics `beside` each comes to one of all, and who writes again may
    write to another.
    """
    earlier: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        dice = Random(f"{seed}/lead/{number}")  # noqa: S311 - made-up people, not secrets
        at_clinic = dice.choice((clinic, *beside)) if beside else clinic
        at = _arrival(dice, at_clinic, begins, span)
        body = _body(dice, at_clinic, source_at(at_clinic, source) if beside else source, at)
        if earlier and dice.random() < 0.08:
            body = _again(dice, body, dice.choice(earlier), at_clinic)
        if len(earlier) < 200:
            earlier.append(body)
        yield Form(name=str(number), at=at, form=LeadIn.model_validate(body), clinic=at_clinic.key)


def _arrival(dice: Random, clinic: Clinic, begins: datetime, span: timedelta) -> datetime:
    """Some moment of some day, more often in waking hours of the clinic's zone."""
    day = begins + timedelta(days=dice.randrange(max(1, span.days)))
    hour = dice.choices(range(24), BUSY_HOURS)[0]
    local = day.astimezone(ZoneInfo(clinic.hours.zone)).replace(
        hour=hour, minute=dice.randrange(60), second=dice.randrange(60), microsecond=0
    )
    at = local.astimezone(UTC)
    return at if begins <= at < begins + span else begins + timedelta(seconds=dice.randrange(int(span.total_seconds())))


def _body(dice: Random, clinic: Clinic, source: str | None, at: datetime) -> dict[str, Any]:
    """What a form sends: fields are there or not, as people fill them in."""
    home = dice.choice(homes())
    body: dict[str, Any] = {"first_name": dice.choice(NAMES), "phone": _phone(dice, _number_from(dice, home).area)}
    optional: dict[str, tuple[float, Any]] = {
        "zip": (0.5, home.zip),
        "state": (0.4, home.state),
        "language": (0.7, dice.choice((*clinic.languages, "es-MX", "pt"))),
        "service": (0.8, dice.choice(sorted(clinic.services) or [None])),
        "location": (0.8, dice.choice(sorted(clinic.locations) or [None])),
        "preferred_times": (0.5, dice.choice(WISHES)),
        "message": (0.3, dice.choice(MESSAGES)),
        "email": (0.4, f"person{dice.randrange(10**6)}@example.com"),
        "request": (0.6, dice.choices(("appointment", "call", "information"), (8, 1, 1))[0]),
        "preferred_channel": (0.3, dice.choices(("sms", "call", "email"), (6, 1, 1))[0]),
        "utm": (0.2, {"source": "search", "campaign": "autumn"}),
        "timezone": (0.1, dice.choice(("America/New_York", "America/Chicago", "America/Denver", "Pacific/Honolulu"))),
        "consent": (0.95, _consent(dice, clinic, source, at)),
    }
    body |= {name: value for name, (share, value) in optional.items() if dice.random() < share}
    if dice.random() < 0.02:
        body["test"] = True
        body["phone"] = dice.choice([body["phone"], *sorted(clinic.test_phones)])
    return body


def _number_from(dice: Random, home: Home) -> Home:
    """People move and keep their number."""
    return dice.choice(homes()) if dice.random() < 0.15 else home


def _consent(dice: Random, clinic: Clinic, source: str | None, at: datetime) -> dict[str, Any]:
    """Mostly yes, in the words on file; sometimes no, in other words, ticked beforehand, or long ago."""
    given = _agreement(clinic, source) | {
        "at": at - timedelta(seconds=dice.randrange(30)),
        "ip": f"192.0.2.{dice.randrange(256)}",
    }
    flaws: tuple[dict[str, Any], ...] = (
        {},
        {"sms": False},
        {"text": "I agree to be contacted."},
        {"text": None},
        {"prechecked": True},
        {"at": at - timedelta(days=200)},
    )
    return given | dice.choices(flaws, (90, 3, 3, 1, 1, 2))[0]


def _agreement(clinic: Clinic, source: str | None) -> dict[str, Any]:
    """Consent in the words that the source shows, if it has any."""
    known = clinic.sources.get(source or "")
    words = [clinic.consent_texts[key] for key in known.consent_texts if key in clinic.consent_texts] if known else []
    return {"sms": True, "text": words[0] if words else "I agree to receive texts.", "method": "web_form"}


def _again(dice: Random, body: dict[str, Any], before: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """A phone that wrote before: the same person with the same or another wish, or somebody else of the house."""
    kept = dice.choice((("phone",), ("phone", "first_name"), ("phone", "first_name", "service", "location")))
    again = {name: value for name, value in body.items() if name not in kept} | {
        name: before[name] for name in kept if name in before
    }
    known = {"service": clinic.services, "location": clinic.locations}
    return {name: value for name, value in again.items() if name not in known or value in known[name]}


def _phone(dice: Random, area: str) -> str:
    return f"+1{area}{dice.choice(_exchanges(area))}{dice.randrange(10000):04d}"


@lru_cache(maxsize=256)
def _exchanges(area: str) -> tuple[str, ...]:
    """A few exchanges that are in use in an area code, always the same."""
    found = (str(exchange) for exchange in range(220, 1000, 37) if _in_use(f"{area}{exchange}"))
    return tuple(found)[:8]


def _in_use(prefix: str) -> bool:
    try:
        return bool(parse_us_phone(f"+1{prefix}2368"))
    except PhoneError:
        return False
