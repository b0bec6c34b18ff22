"""Addresses in a text: what a link or an e-mail address tells a stranger before anybody opens it.

Host, path, query and fragment are decoded (percent signs, base64), cut into words at every sign and capital, and
read like a text. What is glued together ("bayfertility") is looked through for stems that mean one thing only.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote_plus

from app.domain.lint.phrases import fold
from app.domain.lint.rows import LINK_ONLY, ROWS, SETS, Rulebook, Span

HEALTH = ("condition", "specialty", "result", "treatment")

_TOP = "|".join(SETS["top_domains"])
EMAIL = re.compile(r"(?i)(?<![\w.])[\w.+%-]+@(?:[\w-]+\.)+[a-z]{2,}")
ADDRESS = re.compile(
    r"(?i)(?:https?://[^\s<>\"]+"
    rf"|(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:{_TOP})(?![\w-]|\.\w)(?::\d+)?(?:[/?#][^\s<>\"]*)?)"
)
_CUT = re.compile(r"^(?:https?://)?(?:[^/@]*@)?([^/:?#]+)(?::\d+)?([^?#]*)\??([^#]*)#?(.*)$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z]{2})")
_SIGNS = re.compile(r"[\W_]+")

_SHORTENERS = frozenset(SETS["shorteners"])
_BOOK = Rulebook([row for row in (*ROWS, *LINK_ONLY) if row.in_links and row.cls in (*HEALTH, "money", "address")])
_STEMS = re.compile("|".join(sorted(SETS["glued"], key=len, reverse=True)))
NAMES = frozenset(SETS["given_names"])
_DESKS = frozenset(SETS["desks"])


def find_addresses(text: str) -> Iterator[tuple[str, Span]]:
    """Every link of a text and its place, without the punctuation that ends the sentence."""
    for match in ADDRESS.finditer(text):
        address = match[0].rstrip(".,;:!?)]}'*")
        yield address, (match.start(), match.start() + len(address))


def judge(address: str, names: frozenset[str] = frozenset()) -> tuple[str, str] | None:
    """The class and the reason why an address may not stand in a text, or None. `names` are those the text greets."""
    host, path, query, fragment = _parts(address)
    if host.removeprefix("www.") in _SHORTENERS:
        return "shortener", "a public shortener hides where it leads, and carriers filter it"
    why = _reveals(host, path, query, fragment) or _tells_who(path, query, fragment, names)
    return ("link", why) if why else None


def _parts(address: str) -> tuple[str, str, str, str]:
    cut = _CUT.match(address)
    host, path, query, fragment = cut.groups() if cut else (address, "", "", "")
    return host.lower(), path, query, fragment


def _pieces(path: str, query: str, fragment: str) -> list[str]:
    """The path's steps and the values of the query, decoded, each also as what its base64 holds."""
    raw = [*path.split("/"), *re.split(r"[&;=]", query), *re.split(r"[/&;=]", fragment)]
    decoded = [unquote_plus(unquote_plus(piece)) for piece in raw if piece]
    return [*decoded, *chain.from_iterable(map(_unpacked, decoded))]


def _unpacked(piece: str) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{8,}={0,2}", piece):
        return
    try:
        bare = piece.rstrip("=").replace("-", "+").replace("_", "/")
        held = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return
    if held.isprintable():
        yield held


def _reveals(host: str, path: str, query: str, fragment: str) -> str | None:
    pieces = chain.from_iterable(re.split(r"[/&;=]", piece) for piece in _pieces(path, query, fragment))
    return next((why for _, why in told_by(" . ".join([host, *pieces]))), None)


@lru_cache(maxsize=4096)
def told_by(address: str) -> tuple[tuple[str, str], ...]:
    """What the words of a host or of the parts of an address (kept apart by " . ") tell: class and reason of each."""
    parts = re.split(r" \. |\.", address)
    folded = fold(" . ".join(_SIGNS.sub(" ", _CAMEL.sub(" ", part)).strip() for part in parts)).lower()
    found = [("specialty" if row.cls == "address" else row.cls, row.why) for row, _ in _BOOK.find(folded)]
    return tuple(found) or (("specialty", "a word in the address says what the visit is about"),) * bool(
        _STEMS.search(re.sub(r"[ -]", "", folded))
    )


def is_personal(email: str, folded: str) -> bool:
    """Whether an address is a person's own: no desk before the at sign, a host that the text does not name."""
    local, _, host = fold(email).lower().partition("@")
    if _DESKS.intersection(re.findall(r"[a-z]+", local)):
        return False
    squeezed = re.sub(r"\W", "", folded.lower().replace(email.lower(), ""))
    label = max(re.split(r"\W", host.rpartition(".")[0]), key=len)
    return re.sub(r"\W", "", label) not in squeezed


_PHONE = re.compile(r"(?<!\d)(?:\+?1[\s.-]?)?\(?[2-9]\d{2}\)?[\s.-]?[2-9]\d{2}[\s.-]?\d{4}(?!\d)")
_BORN = re.compile(
    r"(?<!\d)(?:(?:19\d\d|20[01]\d)[-/._]?(?:0[1-9]|1[0-2])[-/._]?(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/._](?:0?[1-9]|[12]\d|3[01])[-/._](?:19\d\d|20[01]\d|[3-9]\d)"
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:19\d\d|20[01]\d))(?!\d)"
)
_NAME_KEY = re.compile(
    r"(?i)(?:^|[?&])(?:f|first|l|last|full|patient|guest|lead)?_?-?(?:name|nombre|apellido|fname|lname|patient|paciente|n)=([^&#]*)"
)


def _tells_who(path: str, query: str, fragment: str, names: frozenset[str]) -> str | None:
    for piece in _pieces(path, query, fragment):
        if "@" in piece and re.search(r"\w@\w", piece):
            return "carries an e-mail address"
        if _PHONE.search(piece):
            return "carries a phone number"
        if _BORN.search(piece):
            return "carries a birth date"
    value = _NAME_KEY.search("?" + query)
    if value and re.fullmatch(r"[^\W\d_]{2,}(?:[\W_]+[^\W\d_]+)*", unquote_plus(value[1])):
        return "carries a name"
    return "carries a name" if any(_names(piece, names) for piece in _pieces(path, query, fragment)) else None


def _names(piece: str, names: frozenset[str]) -> bool:
    words = [word for word in _SIGNS.sub(" ", _CAMEL.sub(" ", fold(piece))).lower().split() if word.isalpha()]
    if not words:
        return False
    return bool(names.intersection(words)) or (1 < len(words) < 4 and words[0] in NAMES)
