"""The people of a benchmark: as many distinct ones as needed, each with a name, a phone and a form's submission."""

from functools import cache

import orjson

from app.adapters.clinic_file import read_clinic
from app.adapters.phones import PhoneError, parse_us_phone
from benchmarks.ground import CLINIC_FILE

AREA = "773"


@cache
def _exchanges() -> tuple[str, ...]:
    return tuple(exchange for exchange in map(str, range(200, 1000)) if _in_use(exchange))


def _in_use(exchange: str) -> bool:
    try:
        return bool(parse_us_phone(f"+1{AREA}{exchange}2368"))
    except PhoneError:
        return False


def phone(number: int) -> str:
    """The phone of the person with this number, in E.164; each has another, spread over all exchanges."""
    exchanges = _exchanges()
    return f"+1{AREA}{exchanges[number % len(exchanges)]}{number // len(exchanges):04d}"


@cache
def _consent_words() -> str:
    clinic, _ = read_clinic(CLINIC_FILE.read_text())
    return clinic.consent_texts["web-2026-09"]


def submission(number: int) -> dict[str, object]:
    """What a form sends for this person: the usual fields, and consent in the words shown."""
    return {
        "first_name": f"Maria{_letters(number)}",
        "last_name": "Santos",
        "phone": phone(number),
        "email": f"maria.santos.{number}@example.com",
        "zip": "60657",
        "service": "new-patient",
        "location": "north",
        "preferred_times": "weekday mornings",
        "message": "I would like to come in some time next week, if there is a free place.",
        "utm": {"source": "search", "campaign": "autumn"},
        "consent": {
            "sms": True,
            "text": _consent_words(),
            "at": "2026-11-24T15:59:58Z",
            "method": "web_form",
            "url": "https://lakeside.example/appointment",
            "ip": "192.0.2.17",
            "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)",
        },
    }


def body(number: int) -> bytes:
    """The submission as JSON."""
    return orjson.dumps(submission(number))


def _letters(number: int) -> str:
    """A number written in small letters, so that it can stand in a name."""
    return str(number).translate(str.maketrans("0123456789", "abcdefghij"))
