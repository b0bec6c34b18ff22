"""Reading a reply: what a person meant by a text, as rows that a person can read.

`ROWS` is the whole knowledge. The first row that matches wins, so order is meaning: danger before stop, stop
before everything else, a doubtful reading after the clear ones. To teach it something, add words to a row and a
sentence to the row's examples; the tests walk them.

How to think of it: a reply is first *said plainly* (`_words_of`): lower case, no accents, no apostrophes, no
punctuation but the question mark, single spaces, "S T O P" and "stop stop" drawn together. Rows match whole words of
that. Only a `sure` reading acts by itself; anything `likely` or `unsure` ends with a person. So a row is `sure` only
where the whole message can mean one thing, and what we do not know is `other`.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Literal

Certainty = Literal["sure", "likely", "unsure"]


class Intent(StrEnum):
    """What a reply wants, most pressing first; a message with several is named by the first of them."""

    URGENT = "urgent"
    OPT_OUT = "opt_out"
    WRONG_NUMBER = "wrong_number"
    DECLINE = "decline"
    CALLBACK = "callback"
    QUESTION = "question"
    ALREADY_BOOKED = "already_booked"
    TIME_PREFERENCE = "time_preference"
    CONFIRM = "confirm"
    HELP = "help"
    OPT_IN = "opt_in"
    OTHER = "other"


@dataclass(frozen=True)
class Reading:
    """How a reply was read. `because` names the row and the row's own words that matched, no more of the text."""

    intent: Intent
    certainty: Certainty
    because: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way to say one thing.

    `when` must match; `aside` is cut out before that (innocent uses of the same words); `unless` forbids the row;
    `at_most` is the longest message, in words, that the row speaks for. No `when` has an open wildcard, so
    what matched is vocabulary (or an hour) and may be shown in `because`.
    """

    intent: Intent
    certainty: Certainty
    name: str
    when: re.Pattern[str]
    examples: tuple[str, ...]
    aside: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    at_most: int | None = None

    def match(self, words: str) -> str | None:
        """The words of this row found in a plainly said message, or None."""
        if self.at_most is not None and words.count(" ") >= self.at_most:
            return None
        if self.unless is not None and self.unless.search(words):
            return None
        # A stroke is no word: what stood on both sides of a cut must not become a phrase.
        left = words if self.aside is None else self.aside.sub("|", words)
        found = self.when.search(left)
        return found.group().strip() if found else None


def _either(phrases: tuple[str, ...]) -> str:
    return "|".join(phrases).replace(", ", "|")


def says(*phrases: str) -> re.Pattern[str]:
    """One of these stands somewhere in the message, as whole words; commas separate, small patterns may be used."""
    return re.compile(rf"(?<!\S)(?:{_either(phrases)})(?!\S)")


def begins(*phrases: str) -> re.Pattern[str]:
    """The message starts with one of these."""
    return re.compile(rf"^(?:{_either(phrases)})(?!\S)")


def alone(*phrases: str) -> re.Pattern[str]:
    """The whole message is one of these."""
    return re.compile(rf"^(?:{_either(phrases)})$")


def politely(*phrases: str) -> re.Pattern[str]:
    """The whole message is one of these, with or without courtesies before and after it."""
    return re.compile(rf"^(?:(?:{_COURTESY}) )*(?:{_either(phrases)})(?: (?:{_COURTESY}))*$")


def such_as(examples: str) -> tuple[str, ...]:
    """Examples of a row, as written by people, with strokes between."""
    return tuple(examples.split(" / "))


_COURTESY = "please|pls|plz|thanks|thank you|thx|ty|sorry|hi|hello|por favor|porfa|gracias|lo siento|hola"
_TEXTS = "(?:texts?|txts?|messages?|msgs?|sms|mensajes?|textos?)"
_WHICH = "(?:all|any|more|these|the|this|your|ur|those|so|many)"
_ME = "(?:me|us|this number|this phone|here|again|any ?more)"
_WHOSE = "(?:my|our|the|an|a|his|her|this|that|it|mi|la|una|su)"
_VISIT = "(?:appts?|appointments?|visit|booking|consultation|consult|reservation|citas?|consulta)"
_DAYS = (
    "(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|tues|thurs"
    "|lunes|martes|miercoles|jueves|viernes|sabado|domingo)"
)

# 47 CFR 64.1200(a)(10) names stop, quit, end, revoke, opt out, cancel, unsubscribe; carriers add the others.
_STOP_WORDS = (
    "stop, stopp, stp, st0p, stpo, sotp, stop all, stopall, stop it, stop this, stopsign, unsubscribe, unsub, cancel",
    "end, quit, revoke, opt ?out, halt, arret, remove, remove me, no more, no texts?, dont text, do not text",
    "alto, baja, parar, pare, paren, detener, cancelar, salir, basta, no mas",
)
_STOP_PHRASES = (
    rf"(?:stop|quit) (?:texting|messaging|contacting|spamming|bothering|harassing)(?: {_ME})*",
    rf"(?:stop|quit|end|cancel) (?:sending )?(?:me )?(?:{_WHICH} )*{_TEXTS}",
    r"(?:stop|quit) sending(?: me)?(?: this| these| anything)?$",
    rf"(?:dont|do not|never) (?:ever )?(?:text|txt|message|msg|contact)(?: {_ME})+",
    rf"no (?:more|mas) {_TEXTS}",
    r"take me off(?: of)? (?:your|ur|the|this|that) (?:(?:text|texting|sms|mailing|contact|marketing) )?list",
    "take me off$",
    r"remove me from (?:your|ur|the|this|that) (?:list|texts|messages|(?:text|sms|mailing|contact) list)",
    r"(?:remove|delete|lose|forget) my (?:number|phone number|phone|info|information|data)",
    r"unsubscribe(?: me)?, opt me out, (?:want|wish|like) to opt out, i opt out, leave me alone",
    rf"(?:no me|no nos) (?:mande|envie|escriba|contacte|textee|moleste)[ns]?(?: mas)?(?: {_TEXTS})?",
    rf"(?:dejen?|deja|paren?|para) de (?:escribir|mandar|enviar|molestar|textear)(?:me)?(?: {_TEXTS})?",
    rf"no (?:quiero|deseo) (?:mas|recibir)(?: mas)? {_TEXTS}, deje(?:n|me|nme) en paz, dejame en paz",
    r"quiten?me de (?:la|su) lista, borren? mi (?:numero|telefono), d[ea]n?me de baja",
)
_STOP_TOKENS = (
    "stop, stopp, st0p, stpo, stopall, stopsign, unsubscribe, unsub, cancel, end, quit, revoke, opt ?out",
    "parar, detener, cancelar, dar(?:me|se)? de baja, no mas, (?:dont|do not) text$, fuck off, get lost, go away",
)

# A stop word about a visit, a bus, a drug or a calendar, or one that is negated.
_INNOCENT_STOPS = says(
    "stop by, stop in, stop over, stop at the, stop at your, stop sign, stop calling, sin parar, no para de",
    "(?:bus|train|subway|metro|next|last|first|pit|full|non|truck|rest) stop",
    "(?:wont|cant|cannot|can not|doesnt|does not|didnt|did not) (?:stop|quit|end|cancel)(?! (?:text|messag|send)ing)",
    "(?:dont|do not|never|no need to) (?:want (?:to |you to )?)?(?:stop|quit|end|cancel|unsubscribe|opt ?out)",
    "(?:dont|do not|never) (?:remove me|take me off)",
    rf"(?:stop|quit)(?: taking)? {_WHOSE} (?:meds?|medicines?|medications?|pills?|drugs?|insulin|treatment)",
    rf"(?:stop|quit) {_WHOSE} (?:pain|bleeding|job|gym)",
    "(?:stop|quit) (?:taking|smoking|drinking|vaping|eating|worrying|bleeding|coughing|crying|working)",
    "end of, end up, end date, (?:week|the|front|back|dead|year|month) end",
    rf"cancel(?:ar)? (?:{_WHOSE} )?(?:(?:{_DAYS}|tomorrows?|todays?) )?{_VISIT}",
    rf"cancel (?:on |for |this )?(?:{_DAYS}|today|tomorrow)",
)

# Words that may bound a stop ("not at night") or contradict it ("yes"): a person looks, and texts wait.
_STOP_LIMITS = says(
    "at, after, before, until, till, while, during, unless, if, when, but, instead, today, tonight, tomorrow",
    r"yes, yeah, si, start, wrong, call, pero, \?",
)

ROWS: tuple[Row, ...] = (
    Row(
        intent=Intent.URGENT,
        certainty="likely",
        name="danger",
        when=says(
            "911, 988, suicide, suicidal, suicidio, suicidarme, kill myself, hurt myself, end my life, want to die",
            "quiero morir(?:me)?, matarme, chest pains?, heart attack, dolor de pecho, dolor en el pecho",
            "(?:cant|cannot|can not) breathe?, trouble breathing, no puedo respirar, overdosed?, sobredosis",
            "emergency, emergencia, bleeding heavily, bleeding a lot, sangrando mucho",
        ),
        aside=says(
            "no chest pains?, no emergency, (?:not|isnt|not really) an? (?:emergency|heart attack)",
            "no es (?:una )?emergencia, emergency (?:contacts?|number|fund|exit), contacto de emergencia",
        ),
        examples=such_as("I have chest pain / can't breathe, stop texting / Es una emergencia / should I call 911?"),
    ),
    Row(
        intent=Intent.OPT_OUT,
        certainty="sure",
        name="stop word",
        when=politely(*_STOP_WORDS),
        examples=such_as(
            "STOP / Stop. / S T O P / stop please / stop stop / “Unsubscribe” / No más / opt-out / CANCEL!! / 🛑 / 𝐒𝐓𝐎𝐏"
        ),
    ),
    Row(
        intent=Intent.OPT_OUT,
        certainty="sure",
        name="stop phrase",
        when=says(*_STOP_PHRASES),
        aside=_INNOCENT_STOPS,
        unless=_STOP_LIMITS,
        at_most=8,
        examples=such_as(
            "stop texting me / Don’t contact me again / do not text me / please take me off your list"
            " / lose my number / ok quit sending me these messages / Leave me alone!"
            " / no me manden mensajes / dejen de escribirme"
        ),
    ),
    Row(
        intent=Intent.OPT_OUT,
        certainty="likely",
        name="stop in a longer text",
        when=says(*_STOP_TOKENS, *_STOP_PHRASES),
        aside=_INNOCENT_STOPS,
        examples=such_as(
            "yes stop / STOP yes / STOP? / how do I unsubscribe? / don't text me at night / no thanks, STOP"
            " / I asked twice by phone already so would you kindly stop texting me about this"
        ),
    ),
    Row(
        intent=Intent.WRONG_NUMBER,
        certainty="sure",
        name="wrong number",
        when=politely(
            "(?:(?:you|u) (?:have|got) the |this is the |its the )?wrong (?:number|person), not me",
            "(?:tiene el )?numero equivocado, persona equivocada, numero incorrecto",
        ),
        examples=such_as("Wrong number / sorry wrong number / You have the wrong person. / Número equivocado / not me"),
    ),
    Row(
        intent=Intent.WRONG_NUMBER,
        certainty="likely",
        name="wrong number in a longer text",
        when=says("wrong number, wrong person, not the right number, numero equivocado"),
        aside=says("(?:gave|put|entered|typed|wrote) (?:you |in |down )?(?:the |my |a )?wrong number"),
        examples=such_as("I think you have the wrong number, I never asked for this"),
    ),
    Row(
        intent=Intent.DECLINE,
        certainty="sure",
        name="no",
        when=politely(
            "no, n, nope, nah, (?:no )?(?:im )?not interested, (?:no )?no longer (?:needed|interested)",
            "(?:ya )?no me interesa, no estoy interesad[oa]",
        ),
        examples=such_as("No / no no no / no thanks / No, gracias / Not interested / no longer needed / N"),
    ),
    Row(
        intent=Intent.DECLINE,
        certainty="likely",
        name="refusal in a longer text",
        when=says(
            "not interested, no longer (?:interested|need), changed my mind, booked (?:elsewhere|somewhere else)",
            "found another (?:doctor|clinic|provider), no me interesa, cambie de opinion",
        ),
        unless=says(r"\?"),
        examples=such_as("I changed my mind about it / we found another clinic closer to home"),
    ),
    Row(
        intent=Intent.CALLBACK,
        certainty="likely",
        name="wants a call",
        when=says(
            "call me, please call, give me a call, someone call, phone me, ring me, llam[ea]n?me",
            "me (?:puede|pueden|podria|podrian) llamar, puede[ns]? llamarme",
            "(?:speak|talk) (?:to|with) (?:a |an )?(?:person|human|someone|somebody|real person)",
        ),
        aside=says("(?:dont|do not|never|no need to) call me, no me llame[ns]?"),
        examples=such_as("call me tomorrow at 10 / Can someone call me? / Llámeme por favor / can I talk to a person"),
    ),
    Row(
        intent=Intent.CALLBACK,
        certainty="likely",
        name="wants a change or help with booking",
        when=says(
            rf"(?:cancel|cancelar|change|cambiar|move|mover) (?:{_WHOSE} )?{_VISIT}, reschedule, reagendar",
            rf"cancel (?:on |for |this )?(?:{_DAYS}|today|tomorrow)",
            "(?:link|page|website) (?:doesnt|does not|isnt|is not|didnt|did not|wont|not) (?:work|open|load)(?:ing)?",
            "link is broken, broken link, el (?:enlace|link) no (?:funciona|abre|sirve)",
        ),
        examples=such_as("I need to cancel my appointment Friday / the link doesn't work / quiero cambiar mi cita"),
    ),
    Row(
        intent=Intent.QUESTION,
        certainty="unsure",
        name="question mark",
        when=says(r"\?"),
        examples=such_as(
            "yes? / Do you take Aetna? / ¿Aceptan seguro? / Can I stop by at 3? / Should I stop my medication?"
        ),
    ),
    Row(
        intent=Intent.QUESTION,
        certainty="unsure",
        name="begins with a question word",
        when=begins(
            "hows?, whats?, whens?, wheres?, whos?, why, which, can, could, do, does, is, are, will, would, should",
            "cuant[oa]s?, cuando, donde, como, que, quien, quienes, cual, cuales, puedo, pueden, por que",
            "tienen, aceptan",
        ),
        unless=begins("will do, do it, que tenga"),
        examples=such_as("how much is it / cuánto cuesta la visita / is there parking near the bus stop"),
    ),
    Row(
        intent=Intent.ALREADY_BOOKED,
        certainty="likely",
        name="reports a booking",
        when=says(
            "already (?:booked|scheduled|made), (?:booked|scheduled) already, just (?:booked|scheduled), i booked",
            rf"already have (?:an? )?{_VISIT}, i (?:have )?made an? {_VISIT}",
            "ya (?:tengo|hice|saque|reserve|agende)(?: la| mi| una)?(?: cita)?",
        ),
        unless=says("elsewhere, somewhere else, another, other, different, otra, otro"),
        examples=such_as("I already booked / Ya tengo cita / just scheduled online thanks"),
    ),
    Row(
        intent=Intent.TIME_PREFERENCE,
        certainty="likely",
        name="names a day",
        when=says(_DAYS),
        examples=such_as("Tuesday morning works / el jueves por la tarde / any friday after 3"),
    ),
    Row(
        intent=Intent.TIME_PREFERENCE,
        certainty="unsure",
        name="names a time",
        when=says(
            "mornings?, afternoons?, evenings?, noon, after work, next week, tomorrow",
            "(?:por|en) la (?:manana|tarde)",
            r"\d\d?(?: \d\d)? ?(?:am|pm), (?:at|after|before|around) \d\d?, a las \d\d?",
        ),
        examples=such_as("mornings are best / 3pm / 10:30 am please / a las 4"),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="sure",
        name="yes",
        when=politely("yes, y, yep, yeah, yup, sure, si, claro, claro que si"),
        examples=such_as("YES / yes! / yes yes / Yes, please / Sí / si por favor / claro / Y / Yes 👍"),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="sure",
        name="okay",
        when=alone("ok, okay, k"),
        examples=such_as("OK / okay. / k"),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="likely",
        name="begins with yes",
        when=begins("yes, yep, yeah, yup, sure, ok, okay, im interested, sounds good"),
        unless=says(r"no, not, nope, but, pero, stop, dont, wont, cant, wrong, if, except, \?"),
        at_most=6,
        examples=such_as("yes I would like that / ok thanks / I'm interested"),
    ),
    Row(
        intent=Intent.CONFIRM,
        certainty="unsure",
        name="thumbs up",
        when=alone("thumbsup"),
        examples=such_as("👍 / 👍🏽 / 👍👍"),
    ),
    Row(
        intent=Intent.HELP,
        certainty="sure",
        name="help word",
        when=alone("help, info, ayuda"),
        examples=such_as("HELP / info / Ayuda!"),
    ),
    Row(
        intent=Intent.OPT_IN,
        certainty="sure",
        name="start word",
        when=alone("start, unstop, comenzar, empezar"),
        examples=such_as("START / unstop / Comenzar"),
    ),
)
"""Every row, in order of precedence; the first that matches is the reading."""

# --- saying it plainly ----------------------------------------------------------------------------------------

_APOSTROPHES = str.maketrans("", "", "'‘’`´ʼ＇")
_SIGNS = str.maketrans({"👍": " thumbsup ", "🛑": " stopsign ", "⛔": " stopsign "})
_WORD = re.compile(r"[^\W_]+|\?")
_OPENING, _CLOSING = '["“”„«]', '["”“»]'

# Phones without each other's reactions get them as a text that quotes ours, and ours says STOP.
_REACTION = re.compile(
    r"\s*(?:(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned"
    r"|reacted \S{1,12} to|removed an? \S{1,16}(?: \S{1,12})? from"
    r"|(?:no )?(?:le|me) (?:gusto|gusta|encanto|encanta)|se rio (?:de|con)|enfatizo|destaco|cuestiono"
    rf"|reacciono (?:con )?\S{{1,12}} a|(?![\w?])\S{{1,12}} (?:to|a))\s*{_OPENING}(?:.*{_CLOSING}|.*$)"
    r"|(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned) an? (?:image|picture|photo|message)$)",
    re.DOTALL,
)


def _fold(text: str) -> str:
    """Lower case, compatible forms made one, without accents, apostrophes and what cannot be seen."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf"))


