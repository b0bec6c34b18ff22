"""The clinic file: YAML in, a checked `Clinic` out, and every mistake with its line, all at once.

How to think of it: `page` knows lines, `times` and `values` know how single things are written, `shape` is the table
of all keys, `references` looks across the file, `build` makes the clinic. Nothing is built unless all of it is right.
"""

from collections.abc import Mapping
from typing import Any

from app.adapters.clinic_file.build import clinic as build
from app.adapters.clinic_file.page import ClinicFileError, Finding, Notes, Spot, compose
from app.adapters.clinic_file.references import check
from app.adapters.clinic_file.shape import CLINIC
from app.adapters.clinic_file.values import SECRET_REFERENCE
from app.domain.clinic import Clinic

__all__ = ["ClinicFileError", "Finding", "MissingSecret", "read_clinic", "resolve_secret"]


def read_clinic(text: str, *, name: str = "clinic.yaml") -> tuple[Clinic, tuple[Finding, ...]]:
    """The clinic a file describes, and warnings; `name` is the file's, for messages.

    Raises `ClinicFileError` with every mistake there is. Secrets stay references (`resolve_secret`).
    """
    notes = Notes()
    root = compose(text, notes)
    file = _read(root, notes) if root else None
    if file is None or notes.mistakes():
        raise ClinicFileError(name, notes.mistakes())
    return build(file), notes.warnings()


def _read(root: Spot, notes: Notes) -> dict[str, Any] | None:
    """The values of a file, checked one by one and against each other."""
    try:
        file: dict[str, Any] | None = root.read(CLINIC)
    except RecursionError:  # An alias inside its own anchor.
        notes.wrong("", "syntax", "the file contains itself")
        return None
    if file is not None:
        check(file, notes)
    return file


class MissingSecret(KeyError):
    """A clinic file names an environment variable that is not set; the message is its name."""

    def __str__(self) -> str:
        return f"the environment variable {self.args[0]} is not set"


def resolve_secret(reference: str, env: Mapping[str, str]) -> str:
    """What a reference such as `${TWILIO_AUTH_TOKEN}` stands for; other strings stand for themselves.

    Resolved at use and never stored. Raises `MissingSecret` when unset or empty.
    """
    matched = SECRET_REFERENCE.fullmatch(reference)
    if matched is None:
        return reference
    value = env.get(matched[1])
    if not value:
        raise MissingSecret(matched[1])
    return value
