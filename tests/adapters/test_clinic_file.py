"""Reading clinic files: what the example says, every key there is, and every mistake on its own line."""

import re
import time as stopwatch
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.clinic_file import ClinicFileError, Finding, MissingSecret, read_clinic, resolve_secret
from app.domain.clinic import (
    Absence,
    Approval,
    Channel,
    Limits,
    Location,
    Play,
    Question,
    Route,
    ScoreRow,
    Sender,
    Sequence,
    Service,
    Source,
    Span,
    Step,
    Team,
    Unit,
)
from app.domain.lint import Allowed
from app.domain.wording import measure, render

LAKESIDE = Path(__file__).parents[2] / "examples" / "lakeside.yaml"

MINIMAL = """\
clinic: lakeside
name: Lakeside Clinic
timezone: America/Chicago
state: IL
help: {phone: "+13125550100"}
hours: {mon-fri: ["09:00-17:00"]}
languages: [en, es]
locations: {north: {name: North, booking_url: "https://book.example/n"}}
services: {check-up: {public_label: visit}}
senders:
  main: {carrier: twilio, number: "+13125550199", account: "${SID}", secret: "${TOKEN}"}
sources: {website: {consent_text: [web]}}
consent_texts: {web: I agree.}
teams: {desk: {respond_within: 2h, capacity: 5}}
sequences:
  gentle:
    steps:
      - key: hello
        after: 0m
        text:
          en: "Hello {{ first_name }}"
          es: "Hola {{ first_name }}"
      - {key: call, after: 1 business day, call: Try a call}
    then: nurture
"""
END = MINIMAL.count("\n") + 1


def span(amount: int, unit: Unit) -> Span:
    return Span(amount=amount, unit=unit)


def mistakes(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ClinicFileError) as caught:
        read_clinic(text)
    return [(found.line, found.path, found.sentence) for found in caught.value.findings]


def warnings(text: str) -> list[tuple[int | None, str, str]]:
    return [(found.line, found.path, found.rule) for found in read_clinic(text)[1]]


# The example.


def test_the_example_reads_without_a_warning_as_the_clinic_it_describes() -> None:
    """Places, people, numbers and limits, whole."""
    clinic, findings = read_clinic(LAKESIDE.read_text(), name="examples/lakeside.yaml")
    day = ((time(9), time(12, 30)), (time(13, 30), time(17, 30)))
    assert findings == ()
    assert (clinic.key, clinic.name, clinic.brand, clinic.state, clinic.languages) == (
        "lakeside",
        "Lakeside Clinic",
        "lakeside",
        "IL",
        ("en", "es"),
    )
    assert (clinic.hours.zone, clinic.hours.week) == ("America/Chicago", (*(day,) * 5, ((time(9), time(12)),), ()))
    assert clinic.hours.half_days == {date(2026, 12, 31): ((time(9), time(12, 30)),), date(2027, 2, 12): day}
    assert clinic.locations == {
        key: Location(
            key=key,
            name=f"Lakeside {key.title()}",
            hours=clinic.hours,
            state="IL",
            zip=zip_code,
            booking_url=f"https://book.lakeside.example/{key}",
            phone=phone,
        )
        for key, zip_code, phone in (("north", "60657", "+13125550110"), ("south", "60615", "+13125550120"))
    }
    assert clinic.services == {
        "new-patient": Service(key="new-patient", public_label="new patient visit"),
        "check-up": Service(key="check-up", public_label="regular visit"),
        "fertility": Service(key="fertility", public_label="appointment", sensitive=True),
    }
    assert clinic.senders == {
        "lakeside-main": Sender(
            key="lakeside-main",
            carrier="twilio",
            number="+13125550199",
            account="${TWILIO_ACCOUNT_SID}",
            secret="${TWILIO_AUTH_TOKEN}",
            segments_per_second=10,
        )
    }
    assert clinic.sources == {"website": Source(key="website", consent_texts=("web-2026-09",))}
    assert clinic.teams == {
        "front-desk": Team(
            key="front-desk",
            respond_within=span(2, Unit.HOURS),
            capacity=40,
            hours=clinic.hours,
            people=("ana", "bo"),
        ),
        "billing": Team(
            key="billing",
            respond_within=span(1, Unit.DAYS),
            capacity=20,
            hours=replace(clinic.hours, week=(*(((time(9), time(12, 30)), (time(13, 30), time(16, 30))),) * 5, (), ())),
            people=("cy",),
        ),
    }
    assert clinic.routing == (
        Route(team="billing", kinds=("question",), words=("bill", "billing", "insurance", "payment")),
    )
    assert clinic.scoring == (
        ScoreRow(when={"request": ("appointment",)}, add=10),
        ScoreRow(when={"extra.visit": ("new",)}, add=20),
        ScoreRow(when={"service": ("new-patient",)}, add=20),
        ScoreRow(when={"has": ("preferred_times",)}, add=20),
        ScoreRow(track="hot", from_=40),
    )
    assert (
        clinic.limits,
        clinic.reply_window,
        clinic.resume_after,
        clinic.stop_reminder_every,
        clinic.max_segments,
    ) == (
        Limits(per_day=2, per_week=4, nurture_per_month=2),
        timedelta(minutes=60),
        span(1, Unit.BUSINESS_DAYS),
        3,
        2,
    )
    assert (clinic.help_phone, clinic.help_email) == ("+13125550100", "hello@lakeside.example")
    assert clinic.test_phones == {"+13125550150", "+13125550151"}


