"""Approvals: a person's name under words. What was approved is a hash of the words, so a changed comma asks again.

A clinic's words come in parts: each sequence is one, with every text and e-mail in every language, and what an
experiment says instead is another; the standing answers, the question, the playbook and the names that enter all texts
are a third. Keys, times and conditions are no words: a step may move to another day without asking anybody.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from app.domain.clinic import Approval, Channel, Clinic, Sequence, Step, Words
from app.domain.experiments import Experiment


@dataclass(frozen=True)
class Part:
    """Words that are approved together: the path in the file that is to blame, a name for people, and the hash."""

    path: str
    title: str
    hash: str


def parts(clinic: Clinic) -> tuple[Part, ...]:
    """Everything that needs an approval before it goes live."""
    sequences = [
        Part(f"sequences.{sequence.key}", f"the sequence {sequence.key}", content_hash(words))
        for sequence in clinic.sequences
        if (words := words_of(sequence))
    ]
    tried = [
        Part(f"experiments.{key}", f"the experiment {key}", content_hash(arms))
        for key, one in clinic.experiments.items()
        if (arms := arms_of(one))
    ]
    standing = Part("answers", "the standing answers, the playbook and the names", content_hash(standing_words(clinic)))
    return (*sequences, *tried, standing)


def approval_of(clinic: Clinic, content: str) -> Approval | None:
    """Who approved this content, the latest first; None when nobody did."""
    rows = [row for row in clinic.approvals if row.of == content]
    return max(rows, key=lambda row: row.on, default=None)


def content_hash(words: object) -> str:
    """`sha256:` and the digest of these words as JSON with sorted keys and no spaces."""
    canonical = json.dumps(words, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def words_of(sequence: Sequence) -> list[dict[str, dict[str, str]]]:
    """What a sequence says to people, step by step, in every language; nothing for calls and waits."""
    return [said for step in sequence.steps if (said := _said(step))]


def _said(step: Step) -> dict[str, dict[str, str]]:
    if step.channel is Channel.TEXT:
        return {"text": dict(step.words)}
    if step.channel is Channel.EMAIL:
        return {"subject": dict(step.subject), "body": dict(step.words)}
    return {}


def arms_of(experiment: Experiment) -> dict[str, dict[str, str]]:
    """What each arm of an experiment says, in every language; nothing where only times or the order are tried."""
    arms = experiment.arms if experiment.change == "text" else {}
    return {arm: dict(cast(Words, words)) for arm, words in arms.items()}


def standing_words(clinic: Clinic) -> Mapping[str, object]:
    """What a clinic says outside its sequences, and the names and links that enter every text."""
    said: dict[str, object] = {
        "name": clinic.name,
        "help": [clinic.help_phone, clinic.help_email],
        "answers": _by_key(clinic.answers),
        "playbook": _by_key({play.key: play.say for play in clinic.playbook}),
        "question": dict(clinic.question.ask) if clinic.question else None,
        "labels": {key: service.public_label for key, service in clinic.services.items()},
        "locations": {key: place.name for key, place in clinic.locations.items()},
        "time_options": list(clinic.time_options),
        "intake_link": clinic.intake_link,
    }
    # What a clinic does not have is left out, so that a later kind of words asks only those who use it.
    return {name: words for name, words in said.items() if words}


def _by_key(all_words: Mapping[str, Words]) -> dict[str, dict[str, str]]:
    return {key: dict(words) for key, words in all_words.items()}
