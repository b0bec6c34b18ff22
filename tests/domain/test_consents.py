"""Consent: which words count as those on file, what an act is worth, and what ends it; in any order of acts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.clinic import Source
from app.domain.consents import DRIFT, OLDEST, PROBLEMS, SKEW, STATUSES, Entry, Permission, as_read, judge, stands
from app.domain.contact import Contact, Stage
from app.domain.effects import RecordConsent
from app.domain.events import ConsentAct, Event
from app.domain.machine import decide
from tests.domain import builders as make
from tests.domain.builders import NOW, a_clinic, a_contact, a_lead

WORDS = (
    'I agree to "texts" from Lakeside\'s team - reply STOP to end. See terms & privacy at https://lakeside.example/a.'
)
CLINIC = a_clinic(
    sources={"website": Source(key="website", consent_texts=("web", "web-old")), "fair": Source(key="fair")},
    consent_texts={"web": WORDS, "web-old": "Text me.", "phone": "Told on the phone."},
)


def an_act(**changes: Any) -> ConsentAct:
    return ConsentAct(**{"sms": True, "text": WORDS, "at": NOW, "method": "web_form", **changes})


def drifting(problem: str) -> Permission:
    return Permission(granted=False, problem=problem)


# -- words ---------------------------------------------------------------------------------------

SAME_WORDS = {
    "as they are": WORDS,
    "in capitals": WORDS.upper(),
    "with other kinds of space": WORDS.replace(" ", "\u00a0 \n\t"),
    "with curly quotes and long dashes": WORDS.replace(' "t', " “t")
    .replace('s" ', "s” ")
    .replace("'", "’")
    .replace("-", "—"),
    "with entities": WORDS.replace('"', "&quot;").replace("'", "&#39;").replace(" & ", " &amp; "),
    "with a hard space as an entity": WORDS.replace(" ", "&nbsp;"),
    "with tags": WORDS.replace("See terms", 'See <b class="x">ter</b>ms'),
    "with a line break and a paragraph": "<p>" + WORDS.replace(" reply", "<br/>reply") + "</p>",
    "with a comment": WORDS.replace("STOP", "<!-- keyword -->STOP"),
    "without the full stop": WORDS.rstrip("."),
    "with another end": WORDS.rstrip(".") + " !",
    "with what cannot be seen": WORDS.replace("texts", "te\u200bx\u00adts"),
    "in full width": WORDS.replace("STOP", "ＳＴＯＰ"),
}


@pytest.mark.parametrize("how", SAME_WORDS)
def test_words_are_those_on_file_however_they_are_set(how: str) -> None:
    said = judge(an_act(text=SAME_WORDS[how]), "website", CLINIC, NOW)
    assert said == Permission(granted=True, text_key="web")


OTHER_WORDS = {
    "a word more": WORDS.replace("I agree", "I do agree"),
    "a word less": WORDS.replace("to end", ""),
    "the negation": WORDS.replace("I agree", "I don't agree"),
    "another link": WORDS.replace("example/a", "example/b"),
    "a comma inside": WORDS.replace("agree to", "agree, to"),
    "a space less": WORDS.replace("reply STOP", "replySTOP"),
    "only its beginning": WORDS[:40],
    "it and more": WORDS + " And to calls.",
    "the words of another clinic": WORDS.replace("Lakeside", "Seaside"),
}


@pytest.mark.parametrize("how", OTHER_WORDS)
def test_any_other_difference_is_drift(how: str) -> None:
    assert judge(an_act(text=OTHER_WORDS[how]), "website", CLINIC, NOW) == drifting("words_not_on_file")


@given(st.text(max_size=80))
def test_reading_words_twice_changes_nothing_more_unless_they_hold_markup(words: str) -> None:
    if not set(words) & set("<>&"):
        assert as_read(as_read(words)) == as_read(words)


# -- what an act is worth ------------------------------------------------------------------------

WORTH: list[tuple[str, dict[str, Any], str | None]] = [
    ("the box was not ticked", {"sms": False}, "not_ticked"),
    ("the box was ticked beforehand", {"prechecked": True}, "pre_ticked"),
    ("the method says so", {"method": "pre_ticked"}, "pre_ticked"),
    ("the method says so in other words", {"method": "Web form, pre-checked"}, "pre_ticked"),
    ("no words were sent", {"text": None}, "no_words"),
    ("nothing but space was sent", {"text": " \u00a0<p></p>\n"}, "no_words"),
    ("the form's clock runs ahead a little", {"at": NOW + SKEW}, None),
    ("the form is of tomorrow", {"at": NOW + SKEW + timedelta(seconds=1)}, "in_future"),
    ("the act is old", {"at": NOW - OLDEST}, None),
    ("the act is too old", {"at": NOW - OLDEST - timedelta(seconds=1)}, "too_old"),
    ("the act has no time", {"at": None}, None),
    ("the method is unknown", {"method": None}, None),
]


@pytest.mark.parametrize(("changes", "problem"), [row[1:] for row in WORTH], ids=[row[0] for row in WORTH])
def test_an_act_is_worth_what_it_shows(changes: dict[str, Any], problem: str | None) -> None:
    said = judge(an_act(**changes), "website", CLINIC, NOW)
    assert said == (drifting(problem) if problem else Permission(granted=True, text_key="web"))


@pytest.mark.parametrize("away", [timedelta(days=-200), timedelta(days=200)])
def test_a_clock_of_ours_that_was_moved_condemns_no_act(away: timedelta) -> None:
    """The form tells the real time or the installation's; only what neither clock allows is at fault."""
    real = NOW + away
    for at in (NOW, real):
        assert judge(an_act(at=at, received=real), "website", CLINIC, NOW).granted
    late, early = max(NOW, real) + timedelta(hours=1), min(NOW, real) - OLDEST - timedelta(hours=1)
    assert judge(an_act(at=late, received=real), "website", CLINIC, NOW) == drifting("in_future")
    assert judge(an_act(at=early, received=real), "website", CLINIC, NOW) == drifting("too_old")


