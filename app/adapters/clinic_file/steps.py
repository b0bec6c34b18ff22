"""What is wrong, or doubtful, in the course of a sequence: steps nobody gets, words said twice, ways that lead nowhere.

Like `references` it works on the values already read, whatever of them was right.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.adapters.clinic_file.page import Notes, nearest
from app.adapters.clinic_file.references import at, circles, languages
from app.domain.conditions import ALL_OF, told

File = Mapping[str, Any]
Asked = Mapping[str, tuple[str, ...]]

ENDS = ("nurture", "finished")
"""What may follow a sequence that is no sequence: the stage of that name."""

OPPOSITES = (frozenset({"clicked", "no_click"}), frozenset({"replied", "no_reply"}))

AFTER_A_TEXT = frozenset({"clicked", "replied"})
"""Signals that nobody gives before something was sent."""

TEXTS_TAUGHT = 5
"""Three to five texts over a few business days are what people answer to; after that they feel pressed."""


def check(file: File, notes: Notes) -> None:
    """Notes everything of that in this file."""
    for one in (_then, _circles, _whose, _conditions, _too_early, _same_words, _too_many):
        one(file, notes)


def _sequences(file: File, notes: Notes) -> dict[str, Any]:
    return {path.split(".")[1]: sequence for path, sequence in at(file, "sequences.*", notes)}


def _then(file: File, notes: Notes) -> None:
    known = (*(path.split(".")[1] for path in notes.lines if path.startswith("sequences.")), *ENDS)
    for path, then in at(file, "sequences.*.then", notes):
        if then not in known:
            notes.wrong(path, "reference", f"there is no sequence {then!r} to follow", nearest(then, known))


def _circles(file: File, notes: Notes) -> None:
    """Who comes to the end of a sequence must come to an end."""
    for way in circles(file, notes):
        never = f"sequences that follow each other never end: {' → '.join((*way, way[0]))}"
        notes.wrong(f"sequences.{way[0]}.then", "circle", never, "let one of them end in nurture or finished")


def _whose(file: File, notes: Notes) -> None:
    """The first sequence whose `for` fits wins, so none may come after one that takes all of its leads."""
    seen: list[tuple[str, Asked]] = []
    for path, sequence in at(file, "sequences.*", notes):
        mine = sequence.get("for") or {}
        for other, theirs in seen if mine else ():
            first = f"{other} (line {notes.line(other)})"
            if _key(mine) == _key(theirs):
                notes.wrong(f"{path}.for", "equal", f"{path} is for the same leads as {first}", "change one `for`")
            elif _implies(mine, theirs):
                why = f"{path} is never chosen: {first} before it takes all of its leads"
                notes.warn(path, "unreachable", why, "put it first, or make the other's `for` narrower")
        seen += [(path, mine)] if mine else []


def _key(asked: Asked) -> frozenset[tuple[str, frozenset[str]]]:
    return frozenset((name, frozenset(values)) for name, values in asked.items())


def _implies(narrow: Asked, wide: Asked) -> bool:
    """Whether who fulfils the one fulfils the other."""
    for name, values in wide.items():
        mine = set(narrow.get(name, ()))
        if not mine or not (set(values) <= mine if name in ALL_OF else mine <= set(values)):
            return False
    return not any(name.startswith("captured_") for name in wide) or all(
        narrow.get(name) == values for name, values in wide.items() if name.startswith("captured_")
    )


# -- steps nobody gets -------------------------------------------------------------------------


def _conditions(file: File, notes: Notes) -> None:
    for path, sequence in at(file, "sequences.*", notes):
        whom = sequence.get("for") or {}
        for why in _against_itself(whom, {}):
            notes.wrong(f"{path}.for", "contradiction", f"{path} is for nobody: {why}", "take one of the two out")
        for index, step in enumerate(sequence.get("steps") or ()):
            for why in _never(step or {}, whom):
                here, instead = f"{path}.steps[{index}]", "change its conditions, or leave it out"
                notes.wrong(here, "contradiction", f"{here} is never done: {why}", instead)


def _never(step: File, whom: Asked) -> Iterator[str]:
    """Why a step's conditions can never be met by a lead of its sequence."""
    wanted, unwanted = step.get("if") or {}, step.get("unless") or {}
    yield from _against_itself(wanted, unwanted)
    for name, values in wanted.items():
        if name in whom and name not in (*ALL_OF, "track") and set(values).isdisjoint(whom[name]):
            yield f"it asks that {told(name, values)}, and the sequence is for {told(name, whom[name])}"
    for name, values in unwanted.items():
        if name in whom and name not in (*ALL_OF, "track") and set(whom[name]) <= set(values):
            yield f"it is left out where {told(name, values)}, and that is everybody here"


