"""One story for each thing a person may answer, from the form to where it ends, through every real part.

All stories live in one house, each on a phone of its own. The clinic is Lakeside with everything that it may say: an
acknowledgement, a closing line, and its one question.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from app.embedded import Servers
from tests.house import House, a_house, until
from tests.installation import LAKESIDE, ROOT, TWILIO, bearer

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds a text may take: a dozen phones talk at once here, also on a slow machine."""

ACKNOWLEDGED = "Lakeside Clinic: thank you, a person will answer you."
CLOSED = "Lakeside Clinic: thank you for telling us. Goodbye."
MORE = f"""
answers:
  acknowledge: "{ACKNOWLEDGED}"
  decline: "{CLOSED}"
"""
DOCUMENT = LAKESIDE.replace("{when: {extra.visit: new}, add: 20}", "{when: {extra.visit: new}, add: 40}").replace(
    "Thank you for writing to us. Reply YES", "Thank you for writing. {{ question }} Reply YES"
)

_numbers = count(10)
"""Ends of phone numbers: two digits, more than there are people here."""


@pytest.fixture(scope="module")
async def lakeside(servers: Servers) -> AsyncIterator[House]:
    """The one house of all stories."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in TWILIO.items():
            environment.setenv(name, value)
        async with a_house(servers, DOCUMENT + MORE) as opened:
            yield opened


class Person:
    """Somebody with a phone who asked for an appointment."""

    def __init__(self, house: House, **form: object) -> None:
        self.house, self.form = house, form
        self.phone = f"+131255501{next(_numbers)}"
        self.lead_id = ""

    async def asks(self) -> "Person":
        """Sends the form, and is texted."""
        self.lead_id = await self.house.post_lead(self.phone, **self.form)
        await self.hears(1)
        await self.house.settled()
        return self

    async def hears(self, number: int) -> str:
        """The last of this many texts, once there are that many."""

        async def heard() -> list[str]:
            texts = await self.house.texts(self.phone)
            return texts if len(texts) == number else []

        return (await until(heard, PATIENCE))[-1]

    async def says(self, words: str) -> None:
        """Answers, and is understood."""
        await self.house.reply(words, self.phone)
        await self.house.settled()

    async def lead(self) -> Json:
        return await self.house.lead(self.lead_id)

    async def stands(self) -> tuple[str, bool]:
        """The stage, and whether another step is planned."""
        lead = await self.lead()
        return lead["stage"], lead["next"] is not None and lead["next"]["step"] is not None

    async def tasks(self) -> list[Json]:
        return [one for one in await self.house.tasks("?order=due") if one["lead"]["phone"] == self.phone]

    async def task(self) -> Json:
        (task,) = await self.tasks()
        return task

    async def number_of_texts(self) -> int:
        """How many there are once everything that is due has been judged."""
        await self.house.settled()
        return len(await self.house.texts(self.phone))

    async def is_done(self, outcome: str) -> str:
        """Ana takes the one task and says what came of it; the lead's stage then."""
        task = await self.task()
        done = await self.house.order(f"/tasks/{task['id']}/complete", assignee="ana", outcome=outcome)
        assert done.status_code in (200, 202), done.text
        await self.house.settled()
        return str((await self.lead())["stage"])

    async def books(self) -> str:
        """The booking system reports an appointment; the lead's stage then."""
        body = {"phone": self.phone, "status": "booked", "starts_at": "2026-12-01T16:00:00Z"}
        booked = await self.house.api.post("/bookings", json=body, headers=bearer(self.house.keys.coordinator))
        assert (booked.status_code, booked.json()["matched"]) == (202, self.lead_id)
        await self.house.settled()
        assert await self.tasks() == []
        return str((await self.lead())["stage"])


@pytest.fixture
def somebody(lakeside: House) -> Callable[..., Awaitable[Person]]:
    """Somebody new who has asked for an appointment and was texted."""

    async def made(**form: object) -> Person:
        return await Person(lakeside, **form).asks()

    return made


Somebody = Callable[..., Awaitable[Person]]