@pytest.mark.parametrize(
    ("source", "text", "key", "problem"),
    [
        ("website", "Text me", "web-old", None),
        ("website", "Told on the phone", None, "words_not_on_file"),
        ("fair", WORDS, None, "source_without_words"),
        ("gone", WORDS, None, "source_without_words"),
        ("staff", "Told on the phone", "phone", None),
        (None, "TEXT ME!", "web-old", None),
        (None, "Call me", None, "words_not_on_file"),
    ],
)
def test_a_form_answers_for_its_own_words_and_staff_for_any_of_the_clinics(
    source: str | None, text: str, key: str | None, problem: str | None
) -> None:
    said = judge(an_act(text=text), source, CLINIC, NOW)
    assert said == Permission(granted=key is not None, text_key=key, problem=problem)


def test_every_problem_has_a_sentence() -> None:
    assert set(DRIFT) <= PROBLEMS.keys()
    assert all(sentence.endswith(".") for sentence in PROBLEMS.values())


# -- in any order --------------------------------------------------------------------------------


@dataclass
class Told:
    """The same story told without the machine: who said yes for which lead, and what took it back since."""

    yes: dict[str, tuple[int, datetime | None, str]] = field(default_factory=dict)
    ends: list[tuple[int, datetime, str | None, bool]] = field(default_factory=list)

    def allows(self, lead_id: str) -> bool:
        if lead_id not in self.yes:
            return False
        number, at, name = self.yes[lead_id]
        ends = [(after, when) for after, when, whose, _ in self.ends if whose in (None, name)]
        return not any(after > number or (at is not None and at < when) for after, when in ends)

    def wakes(self, lead_id: str) -> bool:
        """Whether its person said yes, and nothing since but by STOP: then a START is their newest word."""
        if lead_id not in self.yes:
            return False
        number, _, name = self.yes[lead_id]
        return not any(after > number and whose == name for after, _, whose, _ in self.ends)