def test_the_example_has_a_sequence_for_eager_people_one_for_everyone_and_a_slow_one() -> None:
    """Their steps, in order: what, how long after the one before, at what time of day."""
    clinic, _ = read_clinic(LAKESIDE.read_text())
    plan = [
        (s.key, dict(s.for_), s.then, [(step.key, step.channel, step.after, step.at) for step in s.steps])
        for s in clinic.sequences
    ]
    business = Unit.BUSINESS_DAYS
    assert plan == [
        (
            "appointment-request",
            {"track": ("hot",)},
            "nurture",
            [
                ("confirm", Channel.TEXT, span(0, Unit.MINUTES), None),
                ("options", Channel.TEXT, span(1, business), time(10)),
                ("call", Channel.CALL, span(2, business), None),
                ("letter", Channel.EMAIL, span(4, Unit.HOURS), None),
                ("reminder", Channel.TEXT, span(1, business), time(14)),
                ("close", Channel.TEXT, span(4, business), None),
            ],
        ),
        (
            "gentle",
            {},
            "nurture",
            [
                ("hello", Channel.TEXT, span(0, Unit.MINUTES), None),
                ("options", Channel.TEXT, span(2, business), time(11)),
                ("call", Channel.CALL, span(3, business), None),
                ("goodbye", Channel.TEXT, span(5, business), time(11)),
            ],
        ),
        (
            "nurture",
            {},
            None,
            [
                ("check-in", Channel.TEXT, span(21, Unit.DAYS), time(11)),
                ("last-word", Channel.TEXT, span(45, Unit.DAYS), time(11)),
            ],
        ),
    ]


def test_every_text_of_the_example_names_the_clinic_and_fits_one_segment() -> None:
    """Steps, arms, standing answers and ready answers, in both languages; a sequence's first says how to stop."""
    clinic, _ = read_clinic(LAKESIDE.read_text())
    values = {
        "first_name": "Guadalupe",
        "clinic_name": clinic.name,
        "booking_link": "https://text.lakeside.example/b/0123456789abcdef",
        "help_phone": "(312) 555-0100",
        "time_options": "1 weekday mornings, 2 weekday afternoons",
        "question": "Is this your first visit? Answer NEW or BACK.",
    }
    seen_by = [
        (arm, s.seen_by(arm)) for s in clinic.sequences for arm in (s.experiment.arms if s.experiment else ["-"])
    ]
    texts = [
        *((f"{s.key}.{step.key}", step.words) for _, s in seen_by for step in s.steps if step.channel is Channel.TEXT),
        *((f"{arm}.{step.key}", step.words) for arm, s in seen_by for step in s.steps if step.channel is Channel.TEXT),
        *((f"answers.{kind}", words) for kind, words in clinic.answers.items()),
        *((f"playbook.{play.key}", play.say) for play in clinic.playbook),
    ]
    rendered = {(name, language): render(text, values) for name, words in texts for language, text in words.items()}
    seen = {place: ("Lakeside Clinic" in text, measure(text).segments) for place, text in rendered.items()}
    assert seen == {(name, language): (True, 1) for name, _ in texts for language in ("en", "es")}
    firsts = [
        rendered[f"{s.key}.{s.steps[0].key}", language] for s in clinic.sequences for language in clinic.languages
    ]
    assert [text for text in firsts if "STOP" not in text] == []


def test_the_example_is_read_fast_enough_for_every_command() -> None:
    """A clinic file of this size takes well under 150 ms once the holiday calendar is loaded."""
    text = LAKESIDE.read_text()
    took = []
    for _ in range(4):
        start = stopwatch.process_time()
        read_clinic(text)
        took.append(stopwatch.process_time() - start)
    assert min(took) < 0.15


# What a file may leave out.


def test_a_minimal_file_gets_the_documented_defaults() -> None:
    """Limits, reply window and the rest of the default column; answers come built in."""
    clinic, findings = read_clinic(
        MINIMAL.replace("languages: [en, es]\n", "").replace('          es: "Hola {{ first_name }}"\n', "")
    )
    assert findings == ()
    assert (clinic.brand, clinic.languages, clinic.limits, clinic.reply_window) == (
        "lakeside",
        ("en",),
        Limits(per_day=2, per_week=4, nurture_per_month=2),
        timedelta(minutes=60),
    )
    assert (clinic.resume_after, clinic.stop_reminder_every, clinic.max_segments) == (span(1, Unit.BUSINESS_DAYS), 3, 2)
    assert clinic.senders["main"] == Sender(
        key="main", carrier="twilio", number="+13125550199", account="${SID}", secret="${TOKEN}"
    )
    assert {kind: tuple(words) for kind, words in clinic.answers.items()} == dict.fromkeys(
        ("booking_link", "help", "stop_confirmation", "safety"), ("en",)
    )
    assert clinic.sequences == (
        Sequence(
            key="gentle",
            steps=(
                Step(
                    key="hello",
                    after=span(0, Unit.MINUTES),
                    channel=Channel.TEXT,
                    words={"en": "Hello {{ first_name }}"},
                ),
                Step(
                    key="call",
                    after=span(1, Unit.BUSINESS_DAYS),
                    channel=Channel.CALL,
                    note="Try a call",
                    if_={"signal": ("no_reply",)},
                ),
            ),
            then="nurture",
        ),
    )