def _words_of(folded: str) -> str:
    """The message as single-spaced words; signs count as words only where there are no others."""
    marked = folded.replace("¿", "?")
    words = _WORD.findall(marked)
    if not any(word != "?" for word in words):
        words = _WORD.findall(marked.translate(_SIGNS))
    once = [word for word, _ in groupby(words)]
    return " ".join(_joined(once))


def _joined(words: list[str]) -> list[str]:
    """Three or more single letters in a row are one word that was spelled: "S T O P"."""
    joined: list[str] = []
    for single, run in groupby(words, key=lambda word: len(word) == 1 and word != "?"):
        letters = list(run)
        joined += ["".join(letters)] if single and len(letters) > 2 else letters
    return joined


def read_reply(text: str, media: int = 0) -> Reading:
    """What a reply means, how certain that is, and which row says so; never raises.

    `media` counts the pictures that came with it; they are not looked at. A reaction ("Liked “…”") is read without
    the words it quotes, since those are ours.
    """
    folded = _fold(text)
    reaction = _REACTION.match(folded)
    words = _words_of(folded[reaction.end() :] if reaction else folded)
    for row in ROWS:
        if (matched := row.match(words)) is not None:
            return Reading(row.intent, row.certainty, f"{row.name}: {matched}")
    return Reading(Intent.OTHER, "unsure", _why_nothing(text, words, media=media, reaction=reaction is not None))


def _why_nothing(text: str, words: str, *, media: int, reaction: bool) -> str:
    if words:
        return "no row matched"
    if reaction:
        return "a reaction to one of our texts"
    if text.strip():
        return "no words"
    return "picture only" if media else "empty"
