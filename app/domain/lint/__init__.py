"""The wording lint: what a stranger would learn from a text that lights up a locked phone.

A text is judged as it will leave, rendered and signed. Whoever holds the phone may learn that its owner has to do
with a clinic, at a certain time, and nothing else: not why, not what was found, not what it costs, not who exactly.
So the lint reads for harm and not for words: "as a result of the road work" is harmless, "everything came back fine,
you can skip Tuesday" is a result. What it knows are rows (`rules/lint/*.toml`), by class and language; this package
is only the reading glass:

1. placeholders are looked for in the text as it stands;
2. links and e-mail addresses are judged by themselves (`links`) and covered up;
3. what is innocent (names, streets, idioms) is covered up;
4. the rows of both languages are looked for in what is left, since texts mix them, and what they find is let go
   where it is said of a thing (`things`);
5. the form is judged (`form`): brand, opt-out wording, length, encoding.
"""

import re
from collections.abc import Collection, Iterator

from app.domain.lint import form, links
from app.domain.lint.phrases import fold, words_of
from app.domain.lint.report import CLASSES, CONTENT, FORM, Allowed, Finding, Report
from app.domain.lint.rows import INNOCENT, ROWS, Rulebook, Span, overlap
from app.domain.lint.things import speaks_of_a_thing
from app.domain.wording import measure

__all__ = ["CLASSES", "CONTENT", "FORM", "Allowed", "Finding", "Report", "lint"]

Place = tuple[Finding, Span]

_HOLES = Rulebook([row for row in ROWS if row.cls == "placeholder"])
_INNOCENT = Rulebook(INNOCENT)
_WHO = Rulebook([row for row in ROWS if row.cls == "identifier"])
_BOOK = Rulebook([row for row in ROWS if row.cls not in ("placeholder", "identifier")])


def lint(
    text: str,
    *,
    first_message: bool = False,
    brand: str | None = None,
    max_segments: int | None = None,
    allowed: Collection[Allowed] = (),
) -> Report:
    """Judges a rendered text as it stands: what it gives away, and whether its form is right.

    `first_message` asks for opt-out wording, `brand` for that name in the text, `max_segments` for a length; what is
    not given is not judged. `allowed` excuses findings of its class that touch its word.
    """
    length = measure(text)
    places = _longest(
        [*_with_whole_name(text, list(_content(text))), *form.judge(text, length, first_message, brand, max_segments)]
    )
    findings, excused = [], []
    for finding, span in places:
        row = next((row for row in allowed if row.cls == finding.cls and _touches(row.word, span, text)), None)
        if row is None:
            findings.append(finding)
        else:
            excused.append((finding, row))
    return Report(tuple(findings), length, tuple(excused))


def _content(text: str) -> Iterator[Place]:
    folded = fold(text)
    for row, span in _HOLES.find(folded):
        yield Finding("placeholder", text[slice(*span)], row.why), span
    yield from _addresses(text, folded)
    # Before names and streets are covered up: a home is a street.
    unlinked = _blank(links.ADDRESS, folded)
    for row, span in _WHO.find(unlinked):
        yield Finding(row.cls, text[slice(*span)], row.why), span
    seen = _covered(unlinked)
    for row, span in _BOOK.find(seen, words_of(seen)):
        if not speaks_of_a_thing(row, span, seen):
            yield Finding(row.cls, text[slice(*span)], row.why), span


def _with_whole_name(text: str, places: list[Place]) -> list[Place]:
    """Adds the whole name of a person where it stands beside what they come for; alone it is none of our business."""
    if not any(finding.cls in _COMMON for finding, _ in places):
        return places
    named = (match.span(1) for match in _WHOLE_NAME.finditer(text) if match[2].lower() in links.NAMES)
    why = "names the whole person beside what they come for"
    return places + [(Finding("identifier", text[slice(*span)], why), span) for span in named]


_WHOLE_NAME = re.compile(
    r"(?:^|(?i:\b(?:hi|hello|dear|hola|for|para|patient|paciente)) |[.!:] )"
    r"(([A-Z][a-z]+) [A-Z][a-z]+)(?=[,:;]| has| is|'s)"
)


def _addresses(text: str, folded: str) -> Iterator[Place]:
    names = form.greeted(folded)
    for address, span in links.find_addresses(text):
        verdict = links.judge(address, names)
        if verdict:
            yield Finding(verdict[0], address, verdict[1]), span
    for match in links.EMAIL.finditer(text):
        host = match[0].partition("@")[2]
        for cls, why in links.told_by(host):
            yield Finding(cls, match[0], why), match.span()
        if links.is_personal(match[0], folded):
            yield Finding("identifier", match[0], "is a person's own e-mail address"), match.span()


def _blank(expression: re.Pattern[str], folded: str) -> str:
    return expression.sub(lambda match: "\0" * len(match[0]), folded)


def _covered(folded: str) -> str:
    """The text with every letter of an address, a name or an idiom replaced by a sign that no row knows."""
    folded = _blank(links.EMAIL, folded)
    for _, (start, end) in list(_INNOCENT.find(folded)):
        folded = folded[:start] + "\0" * (end - start) + folded[end:]
    return folded


_RANK = {
    cls: rank
    for rank, cls in enumerate(("asks_for_details", "promise", "specialty", "result", "treatment", "condition"))
}
"""Which class keeps the words that several claim, when none of them claims more: the more telling one."""

_COMMON = ("specialty", "result", "treatment", "condition")


def _longest(places: list[Place]) -> list[Place]:
    """Each place once: under the class that explains most of it, in the order of classes and places."""
    kept: list[Place] = []
    for finding, span in sorted(places, key=_weight):
        if not any(_explained(finding, span, other, taken) for other, taken in kept):
            kept.append((finding, span))
    return sorted(kept, key=lambda place: (CLASSES.index(place[0].cls), place[1]))


def _weight(place: Place) -> tuple[int, int, Span]:
    finding, (start, end) = place
    return start - end, _RANK.get(finding.cls, 0), (start, end)


def _explained(finding: Finding, span: Span, other: Finding, taken: Span) -> bool:
    if finding.cls == other.cls or (finding.cls in _COMMON and other.cls in _COMMON):
        return overlap(span, taken)
    within = taken[0] <= span[0] and span[1] <= taken[1]
    return within and other.cls in ("asks_for_details", "promise") and finding.cls in (*_COMMON, "money", "identifier")


def _touches(word: str, span: Span, text: str) -> bool:
    folded, sought = fold(text).casefold(), fold(word).casefold()
    start = folded.find(sought)
    while start >= 0 and sought:
        if overlap(span, (start, start + len(sought))):
            return True
        start = folded.find(sought, start + 1)
    return False