def test_a_team_whose_people_are_all_away_is_closed_on_those_days() -> None:
    """Somebody alone changes nothing; an absence without an end is one day long, and both its days count."""
    rows = "[{who: ana, from: 2026-12-01, until: 2026-12-03}, {who: bo, from: 2026-12-03}]"
    clinic, _ = read_clinic(MINIMAL.replace("capacity: 5", f"capacity: 5, people: [ana, bo], away: {rows}"))
    desk = clinic.teams["desk"]
    assert desk.hours == replace(clinic.hours, closed=clinic.hours.closed | {date(2026, 12, 3)})
    assert desk.away == (
        Absence(who="ana", from_=date(2026, 12, 1), until=date(2026, 12, 3)),
        Absence(who="bo", from_=date(2026, 12, 3), until=date(2026, 12, 3)),
    )


def test_a_plain_text_is_in_the_first_language() -> None:
    """Answers and ready answers fall back to it; a built-in answer keeps its other languages."""
    more = "answers: {help: Call us., acknowledge: Thank you.}\nplaybook: {park: {when: bus, say: By the door.}}\n"
    clinic, _ = read_clinic(MINIMAL.replace("[en, es]", "[es, en]") + more)
    assert (clinic.answers["help"]["es"], clinic.answers["help"]["en"][:15]) == ("Call us.", "{{ clinic_name ")
    assert clinic.answers["acknowledge"] == {"es": "Thank you."}
    assert clinic.playbook == (Play(key="park", when=("bus",), say={"es": "By the door."}),)


def test_a_clinic_without_a_help_phone_gives_its_address() -> None:
    """The built-in help text names what the clinic has."""
    clinic, _ = read_clinic(MINIMAL.replace('phone: "+13125550100"', "email: hi@lakeside.example"))
    assert clinic.answers["help"]["en"] == (
        "{{ clinic_name }}: for help write to hi@lakeside.example. Msg frequency varies. Msg & data rates may apply."
        " Reply STOP to opt out."
    )


def test_holidays_become_dates_and_a_half_day_opens_one() -> None:
    """The state's calendar with days in lieu, the clinic's closures; New Year's Eve is nobody's holiday."""
    holidays = (
        'holidays: {calendar: US-IL, closed: [2026-12-24], half_days: {2026-11-03: ["09:00-12:00"], 2026-12-31: []}}\n'
    )
    clinic, _ = read_clinic(MINIMAL + holidays)
    asked = [
        date(2026, 11, 26),
        date(2026, 12, 24),
        date(2026, 7, 3),
        date(2040, 12, 25),
        date(2026, 11, 3),
        date(2026, 12, 31),
    ]
    assert [day in clinic.hours.closed for day in asked] == [True, True, True, True, False, False]
    assert clinic.hours.half_days == {date(2026, 11, 3): ((time(9), time(12)),), date(2026, 12, 31): ()}


def test_a_location_keeps_its_own_hours_and_takes_the_rest_from_the_clinic() -> None:
    """Its zone and state too; ranges and lists of days, one interval without a list."""
    hours = '{"mon,wed": "08:00-12:00", fri-sat: ["13:00-15:00", "09:00-11:00"]}'
    own = f"timezone: America/New_York, state: IN, hours: {hours}"
    clinic, _ = read_clinic(
        MINIMAL.replace("name: North,", f"name: North, {own},") + "holidays: {closed: [2026-12-24]}\n"
    )
    morning, split = ((time(8), time(12)),), ((time(9), time(11)), (time(13), time(15)))
    north = clinic.locations["north"]
    assert (north.state, north.hours.zone, north.hours.closed) == ("IN", "America/New_York", {date(2026, 12, 24)})
    assert north.hours.week == (morning, (), morning, (), split, split, ())


# Every key.

