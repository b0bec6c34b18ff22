"""The checklist before launch: a file that passes it, and for each item one that fails just that."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.clinic_file import ClinicFileError, Finding, examine, read_clinic
from app.domain.approvals import parts
from app.domain.checklist import SECTIONS, THE_FILE, eased, section_of
from app.domain.checklist.hours import NEIGHBOURS
from app.domain.checklist.keywords import asked_for
from app.domain.lint import CONTENT
from tests.adapters.test_clinic_file import EVERY_KEY, JUNK

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
ENV = {"SID": "AC1", "TOKEN": "t"}

CLINIC = """\
clinic: oak
name: Oak Clinic
timezone: America/Chicago
state: IL
languages: [en, es]
help: {phone: "+13125550100"}
hours: {mon-fri: ["09:00-17:00"]}
holidays: {calendar: US-IL}
locations:
  north: {name: Oak North, booking_url: "https://book.oak.example/north"}
services:
  check-up: {public_label: regular visit}
senders:
  main: {carrier: twilio, number: "+13122040199", account: "${SID}", secret: "${TOKEN}", stop_confirmed_by: carrier}
sources:
  website: {auth: bearer, consent_text: [web]}
consent_texts:
  web: >-
    I agree to receive text messages about my request from Oak Clinic. Message frequency varies. Message and data rates
    may apply. Reply STOP to opt out, HELP for help. Text messages are not encrypted. My consent is not a condition of
    care. See our privacy policy at https://oak.example/privacy.
teams:
  desk: {respond_within: 2h, capacity: 5, people: [ana]}
playbook:
  parking:
    when: [parking]
    say: {en: "Oak Clinic: there is free parking behind the building.", es: "Oak Clinic: hay estacionamiento gratis."}
sequences:
  hot:
    for: {language: en}
    steps:
      - key: first
        after: 0m
        text:
          en: "Hi {{ first_name }}, Oak Clinic about your {{ service }}. Reply NO if not. Reply STOP to opt out."
          es: "Hola {{ first_name }}, somos Oak Clinic. Responda NO si ya no la necesita. STOP para no recibir textos."
      - key: second
        after: 1 business day
        at: "10:00"
        text:
          en: "Oak Clinic: are you still looking for a time? Tell us which days suit you."
          es: "Oak Clinic: si desea una hora, escriba los horarios que prefiere."
      - {key: call, after: 2 business days, call: Try a call}
  gentle:
    steps:
      - key: hello
        after: 0m
        text:
          en: "Oak Clinic here. Thank you for writing to us, a person will call you. Reply STOP to opt out."
          es: "Somos Oak Clinic. Gracias por escribirnos, una persona le va a llamar. STOP para no recibir textos."
