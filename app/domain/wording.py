"""The words of a text: fill in a template, keep a lead's own strings harmless, count what the carrier counts.

Three things can go wrong between a clinic's template and a phone, and each has one answer here. A template may
reach for more than it should: it is compiled in a sandbox that knows nine variables and no loops. A value may
carry what a stranger typed into a form: `clean_name` leaves a name and nothing else. A pretty quote may double
the price: `plain` replaces it, and `measure` counts parts as carriers do.

The order of use is `pick`, `render`, `plain`, `measure`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

ALLOWED = frozenset(
    {
        "first_name",
        "service",
        "location",
        "clinic_name",
        "booking_link",
        "intake_link",
        "time_options",
        "help_phone",
        "question",
    }
)
"""What a template may name. Anything else of the lead's could be health data, and a text is not private."""

NAME_LIMIT = 30
"""Longest name that enters a text, in characters; a longer one would be a message of its own."""


class WordingError(ValueError):
    """A template cannot become a text; the message names the variable or the mistake, never a value."""


class UnknownVariable(WordingError):
    """A template names what no text knows; `names` are those."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"unknown variable {', '.join(names)}; a text may name {', '.join(sorted(ALLOWED))}")


# --- templates ---------------------------------------------------------------------------------------------

_SHAPES: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)
"""A template may say a variable, choose between two wordings, and nothing that loops, multiplies or calls."""

_FILTERS = ("capitalize", "lower", "title", "trim", "upper")

# No autoescape: the result is an SMS, where `&amp;` would be read aloud as such.
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_ENVIRONMENT.globals.clear()
_ENVIRONMENT.filters = {name: _ENVIRONMENT.filters[name] for name in _FILTERS}


@lru_cache(maxsize=1024)
def _compiled(template: str) -> tuple[Template, frozenset[str]]:
    """The template and the variables it names."""
    try:
        tree = _ENVIRONMENT.parse(template)
        named = _inspect(tree)
        return _ENVIRONMENT.from_string(template), named
    except TemplateSyntaxError as error:
        raise WordingError(f"line {error.lineno}: {error.message}") from None


def _inspect(tree: nodes.Template) -> frozenset[str]:
    # Before Jinja compiles: its optimizer would work out `'a' * 999999999` there and then.
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _SHAPES):
            raise WordingError(f"line {node.lineno}: {type(node).__name__.lower()} is not allowed in a text")
    named = frozenset(name.name for name in tree.find_all(nodes.Name))
    if unknown := sorted(named - ALLOWED):
        raise UnknownVariable(unknown)
    return named


def render(template: str, variables: Mapping[str, str]) -> str:
    """The text a template makes of these values, tidied where a value was empty ("Hi ," becomes "Hi,").

    Only the values that the template names are asked for, so `variables` may work them out one by one.
    Raises `WordingError` for a broken template, a variable outside `ALLOWED`, or one without a value here.
    """
    try:
        compiled, named = _compiled(template)
        return _tidy(compiled.render({name: variables[name] for name in named if name in variables}))
    except TemplateError as error:
        # Jinja's message names the variable; what the others were is not in it.
        raise WordingError(error.message or "the template failed") from None


_TIDYINGS = (
    (re.compile(r"[ \t][ \t]+|\t"), " "),
    (re.compile(r" ?\n ?"), "\n"),
    # The hole that an empty value leaves in front of punctuation: "Hi ," and "Thanks, ."
    (re.compile(r"[ ,]+([,.!?])(?=\s|$)"), r"\1"),
    (re.compile(r"^[, ]+"), ""),
)


_UNTIDY = re.compile(r"[ \t]{2}|\t|\n | \n|[ ,][,.!?]|^[, ]")
"""What one of the tidyings may be about; most texts have none of it."""


def _tidy(text: str) -> str:
    if not _UNTIDY.search(text):
        return text.strip()
    for pattern, replacement in _TIDYINGS:
        text = pattern.sub(replacement, text)
    return text.strip()


def pick(words: Mapping[str, str], language: str | None, languages: tuple[str, ...]) -> str:
    """The template in the lead's language, else in the clinic's default (the first of `languages`), else any.

    `language` is as a form sent it ("es", "es-MX", "ES_mx"). Raises `WordingError` when there is no template.
    """
    asked = re.split(r"[-_]", (language or "").strip().casefold())[0]
    for candidate in (asked, *languages, *words):
        if candidate in words:
            return words[candidate]
    raise WordingError("there is no text in any language")


# --- a stranger's strings ----------------------------------------------------------------------------------

_LINKISH = re.compile(r"://|www\.|@", re.IGNORECASE)
_DOMAIN = re.compile(r"\.(?!\w?(?:\.|$))")
"""A dot in a word, unless an initial or nothing follows it: "evil.com" but not "J.R." or "Jr."."""


def clean_name(raw: str) -> str:
    """A lead's own name, fit to stand in a text; "" when nothing of a name is left.

    Keeps letters, their accents, spaces and ' - . and at most `NAME_LIMIT` characters. Links, addresses, digits,
    emoji, control and direction characters go: a form is open to all, and the text is signed by the clinic.
    """
    if raw.isascii() and raw.isalpha() and len(raw) <= NAME_LIMIT:
        return raw
    text = unicodedata.normalize("NFKC", plain(raw).replace("\n", " "))
    words = (word for word in text.split() if not _LINKISH.search(word))
    lettered = "".join(map(_name_character, " ".join(words))).split()
    # After the digits are gone, so that "evil.c0m" does not become a domain by being cleaned.
    kept = " ".join(word for word in lettered if not _DOMAIN.search(word))
    return _capped(re.sub(r"^[ '.-]+|[ '-]+$", "", kept))


def _name_character(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "L" or character in " '-.":
        return character
    if category in ("Mn", "Mc") and not unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return character
    return "" if category[0] in "CNM" else " "


def _capped(name: str) -> str:
    if not any(map(str.isalpha, name)):
        return ""
    if len(name) <= NAME_LIMIT:
        return name
    end = NAME_LIMIT
    while end > 0 and unicodedata.category(name[end])[0] == "M":  # A letter keeps its marks or goes with them.
        end -= 1
    cut = name[:end]
    whole_words = cut if name[end] == " " else cut.rpartition(" ")[0]
    return (whole_words or cut).rstrip(" '-")


# --- what a carrier counts ---------------------------------------------------------------------------------

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′‵`´ʹʻʼʽˈ＇", "'"),
        **dict.fromkeys("“”„‟″‶«»ʺ＂❝❞", '"'),
        **dict.fromkeys("‐‑‒–—―−⁃﹘﹣－", "-"),
        **dict.fromkeys("•‣◦▪●·∙⁌⁍", "-"),
        **dict.fromkeys("\t\v\f\u00a0\u1680\u202f\u205f\u3000", " "),
        **{chr(point): " " for point in range(0x2000, 0x200B)},
        **dict.fromkeys("\x85\u2028\u2029", "\n"),
        "…": "...",
        "‹": "<",
        "›": ">",
        "⁄": "/",
        "™": "(TM)",
        "©": "(c)",
        "®": "(R)",
        "½": "1/2",
        "¼": "1/4",
        "¾": "3/4",
    }
)
"""Look-alikes that would turn a whole text into UCS-2 (the list carriers call smart encoding), and their friends."""

_UNSEEN = {"Cc", "Cf", "Cs"}


def plain(text: str) -> str:
    """The same words in characters that GSM-7 has, where there are such: quotes, dashes, dots, spaces, bullets.

    Control, zero-width and direction characters are dropped, a newline is kept. Accents stay as they are.
    """
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_PLAIN)
    if composed.isprintable():  # then nothing in it is unseen: nearly every text, and far quicker to find out
        return composed
    return "".join(c for c in composed if c == "\n" or unicodedata.category(c) not in _UNSEEN)


_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Two septets each: an escape and a letter (3GPP TS 23.038, 6.2.1.1)."""

