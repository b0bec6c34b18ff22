"""The wording: every text in every way it can leave, the names and links that enter texts, and who allowed what."""

from collections.abc import Iterator

from app.domain.checklist.sheet import Level, Remark, Sheet
from app.domain.checklist.texts import ACCENTED_NAME, Text, all_texts, arms_of, of_sequence, say, seen_by, ways
from app.domain.clinic import Channel, Clinic
from app.domain.lint import CONTENT, FORM, Allowed, Finding, lint
from app.domain.wording import measure

SUGGESTIONS = {
    "brand": 'sign it, best at its beginning: "{name}: …"',
    "opt_out_wording": 'add "Reply STOP to opt out."',
    "length": "shorten it, or raise max_segments",
    "encoding": "write it without that character",
}
ELSE = "say it without that, or let a named person allow the word under lint.allow"

JUDGED = {
    "step": (*CONTENT, *FORM),
    "answer": (*CONTENT, *FORM),
    "built_in": FORM,
    "safety": ("link", "shortener", "placeholder", *FORM),
    "play": (*CONTENT, *FORM),
    "email": (*CONTENT, "brand"),
    "question": CONTENT,
}
"""The classes that count for a kind of text.

An e-mail is not measured, and a question stands inside another text. Who is in danger has to read of a crisis line, and
what a clinic leaves to us says what carriers ask of it ("rates may apply").
"""


def wording(sheet: Sheet) -> Iterator[Remark]:
    """What the lint says of names and links, and then of every text that is filled in with them."""
    told: set[tuple[str, str]] = set()
    for path, value in _values(sheet.clinic):
        for finding in lint(value, allowed=sheet.clinic.allowed).findings:
            if finding.cls in CONTENT:
                told.add((finding.cls, finding.match.casefold()))
                yield _remark(sheet.clinic, path, finding, finding.level)
    for text in all_texts(sheet):
        # What a name or a link says is told once, there, and not again in each text it enters.
        for finding in found_in(sheet.clinic, text):
            if (finding.cls, finding.match.casefold()) not in told:
                yield _remark(sheet.clinic, text.path, finding, "warn" if text.kind == "play" else finding.level)


def found_in(clinic: Clinic, text: Text) -> list[Finding]:
    """What the lint finds in a text, in any way it can leave; the same words are told once."""
    brand = clinic.name if not text.path.rpartition("email.")[2].startswith("subject") else None
    found: dict[tuple[str, str], Finding] = {}
    for words in ways(clinic, text):
        report = lint(
            words, first_message=text.first, brand=brand, max_segments=text.max_segments, allowed=clinic.allowed
        )
        for finding in report.findings:
            if finding.cls in JUDGED[text.kind]:
                # A text too long is too long once, however much so.
                found.setdefault((finding.cls, finding.match), finding)
    return list(found.values())


def _remark(clinic: Clinic, path: str, finding: Finding, level: Level) -> Remark:
    message = f'"{finding.match}": {finding.why}' if finding.match else finding.why
    suggestion = SUGGESTIONS.get(finding.cls, ELSE).format(name=clinic.name)
    return Remark(level, finding.cls, path, message, suggestion)


def _values(clinic: Clinic) -> Iterator[tuple[str, str]]:
    """Names and links that enter texts, or stand behind a link in one."""
    yield "name", clinic.name
    for key, service in clinic.services.items():
        yield f"services.{key}.public_label", service.public_label
    for key, place in clinic.locations.items():
        yield f"locations.{key}.name", place.name
        if place.booking_url:
            yield f"locations.{key}.booking_url", place.booking_url
    if clinic.intake_link:
        yield "intake_link", clinic.intake_link
    for option in clinic.time_options:
        yield f"time_options.{option}", option


