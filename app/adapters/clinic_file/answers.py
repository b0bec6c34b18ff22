"""The standing answers every clinic has without writing them: neutral words in English and Spanish.

Each names the clinic and fits one segment of 160; Spanish avoids á, í, ó and ú, which would make it two.
HELP carries what carriers ask of it (brand, contact, frequency, rates, STOP); safety names 911 and 988.
"""

from collections.abc import Mapping

from app.domain.clinic import Words

BUILT_IN: Mapping[str, Words] = {
    "booking_link": {
        "en": "{{ clinic_name }}: choose a time that suits you here: {{ booking_link }}",
        "es": "{{ clinic_name }}: elija la hora que prefiera en este enlace: {{ booking_link }}",
    },
    "choose_time": {
        "en": "{{ clinic_name }}: which of these suits you? Reply with its number: {{ time_options }}.",
        "es": "{{ clinic_name }}: ¿qué horario prefiere? Responda con la cifra: {{ time_options }}.",
    },
    "choose_place": {
        "en": "{{ clinic_name }}: which place suits you? Reply with its number: {{ time_options }}.",
        "es": "{{ clinic_name }}: ¿qué consultorio prefiere? Responda con la cifra: {{ time_options }}.",
    },
    "help": {
        "en": "{{ clinic_name }}: for help call {{ help_phone }}. Msg frequency varies. Msg & data rates may apply."
        " Reply STOP to opt out.",
        "es": "{{ clinic_name }}: para ayuda llame al {{ help_phone }}. Frecuencia variable. Pueden aplicar tarifas"
        " de mensajes y datos. STOP para no recibir mensajes.",
    },
    "stop_confirmation": {
        "en": "{{ clinic_name }}: you are opted out and will get no more texts from us. Reply START to opt back in.",
        "es": "{{ clinic_name }}: ya no va a recibir mensajes nuestros. Responda START para volver a recibirlos.",
    },
    "safety": {
        "en": "{{ clinic_name }}: we cannot help with an emergency by text. If this is an emergency call 911. For"
        " crisis support call or text 988.",
        "es": "{{ clinic_name }}: no atendemos emergencias por texto. Si es una emergencia llame al 911. Para apoyo"
        " en una crisis llame o escriba al 988.",
    },
}
"""By kind and language. `choose_time` and `choose_place` stand for the link where a choice by number is offered;
`time_options` is then the choice. `acknowledge` and `decline` are said only by clinics that write them."""


CHOICES = frozenset({"choose_time", "choose_place"})
"""Answers of a clinic that has `time_options`."""


def built_in(languages: tuple[str, ...], help_at: Mapping[str, str]) -> dict[str, Words]:
    """The built-in answers in the clinic's languages (English where none of them is known).

    A clinic without a help phone gives its e-mail address instead.
    """
    return {kind: _spoken(words, languages, help_at) for kind, words in BUILT_IN.items()}


def _spoken(words: Words, languages: tuple[str, ...], help_at: Mapping[str, str]) -> Words:
    known = [language for language in languages if language in words] or ["en"]
    return {language: _reachable(words[language], help_at) for language in known}


def _reachable(text: str, help_at: Mapping[str, str]) -> str:
    if "phone" in help_at:
        return text
    by_mail = text.replace("call {{ help_phone }}", "write to {{ help_phone }}")
    by_mail = by_mail.replace("llame al {{ help_phone }}", "escriba a {{ help_phone }}")
    return by_mail.replace("{{ help_phone }}", help_at["email"])