@dataclass
class Phone:
    """One phone, its ledger as the machine orders it, and the oracle beside it."""

    contact: Contact = field(default_factory=a_contact)
    ledger: list[Entry] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    names: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW
    number: int = 0

    def read(self, event: Event) -> list[RecordConsent]:
        decision = decide(self.contact, event, self.now, CLINIC)
        self.contact = decision.contact
        rows = [one for one in decision.effects if isinstance(one, RecordConsent)]
        assert {row.status for row in rows} <= set(STATUSES)
        self.ledger += [Entry.of(row, self.now) for row in rows]
        return rows

    def form(self, name: str, act: ConsentAct | None) -> None:
        lead_id = f"lead_{self.number:03d}"
        self.names[lead_id] = name
        had = [lead for lead in self.names if self.names[lead] == name and self.told.wakes(lead)]
        self.read(make.a_submission(lead_id=lead_id, token=lead_id, first_name=name, at=self.now, consent=act))
        if act is not None and judge(act, "website", CLINIC, self.now).granted:
            self.told.yes[lead_id] = (self.number, act.at, name)
        elif act is not None and not act.sms and had:
            self.told.ends.append((self.number, act.at or self.now, name, False))

    def again(self, lead_id: str, name: str, act: ConsentAct) -> None:
        whose = self.names[lead_id]
        had = [one for one in self.names if self.names[one] == whose and self.told.wakes(one)]
        self.read(make.a_submission(lead_id="x", duplicate_of=lead_id, first_name=name, at=self.now, consent=act))
        if name != whose:
            return
        if judge(act, "website", CLINIC, self.now).granted:
            self.told.yes[lead_id] = (self.number, act.at, name)
        elif not act.sms and had:
            self.told.ends.append((self.number, act.at or self.now, name, False))

    def door(self, lead_id: str, act: ConsentAct) -> None:
        self.read(make.a_consent(lead_id=lead_id, at=self.now, consent=act))
        if not act.sms:
            self.told.ends.append((self.number, act.at or self.now, self.names[lead_id], False))
        elif judge(act, None, CLINIC, self.now).granted:
            self.told.yes[lead_id] = (self.number, act.at, self.names[lead_id])

    def stop(self) -> None:
        self.read(make.a_reply("STOP", at=self.now))
        self.told.ends.append((self.number, self.now, None, True))

    def start(self) -> None:
        """Re-opens one talk at most, and only one that its person had allowed but for the phone's STOPs."""
        rows = self.read(make.a_reply("START", at=self.now))
        for row in (row for row in rows if row.status == "renewed"):
            assert self.told.wakes(str(row.lead_id))
            self.told.yes[str(row.lead_id)] = (self.number, self.now, self.names[str(row.lead_id)])
        assert len([row for row in rows if row.status == "renewed"]) <= 1

    def judge_all(self) -> None:
        """No lead's consent stands but for what its own person said last."""
        for lead in self.contact.leads:
            if stands(lead.consent_id, lead.id, self.ledger):
                assert self.told.allows(lead.id), lead.id


ACTS = {
    "yes": an_act(at=None),
    "yes, dated": an_act(),
    "drift": an_act(text="Call me."),
    "no": ConsentAct(sms=False),
}
ROUNDS = st.lists(
    st.tuples(
        st.sampled_from(["form", "form", "again", "door", "door", "stop", "start"]),
        st.sampled_from(["Maria", "Jo"]),
        st.sampled_from([*ACTS, None]),
        st.integers(0, 3),
        st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=30)]),
    ),
    max_size=14,
)


@settings(max_examples=300, deadline=None)
@given(ROUNDS)
def test_in_any_order_of_acts_no_text_stands_on_consent_that_its_person_took_back(
    rounds: list[tuple[str, str, str | None, int, timedelta]],
) -> None:
    phone = Phone()
    for what, name, how, which, late in rounds:
        phone.number += 1
        phone.now += timedelta(hours=7)
        act = ACTS[how] if how else None
        if act is not None and act.at is not None:
            act = replace(act, at=phone.now - late)
        leads = list(phone.names)
        if what == "form":
            phone.form(name, act)
        elif what == "again" and leads and act is not None:
            phone.again(leads[which % len(leads)], name, act)
        elif what == "door" and leads and act is not None:
            phone.door(leads[which % len(leads)], act)
        elif what == "stop":
            phone.stop()
        elif what == "start":
            phone.start()
        phone.judge_all()