"""


def approved(text: str) -> str:
    """The file with a line for everything that has to be approved."""
    clinic, _ = read_clinic(text)
    rows = [f'  - {{by: ana@oak.example, on: 2026-11-20, of: "{part.hash}"}}\n' for part in parts(clinic)]
    return f"{text}approvals:\n{''.join(rows)}"


def look(text: str) -> tuple[Finding, ...]:
    return examine(text, now=NOW, env=ENV)[1]


def changed(*changes: tuple[str, str]) -> str:
    text = CLINIC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_a_clinic_that_is_ready_has_nothing_to_mend_and_nothing_to_read() -> None:
    assert look(approved(CLINIC)) == ()


EN = "sequences.hot.steps[0].text.en"
LATER = "sequences.hot.steps[1].text.en"
AGAIN = "Tell us which days suit you."


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        # Consent words.
        ("Oak Clinic. Message freq", "your clinic. Message freq", ("block", "consent_names", "consent_texts.web")),
        ("My consent is not a condition of\n    care. ", "", ("block", "consent_condition", "consent_texts.web")),
        ("Reply STOP to opt out, HELP", "HELP", ("block", "consent_stop", "consent_texts.web")),
        (", HELP for help", "", ("warn", "consent_help", "consent_texts.web")),
        ("Message frequency varies. ", "", ("warn", "consent_frequency", "consent_texts.web")),
        ("Message and data rates\n    may apply. ", "", ("warn", "consent_rates", "consent_texts.web")),
        ("Text messages are not encrypted. ", "", ("warn", "consent_encryption", "consent_texts.web")),
        ("privacy policy at https://oak.example/privacy", "page", ("warn", "consent_privacy", "consent_texts.web")),
        # Opt-out path.
        ("NO if not. Reply STOP to opt out.", "NO if not.", ("block", "opt_out_wording", EN)),
        (", stop_confirmed_by: carrier", "", ("warn", "stop_confirmed_by", "senders.main")),
        # Wording.
        (AGAIN, "Tell us which days suit your biopsy.", ("block", "result", LATER)),
        (AGAIN, "See https://bit.ly/3xYz", ("block", "shortener", LATER)),
        ("regular visit", "chemotherapy", ("block", "treatment", "services.check-up.public_label")),
        ("https://book.oak.example/north", "https://book.oak.example/fertility",
         ("block", "link", "locations.north.booking_url")),
        ("there is free parking behind", "your biopsy is behind", ("warn", "result", "playbook.parking.say.en")),
        # Who writes, and how long it is.
        ("Oak Clinic: are you", "Are you", ("block", "brand", LATER)),
        (AGAIN, AGAIN * 12, ("block", "length", LATER)),
        (AGAIN, "Tell us which days suit you 🙂", ("warn", "encoding", LATER)),
        # Hours.
        ('at: "10:00"', 'at: "20:00"', ("block", "at", "sequences.hot.steps[1].at")),
        # Sequences.
        # Keywords.
        (AGAIN, "Reply CANCEL to cancel your appointment.", ("block", "keyword", LATER)),
        (AGAIN, "Text END when you are done with us.", ("block", "keyword", LATER)),
        (AGAIN, "Reply START to see times.", ("block", "keyword", LATER)),
        (AGAIN, "Reply BANANA to see times.", ("warn", "prompt", LATER)),
        (AGAIN, "Reply YES for a link.", ("warn", "yes_keyword", "senders.main")),
        # Senders.
        ("+13122040199", "+13125550199", ("warn", "number", "senders.main.number")),
        ("+13122040199", "+18882040199", ("warn", "number", "senders.main.number")),
        ('secret: "${TOKEN}"', "secret: hush", ("block", "secret", "senders.main.secret")),
        ('secret: "${TOKEN}"', 'secret: "${OTHER}"', ("warn", "secret_unset", "senders.main")),
        # Teams.
        (", people: [ana]", "", ("warn", "team", "teams.desk")),
        ("respond_within: 2h, capacity: 5,", 'respond_within: 8h, capacity: 5, hours: {mon: ["09:00-10:00"]},',
         ("warn", "respond_within", "teams.desk.respond_within")),
        # Links.
        ("https://book.oak.example/north", "http://localhost/north", ("block", "https", "locations.north.booking_url")),
        ("  check-up: {public_label: regular visit}",
         "  check-up: {public_label: regular visit}\n  other: {public_label: appointment}",
         ("warn", "booking_page", "locations.north.booking_url")),
        # Languages.
        ('.", es: "Oak Clinic: hay estacionamiento gratis."}', '."}', ("warn", "languages", "playbook.parking.say")),
    ],
)  # fmt: skip
def test_a_file_that_breaks_one_rule_is_told_of_that_one_alone_with_its_line(
    old: str, new: str, finding: tuple[str, str, str]
) -> None:
    text = approved(changed((old, new)))
    told = look(text)
    assert [(found.level, found.rule, found.path) for found in told] == [finding]
    # The line of the finding is the line that was changed, or the one that lost something.
    assert told[0].line in range(line_at(old), line_at(old) + 3) or told[0].rule in FOUND_ELSEWHERE


FOUND_ELSEWHERE = {
    "yes_keyword": "the sender's, not the text's",
    "booking_page": "the page's, not the second service's",
    "consent_names": "where the consent words begin",
    **dict.fromkeys(("consent_condition", "consent_stop", "consent_help", "consent_rates"), "there too"),
    **dict.fromkeys(("consent_encryption", "consent_privacy", "consent_frequency"), "there too"),
}


def line_at(words: str) -> int:
    return CLINIC[: CLINIC.index(words)].count("\n") + 1


def told(text: str) -> list[tuple[str, str, str]]:
    return [(found.level, found.rule, found.path) for found in look(text)]


SPANISH = (
    "Acepto recibir mensajes de texto de Oak Clinic sobre mi solicitud. La frecuencia varía. Pueden aplicarse tarifas"
    " de mensajes y datos. Responda STOP para no recibirlos, AYUDA para ayuda. Los mensajes no van cifrados. Aceptarlo"
    " no es una condición de la atención. Vea la política de privacidad en https://oak.example/es."
)


def test_consent_words_in_spanish_and_of_a_brand_are_understood() -> None:
    both = changed(("[web]", "[web, es]"), ("  web: >-", f'  es: "{SPANISH}"\n  web: >-'))
    assert told(approved(both)) == []
    brand = changed(
        ("name: Oak Clinic", "name: Oak Clinic\nbrand: oak-group"), ("from Oak Clinic", "from the Oak Group")
    )
    assert told(approved(brand)) == []


def test_words_that_no_form_shows_and_a_form_that_shows_none_are_told() -> None:
    assert told(approved(changed((", consent_text: [web]", "")))) == [
        ("warn", "consent", "sources.website"),
        ("warn", "consent_text", "consent_texts.web"),
    ]


def test_the_way_out_is_told_again_at_least_every_so_many_texts() -> None:
    """CTIA Messaging Principles 5.1.3; each language is counted by itself."""
    at = "sequences.hot.steps[1].text"
    assert told(approved(changed(("teams:", "stop_reminder_every: 1 text\nteams:")))) == [
        ("block", "opt_out_reminder", f"{at}.en"),
        ("block", "opt_out_reminder", f"{at}.es"),
    ]
    said = changed(("teams:", "stop_reminder_every: 1\nteams:"), (AGAIN, "Text STOP to opt out."))
    assert told(approved(said)) == [("block", "opt_out_reminder", f"{at}.es")]
    assert told(approved(changed(("teams:", "stop_reminder_every: 2\nteams:")))) == []


def test_hours_that_the_law_or_the_holidays_leave_nothing_of_block_a_launch() -> None:
    early = changed(('mon-fri: ["09:00-17:00"]', 'mon-fri: ["05:00-07:00"]'), ('        at: "10:00"\n', ""))
    assert told(approved(early)) == [("block", "never_lawful", "hours")]
    shut = "[" + ", ".join(f"{year}-12-{day:02}" for year in (2026, 2027) for day in range(1, 32)) + "]"
    december = changed(("{calendar: US-IL}", f"{{closed: {shut}}}"))
    assert told(approved(december)) == []
    every_day = (datetime(2026, 1, 1, tzinfo=UTC).toordinal() + day for day in range(1100))
    always = ", ".join(str(datetime.fromordinal(day).date()) for day in every_day)
    assert told(approved(changed(("{calendar: US-IL}", f"{{closed: [{always}]}}")))) == [
        ("block", "never_open", "hours"),
        ("block", "team", "teams.desk"),
    ]


def test_hours_that_never_suit_a_neighbouring_state_are_told() -> None:
    """Kentucky begins at 10:00 (KRS 367.46955)."""
    morning = changed(('mon-fri: ["09:00-17:00"]', 'mon-fri: ["09:00-10:00"]'), ('at: "10:00"', 'at: "09:30"'))
    (found,) = look(approved(morning))
    assert (found.level, found.rule, found.path) == ("warn", "never_lawful", "hours")
    assert found.message == "people from KY can never be texted within these hours"


def test_the_map_of_neighbours_goes_both_ways() -> None:
    one_way = {(state, other) for state, around in NEIGHBOURS.items() for other in around}
    assert {(other, state) for state, other in one_way} == one_way


def test_a_step_that_only_one_place_can_keep_to_is_told() -> None:
    text = changed(
        ('/north"}', '/north", hours: {mon-fri: ["12:00-17:00"]}}'),
    )
    assert told(approved(text)) == [("warn", "at", "sequences.hot.steps[1].at")]


def test_a_sequence_whose_leads_an_earlier_one_takes_is_refused() -> None:
    narrow = (
        "  narrow:\n    for: {language: [en], source: website}\n    steps: {key: a, after: 1d, call: Call}\n  gentle:\n"
    )
    assert told(approved(changed(("  gentle:\n", narrow)))) == [("block", "unreachable", "sequences.narrow")]
    other = narrow.replace("language: [en], source: website", "language: [en, es]")
    assert told(approved(changed(("  gentle:\n", other)))) == []
    same = narrow.replace(", source: website", "")
    with pytest.raises(ClinicFileError, match=r"sequences\.narrow"):
        approved(changed(("  gentle:\n", same)))


def test_the_same_text_twice_is_refused_and_nearly_the_same_is_told() -> None:
    step = """
      - key: again
        after: 1 business day
        text: {{en: "{en}", es: "Oak Clinic: otros horarios. STOP para no recibir textos."}}
      - {{key: call, after: 2"""
    same = "Oak Clinic: are you still looking for a time? Tell us which days suit you."
    with pytest.raises(ClinicFileError, match=r"sequences\.hot\.steps\[2\]\.text says the same as"):
        approved(changed(("\n      - {key: call, after: 2", step.format(en=same))))
    alike = step.format(en=same.replace("days suit", "day suits"))
    assert told(approved(changed(("\n      - {key: call, after: 2", alike)))) == [
        ("warn", "similar", "sequences.hot.steps[2].text.en")
    ]


def test_more_than_five_texts_or_two_weeks_are_told() -> None:
    assert told(approved(changed(("after: 2 business days, call", "after: 12 business days, call")))) == [
        ("warn", "length_of_sequence", "sequences.hot")
    ]
    lines = ("Good morning from", "We kept a place:", "The week is open,", "Whenever you like,", "Last word of")
    more = "".join(
        f'      - {{key: more{n}, after: 1d, text: {{en: "{words} Oak Clinic. STOP to opt out",'
        f' es: "{words[::-1]} Oak Clinic. STOP para no recibir textos"}}}}\n'
        for n, words in enumerate(lines)
    )
    found = told(approved(changed(("  gentle:\n", f"{more}  gentle:\n"))))
    assert ("warn", "length_of_sequence", "sequences.hot") in found


# Keywords.


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Reply YES for a link, or NO if not needed. Reply STOP to opt out.", ["YES", "NO", "STOP"]),
        ("Responda SI para elegir hora, o NO si no. STOP para no recibir textos.", ["SI", "NO", "STOP"]),
        ("Text 'cancel' to cancel your visit", ["cancel"]),
        ("reply stop to opt out", ["stop"]),
        ("Reply with the days that suit you and we call", []),
        ("The ER entrance is closed, come at 9 AM. TV to watch.", ["TV"]),
    ],
)
def test_the_words_that_a_text_asks_for_are_found(words: str, asked: list[str]) -> None:
    assert [word for word, _ in asked_for(words)] == asked


@pytest.mark.parametrize(
    "words",
    [
        "Reply STOP to opt out.",
        "Text STOP to end texts.",
        "Reply CANCEL to cancel these texts.",
        "YES or STOP?",
        "STOP to unsubscribe, HELP for help.",
        "Responda ALTO para no recibir mensajes.",
    ],
)
def test_keywords_used_for_what_they_mean_are_fine(words: str) -> None:
    found = [rule for _, rule, _ in told(approved(changed((AGAIN, words))))]
    assert set(found) <= {"yes_keyword"}


def test_yes_on_a_toll_free_number_lifts_nothing() -> None:
    text = changed((AGAIN, "Reply YES for a link."), ("+13122040199", "+18882040199"))
    assert told(approved(text)) == [("warn", "number", "senders.main.number")]


def test_a_toll_free_number_whose_stop_we_would_confirm_too_is_refused() -> None:
    text = changed(("+13122040199", "+18882040199"), ("stop_confirmed_by: carrier", "stop_confirmed_by: us"))
    assert ("block", "stop_confirmed_by", "senders.main.stop_confirmed_by") in told(approved(text))


# The rendered text.


def test_a_text_is_judged_with_its_values_filled_in_and_told_where_they_stand() -> None:
    """A label that gives something away is told once, at the label, and not in each text that names it."""
    text = changed(("{public_label: regular visit}", "{public_label: chemotherapy}"))
    assert told(approved(text)) == [("block", "treatment", "services.check-up.public_label")]
    longest = "Hi {{ first_name }}, " + "We like mornings. " * 11
    assert told(approved(changed(("Oak Clinic here. Thank", f"{longest} Oak Clinic here. Thank")))) == [
        ("warn", "accented_name", "sequences.gentle"),
        ("block", "length", "sequences.gentle.steps[0].text.en"),
    ]


def test_of_a_large_network_each_place_is_looked_at_and_the_longest_with_the_longest() -> None:
    place = '  p{n}: {{name: Oak {hills}{n}, booking_url: "https://book.oak.example/{n}"}}\n'
    places = "".join(place.format(n=n, hills="Hill " * (n % 9)) for n in range(60))
    named = "Oak Clinic, {{ location }}, about your {{ service }}"
    text = changed(("services:\n", f"{places}services:\n"), ("Oak Clinic about your {{ service }}", named))
    assert told(approved(text)) == []
    unsafe = text.replace("Oak Hill 1,", "Oak Oncology 1,")
    assert ("block", "specialty", "locations.p1.name") in told(approved(unsafe))
    long = text.replace("Reply NO if not.", "We like mornings. " * 9 + "Reply NO if not.")
    assert ("block", "length", "sequences.hot.steps[0].text.en") in told(approved(long))


def test_an_email_is_judged_for_what_it_says_and_not_for_its_length() -> None:
    email = (
        "{key: mail, after: 1d, email: {subject: {en: Your request, es: Su solicitud}, body: {en: %s, es: Oak Clinic}}}"
    )
    step = "\n      - {key: call, after: 2"
    long = f'"Oak Clinic: é—í {"words " * 200}"'
    assert told(approved(changed((step, f"\n      - {email % long}{step}")))) == [
        ("warn", "smtp", "sequences.hot.steps[2].email")
    ]
    unsafe = email.replace("Your request", "Your biopsy results") % "Oak Clinic"
    found = told(approved(changed((step, f"\n      - {unsafe}{step}"))))
    assert ("block", "result", "sequences.hot.steps[2].email.subject.en") in found


SMTP = 'smtp: {host: mail.oak.example, user: oak, password: "${MAIL}", from: "Oak <hello@oak.example>"}\n'
DESK = "help: {phone"
ANSWERABLE = (DESK, "help: {email: hello@oak.example, phone")
CALL_STEP = "\n      - {key: call, after: 2"
MAIL_STEP = "sequences.hot.steps[2].email"


def mailed(subject: str, body: str) -> str:
    """The clinic with an e-mail step before its call, and a server whose password is set."""
    words = f"subject: {{en: '{subject}', es: Su solicitud}}, body: {{en: '{body}', es: Oak Clinic}}"
    step = f"\n      - {{key: mail, after: 1d, email: {{{words}}}}}"
    return changed(ANSWERABLE, (CALL_STEP, f"{step}{CALL_STEP}")) + SMTP


@pytest.mark.parametrize(
    ("subject", "body", "finding"),
    [
        ("Your request", "Oak Clinic: choose a time at {{ booking_link }}", None),
        ("Your biopsy", "Oak Clinic here", ("block", "result", f"{MAIL_STEP}.subject.en")),
        ("Your request", "Choose a time", ("block", "brand", f"{MAIL_STEP}.body.en")),
        ("Your request", "Oak Clinic: reply YES for a link", ("warn", "email_reply", f"{MAIL_STEP}.body.en")),
        (
            "Your request",
            "Oak Clinic https://book.oak.example/north",
            ("warn", "booking_token", f"{MAIL_STEP}.body.en"),
        ),
    ],
)
def test_an_email_is_judged_for_its_subject_its_signature_and_its_links(
    subject: str, body: str, finding: tuple[str, str, str] | None
) -> None:
    found = examine(approved(mailed(subject, body)), now=NOW, env={**ENV, "MAIL": "m"})[1]
    assert [(one.level, one.rule, one.path) for one in found] == ([finding] if finding else [])


def test_a_mail_server_whose_password_is_not_set_or_written_out_is_told() -> None:
    fine = mailed("Your request", "Oak Clinic here")
    assert told(approved(fine)) == [("warn", "secret_unset", "smtp")]
    assert told(approved(fine.replace("${MAIL}", "hush"))) == [("block", "secret", "smtp.password")]
    assert told(approved(fine.replace("{email: hello@oak.example, ", "{"))) == [
        ("warn", "reply_to", "smtp"),
        ("warn", "secret_unset", "smtp"),
    ]


# Links.


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("/north", "/north?lead=1", ("block", "booking_token", "locations.north.booking_url")),
        ("/north", "/#/north", ("warn", "booking_token", "locations.north.booking_url")),
        (AGAIN, "See https://book.oak.example/north for times.", ("warn", "booking_token", LATER)),
        (AGAIN, "See https://maple.example/about for times.", ("warn", "foreign_link", LATER)),
    ],
)
def test_a_link_that_loses_the_lead_or_the_clinic_is_told(old: str, new: str, finding: tuple[str, str, str]) -> None:
    assert told(approved(changed((old, new)))) == [finding]


def test_pages_of_the_clinics_own_domain_may_stand_in_a_text() -> None:
    assert told(approved(changed(ANSWERABLE, (AGAIN, "See https://www.oak.example/visit for the way.")))) == []


# What follows, and how fast.


def followed(*days: int, then: str = "") -> str:
    """The clinic with a slow sequence behind the first: a text after so many days each."""
    said = "".join(
        f'      - {{key: slow{n}, after: {day}d, text: {{en: "{words} Oak Clinic. STOP to opt out",'
        f' es: "{saludo} Oak Clinic. STOP para no recibir textos"}}}}\n'
        for n, (day, (words, saludo)) in enumerate(zip(days, WORDS, strict=False))
    )
    ended = f"    then: slow\n  slow:\n{then}    steps:\n{said}  gentle:\n"
    return changed(("  gentle:\n", ended))


WORDS = (
    ("Good morning from", "Le saluda"),
    ("The week is open,", "Tenemos horas libres,"),
    ("Whenever you like,", "Cuando usted quiera,"),
    ("Last word of", "Por ahora nos despedimos,"),
    ("Still here:", "Seguimos con usted:"),
    ("Many greetings,", "Muchos saludos,"),
    ("A quiet autumn to you from", "Le desea un otoño tranquilo"),
    ("New hours now at", "Nuevo horario en"),
    ("One more note by", "Una nota de"),
)


def test_a_slow_sequence_that_follows_may_be_long_and_no_longer_than_half_a_year() -> None:
    assert told(approved(followed(14, 21, 28, 28))) == []
    found = look(approved(followed(60, 60, 60)))
    assert [(one.level, one.rule, one.path, one.message) for one in found] == [
        ("warn", "length_in_all", "sequences.hot", "with slow behind it, it goes on for 26 weeks")
    ]
    assert [one.message for one in look(approved(followed(*[20] * 9)))] == [
        "with slow behind it, who never answers gets 11 texts",
        "with slow behind it, it goes on for 26 weeks",
    ]


def test_texts_that_the_limits_hold_until_they_are_too_old_are_told() -> None:
    (found,) = look(approved(followed(14, 20, 20, 3)))
    assert (found.level, found.rule, found.path) == ("warn", "caps", "sequences.slow.steps[3].after")
    assert found.message == (
        "3 texts come within 30 days, and limits.nurture_per_month is 2: this one waits, and is left out when it waits"
        " for more than two open days"
    )
    assert told(approved(followed(14, 20, 20, 3).replace("teams:", "limits: {nurture_per_month: 3}\nteams:", 1))) == []
    weekly = changed(("teams:", "limits: {per_week: 1}\nteams:"))
    assert told(approved(weekly)) == [("warn", "caps", "sequences.hot.steps[1].after")]


# Experiments.

TRIED = """experiments:
  ask:
    sequence: hot
    step: first
    change: text
    arms:
      a: {en: "Hi {{ first_name }}, Oak Clinic here. Reply NO if not. Reply STOP to opt out.", es: "Hola, Oak Clinic. STOP para no recibir textos."}
      b: {en: "Oak Clinic: shall we find you a time? Reply STOP to opt out.", es: "Oak Clinic: hola. STOP para no recibir textos."}
"""  # noqa: E501
ARM = "experiments.ask.arms.b"


def test_an_experiment_is_approved_by_itself_and_asks_nobody_about_its_sequence() -> None:
    found = told(approved(CLINIC) + TRIED)
    assert found == [("block", "approval", "experiments.ask")]
    assert told(approved(CLINIC + TRIED)) == []
    again = approved(CLINIC + TRIED).replace("shall we find", "may we find")
    assert told(again) == [("block", "approval", "experiments.ask"), ("warn", "approval_stale", "approvals[2]")]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("you a time? Reply STOP to opt out.", "you a time?", ("block", "opt_out_wording", f"{ARM}.en")),
        ("hola. STOP para no recibir textos.", "hola.", ("block", "opt_out_wording", f"{ARM}.es")),
        ("Oak Clinic: shall", "Shall", ("block", "brand", f"{ARM}.en")),
        ("find you a time?", "find you a chemotherapy?", ("block", "treatment", f"{ARM}.en")),
        ("find you a time?", "find you a time? " * 20, ("block", "length", f"{ARM}.en")),
        ("find you a time?", "find you a time 🙂?", ("warn", "encoding", f"{ARM}.en")),
        ("shall we find you a time?", "reply CANCEL to cancel your visit.", ("block", "keyword", f"{ARM}.en")),
    ],
)
def test_every_arm_in_every_language_is_judged_like_the_text_it_stands_for(
    old: str, new: str, finding: tuple[str, str, str]
) -> None:
    assert old in TRIED
    assert told(approved(CLINIC + TRIED.replace(old, new, 1)))[:1] == [finding]


def test_an_arm_says_something_else_than_the_other_steps_though_arms_may_be_alike() -> None:
    said, b = (
        AGAIN.replace("you.", "you. STOP to opt out."),
        "Oak Clinic: shall we find you a time? Reply STOP to opt out.",
    )
    close = "Oak Clinic: are you still looking for a time? Tell us which days suits you. STOP to opt out."
    found = told(approved(changed((AGAIN, said)) + TRIED.replace(b, close)))
    assert found == [("warn", "similar", f"{ARM}.en")]
    a = "Hi {{ first_name }}, Oak Clinic here! Reply NO if not. Reply STOP to opt out."
    assert told(approved(CLINIC + TRIED.replace(b, a))) == []


def test_another_order_may_not_take_the_way_out_from_the_first_text() -> None:
    order = "experiments: {turn: {sequence: hot, change: order, arms: {a: [first, second], b: [second, first]}}}\n"
    assert told(approved(CLINIC + order)) == [
        ("block", "opt_out_wording", f"sequences.hot.steps[1].text.{language}") for language in ("en", "es")
    ]
    both = changed((AGAIN, "Text STOP to opt out."), ("escriba los horarios que prefiere.", "STOP para no recibir."))
    assert told(approved(both + order)) == []


def test_a_time_that_is_tried_lies_within_opening_hours_too() -> None:
    late = 'experiments: {hour: {sequence: hot, step: second, change: at, arms: {a: "10:00", b: "20:00"}}}\n'
    assert told(approved(CLINIC + late)) == [("block", "at", "experiments.hour.arms.b")]


ALLOW = "lint: {allow: [{word: biopsy, class: result, by: ana@oak.example, reason: our street}]}\n"


def test_a_word_that_a_named_person_allows_passes_and_a_needless_permission_is_told() -> None:
    said = changed((AGAIN, "Find us at the biopsy."))
    assert ("block", "result", LATER) in told(approved(said))
    assert told(approved(said + ALLOW)) == []
    assert told(approved(CLINIC + ALLOW)) == [("warn", "allow_unused", "lint.allow[0]")]


# Approvals.


def test_what_nobody_approved_is_refused_with_the_line_to_add() -> None:
    found = look(CLINIC)
    hashes = {part.path: part.hash for part in parts(read_clinic(CLINIC)[0])}
    assert [(each.level, each.rule, each.path) for each in found] == [
        ("block", "approval", path) for path in ("answers", "sequences.hot", "sequences.gentle")
    ]
    assert [each.suggestion for each in found] == [
        f'- {{by: NAME, on: 2026-11-23, of: "{hashes[each.path]}"}}' for each in found
    ]
    whole = f"{CLINIC}approvals:\n" + "".join(f"  {(each.suggestion or '').replace('NAME', 'ana')}\n" for each in found)
    assert look(whole) == ()


def test_a_changed_comma_asks_again_for_that_sequence_alone() -> None:
    text = approved(CLINIC).replace("una persona", "una, persona")
    assert told(text) == [("block", "approval", "sequences.gentle"), ("warn", "approval_stale", "approvals[1]")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("after: 1 business day", "after: 2 business days"),
        ('at: "10:00"', 'at: "11:00"'),
        ("key: second", "key: third"),
        ("  gentle:", "  kind:"),
        ("call: Try a call", "call: Try another call"),
        ("capacity: 5", "capacity: 6"),
    ],
)
def test_keys_times_and_notes_for_staff_are_no_words(old: str, new: str) -> None:
    assert told(approved(CLINIC).replace(old, new, 1)) == []


@pytest.mark.parametrize(
    "words", ["free parking", "regular visit", "Oak North", "+13125550100", "name: Oak Clinic", "hay estacionamiento"]
)
def test_answers_and_the_names_in_all_texts_are_words(words: str) -> None:
    again = approved(CLINIC).replace(words, words.replace("o", "oo", 1) if "o" in words else words[:-1] + "1", 1)
    assert ("block", "approval", "answers") in told(again)


def test_an_approval_of_the_day_after_tomorrow_is_none() -> None:
    found = look(approved(CLINIC).replace("2026-11-20", "2026-11-25"))
    assert [(each.rule, "2026-11-25" in each.message) for each in found] == [("approval", True)] * 3


# The list.


def test_a_file_with_mistakes_shows_all_of_them_and_nothing_else() -> None:
    clinic, found = examine(changed(("state: IL", "state: ILL"), ("hours:", "ours:")), now=NOW, env=ENV)
    assert clinic is None
    assert sorted((each.line, each.rule) for each in found if each.level == "block") == [
        (1, "missing"),
        (4, "value"),
        (7, "unknown_key"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.sampled_from(JUNK))
def test_whatever_stands_in_a_file_it_is_looked_at_to_the_end(place: int, junk: str) -> None:
    values = list(re.finditer(r"(?<=: )[^,{}\[\]\n]+|(?<=: )[{\[].*[}\]]", EVERY_KEY))
    value = values[place % len(values)]
    clinic, found = examine(EVERY_KEY[: value.start()] + junk + EVERY_KEY[value.end() :], now=NOW, env={})
    assert found != ()
    assert clinic is None or {section_of(each.rule) for each in found} >= {"Approvals", "Consent words"}


def test_every_rule_that_the_checklist_can_name_stands_under_a_heading() -> None:
    """Read from the sources: a remark under no heading would be lost among the mistakes of the file."""
    from pathlib import Path

    import app.domain.checklist

    sources = "".join(file.read_text() for file in Path(app.domain.checklist.__file__).parent.glob("*.py"))
    rules = set(re.findall(r'Remark\(\s*(?:"\w+"|level),\s*"(\w+)"', sources))
    assert len(rules) > 20
    assert [rule for rule in sorted(rules) if section_of(rule) == THE_FILE] == []
    assert {section.title for section in SECTIONS} >= {section_of(rule) for rule in rules}


def test_a_demo_lets_all_pass_but_what_words_give_away() -> None:
    assert not any(map(eased, CONTENT))
    assert all(map(eased, ("approval", "brand", "opt_out_wording", "never_open", "secret")))
