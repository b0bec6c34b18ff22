"""The checklist before launch: what a clinic file that reads well may still get wrong, item by item.

How to think of it: an item is a function of a `Sheet` (the clinic, the day, what the file itself says) that yields
`Remark`s; `SECTIONS` is the list as a person ticks it off, and says which items and rules belong to which section. A
new item is a function and a place in that table. Nothing here knows of files, lines or databases.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.domain.checklist import consent, course, hours, keywords, launch, words
from app.domain.checklist.sheet import Level, Remark, Sheet
from app.domain.lint import CONTENT

__all__ = ["SECTIONS", "Level", "Remark", "Section", "Sheet", "check", "eased", "section_of"]

Item = Callable[[Sheet], Iterable[Remark]]


@dataclass(frozen=True)
class Section:
    """A heading of the checklist, its items, and the rules (or beginnings of rules) that they remark on."""

    title: str
    items: tuple[Item, ...]
    rules: tuple[str, ...]


SECTIONS = (
    Section("Consent words", (consent.consent,), ("consent",)),
    Section("Opt-out path", (words.opt_out_path,), ("opt_out",)),
    Section("Wording", (words.wording, words.allowed_words, words.languages), (*CONTENT, "allow", "language")),
    Section("Who writes", (), ("brand",)),
    Section("Segments", (words.accents,), ("length", "encoding", "accented_name")),
    Section("Hours", (hours.hours, hours.times), ("never_", "at", "hours")),
    Section(
        "Sequences",
        (course.length, course.caps, words.different),
        ("unreachable", "length_of_sequence", "length_in_all", "caps", "similar", "same_arm", "catch_all", "track"),
    ),
    Section("Keywords", (keywords.prompts, keywords.yes_at_twilio), ("keyword", "prompt", "yes_keyword")),
    Section("Senders", (launch.senders,), ("number", "stop_confirmed_by", "secret")),
    Section("Teams", (hours.teams,), ("team", "respond_within")),
    Section("Links", (launch.links, launch.written_links), ("booking", "https", "foreign_link")),
    Section("E-mail", (launch.emails,), ("email", "smtp", "reply_to")),
    Section("Approvals", (launch.approvals,), ("approval",)),
)
"""The list, in the order in which a person reads it."""

THE_FILE = "The file"
"""Where remarks belong that no item makes: what is wrong with the file as such."""


def check(sheet: Sheet) -> list[Remark]:
    """Every remark there is, each once, in the order of the list."""
    return list(dict.fromkeys(remark for section in SECTIONS for item in section.items for remark in item(sheet)))


def section_of(rule: str) -> str:
    """The heading that a rule stands under: the section with the rule itself, else with a beginning of it."""
    exact = [section.title for section in SECTIONS if rule in section.rules]
    begins = [section.title for section in SECTIONS if any(rule.startswith(name) for name in section.rules)]
    return next(iter(exact + begins), THE_FILE)


def eased(rule: str) -> bool:
    """Whether a demo or a test may go live despite a block of this rule: nobody real is texted there.

    What a text gives away never goes live anywhere.
    """
    return rule not in CONTENT