EVERY_KEY = """\
clinic: lakeside
name: Lakeside Clinic
timezone: America/Chicago
state: IL
hours: {mon-fri: ["09:00-17:00"]}
brand: lakeside-group
languages: [en]
help: {phone: "+13125550100", email: hi@lakeside.example}
holidays: {calendar: US, closed: [2026-12-24], half_days: {2026-12-31: ["09:00-12:00"]}}
limits: {per_day: 1, per_week: 3, nurture_per_month: 1}
reply_window: 2h
resume_after: 2 business days
stop_reminder_every: 4 texts
max_segments: 3
locations:
  north: {name: North, zip: 60657, timezone: America/Chicago, state: IL, hours: {sat: ["09:00-12:00"]},
          holidays: {calendar: US-IL}, booking_url: "https://book.example/n", phone: "+13125550110"}
services:
  check-up: {public_label: visit, sensitive: false, locations: [north]}
senders:
  main: {carrier: twilio, number: "+13125550199", account: "${SID}", secret: "${TOKEN}", segments_per_second: 0.5,
         segments_per_day: 100, stop_confirmed_by: us, locations: [north]}
sources:
  website: {auth: bearer, consent_text: [web], secret: "${HOOK}", fields: {first_name: given},
            defaults: {service: check-up}, locations: [north]}
consent_texts: {web: I agree.}
bookings: {desk: {kind: cal, secret: "${CAL}"}}
intake_link: https://forms.lakeside.example/hello
time_options: {weekday mornings: {mon-fri: ["09:00-12:00"]}}
answers: {booking_link: a, help: b, stop_confirmation: c, safety: d, acknowledge: e, decline: f}
question: {ask: "Which day suits you?", field: day, values: [monday, friday]}
teams:
  desk: {respond_within: 1 business day, capacity: 5, hours: {mon: ["09:00-12:00"]}, people: [ana],
         away: [{who: ana, from: 2026-12-01, until: 2026-12-04}]}
routing: [{when: {kind: question, words: [bill]}, team: desk}]
playbook: {park: {when: [bus], team: desk, say: By the door., escalate: {after: 2h, to: desk}}}
scoring:
  - {when: {service: check-up, location: north, source: website, language: en, request: appointment,
            has: [email, zip], utm.source: ads}, add: 5}
  - {track: hot, from: 5}
sequences:
  quick:
    for: {track: hot, service: [check-up], location: north, source: website, language: en,
          request: [appointment, information]}
    steps:
      - {key: a, after: 15m, at: "10:00", text: Hello., if: {has: email}, unless: [clicked, {captured_on: sun}], max_segments: 1}
      - {key: b, after: 3d, email: {subject: Hello, body: Hello.}}
      - {key: c, after: 2h, call: Try a call}
      - {key: d, after: 1 business day, wait: true}
    then: finished
  all: {steps: [{key: a, after: 0m, text: "Hello. {{ question }} {{ time_options }}"}]}
experiments:
  ask: {sequence: quick, step: a, change: text, arms: {a: {en: Hi.}, b: {en: Hey.}}, stop_if: {opt_out_rate: 0.05}}
smtp: {host: mail.example, port: 587, user: me, password: "${SMTP}", from: hi@lakeside.example}
test_phones: ["+13125550150"]
lint: {allow: [{word: mercy, class: condition, by: ana, reason: our street}]}
approvals: [{by: ana, on: 2026-11-20, of: "sha256:HASH"}]
""".replace("HASH", "0" * 64)

TOP_KEYS = """
clinic name timezone state hours brand languages help holidays limits reply_window resume_after stop_reminder_every
max_segments locations services senders sources consent_texts bookings intake_link time_options answers question teams
routing playbook scoring sequences experiments smtp test_phones lint approvals
"""


def test_every_key_of_the_contract_is_accepted() -> None:
    """A file that uses all of them has no mistake, and is told which of them have no effect yet."""
    assert {line.split(":")[0] for line in EVERY_KEY.splitlines() if line[0] != " "} == set(TOP_KEYS.split())
    clinic, findings = read_clinic(EVERY_KEY)
    assert {found.path: found.rule for found in findings} == dict.fromkeys(
        (
            "bookings",
            "sources.website.fields",
        ),
        "not_yet",
    )
    assert (clinic.brand, clinic.intake_link, clinic.stop_reminder_every, clinic.sequences[0].then) == (
        "lakeside-group",
        "https://forms.lakeside.example/hello",
        4,
        None,
    )
    assert clinic.sequences[0].for_ == {
        "track": ("hot",),
        "service": ("check-up",),
        "location": ("north",),
        "source": ("website",),
        "language": ("en",),
        "request": ("appointment", "information"),
    }
    assert clinic.sequences[0].steps[1] == Step(
        key="b",
        after=span(3, Unit.DAYS),
        channel=Channel.EMAIL,
        words={"en": "Hello."},
        note="Hello",
        subject={"en": "Hello"},
    )
    assert clinic.allowed == (Allowed(word="mercy", cls="condition", by="ana", reason="our street"),)
    assert clinic.approvals == (Approval(by="ana", on=date(2026, 11, 20), of=f"sha256:{'0' * 64}"),)


# Mistakes.

