"""A sequence as a clinic file writes it, step by step: what history shows, and what differs between two versions.

How to think of it: a sequence is its head (for whom, the order of its steps, what follows, what is tried in it) and its
steps by key. Each of these is a few lines of plain YAML, however the file wrote it; a diff is one of the head and one
of each step.
"""

from collections.abc import Mapping
from difflib import unified_diff
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

Parts = Mapping[str, str]
"""YAML by the step's key, the head under the empty one."""


def sequence_parts(document: str, sequence: str) -> Parts:
    """The parts of a sequence in a clinic file that was found right; empty when it is not in it."""
    file = _plain(YAML(typ="rt", pure=True).load(document))
    written = file.get("sequences", {}).get(sequence)
    if written is None:
        return {}
    steps = {step["key"]: step for step in written["steps"]}
    tried = {key: one for key, one in (file.get("experiments") or {}).items() if one["sequence"] == sequence}
    head = {**written, "steps": list(steps), **({"experiment": tried} if tried else {})}
    return {"": _yaml(head), **{key: _yaml(step) for key, step in steps.items()}}


def whole(parts: Parts) -> str:
    """All parts as one YAML text: the head, then every step in its order."""
    return "---\n".join(parts.values())


def difference(sequence: str, before: tuple[int, Parts], after: tuple[int, Parts]) -> str:
    """A unified diff of two versions of a sequence, part by part; empty when they say the same."""
    (old_version, old), (new_version, new) = before, after
    lines: list[str] = []
    for key in dict.fromkeys((*new, *old)):
        name = f"{sequence}.{key}" if key else sequence
        lines += unified_diff(
            _lines(old.get(key)),
            _lines(new.get(key)),
            f"{name} version {old_version}" if key in old else "/dev/null",
            f"{name} version {new_version}" if key in new else "/dev/null",
        )
    return "".join(lines)


def _lines(part: str | None) -> list[str]:
    return (part or "").splitlines(keepends=True)


def _plain(value: Any) -> Any:
    """Without comments, anchors and the file's own layout."""
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    return [_plain(held) for held in value] if isinstance(value, list) else value


def _yaml(value: object) -> str:
    page, out = YAML(pure=True), StringIO()
    page.default_flow_style, page.width, page.allow_unicode = False, 1 << 20, True
    page.dump(value, out)
    return out.getvalue()
