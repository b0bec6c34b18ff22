"""The clinic file: YAML in, a checked `Clinic` out, and every mistake with its line, all at once.

How to think of it: `page` knows lines, `times` and `values` know how single things are written, `shape` is the table
of all keys, `references` looks across the file, `build` makes the clinic. Nothing is built unless all of it is
right. `launch` asks more of a file that is right: whether it may go live.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.adapters.clinic_file import experiments, fields, references, steps
from app.adapters.clinic_file.build import clinic as build
from app.adapters.clinic_file.launch import judge
from app.adapters.clinic_file.page import ClinicFileError, Finding, Notes, Spot, compose
from app.adapters.clinic_file.shape import CLINIC
from app.adapters.clinic_file.values import SECRET_REFERENCE
from app.domain.clinic import Clinic

__all__ = ["ClinicFileError", "Finding", "MissingSecret", "examine", "read_applied", "read_clinic", "resolve_secret"]


def read_clinic(text: str, *, name: str = "clinic.yaml") -> tuple[Clinic, tuple[Finding, ...]]:
    """The clinic a file describes, and warnings; `name` is the file's, for messages.

    Raises `ClinicFileError` with every mistake there is. Secrets stay references (`resolve_secret`).
    """
    notes = Notes()
    clinic = _clinic(text, notes)
    if clinic is None:
        raise ClinicFileError(name, notes.mistakes())
    return clinic, notes.warnings()


def read_applied(text: str, *, name: str) -> Clinic:
    """The clinic of a file that was applied once; raises `ClinicFileError` if it could not be applied at all.

    Releases before experiments took them as they were written. One that is no experiment stays without effect.
    """
    notes = Notes()
    root = compose(text, notes)
    file = _read(root, notes) if root else None
    mistakes = [found for found in notes.mistakes() if not found.path.startswith("experiments")]
    if file is None or mistakes:
        raise ClinicFileError(name, notes.mistakes())
    return build({**file, "experiments": {}} if notes.mistakes() else file)


def examine(
    text: str, *, now: datetime, env: Mapping[str, str], public_url: str = ""
) -> tuple[Clinic | None, tuple[Finding, ...]]:
    """The clinic a file describes, None when it has mistakes, and everything that stands in its way to launch.

    Beyond what reading finds: the whole checklist, each finding with its line. `env` is looked at for whether the
    file's secrets are set, and `public_url` is where links will point.
    """
    notes = Notes()
    clinic = _clinic(text, notes)
    if clinic is None:
        return None, (*notes.mistakes(), *notes.warnings())
    return clinic, judge(replace(clinic, public_url=public_url), notes, now, env)


def _clinic(text: str, notes: Notes) -> Clinic | None:
    root = compose(text, notes)
    file = _read(root, notes) if root else None
    return None if file is None or notes.mistakes() else build(file)


def _read(root: Spot, notes: Notes) -> dict[str, Any] | None:
    """The values of a file, checked one by one and against each other."""
    try:
        file: dict[str, Any] | None = root.read(CLINIC)
    except RecursionError:  # An alias inside its own anchor.
        notes.wrong("", "syntax", "the file contains itself")
        return None
    if file is not None:
        references.check(file, notes)
        steps.check(file, notes)
        fields.check(file, notes)
        experiments.check(file, notes)
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