# ruff: noqa: E501 (a row of a table stays on its line)
# fmt: off
MISTAKES = [
    ("name: Lakeside Clinic\n", "", 1, "", "name is missing"),
    ("state: IL", "state: il", 4, "state", "'il' is no US state; write its two letters; did you mean IL?"),
    ("then: nurture", "than: nurture", 24, "sequences.gentle.than", "sequences.gentle.than is no known key; did you mean then?"),
    ("America/Chicago", "America/Chicgo", 3, "timezone", "'America/Chicgo' is no known time zone; did you mean America/Chicago?"),
    ("name: Lakeside Clinic", "name: true", 2, "name", "name must be some text"),
    ("name: Lakeside Clinic", "name:", 2, "name", "name must be some text"),
    ("name: Lakeside Clinic", "name: [a]", 2, "name", "name must be some text"),
    ("clinic: lakeside", "clinic: Lake Side", 1, "clinic", "clinic must be a key of small letters, digits and dashes, not 'Lake Side'"),
    ('{phone: "+13125550100"}', "{}", 5, "help", "help: one of phone, email is missing"),
    ('"+13125550100"', "312-555-0100", 5, "help.phone", "help.phone must be a US phone number in E.164, such as +13125550100, not '312-555-0100'"),
    ('["09:00-17:00"]', '["9-17"]', 6, "hours.mon-fri[0]", "hours.mon-fri[0] must be hours such as 09:00-12:30"),
    ('["09:00-17:00"]', '["09:00-24:00"]', 6, "hours.mon-fri[0]", "hours.mon-fri[0] must be a time from 00:00 to 23:59, not '24:00'"),
    ('["09:00-17:00"]', '["17:00-09:00"]', 6, "hours.mon-fri[0]", "hours.mon-fri[0] must end after it begins, and on the same day"),
    ('["09:00-17:00"]', '["09:00-12:30", "12:00-17:00"]', 6, "hours.mon-fri", "hours.mon-fri has hours that overlap: 12:00 is before 12:30"),
    ("mon-fri:", "mon-fry:", 6, "hours.mon-fry", "'mon-fry' is no day; write mon, tue, wed, thu, fri, sat, sun, or mon-fri, or mon,wed"),
    ('{mon-fri: ["09:00-17:00"]}', '{mon-fri: ["09:00-17:00"], tue: []}', 6, "hours.tue", "hours names tue twice"),
    ('{mon-fri: ["09:00-17:00"]}', "{mon-fri: []}", 6, "hours", "hours has no opening hours"),
    ("https://book.example/n", "book.example/n", 8, "locations.north.booking_url", "locations.north.booking_url must be a full link that starts with https://"),
    ("{public_label: visit}", "{public_label: visit, sensitive: yes}", 9, "services.check-up.sensitive", "services.check-up.sensitive must be true or false"),
    ("{public_label: visit}", "{public_label: visit, locations: [nort]}", 9, "services.check-up.locations[0]", "there is no location 'nort'; did you mean north?"),
    ("carrier: twilio", "carrier: twillio", 11, "senders.main.carrier", "senders.main.carrier must be one of twilio, not 'twillio'; did you mean twilio?"),
    ('"+13125550199"', '"+4930123456"', 11, "senders.main.number", "senders.main.number must be a US phone number in E.164, such as +13125550100, not '+4930123456'"),
    ('"${TOKEN}"', '"${TO KEN}"', 11, "senders.main.secret", "senders.main.secret must be a reference such as ${TWILIO_AUTH_TOKEN}, not '${TO KEN}'"),
    ('secret: "${TOKEN}"}', 'secret: "${TOKEN}", locations: [nroth]}', 11, "senders.main.locations[0]", "there is no location 'nroth'; did you mean north?"),
    ('secret: "${TOKEN}"}', 'secret: "${TOKEN}", segments_per_second: fast}', 11, "senders.main.segments_per_second", "senders.main.segments_per_second must be a number from 0.01 to 1000000"),
    ("[web]", "[webb]", 12, "sources.website.consent_text[0]", "there is no consent_text 'webb'; did you mean web?"),
    ("respond_within: 2h", "respond_within: two hours", 14, "teams.desk.respond_within", "teams.desk.respond_within must be a duration such as 15m, 2h, 3d or 1 business day"),
    ("respond_within: 2h", "respond_within: 0m", 14, "teams.desk.respond_within", "teams.desk.respond_within must be longer than nothing"),
    ("capacity: 5", "capacity: 0", 14, "teams.desk.capacity", "teams.desk.capacity must be a whole number from 1 to 100000"),
    ("capacity: 5", "capacity: 5, people: [ana], away: [{who: anna, from: 2026-12-01}]", 14, "teams.desk.away[0].who", "'anna' is none of the team; did you mean ana?"),
    ("capacity: 5", "capacity: 5, away: [{who: ana, from: 2026-12-02, until: 2026-12-01}]", 14, "teams.desk.away[0].until", "teams.desk.away[0] must end after it begins, and within a year"),
    ("capacity: 5", "capacity: 5, away: [{who: ana}]", 14, "teams.desk.away[0]", "teams.desk.away[0]: from is missing"),
    ("        after: 0m\n", "", 18, "sequences.gentle.steps[0]", "sequences.gentle.steps[0]: after is missing"),
    ("after: 0m", "after: 0m\n        at: 25:00", 20, "sequences.gentle.steps[0].at", "sequences.gentle.steps[0].at must be a time from 00:00 to 23:59, not '25:00'"),
    ("Hola {{ first_name }}", "Hola {{ firstname }}", 22, "sequences.gentle.steps[0].text.es", None),
    ("Hola {{ first_name }}", "Hola {{ first_name", 22, "sequences.gentle.steps[0].text.es", None),
    ("Hola {{ first_name }}", "{% for x in first_name %}{% endfor %}", 22, "sequences.gentle.steps[0].text.es", None),
    ('          es: "Hola {{ first_name }}"\n', "", 20, "sequences.gentle.steps[0].text", "sequences.gentle.steps[0].text has no text in es: write it: es: …"),
    ("{key: call,", "{key: hello,", 23, "sequences.gentle.steps[1].key", "the step key 'hello' is used more than once: give it one of its own, such as hello-2"),
    ("call: Try a call", "call: Try a call, wait: true", 23, "sequences.gentle.steps[1]", "sequences.gentle.steps[1] is one of text, email, call, wait, not call and wait"),
    (", call: Try a call", "", 23, "sequences.gentle.steps[1]", "sequences.gentle.steps[1]: one of text, email, call, wait is missing"),
    ("then: nurture", "then: nature", 24, "sequences.gentle.then", "there is no sequence 'nature' to follow; did you mean nurture?"),
    ("    then: nurture", "    for: {service: checkup}", 24, "sequences.gentle.for.service", "there is no service 'checkup'; did you mean check-up?"),
    ("    then: nurture", "    for: {servise: check-up}", 24, "sequences.gentle.for.servise", "sequences.gentle.for.servise is no known key; did you mean service?"),
    ("    then: nurture", "  gentle: {}", 24, "sequences.gentle", "sequences.gentle is given twice"),
    ("\n    then", "\n\tthen", 24, "", "found character '\\t' that cannot start any token"),
    ("    then: nurture", "    then: 'nurture", END, "", "found unexpected end of stream"),
]