def _against_itself(wanted: Asked, unwanted: Asked) -> Iterator[str]:
    for pair in OPPOSITES:
        if pair <= set(wanted.get("signal", ())) or pair <= set(unwanted.get("signal", ())):
            yield f"{' and '.join(sorted(pair))} are opposites"
    for name, values in wanted.items():
        both = set(values) & set(unwanted.get(name, ()))
        if both and (name in ALL_OF or both == set(values)):
            yield f"`if` and `unless` both name {told(name, sorted(both))}"
    before, after = wanted.get("captured_before", ("24:00",))[0], wanted.get("captured_after", ("00:00",))[0]
    if before <= after:
        yield f"no time of day is before {before} and from {after} on"


def _too_early(file: File, notes: Notes) -> None:
    """Before anything was sent nobody has clicked or replied; in what follows another sequence somebody may have."""
    follows = {then for _, then in at(file, "sequences.*.then", notes)}
    for path, sequence in at(file, "sequences.*", notes):
        if path.split(".")[1] in follows:
            continue
        for index, step in enumerate(sequence.get("steps") or ()):
            early = AFTER_A_TEXT & set(((step or {}).get("if") or {}).get("signal", ()))
            if early:
                here, what = f"{path}.steps[{index}]", " and ".join(sorted(early))
                why = f"nothing was sent before it, so nobody has {what}"
                notes.wrong(here, "unreachable", f"{here} is never done: {why}", "put a text before it")
            if step is None or "text" in step or "email" in step:
                break


# -- words -------------------------------------------------------------------------------------


def _same_words(file: File, notes: Notes) -> None:
    """Each text says something else than those before it, those of the sequence that follows included."""
    found = _sequences(file, notes)
    for key, sequence in found.items():
        then = sequence.get("then")
        ways = [key, then] if then in found and then != key else [key]
        said: dict[tuple[str, str], str] = {}
        for path, language, words in (each for way in ways for each in _said(way, found[way], languages(file)[0])):
            first = said.setdefault((language, words), path)
            if first != path:
                notes.wrong(
                    path,
                    "same_text",
                    f"{path} says the same as {first} (line {notes.line(first)})",
                    "say it in other words, or leave it out",
                )


def _said(key: str, sequence: File, first: str) -> Iterator[tuple[str, str, str]]:
    """Every text of a sequence: where it stands, its language, its words without what does not count."""
    for index, step in enumerate(sequence.get("steps") or ()):
        for language, words in ((step or {}).get("text") or {}).items():
            yield f"sequences.{key}.steps[{index}].text", language or first, " ".join(words.casefold().split())


def _too_many(file: File, notes: Notes) -> None:
    slow = {then for _, then in at(file, "sequences.*.then", notes)}
    for path, sequence in at(file, "sequences.*", notes):
        if path.split(".")[1] in slow:
            continue  # what follows another is slow, and has a cap of its own
        texts = sum("text" in (step or {}) for step in sequence.get("steps") or ())
        if texts > TEXTS_TAUGHT:
            why = f"{path} has {texts} texts: after three to five, silence turns into opt-outs"
            notes.warn(path, "length_of_sequence", why, "leave the weakest out, or let a slow one follow with `then`")
