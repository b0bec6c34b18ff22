"""A right clinic file on its way to launch: the checklist's remarks as findings with lines.

Some of what reading only warns of keeps a clinic from going live; those rules are named here.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.adapters.clinic_file.page import Finding, Notes
from app.domain.clinic import Clinic

BLOCKS_LAUNCH = frozenset({"secret", "unreachable"})
"""Warnings of reading that block a launch: secrets written out, and sequences that nobody can get."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def judge(clinic: Clinic, notes: Notes, now: datetime, env: Mapping[str, str]) -> tuple[Finding, ...]:
    """Everything to know before launch, in the order of the file; `now` is an aware moment."""
    # The checklist reads every row of the lint; whoever only reads a clinic does without.
    from app.domain.checklist import Sheet, check

    sheet = Sheet(clinic=clinic, now=now, written=notes.lines.keys(), unset=_unset(clinic, env))
    of_reading = [_at_launch(found) for found in notes.warnings()]
    told = {(found.rule, found.path) for found in of_reading}
    of_checklist = [
        Finding(remark.level, remark.rule, remark.path, notes.line(remark.path), remark.message, remark.suggestion)
        for remark in check(sheet)
        if (remark.rule, remark.path) not in told
    ]
    return tuple(sorted(of_reading + of_checklist, key=lambda found: (found.line or 0, found.path)))


def _at_launch(found: Finding) -> Finding:
    return replace(found, level="block") if found.rule in BLOCKS_LAUNCH else found


def _unset(clinic: Clinic, env: Mapping[str, str]) -> frozenset[str]:
    written = [text for sender in clinic.senders.values() for text in (sender.account, sender.secret)]
    written += [text for text in (clinic.smtp.user, clinic.smtp.password) if text] if clinic.smtp else []
    return frozenset(name for text in written for name in _VARIABLE.findall(text) if not env.get(name))