APPENDED = [
    ("reply_window: 2 business days", "reply_window", "reply_window must be in minutes or hours, such as 60m"),
    ("resume_after: 5 weeks", "resume_after", "resume_after must be a duration such as 15m, 2h, 3d or 1 business day; did you mean 35d?"),
    ("resume_after: 900d", "resume_after", "resume_after is longer than anyone would wait"),
    ("stop_reminder_every: often", "stop_reminder_every", "stop_reminder_every must be a number of texts, such as 3 texts"),
    ("limits: {per_day: many}", "limits.per_day", "limits.per_day must be a whole number from 1 to 1000"),
    ("limits: 2", "limits", "limits must be a mapping of keys to values"),
    ("holidays: {calendar: US-XX}", "holidays.calendar", None),
    ("holidays: {closed: [2026-02-30]}", "holidays.closed[0]", "holidays.closed[0] must be a date such as 2026-12-24, not '2026-02-30'"),
    ("holidays: {closed: 2026-12-24, half_days: {2026-12-24: []}}", "holidays.half_days.2026-12-24", "2026-12-24 is both closed and a half day"),
    ("playbook: {park: {when: bus, say: Here., team: dsk}}", "playbook.park.team", "there is no team 'dsk'; did you mean desk?"),
    ("playbook: {park: {when: bus, say: Here., escalate: {after: 2h, to: dsk}}}", "playbook.park.escalate.to", "there is no team and no person 'dsk'; did you mean desk?"),
    ("routing: [{when: {kind: questions}, team: desk}]", "routing[0].when.kind", None),
    ("scoring: [{when: {has: email}, from: 3}]", "scoring[0]", None),
    ("question: {ask: New?, field: visit}", "question", "question: values is missing"),
    ("question: {ask: New?, field: visit, values: [new]}", "question.values", "question.values needs at least 2"),
    ("question: {ask: New?, field: Visit it, values: [new, back]}", "question.field", None),
    ("question: {ask: New?, field: visit, values: {new: [yes], back: [two]}}", "question.values.new", "'yes' is no answer to the question: it is read as confirm"),
    ("question: {ask: New?, field: visit, values: [stop, go]}", "question.values", "'stop' is no answer to the question: it is read as opt_out"),
    ("answers: {decline: '{{ question }}'}", "answers.decline", "answers.decline names question: only the text of a step asks it"),
    ("answers: {decline: '{{ time_options }}'}", "answers.decline", "answers.decline names time_options, but the clinic has none"),
    ("scoring: [{when: {sevice: check-up}, add: 3}]", "scoring[0].when.sevice", "scoring[0].when.sevice is no known key; did you mean service?"),
    ("experiments: {x: {sequence: gentl, step: a, change: text, arms: {a: x, b: y}}}", "experiments.x.sequence", "there is no sequence 'gentl'; did you mean gentle?"),
    ("experiments: {x: {sequence: gentle, step: helo, change: text, arms: {a: x, b: y}}}", "experiments.x.step", "sequences.gentle has no step 'helo'; did you mean hello?"),
    ("approvals: [{by: ana, on: 2026-11-20, of: abc}]", "approvals[0].of", None),
    ("answers: {hlp: Call us.}", "answers.hlp", "answers.hlp is no known key; did you mean help?"),
    ("test_phones: [5550100]", "test_phones[0]", "test_phones[0] must be a US phone number in E.164, such as +13125550100, not '5550100'"),
    ("clinic: other", "clinic", "clinic is given twice"),
]
# fmt: on


