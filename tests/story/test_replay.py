"""`leadline replay`: past replies read again with today's rows; what differs is told, and nothing is changed."""

import json
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.adapters.store import contacts, events
from app.domain.events import ReplyReceived
from app.domain.ids import derive_id, new_id
from app.runtime import Runtime
from tests.installation import OPEN_HOURS, Keys, a_lead, bearer
from tests.story.commands import exit_code

PHONE = "+13125550142"
EVERYTHING = text("""
SELECT (SELECT md5(string_agg(CAST(one AS text), '' ORDER BY id)) FROM messages AS one),
       (SELECT md5(string_agg(CAST(one AS text), '' ORDER BY id)) FROM tasks AS one),
       (SELECT md5(string_agg(CAST(one AS text), '' ORDER BY id)) FROM leads AS one),
       (SELECT md5(string_agg(CAST(one AS text), '' ORDER BY no)) FROM events AS one)
""")


@dataclass(frozen=True)
class Done:
    """How the command ended, and what it said where."""

    code: object
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Replay = Callable[..., Done]


@pytest.fixture
def replay(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Replay:
    """Runs `leadline replay` on the test's installation."""
    given = runtime.settings
    monkeypatch.setenv("LEADLINE_ENV", "test")
    monkeypatch.setenv("LEADLINE_DATABASE_URL", given.database_url)
    monkeypatch.setenv("LEADLINE_SECRET_KEYS", ",".join(given.keys()))
    monkeypatch.setenv("LEADLINE_PUBLIC_URL", given.public_url)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["leadline", "replay", *arguments])
        # A command has a loop of its own, so it runs beside the test's.
        with ThreadPoolExecutor(1) as thread:
            code = thread.submit(exit_code).result()
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return run


@pytest.fixture
async def said(runtime: Runtime, api: httpx.AsyncClient, keys: Keys, work: Callable[[], Awaitable[int]]) -> Any:
    """Takes a reply of the lead in, and has it read; the id of its message."""
    await api.post("/leads", json=a_lead(PHONE), headers=bearer(keys.source))
    await work()

    async def reply(words: str) -> str:
        event = ReplyReceived(
            id=new_id("evt"), at=OPEN_HOURS, sender="lakeside-main", carrier_id=new_id("SM"), body=words
        )
        async with runtime.engine.begin() as conn:
            found = await contacts.lock_by_phone(conn, runtime.directory, [("lakeside", PHONE)])
            await events.append(conn, runtime.vault, [(found["lakeside", PHONE], event)])
        await work()
        return derive_id("msg", event.id, -1)

    return reply


async def read_as(runtime: Runtime, message_id: str, reading: dict[str, str] | None) -> None:
    """Have the reply be read otherwise when it came (None: before readings were kept)."""
    async with runtime.engine.begin() as conn:
        await conn.execute(
            text("UPDATE messages SET reading = CAST(:reading AS jsonb) WHERE id = :id"),
            {"id": message_id, "reading": json.dumps(reading) if reading else None},
        )


async def everything(runtime: Runtime) -> tuple[Any, ...]:
    async with runtime.engine.connect() as conn:
        return tuple((await conn.execute(EVERYTHING)).one())


ASKED = ("--clinic", "lakeside", "--since", "2026-11-01")


async def test_what_would_be_read_as_before_is_not_told(runtime: Runtime, replay: Replay, said: Any) -> None:
    """Only how many there were; and nothing at all is changed by looking."""
    for words in ("How much is it?", "YES", "STOP"):
        await said(words)
    before = await everything(runtime)

    done = replay(*ASKED, "--jsonl")

    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines()[-1] == "3 replies read again: 0 would be read otherwise."
    assert await everything(runtime) == before


async def test_what_would_be_read_otherwise_is_told_with_what_followed_and_would(
    runtime: Runtime, replay: Replay, said: Any
) -> None:
    """By message id, and never with a word of the person unless that was asked for."""
    await said("How much is it?")
    message_id = await said("STOP")
    then = {"intent": "question", "certainty": "unsure", "because": "a question"}
    await read_as(runtime, message_id, then)

    (line,) = replay(*ASKED, "--jsonl").lines

    now = line["now"]
    assert (line["message_id"], line["stage"], line["then"]) == (message_id, "paused", then)
    assert (now["intent"], now["certainty"]) == ("opt_out", "sure")
    assert line["followed"] == {"stage": "opted_out", "tasks": []}
    assert line["would_follow"] == {"stage": "opted_out", "tasks": [], "texts": []}
    assert "text" not in line
    (with_words,) = replay(*ASKED, "--jsonl", "--words").lines
    assert with_words == line | {"text": "STOP"}


async def test_a_person_gets_a_table_and_the_sums(runtime: Runtime, replay: Replay, said: Any) -> None:
    """On the screen, and nothing on stdout."""
    message_id = await said("Stop texting me")
    await read_as(runtime, message_id, {"intent": "other", "certainty": "unsure", "because": "nothing fits"})

    done = replay(*ASKED)

    assert done.out == ""
    assert message_id in done.err
    assert "Stop texting" not in done.err
    assert done.err.splitlines()[-2:] == [
        "1 replies read again: 1 would be read otherwise.",
        "  1 × other (unsure) → opt_out (sure)",
    ]


async def test_a_reply_from_before_readings_were_kept_is_judged_by_what_followed(
    runtime: Runtime, replay: Replay, said: Any
) -> None:
    """Told only when something else would follow now."""
    same, other = await said("How much is it?"), await said("Where do I park?")
    await read_as(runtime, same, None)
    await read_as(runtime, other, None)
    async with runtime.engine.begin() as conn:
        await conn.execute(text("UPDATE tasks SET kind = 'unclear' WHERE id = (SELECT max(id) FROM tasks)"))

    (line,) = replay(*ASKED, "--jsonl").lines

    assert (line["message_id"], line["then"]) == (other, None)
    assert (line["followed"]["tasks"], line["would_follow"]["tasks"]) == (["unclear"], ["question"])


async def test_an_erased_reply_is_not_read_again(runtime: Runtime, replay: Replay, said: Any) -> None:
    """Neither its words nor its reading are left; an empty text that was read is still one."""
    erased = await said("")
    await said("")
    await read_as(runtime, erased, None)

    assert replay(*ASKED).err.splitlines()[-1] == "1 replies read again: 0 would be read otherwise."


async def test_only_what_came_since_is_read(runtime: Runtime, replay: Replay, said: Any) -> None:
    """A moment with or without a zone; without one it is UTC."""
    await said("How much is it?")

    told = [
        replay("--clinic", "lakeside", "--since", since).err.splitlines()[-1]
        for since in (
            "2026-11-24T16:00:00",
            "2026-11-24T10:00:00-06:00",
            "2026-11-24T16:00:01Z",
        )
    ]

    assert [line.partition(" ")[0] for line in told] == ["1", "1", "0"]


def test_a_wrong_question_gets_a_line(replay: Replay) -> None:
    """Exit 2, and what to write instead."""
    nobody = replay("--clinic", "nobody", "--since", "2026-11-01")
    sometime = replay("--clinic", "lakeside", "--since", "lately")

    assert (nobody.code, nobody.err) == (2, "leadline: there is no clinic nobody; known: lakeside, other\n")
    assert (sometime.code, sometime.err) == (
        2,
        "leadline: --since lately: give a moment such as 2026-11-01T09:00:00Z\n",
    )
