"""Prompts and keywords: what a text asks people to reply must mean to carriers, and to us, what it means to them.

"Reply CANCEL to cancel your appointment" ends all texts: CANCEL is a revocation by 47 CFR 64.1200(a)(10), whatever the
sentence around it says. So each word that a text asks for is read by the same reader that reads replies.
"""

import re
from collections.abc import Iterator

from app.domain.checklist.sheet import Level, Remark, Sheet
from app.domain.checklist.texts import Text, all_texts, say
from app.domain.replies import Intent, read_reply

_VERB = (
    r"(?:reply|respond|answer|text|send|write|type"
    r"|responda|responde|escriba|escribe|env[ií]e|env[ií]a|mande|manda|conteste)"
    r"(?: back)?(?: to us)?(?: with| con)?(?: the word| la palabra)?"
)
_QUOTE = "[\"'“”‘’«»*]"
_WORD = (
    rf"{_QUOTE}?(?P<word>[A-ZÁÉÍÓÚÑ]+(?:[ -](?!(?:OR|AND|TO|IF|FOR|O|Y|PARA|SI)\b)[A-ZÁÉÍÓÚÑ]+\b)?|(?<={_QUOTE})\w+"
    rf"|(?i:cancel|end|quit|stop|revoke|unsubscribe))(?!\w){_QUOTE}?"
)
"""Capitals, a word in quotes, or one of the revocations of 47 CFR 64.1200(a)(10) in whatever case."""

_ASKED = re.compile(rf"(?i:\b{_VERB}) {_WORD}")
_OR = re.compile(rf"\s*(?:,|/|;|\b(?i:or|and|o|y)\b)+\s*(?i:(?:{_VERB}) )?{_WORD}")
_BARE = re.compile(rf"(?:^|[.!?:;] ){_WORD}(?= (?i:to|for|if|para|si)\b)")

PURPOSES = {
    Intent.OPT_OUT: re.compile(
        r"(?i)opt|unsub|stop|no more|end (?:these|all|our)? ?(?:texts|messages)|out\b|texts|messages|mensajes|textos"
        r"|no recibir|dejar|salir|baja|cancelar (?:los|estos)|parar"
    ),
    Intent.OPT_IN: re.compile(r"(?i)opt|back in|again|resubscribe|resume|restart|volver|recibir|reanudar"),
    Intent.HELP: re.compile(r"(?i)help|info|ayuda|questions?|support|assistance|asistencia"),
}
"""What a keyword may be offered for, in the words that follow it."""

_OF_AN_APPOINTMENT = re.compile(r"(?i)\b(?:appointment|visit|booking|reservation|cita|reserva|consult\w*)")


def prompts(sheet: Sheet) -> Iterator[Remark]:
    """Words that texts ask for: keywords used for something else, and words that nobody would understand."""
    for text in all_texts(sheet):
        for word, rest in asked_for(say(sheet.clinic, text)):
            yield from _judged(sheet, text, word, rest)


def asked_for(words: str) -> list[tuple[str, str]]:
    """The words that a text asks people to reply, each with what the sentence says after it."""
    found: dict[int, tuple[str, str]] = {}
    for pattern in (_ASKED, _BARE):
        for first in pattern.finditer(words):
            asked: re.Match[str] | None = first
            while asked:
                rest = _rest(words, asked.end())
                found[asked.start("word")] = asked["word"], rest
                # The next on offer in the same sentence: "YES for a link, or NO if not needed".
                asked = _OR.search(words, asked.end(), asked.end() + len(rest))
    return [found[place] for place in sorted(found)]


def _rest(words: str, start: int) -> str:
    """What is left of a sentence."""
    return re.split(r"[.!?;]", words[start:], maxsplit=1)[0]


def _judged(sheet: Sheet, text: Text, word: str, rest: str) -> Iterator[Remark]:
    reading = read_reply(word)
    purpose = PURPOSES.get(reading.intent)
    if purpose and reading.certainty == "sure" and _misused(reading.intent, purpose, rest):
        message = f'"{word}" is the carriers\' word for {MEANS[reading.intent]}, whatever the text says it does'
        level: Level = "warn" if reading.intent is Intent.HELP else "block"
        yield Remark(level, "keyword", text.path, message, "ask for another word, or for a call")
    elif reading.intent in UNUSABLE and not (word.isdecimal() or _answers_the_question(sheet, word)):
        message = f'a reply of "{word}" is not understood: it would pause the lead and wait for a person'
        yield Remark("warn", "prompt", text.path, message, "ask for YES or NO")


UNUSABLE = (Intent.OTHER, Intent.URGENT, Intent.WRONG_NUMBER)
"""Readings that no text can want: a word read so is not understood as whoever wrote the text meant it."""


def _misused(intent: Intent, purpose: re.Pattern[str], rest: str) -> bool:
    clause = re.split(r",| or | o ", rest, maxsplit=1)[0]
    if not clause.strip(" \"'“”‘’«»*"):
        return False  # Nothing said: "YES or STOP".
    return not purpose.search(clause) or (intent is Intent.OPT_OUT and bool(_OF_AN_APPOINTMENT.search(clause)))


def _answers_the_question(sheet: Sheet, word: str) -> bool:
    asked = sheet.clinic.question
    values = [*asked.values, *(name for names in asked.values.values() for name in names)] if asked else []
    return any(re.search(rf"(?i)\b{re.escape(word)}\b", value) for value in values)


MEANS = {Intent.OPT_OUT: "stopping all texts", Intent.OPT_IN: "lifting a stop", Intent.HELP: "help"}


def yes_at_twilio(sheet: Sheet) -> Iterator[Remark]:
    """YES is asked for, and a Twilio long code takes it for an opt-in: told once a sender."""
    steps = (text for text in all_texts(sheet) if text.kind in ("step", "answer", "built_in"))
    asked = {word for text in steps for word, _ in asked_for(say(sheet.clinic, text))}
    if "YES" not in asked:
        return
    for key, sender in sheet.clinic.senders.items():
        if sender.carrier == "twilio" and not toll_free(sender.number):
            message = "texts ask for YES, which lifts a block at Twilio: there a person who stopped would be open again"
            hint = "take YES out of the opt-in words of the Messaging Service (Advanced Opt-Out)"
            yield Remark("warn", "yes_keyword", f"senders.{key}", message, hint)


def toll_free(number: str) -> bool:
    """Whether a number in E.164 is toll-free: carriers answer STOP there by themselves, always."""
    return number[2:5] in ("800", "833", "844", "855", "866", "877", "888")