@pytest.mark.parametrize(("good", "bad", "line", "path", "sentence"), MISTAKES)
def test_a_mistake_is_named_on_its_line(good: str, bad: str, line: int, path: str, sentence: str | None) -> None:
    """One slip in a right file is one finding; wording of other parts is theirs, so None asks for its place alone."""
    assert good in MINIMAL
    (found,) = mistakes(MINIMAL.replace(good, bad, 1))
    assert found == (line, path, found[2] if sentence is None else sentence)


@pytest.mark.parametrize(("bad", "path", "sentence"), APPENDED)
def test_a_mistake_in_an_optional_part_is_named_on_its_line(bad: str, path: str, sentence: str | None) -> None:
    """The same for what a file need not have."""
    first, *_ = mistakes(MINIMAL + bad)
    assert first == (END, path, first[2] if sentence is None else sentence)


def test_a_file_with_many_mistakes_names_them_all_at_once() -> None:
    """In the order of the file, one line each, ready for an editor to jump to."""
    text = MINIMAL
    for good, bad in (
        ("state: IL", "state: Illinois"),
        ("capacity: 5", "capcity: 5"),
        ("{public_label: visit}", "{public_label: visit, locations: [west]}"),
        ("[web]", "[wed]"),
        ("after: 0m", "after: soon"),
        ("Hola {{ first_name }}", "Hola {{ last_name }}"),
        ("then: nurture", "then: sleep"),
    ):
        text = text.replace(good, bad, 1)
    with pytest.raises(ClinicFileError) as caught:
        read_clinic(text, name="clinics/lakeside.yaml")
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        f"clinics/lakeside.yaml:{line}:" for line in (4, 9, 12, 14, 14, 19, 22, 24)
    ]
    assert str(caught.value).splitlines()[4] == (
        "clinics/lakeside.yaml:14: teams.desk.capcity is no known key; did you mean capacity?"
    )


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "the file is empty"),
        ("# nothing but a comment\n", 1, "the file is empty"),
        ("- clinic: lakeside\n", 1, "the file must be a mapping of keys to values"),
        ("lakeside\n", 1, "the file must be a mapping of keys to values"),
        ("clinic: lakeside\nname: \x00\n", 2, "a character that YAML does not allow"),
        ("clinic: a\n---\nclinic: b\n", 2, "but found another document"),
        ("[" * 600, 1, "nested too deeply"),
        (MINIMAL.replace("[web]}", "[web], fields: {a: &a [*a]}}"), 1, "the file contains itself"),
    ],
)
def test_what_is_no_clinic_file_at_all_is_one_mistake(text: str, line: int, sentence: str) -> None:
    """Rather than a traceback."""
    assert mistakes(text) == [(line, "", sentence)]


JUNK = (
    "",
    "~",
    "true",
    "-1",
    "2026-12-24",
    "[]",
    "{}",
    "[~, {a: b}]",
    "{a: [b]}",
    "'{{'",
    "!!binary x",
    "*x",
    "&x y",
    "<<: {}",
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([MINIMAL, EVERY_KEY]), st.integers(0, 400), st.sampled_from(JUNK))
def test_whatever_stands_in_a_file_is_read_or_named(text: str, place: int, junk: str) -> None:
    """Any one value replaced by junk gives a clinic or findings with lines, never another error."""
    values = list(re.finditer(r"(?<=: )[^,{}\[\]\n]+|(?<=: )[{\[].*[}\]]", text))
    value = values[place % len(values)]
    found = findings_or_clinic(text[: value.start()] + junk + text[value.end() :])
    assert found != ()
    assert [each for each in found if each.level != "block" or each.line is None] == []


def findings_or_clinic(text: str) -> tuple[Finding, ...] | list[Finding]:
    """The findings of a file that is refused; an empty list for one that is read."""
    try:
        read_clinic(text)
    except ClinicFileError as error:
        return error.findings
    return []


def test_a_help_phone_that_does_not_exist_may_not_be_named() -> None:
    """A text would otherwise go out with a hole in it."""
    text = MINIMAL.replace('phone: "+13125550100"', "email: hi@lakeside.example").replace(
        "Hello {{", "Call {{ help_phone }} {{"
    )
    assert mistakes(text) == [
        (
            20,
            "sequences.gentle.steps[0].text",
            "sequences.gentle.steps[0].text names help_phone, but the clinic has no help.phone",
        )
    ]


