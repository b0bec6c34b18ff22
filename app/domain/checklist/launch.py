"""Ready to launch: sequences that can be reached, senders, links, and who approved the words."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from app.domain.approvals import approval_of, parts
from app.domain.checklist.keywords import toll_free
from app.domain.checklist.sheet import Remark, Sheet
from app.domain.clinic import Channel, Sender, Sequence, Unit

_REFERENCE = re.compile(r"\$\{(\w+)\}")

MOST_TEXTS, MOST_DAYS = 5, 10
"""Three to five texts over a few business days is what people bear."""


def reach(sheet: Sheet) -> Iterator[Remark]:
    """Sequences that no lead can get, because an earlier one takes all of theirs."""
    sequences = sheet.clinic.sequences
    followed = {sequence.then for sequence in sequences}
    for place, sequence in enumerate(sequences):
        if sequence.key in followed:
            continue
        # A sequence for everyone is told of when the file is read.
        wider = next((one for one in sequences[:place] if one.for_ and _takes_all(one.for_, sequence.for_)), None)
        if wider:
            same = _takes_all(sequence.for_, wider.for_)
            how = "are for the same leads" if same else "takes every lead that this one is for"
            who = f"{wider.key} and {sequence.key}" if same else f"{wider.key} before it"
            path = f"sequences.{sequence.key}"
            yield Remark("block", "unreachable", path, f"this sequence is never chosen: {who} {how}", "put it first")


def _takes_all(wide: Mapping[str, tuple[str, ...]], narrow: Mapping[str, tuple[str, ...]]) -> bool:
    return all(name in narrow and set(narrow[name]) <= set(values) for name, values in wide.items())


def length(sheet: Sheet) -> Iterator[Remark]:
    """Sequences that go on and on; a slow one that follows another may."""
    followed = {sequence.then for sequence in sheet.clinic.sequences}
    for sequence in sheet.clinic.sequences:
        if sequence.key in followed or "nurture" in sequence.for_.get("track", ()):
            continue
        texts = sum(step.channel is Channel.TEXT for step in sequence.steps)
        path = f"sequences.{sequence.key}"
        if texts > MOST_TEXTS:
            yield Remark("warn", "length_of_sequence", path, f"{texts} texts are more than people bear: 3 to 5 will do")
        if _days(sequence) > MOST_DAYS:
            yield Remark("warn", "length_of_sequence", path, f"it goes on for {_days(sequence)} business days or so")


def _days(sequence: Sequence) -> int:
    """Business days from the first step to the last, five of them to a week of days."""
    business = sum(step.after.amount for step in sequence.steps if step.after.unit is Unit.BUSINESS_DAYS)
    exact = sum(
        (step.after.exact() for step in sequence.steps if step.after.unit is not Unit.BUSINESS_DAYS), timedelta()
    )
    return business + exact.days * 5 // 7


def senders(sheet: Sheet) -> Iterator[Remark]:
    """Numbers that look like nobody's, and what is missing before one may be used."""
    for key, sender in sheet.clinic.senders.items():
        path = f"senders.{key}"
        yield from _number(path, sender)
        if f"{path}.stop_confirmed_by" not in sheet.written:
            message = "it is not said who confirms a STOP: taken to be the carrier"
            yield Remark("warn", "stop_confirmed_by", path, message, "stop_confirmed_by: carrier, or us")
        named = [name for written in (sender.account, sender.secret) for name in _REFERENCE.findall(written)]
        unset = sorted(sheet.unset.intersection(named))
        if unset:
            message = f"not set here: {', '.join(unset)}"
            yield Remark("warn", "secret_unset", path, message, "set it where the API and the workers run")


def _number(path: str, sender: Sender) -> Iterator[Remark]:
    area, exchange = sender.number[2:5], sender.number[5:8]
    if "555" in (area, exchange) or len(set(sender.number[2:])) < 3:
        message = f"{sender.number} looks like a number made up: put in your registered one"
        yield Remark("warn", "number", f"{path}.number", message)
    if toll_free(sender.number):
        yield Remark("warn", "number", f"{path}.number", "a toll-free number must be verified before it may text")
        if sender.stop_confirmed_by == "us":
            message = "a toll-free number's network confirms every STOP: a second confirmation is forbidden"
            yield Remark("block", "stop_confirmed_by", f"{path}.stop_confirmed_by", message, "carrier")


def links(sheet: Sheet) -> Iterator[Remark]:
    """Where YES leads: every place has a page, over https, and the page knows what is booked."""
    clinic = sheet.clinic
    for key, place in clinic.locations.items():
        path, url = f"locations.{key}", place.booking_url
        if url is None:
            if any(other.booking_url for other in clinic.locations.values()):
                yield Remark("warn", "booking_url", path, "no booking_url: who answers YES here gets a link to nowhere")
            continue
        yield from _https(f"{path}.booking_url", url)
        offered = [one for one in clinic.services.values() if not one.locations or key in one.locations]
        if len(offered) > 1 and not any(one.key in url for one in offered):
            message = "which service this page books cannot be told from its address: it has to ask for that itself"
            yield Remark("warn", "booking_page", f"{path}.booking_url", message)
    if clinic.intake_link:
        yield from _https("intake_link", clinic.intake_link)


def _https(path: str, url: str) -> Iterator[Remark]:
    if not url.startswith("https://"):
        yield Remark("block", "https", path, "a link that people open must be https", "https://…")


def approvals(sheet: Sheet) -> Iterator[Remark]:
    """Words that nobody has approved, and approvals of words that are gone."""
    clinic, known = sheet.clinic, parts(sheet.clinic)
    today = sheet.now.date() + timedelta(days=1)  # Whichever zone they sign in.
    for part in known:
        row = approval_of(clinic, part.hash)
        if row is None or row.on > today:
            who = "nobody has approved these words" if row is None else f"the approval is dated {row.on}, in the future"
            line = f'- {{by: NAME, on: {sheet.now:%Y-%m-%d}, of: "{part.hash}"}}'
            yield Remark(
                "block", "approval", part.path, f"{part.title}: {who}; under approvals a line is missing", line
            )
    hashes = {part.hash for part in known}
    for index, row in enumerate(clinic.approvals):
        if row.of not in hashes:
            message = f"{row.by} approved words that are no longer in this file"
            yield Remark("warn", "approval_stale", f"approvals[{index}]", message, "take the row out")