def test_a_fresh_yes_opens_again_what_a_no_ended() -> None:
    phone = Phone()
    phone.form("Maria", an_act(at=None))
    (lead,) = phone.contact.leads
    assert stands(lead.consent_id, lead.id, phone.ledger)
    phone.number, phone.now = 1, NOW + timedelta(hours=1)
    phone.door(lead.id, ConsentAct(sms=False))
    assert phone.contact.leads[0].consent_id is None
    assert not stands("consent_any", lead.id, phone.ledger)
    phone.number, phone.now = 2, NOW + timedelta(hours=2)
    phone.door(lead.id, an_act(at=None))
    assert stands(phone.contact.leads[0].consent_id, lead.id, phone.ledger)


def test_a_correction_ends_the_row_it_corrects_and_stands_for_itself() -> None:
    """Staff found that the words were others, which are on file too; or that they are not: then texting pauses."""
    given_ = a_lead(Stage.TEXTING, consent_id="consent_first")
    first = Entry(id="consent_first", status="granted", lead_id=given_.id, person=given_.id, at=NOW)
    right = make.a_consent(
        consent=an_act(text="Text me.", corrects="consent_first", reason="read from the certificate")
    )
    decision = decide(a_contact(given_), right, NOW, CLINIC)
    (row,) = [one for one in decision.effects if isinstance(one, RecordConsent)]
    ledger = [first, Entry.of(row, NOW)]
    assert (row.status, row.text_key, row.by, row.act.reason) == (
        "granted",
        "web-old",
        "ana",
        "read from the certificate",
    )
    assert [stands(one, given_.id, ledger) for one in ("consent_first", row.id)] == [False, True]
    wrong = make.a_consent(consent=an_act(text="Call me.", corrects="consent_first"))
    lead = decide(a_contact(given_), wrong, NOW, CLINIC).contact.leads[0]
    assert (lead.stage, lead.reason, lead.consent_id, lead.pending) == (Stage.PAUSED, "consent corrected", None, None)


STANDING: list[tuple[str, Entry, bool]] = [
    ("nothing later", Entry(id="c2", status="unmatched", lead_id="lead_1", person="lead_1"), True),
    ("the person's no", Entry(id="c2", status="withdrawn", lead_id="lead_2", person="lead_1"), False),
    ("another person's no", Entry(id="c2", status="withdrawn", lead_id="lead_2", person="lead_2"), True),
    ("the phone's STOP", Entry(id="c2", status="withdrawn", lead_id="lead_2", person=None), False),
    ("a correction", Entry(id="c2", status="unmatched", lead_id="lead_2", person="lead_2", corrects="c1"), False),
]


@pytest.mark.parametrize(("later", "expected"), [row[1:] for row in STANDING], ids=[row[0] for row in STANDING])
def test_what_ends_a_consent(later: Entry, expected: bool) -> None:
    act = Entry(id="c1", status="granted", lead_id="lead_1", person="lead_1", at=datetime(2026, 11, 1, tzinfo=UTC))
    assert stands("c1", "lead_1", [act, later]) is expected
    assert not stands("c1", "lead_2", [act, later])
    assert not stands(None, "lead_1", [act, later])
    assert not stands("c2", "lead_1", [act, later])


def test_a_form_that_arrives_after_a_stop_but_was_sent_before_it_opens_nothing() -> None:
    stop = Entry(id="c1", status="withdrawn", lead_id=None, person=None, at=NOW)
    sent = Entry(id="c2", status="granted", lead_id="lead_1", person="lead_1", at=NOW - timedelta(seconds=1))
    assert not stands("c2", "lead_1", [stop, sent])
    assert stands("c2", "lead_1", [stop, replace(sent, at=NOW)])
    assert stands("c2", "lead_1", [stop, replace(sent, at=None)])
