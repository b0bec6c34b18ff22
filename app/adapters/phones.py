"""Phones as people type them, told apart: a US number that can be texted, or a clear word about what is wrong.

What a number is (valid, toll-free, foreign) is decided by its first six digits, area code and exchange, so each
pair is looked up once and remembered. Territories count as the US; a number with an extension does not.
"""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

REGIONS = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
"""The US and its territories, as the numbering plan's regions."""

ORDINARY = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""Kinds of number a person may hold; toll-free, premium and personal (5xx) numbers are none."""

_PLAIN = re.compile(r"\+?[0-9 ().\-]+")
_NOT_DIGITS = re.compile(r"[^0-9]")
LONGEST = 40


class PhoneError(ValueError):
    """This is no number we can text; the message says why and never repeats it."""


def parse_us_phone(raw: str) -> str:
    """The E.164 form (`+13125550123`) of a US number in any usual form; raises `PhoneError`."""
    national = _national(raw.strip())
    refusal = _refusal(national[:6])
    if refusal:
        raise PhoneError(refusal)
    return "+1" + national


def _national(raw: str) -> str:
    """Ten digits, or a `PhoneError`."""
    if not raw or len(raw) > LONGEST:
        raise PhoneError("is not a phone number; send one like +13125550123")
    digits = _NOT_DIGITS.sub("", raw) if _PLAIN.fullmatch(raw) else _digits_of_odd_form(raw)
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    elif raw.startswith("+"):
        raise PhoneError("is not a US number; only numbers of the US and its territories are texted")
    if len(digits) != 10:
        raise PhoneError("is not a phone number; send one like +13125550123")
    return digits


def _digits_of_odd_form(raw: str) -> str:
    try:
        number = phonenumbers.parse(raw, "US")
    except NumberParseException:
        raise PhoneError("is not a phone number; send one like +13125550123") from None
    if number.extension:
        raise PhoneError("has an extension and cannot be texted; send a number without one")
    if number.country_code != 1:
        raise PhoneError("is not a US number; only numbers of the US and its territories are texted")
    return str(number.national_number)


def _sample(prefix: str) -> phonenumbers.PhoneNumber:
    # Any last four digits do: the numbering plan's patterns end their distinctions at the exchange.
    return phonenumbers.PhoneNumber(country_code=1, national_number=int(prefix + "2368"))


@lru_cache(maxsize=65536)
def _refusal(prefix: str) -> str | None:
    number = _sample(prefix)
    if not phonenumbers.is_valid_number(number):
        return "is not a phone number in use; check the area code and the digits after it"
    if phonenumbers.number_type(number) not in ORDINARY:
        return "is a toll-free, premium or personal number, which cannot be texted; send a person's own number"
    if phonenumbers.region_code_for_number(number) not in REGIONS:
        return "is not a US number; only numbers of the US and its territories are texted"
    return None
