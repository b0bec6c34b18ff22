"""The page: a clinic file as nodes that know their line and their path, and the findings noted on the way.

YAML 1.2, so `on`, `no` and `10:00` are strings. The tree is composed but never constructed: values are read
by the shape that expects them, which is how a mistake gets its line and how all of them are found at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One remark about a clinic file: `block` keeps it from being applied, `warn` does not."""

    level: Literal["block", "warn"]
    rule: str
    path: str
    line: int | None
    message: str
    suggestion: str | None = None

    @property
    def sentence(self) -> str:
        """The message, with the suggestion where there is one: a word that was meant, or words that say what to do."""
        if not self.suggestion:
            return self.message
        one_word = " " not in self.suggestion
        return f"{self.message}; did you mean {self.suggestion}?" if one_word else f"{self.message}: {self.suggestion}"


class ClinicFileError(Exception):
    """A clinic file has mistakes: all of them in `findings`, one line each in `str()`."""

    def __init__(self, name: str, findings: Iterable[Finding]) -> None:
        self.name = name
        self.findings = tuple(findings)
        super().__init__("\n".join(f"{name}:{found.line or 1}: {found.sentence}" for found in self.findings))


class Mistake(Exception):
    """The value at a spot is wrong; whoever reads the spot notes it and goes on with the next."""

    def __init__(self, rule: str, message: str, suggestion: str | None = None) -> None:
        self.rule, self.message, self.suggestion = rule, message, suggestion
        super().__init__(message)


@dataclass
class Notes:
    """What was found so far, and the line of every path that was read."""

    findings: list[Finding] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def wrong(self, path: str, rule: str, message: str, suggestion: str | None = None) -> None:
        """Notes a mistake at a path."""
        self.findings.append(Finding("block", rule, path, self.line(path), message, suggestion))

    def warn(self, path: str, rule: str, message: str, suggestion: str | None = None) -> None:
        """Notes something that works, but perhaps not as meant."""
        self.findings.append(Finding("warn", rule, path, self.line(path), message, suggestion))

    def line(self, path: str) -> int | None:
        """The line of a path, or of the nearest thing around it that the file has."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path)

    def mistakes(self) -> tuple[Finding, ...]:
        """What keeps the file from being applied, in the order of the file."""
        return self._of("block")

    def warnings(self) -> tuple[Finding, ...]:
        """What does not, in the order of the file."""
        return self._of("warn")

    def _of(self, level: str) -> tuple[Finding, ...]:
        found = dict.fromkeys(finding for finding in self.findings if finding.level == level)
        return tuple(sorted(found, key=lambda finding: (finding.line or 0, finding.path)))


@dataclass(frozen=True)
class Spot:
    """One place on the page: a node, where it stands, and the notes to write a mistake into."""

    node: Node
    path: str
    notes: Notes

    def read(self, reader: Callable[["Spot"], T]) -> T | None:
        """What a reader makes of this spot; None when it is a mistake, which is then noted."""
        try:
            return reader(self)
        except Mistake as mistake:
            self.wrong(mistake.rule, mistake.message, mistake.suggestion)
            return None

    def wrong(self, rule: str, message: str, suggestion: str | None = None) -> None:
        """Notes a mistake here that does not keep the rest from being read."""
        self.notes.wrong(self.path, rule, message, suggestion)

    def scalar(self, *kinds: str) -> str | None:
        """The characters of a plain value of one of these YAML kinds (`str int float bool timestamp`), else None."""
        if isinstance(self.node, ScalarNode) and str(self.node.tag).rpartition(":")[2] in kinds:
            return str(self.node.value)
        return None

    def entries(self) -> dict[str, "Spot"]:
        """The entries of a mapping, each key once; a `Mistake` when this is no mapping."""
        if not isinstance(self.node, MappingNode):
            raise Mistake("type", f"{self.label()} must be a mapping of keys to values")
        found: dict[str, Spot] = {}
        for key, value in self.node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            spot = Spot(value, f"{self.path}.{name}" if self.path else name, self.notes)
            if name in found:
                line = int(key.start_mark.line) + 1
                self.notes.findings.append(
                    Finding("block", "duplicate_key", spot.path, line, f"{spot.path} is given twice")
                )
            else:
                self.notes.lines[spot.path] = spot.line(key)
                found[name] = spot
        return found

    def elements(self) -> list["Spot"]:
        """The elements of a list; a single value stands for a list of one."""
        if not isinstance(self.node, SequenceNode):
            return [self]
        spots = [Spot(value, f"{self.path}[{index}]", self.notes) for index, value in enumerate(self.node.value)]
        self.notes.lines.update((spot.path, spot.line(spot.node)) for spot in spots)
        return spots

    def is_list(self) -> bool:
        """Whether a list stands here."""
        return isinstance(self.node, SequenceNode)

    def is_mapping(self) -> bool:
        """Whether a mapping stands here."""
        return isinstance(self.node, MappingNode)

    def label(self) -> str:
        """The path for a sentence."""
        return self.path or "the file"

    def line(self, key: Node) -> int:
        """A value's own line; for lists, mappings and nothing at all the line of the key."""
        own = isinstance(self.node, ScalarNode) and self.node.value
        return int((self.node if own else key).start_mark.line) + 1


def compose(text: str, notes: Notes) -> Spot | None:
    """The page's root; None, and a mistake, when the text is no YAML, or empty."""
    notes.lines[""] = 1
    try:
        return Spot(_composed(text), "", notes)
    except Unreadable as error:
        notes.findings.append(Finding("block", "syntax", "", error.line, str(error)))
        return None


class Unreadable(Exception):
    """The text is no YAML from this line on."""

    def __init__(self, problem: str, line: int = 1) -> None:
        self.line = line
        super().__init__(problem)


def _composed(text: str) -> Node:
    yaml = YAML(typ="safe", pure=True)
    try:
        root: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(error.problem or "not YAML", mark.line + 1 if mark else 1) from None
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise Unreadable("a character that YAML does not allow", line) from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    if root is None:
        raise Unreadable("the file is empty")
    return root


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of these words that was probably meant."""
    return next(iter(get_close_matches(word, list(words), n=1)), None)