@pytest.mark.parametrize(
    ("good", "bad", "finding"),
    [
        ("    then: nurture", "    for: {language: en}", (15, "sequences", "catch_all")),
        (
            "    then: nurture",
            "  late: {steps: {key: a, after: 1d, call: Call}}",
            (24, "sequences.late", "unreachable"),
        ),
        (
            "    then: nurture",
            "    for: {track: hot}\n  all: {steps: {key: a, after: 1d, call: Call}}",
            (24, "sequences.gentle.for.track", "track"),
        ),
        ('"${TOKEN}"', "s3cr3t", (11, "senders.main.secret", "secret")),
        (', booking_url: "https://book.example/n"', "", (8, "locations", "booking_url")),
        (
            "          es:",
            "          fr: Salut\n          es:",
            (22, "sequences.gentle.steps[0].text.fr", "language"),
        ),
        ("languages: [en, es]", "languages: [en]", (22, "sequences.gentle.steps[0].text.es", "language")),
        (
            "call: Try a call",
            "email: {subject: Hello, body: Hello.}",
            (23, "sequences.gentle.steps[1].email", "smtp"),
        ),
    ],
)
def test_what_works_but_perhaps_not_as_meant_is_a_warning(good: str, bad: str, finding: tuple[int, str, str]) -> None:
    """The file is read, and says so."""
    assert good in MINIMAL
    assert warnings(MINIMAL.replace(good, bad, 1)) == [finding]


def test_a_text_without_a_language_is_for_everyone_and_where_there_are_two_the_missing_one_is_told() -> None:
    """A plain string stands for a map of the clinic's first language."""
    start = MINIMAL.index("        text:")
    end = MINIMAL.index("      - {key: call")
    plain = MINIMAL[:start] + '        text: "Hello {{ first_name }}"\n' + MINIMAL[end:]
    clinic, doubts = read_clinic(plain)
    assert clinic.sequences[0].steps[0].words == {"en": "Hello {{ first_name }}"}
    where = "sequences.gentle.steps[0].text"
    assert doubts == (
        Finding(
            "warn",
            "language",
            where,
            plain[: plain.index('        text: "Hello')].count("\n") + 1,
            f"{where} has no text in es: whoever speaks that reads en",
            "write it in each: {en: …, es: …}",
        ),
    )
    assert read_clinic(plain.replace("[en, es]", "[en]"))[1] == ()


# Secrets.


def test_a_secret_is_looked_up_where_it_is_used() -> None:
    """References are replaced, plain strings stand for themselves, an unset or empty variable is named."""
    env = {"TOKEN": "abc", "EMPTY": ""}
    assert (resolve_secret("${TOKEN}", env), resolve_secret("plain", env)) == ("abc", "plain")
    for name in ("NOWHERE", "EMPTY"):
        with pytest.raises(MissingSecret, match=f"the environment variable {name} is not set"):
            resolve_secret(f"${{{name}}}", env)


# -- a choice by number, and the one question --------------------------------------------------


def test_times_are_read_as_weeks_and_bring_the_texts_that_offer_them() -> None:
    clinic, _ = read_clinic(MINIMAL + 'time_options: {weekday mornings: {mon-fri: ["09:00-12:00"]}}\n')
    morning = ((time(9), time(12)),)
    assert clinic.time_options == {"weekday mornings": (morning,) * 5 + ((), ())}
    assert {"choose_time", "choose_place"} <= clinic.answers.keys()
    assert {"choose_time", "choose_place"}.isdisjoint(read_clinic(MINIMAL)[0].answers)


def test_the_questions_values_are_a_list_or_have_other_words() -> None:
    listed, findings = read_clinic(MINIMAL + "question: {ask: New or back?, field: visit, values: [new, back]}\n")
    mapped, _ = read_clinic(
        MINIMAL + "question: {ask: {en: New?}, field: visit, values: {new: [first time, '1st'], back: again}}\n"
    )
    assert listed.question == Question(ask={"en": "New or back?"}, fills="visit", values={"new": (), "back": ()})
    assert mapped.question == Question(
        ask={"en": "New?"}, fills="visit", values={"new": ("first time", "1st"), "back": ("again",)}
    )
    assert [(one.path, one.rule) for one in findings if one.path == "question"] == [("question", "unused")]


def test_what_only_this_clinics_form_or_question_has_may_be_scored_and_chosen_by() -> None:
    clinic, _ = read_clinic(
        MINIMAL.replace("  gentle:\n", "  gentle:\n    for: {extra.visit: new}\n")
        + "scoring: [{when: {extra.visit: [new, first]}, add: 5}]\n"
    )
    assert clinic.scoring[0].when == {"extra.visit": ("new", "first")}
    assert clinic.sequences[0].for_ == {"extra.visit": ("new",)}


def test_a_question_that_fills_the_service_names_services() -> None:
    with pytest.raises(ClinicFileError) as caught:
        read_clinic(MINIMAL + "question: {ask: Which?, field: service, values: [check-up, chek-up]}\n")
    assert [(one.path, one.sentence) for one in caught.value.findings if one.level == "block"] == [
        ("question.values", "there is no service 'chek-up'; did you mean check-up?")
    ]