async def test_yes_gets_the_link_and_books(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("YES")
    assert await maria.hears(2) == f"Lakeside Clinic: choose a time that suits you here: {await link_of(maria)}"
    assert await maria.stands() == ("texting", True)
    assert await maria.books() == "booked"


async def link_of(person: Person) -> str:
    return f"{person.house.runtime.settings.public_url}/b/{(await person.lead())['token']}"


async def test_who_wants_no_links_chooses_by_number_and_a_person_books_it(somebody: Somebody) -> None:
    maria = await somebody(links="no")
    await maria.says("yes please")
    offered = (
        "Lakeside Clinic: which of these suits you? Reply with its number: 1 weekday mornings, 2 weekday afternoons."
    )
    assert await maria.hears(2) == offered
    await maria.says("the second one")
    task = await maria.task()
    chosen = "weekday afternoons"
    assert (task["kind"], task["about"]) == ("time_preference", f"the second one ({chosen})")
    assert task["wish"] == {"chosen": f"{chosen} / tardes", "location": "north", "fits": [f"{chosen} / tardes"]}
    assert await maria.hears(3) == ACKNOWLEDGED
    assert await maria.stands() == ("paused", False)
    assert await maria.is_done("booked") == "booked"


async def test_who_named_no_place_is_asked_for_it_first(somebody: Somebody) -> None:
    maria = await somebody(links="no", location=None)
    await maria.says("YES")
    asked = "Lakeside Clinic: which place suits you? Reply with its number: 1 Lakeside North, 2 Lakeside South."
    assert await maria.hears(2) == asked
    await maria.says("south")
    assert (await maria.hears(3)).endswith("1 weekday mornings, 2 weekday afternoons.")
    assert (await maria.lead())["location"] == "south"
    await maria.says("mornings")
    assert (await maria.task())["wish"]["location"] == "south"
    assert await maria.is_done("booked") == "booked"


async def test_a_wish_is_kept_and_a_person_books_it(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("Tuesday morning would be good")
    task = await maria.task()
    assert (task["kind"], task["about"]) == ("time_preference", "Tuesday morning would be good")
    assert task["wish"]["fits"] == ["weekday mornings / mañanas"]
    assert await maria.hears(2) == ACKNOWLEDGED
    assert await maria.books() == "booked"


async def test_who_wants_a_call_is_called(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("Please call me tomorrow after 3pm")
    assert (await maria.task())["kind"] == "callback"
    assert await maria.hears(2) == ACKNOWLEDGED
    assert await maria.stands() == ("paused", False)
    assert await maria.is_done("booked") == "booked"


async def test_a_question_is_answered_by_a_person_and_the_talk_goes_on_to_a_booking(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("Is there parking near you?")
    task = await maria.task()
    assert task["kind"] == "question"
    assert await maria.hears(2) == ACKNOWLEDGED
    await maria.house.order(f"/tasks/{task['id']}/reply", assignee="ana", text="There is, behind the building.")
    assert await maria.hears(3) == "There is, behind the building."
    assert await maria.is_done("answered") == "texting"
    await maria.says("YES")
    assert await link_of(maria) in await maria.hears(4)
    assert await maria.books() == "booked"


async def test_help_says_whom_to_call_and_changes_nothing(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("HELP")
    assert (await maria.hears(2)).startswith("Lakeside Clinic: for help call +13125550100.")
    assert (await maria.stands(), await maria.tasks()) == (("texting", True), [])
    assert await maria.books() == "booked"


async def test_no_ends_it_with_one_line_and_a_later_booking_still_counts(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("No thanks")
    assert await maria.hears(2) == CLOSED
    assert (await maria.stands(), await maria.tasks()) == (("declined", False), [])
    assert await maria.books() == "booked"


async def test_who_has_booked_already_is_left_in_peace(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("I already booked my appointment online")
    assert (await maria.stands(), await maria.tasks()) == (("booked", False), [])
    assert await maria.number_of_texts() == 1


async def test_a_wrong_number_is_never_texted_for_that_person_again(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("Wrong number")
    assert ((await maria.task())["kind"], await maria.stands()) == ("wrong_number", ("finished", False))
    again = await maria.house.post_lead(maria.phone, service="check-up")
    await maria.house.settled()
    assert (await maria.house.lead(again))["stage"] == "new"
    assert await maria.number_of_texts() == 1


async def test_danger_goes_to_the_top_and_hears_where_help_is(somebody: Somebody, lakeside: House) -> None:
    others = await somebody()
    await others.says("how long does it take?")
    before = await urgent_total(lakeside)
    maria = await somebody()
    await maria.says("I have chest pain and can't breathe")
    assert (await lakeside.tasks("?order=due"))[0] == await maria.task()
    assert (await maria.task())["kind"] == "urgent"
    text = await maria.hears(2)
    assert ("911" in text, "988" in text) == (True, True)
    assert await maria.stands() == ("paused", False)
    assert await urgent_total(lakeside) == before + 1
    assert await maria.is_done("answered") == "texting"
    assert await maria.books() == "booked"


async def urgent_total(house: House) -> float:
    lines = (await house.api.get("/metrics")).text.splitlines()
    (value,) = [float(line.split()[1]) for line in lines if line.startswith("leadline_urgent_total ")]
    return value


async def test_stop_is_confirmed_by_the_carrier_alone_and_start_sends_nothing(somebody: Somebody) -> None:
    """Two texts: ours, and the carrier's own word. After START a person looks; the talk may go on, and book."""
    maria = await somebody()
    await maria.says("STOP")
    await maria.hears(2)
    assert (await maria.stands(), (await maria.lead())["suppressed"]) == (("opted_out", False), True)
    assert await maria.tasks() == []
    await maria.says("START")
    assert ((await maria.task())["kind"], (await maria.lead())["suppressed"]) == ("unclear", False)
    ours = [one for one in await maria.house.messages(maria.lead_id) if one["status"] != "cancelled"]
    assert len(ours) == 1
    assert await maria.is_done("answered") == "texting"
    assert await maria.books() == "booked"


async def test_what_may_mean_stop_holds_all_texts_and_a_person_decides(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("can you stop texting so much")
    assert ((await maria.task())["kind"], await maria.stands()) == ("possible_opt_out", ("paused", False))
    assert await maria.number_of_texts() == 1
    assert await maria.is_done("opted_out") == "opted_out"
    assert (await maria.lead())["suppressed"]


async def test_what_nobody_understands_goes_to_a_person(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("bananas")
    assert await maria.hears(2) == ACKNOWLEDGED
    assert ((await maria.task())["kind"], await maria.stands()) == ("unclear", ("paused", False))
    assert await maria.is_done("booked") == "booked"


async def test_what_a_phone_writes_by_itself_is_not_answered(somebody: Somebody) -> None:
    maria = await somebody()
    await maria.says("Liked “Reply YES for a link to choose a time”")
    assert ((await maria.task())["kind"], await maria.stands()) == ("unclear", ("paused", False))
    assert await maria.number_of_texts() == 1


async def test_the_question_is_answered_and_the_person_moves_to_another_sequence(somebody: Somebody) -> None:
    """A lead of the gentle sequence that turns out to be new is hot, and goes on where hot leads go on."""
    maria = await somebody(service="check-up")
    assert "Is this your first visit? Answer NEW or BACK." in (await maria.house.texts(maria.phone))[0]
    await maria.says("I am new")
    lead = await maria.lead()
    assert (lead["stage"], lead["track"], lead["sequence"]["key"]) == ("texting", "hot", "appointment-request")
    assert (lead["extra"], await maria.tasks()) == ({"visit": "new"}, [])
    await maria.says("YES")
    assert await maria.books() == "booked"


async def test_a_loop_with_another_machine_ends(somebody: Somebody) -> None:
    maria = await somebody()
    for number in range(3):
        await maria.says("YES" + "!" * number)
        await maria.hears(number + 2)
    for words in ("yes.", "yes!!!!", "yes !!"):
        await maria.says(words)
    assert await maria.number_of_texts() == 4
    assert [one["kind"] for one in await maria.tasks()].count("unclear") == 1


async def test_a_yes_too_late_for_a_text_is_a_task_and_not_lost(somebody: Somebody, lakeside: House) -> None:
    """The last story, for it moves everybody's clock: 21:10 in Chicago, when nobody may be texted any more."""
    maria = await somebody()
    await lakeside.move_clock(datetime(2026, 11, 25, 3, 10, tzinfo=UTC))
    await maria.says("YES")
    task = (await until(maria.tasks))[0]
    assert (task["kind"], task["about"]) == (
        "booking_help",
        "The person said yes, and the way to book could not be sent in time.",
    )
    assert await maria.number_of_texts() == 1
    assert await maria.is_done("booked") == "booked"


# -- the README's table ------------------------------------------------------------------------

README = (ROOT / "README.md").read_text()
HEADING = "| type | the phone shows | the lead is | the front desk gets |"


def rows() -> list[tuple[str, ...]]:
    """What the README says one can type, each with what one will see."""
    table = README.partition(HEADING)[2].partition("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip(" `") for cell in line.strip("|").split(" | ")) for line in table]


async def test_what_the_readme_says_to_type_shows_what_it_says(house: House) -> None:
    """In the example clinic as it is, a phone for each row."""
    typed = rows()
    assert len(typed) == 12
    await asyncio.gather(*(plays_out(Person(house), *row) for row in typed))


async def plays_out(person: Person, words: str, shown: str, stage: str, kind: str) -> None:
    await person.asks()
    await person.says(words)
    if shown != "–":
        assert shown in await person.hears(2)
    asked = [one["kind"] for one in await person.tasks()] or ["–"]
    assert (words, asked, await person.stands()) == (words, [kind], (stage, stage == "texting"))