_GSM = _GSM_BASIC | _GSM_EXTENSION


@dataclass(frozen=True)
class Length:
    """What a text costs: `units` are septets in GSM-7 and UTF-16 units in UCS-2."""

    encoding: Literal["GSM-7", "UCS-2"]
    segments: int
    units: int


def measure(text: str) -> Length:
    """The exact number of parts a carrier makes of a text, counted as given.

    GSM-7: 160 septets alone, 153 a part. UCS-2: 70 and 67 UTF-16 units. An extension pair or a surrogate pair
    never straddles two parts, so a part may go out a unit short. An empty text is one segment of no units.
    """
    if _GSM_BASIC.issuperset(text) and len(text) <= 160:
        return Length("GSM-7", 1, len(text))
    if _GSM.issuperset(text):
        sizes = [2 if c in _GSM_EXTENSION else 1 for c in text]
        return Length("GSM-7", _segments(sizes, alone=160, part=153), sum(sizes))
    sizes = [2 if c > "\uffff" else 1 for c in text]
    return Length("UCS-2", _segments(sizes, alone=70, part=67), sum(sizes))


def _segments(sizes: Sequence[int], *, alone: int, part: int) -> int:
    total = sum(sizes)
    if total <= alone:
        return 1
    segments, room = 1, part
    for size in sizes:
        if size > room:
            segments, room = segments + 1, part
        room -= size
    return segments