def opt_out_path(sheet: Sheet) -> Iterator[Remark]:
    """Opt-out wording again at least every `stop_reminder_every` texts (CTIA Messaging Principles 5.1.3)."""
    every = sheet.clinic.stop_reminder_every
    for sequence, arm in ((one, arm) for one in sheet.clinic.sequences for arm in arms_of(one) or (None,)):
        since = dict.fromkeys(sheet.clinic.languages, 0)
        for text in (one for one in seen_by(sheet, sequence, arm) if one.kind == "step"):
            silent = "opt_out_wording" in lint(say(sheet.clinic, text), first_message=True).classes
            since[text.language] = since.get(text.language, 0) + 1 if silent else 0
            if since[text.language] == every:
                since[text.language] = 0
                yield Remark(
                    "block",
                    "opt_out_reminder",
                    text.path,
                    f"{every} texts in a row do not say how to stop, and stop_reminder_every is {every}",
                    SUGGESTIONS["opt_out_wording"],
                )


def accents(sheet: Sheet) -> Iterator[Remark]:
    """Texts that a usual name with an accent makes longer than they may be: told once a sequence."""
    for sequence in sheet.clinic.sequences:
        named = [one for one in of_sequence(sheet, sequence) if one.kind == "step" and "first_name" in one.template]
        grown = [(one, measure(say(sheet.clinic, one, ACCENTED_NAME)).segments) for one in named]
        most = max((segments for one, segments in grown if segments > (one.max_segments or segments)), default=None)
        if most is not None:
            yield Remark(
                "warn",
                "accented_name",
                f"sequences.{sequence.key}",
                f"for a person named {ACCENTED_NAME} a text here takes {most} segments: í is not in GSM-7",
                "keep texts with first_name below 130 characters, or take the name out",
            )


def allowed_words(sheet: Sheet) -> Iterator[Remark]:
    """Rows of `lint.allow` that excuse nothing: the words are gone, and so should the permission be."""
    used = {row for _, row in excused(sheet)}
    for index, row in enumerate(sheet.clinic.allowed):
        if row not in used:
            yield Remark("warn", "allow_unused", f"lint.allow[{index}]", f"no text needs {row.word!r} allowed any more")


def excused(sheet: Sheet) -> list[tuple[str, Allowed]]:
    """Which rows of `lint.allow` let something pass, and where."""
    clinic = sheet.clinic
    if not clinic.allowed:
        return []
    spoken = [(text.path, words) for text in all_texts(sheet) for words in ways(clinic, text)]
    return [
        (path, row)
        for path, words in (*_values(clinic), *spoken)
        for _, row in lint(words, allowed=clinic.allowed).excused
    ]


def different(sheet: Sheet) -> Iterator[Remark]:
    """Each text of a sequence says something new: the same words twice are refused, nearly the same are told."""
    for sequence in sheet.clinic.sequences:
        for language in sheet.clinic.languages:
            texts = [one for one in of_sequence(sheet, sequence) if one.kind == "step" and one.language == language]
            for place, text in enumerate(texts):
                yield from _likeness(text, [one for one in texts[:place] if one.step != text.step])


def _likeness(text: Text, earlier: list[Text]) -> Iterator[Remark]:
    from rapidfuzz import fuzz

    for other in earlier:
        alike = fuzz.ratio(_bare(text.template), _bare(other.template))
        if alike > 90:
            level: Level = "block" if alike == 100 else "warn"
            how = "is the same text as" if level == "block" else f"is {alike:.0f}% the same as"
            yield Remark(level, "similar", text.path, f"{how} {other.path}", "say something new, or leave the step out")
            return


def _bare(template: str) -> str:
    return " ".join(template.casefold().split())


def languages(sheet: Sheet) -> Iterator[Remark]:
    """Answers and ready answers that are not in every language of the clinic: those people read the first one."""
    clinic = sheet.clinic
    asked = {"question.ask": clinic.question.ask} if clinic.question else {}
    answers = {f"answers.{key}": words for key, words in clinic.answers.items()}
    plays = {f"playbook.{play.key}.say": play.say for play in clinic.playbook}
    emails = {
        f"sequences.{sequence.key}.steps[{index}].email": step.words
        for sequence in clinic.sequences
        for index, step in enumerate(sequence.steps)
        if step.channel is Channel.EMAIL
    }
    for path, words in {**asked, **answers, **plays, **emails}.items():
        missing = [language for language in clinic.languages if language not in words]
        if missing:
            spoken = clinic.languages[0] if clinic.languages[0] in words else next(iter(words))
            yield Remark("warn", "languages", path, f"there is no text in {', '.join(missing)}: {spoken} is sent")
