"""A changed sequence, from the file to the leads on their way: the counts, the decision, the history, the diff."""

import asyncio
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from app.runtime import Runtime, open_runtime
from app.settings import Settings
from app.workers.inbox import Inbox
from tests.installation import LAKESIDE as LAKESIDE_TEXT
from tests.installation import Keys, a_lead, apply_clinic, bearer
from tests.story.commands import LAKESIDE, Leadline, ask
from tests.story.test_exports import _with_leads, _with_two_leads

NEW_WORDS = "Lakeside Clinic: how may we help you, {{ first_name }}? Reply YES or NO. Reply STOP to opt out."


def changed(tmp_path: Path, change: Callable[[Any], None], name: str = "changed.yaml") -> Path:
    """Lakeside after somebody edited its slow sequence."""
    page = YAML().load(LAKESIDE.read_text())
    change(page["sequences"]["gentle"])
    path = tmp_path / name
    YAML().dump(page, path)
    return path


def with_new_words(gentle: Any) -> None:
    gentle["steps"][0]["text"]["en"] = NEW_WORDS


def with_another_step(gentle: Any) -> None:
    with_new_words(gentle)
    gentle["steps"].insert(0, {"key": "note", "after": "0m", "call": "A word before the first text"})


@contextmanager
def a_reader() -> Iterator[None]:
    """A worker's reader beside the test: a command blocks the test's own loop."""
    stop = threading.Event()

    async def read() -> None:
        async with open_runtime(Settings()) as opened:
            while not stop.is_set():
                await Inbox(opened).read_all()
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(read()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def at_a_terminal(*arguments: str, typed: bytes) -> tuple[int, bytes]:
    """Run `leadline` where somebody reads and types: its code, and what it said up to its question."""
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "app.cli", *arguments]
    asked = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    told = b""
    while b"[keep]" not in told:
        told += os.read(mine, 1000)
    os.write(mine, typed)
    asked.communicate(timeout=30)
    os.close(mine)
    return asked.returncode, told


STANDING = (
    "SELECT leads.version, stage, messages.step, messages.status FROM leads"
    " LEFT JOIN messages ON messages.id = pending ORDER BY leads.id"
)


async def test_the_counts_come_before_the_decision_and_a_move_takes_them_along(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    await _with_two_leads()
    path = changed(tmp_path, with_another_step)
    (plan,) = [one for one in leadline("apply", path, "--dry-run", "--json").json["changes"] if one["key"] == "gentle"]
    assert plan == {
        "kind": "sequence",
        "key": "gentle",
        "clinic": "lakeside",
        "change": "changed",
        "in_flight": {"hello": 2},
    }
    with a_reader():
        done = leadline("apply", path, "--in-flight", "move", "--by", "sam", "--json")
    assert done.json["leads"] == {"decision": "move", "ordered": 2, "carried_out": 2, "busy": 0, "nowhere": 0}
    assert done.err.endswith("2 leads moved.\n")
    assert await ask(lakeside, STANDING) == [(2, "texting", "hello", "scheduled")] * 2
    # Moving the moved is nothing to do.
    again = leadline("apply", path, "--in-flight", "move", "--json")
    assert again.json["leads"] == {"decision": "move", "ordered": 0, "carried_out": 0, "busy": 0, "nowhere": 0}


async def test_what_was_kept_first_may_be_stopped_later_by_the_same_file(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    await _with_two_leads()
    path = changed(tmp_path, with_new_words)
    assert "leads" not in leadline("apply", path, "--json").json
    assert await ask(lakeside, STANDING) == [(1, "texting", "hello", "scheduled")] * 2
    with a_reader():
        assert leadline("apply", path, "--in-flight", "stop").err.endswith("2 leads stopped.\n")
    assert await ask(lakeside, STANDING) == [(1, "finished", None, None)] * 2


async def test_one_lead_is_told_as_one(lakeside: str, leadline: Leadline, tmp_path: Path) -> None:
    await _with_leads(a_lead())
    with a_reader():
        done = leadline("apply", changed(tmp_path, with_new_words), "--in-flight", "move")
    assert done.err.endswith("1 lead moved.\n")


async def test_without_a_worker_the_orders_wait_and_so_does_every_text(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    await _with_two_leads()
    done = leadline("apply", changed(tmp_path, with_new_words), "--in-flight", "move")
    assert done.code == 0
    assert "2 more will be as soon as a worker runs; until then nothing leaves to them.\n" in done.err
    waiting = "SELECT kind, blocks FROM events WHERE read_no IS NULL"
    assert await ask(lakeside, waiting) == [("sequence_moved", True)] * 2


async def test_leads_of_a_sequence_that_is_gone_cannot_move_and_may_be_stopped(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    await _with_two_leads()
    page = YAML().load(LAKESIDE.read_text())
    page["sequences"]["slow"] = page["sequences"].pop("gentle")
    path = tmp_path / "gone.yaml"
    YAML().dump(page, path)
    moved = leadline("apply", path, "--in-flight", "move")
    assert "lakeside: gentle is gone; there is nothing to move its 2 leads to: kept as before.\n" in moved.err
    with a_reader():
        assert leadline("apply", path, "--in-flight", "stop").err.endswith("2 leads stopped.\n")


async def test_somebody_at_a_terminal_is_asked_and_keeping_is_the_default(lakeside: str, tmp_path: Path) -> None:
    await _with_two_leads()
    path = changed(tmp_path, with_new_words)
    code, told = at_a_terminal("apply", str(path), typed=b"perhaps\n\n")
    assert code == 0
    assert b"lakeside: leads stand in gentle: hello 2." in told
    assert await ask(lakeside, "SELECT version FROM clinics") == [(2,)]
    assert await ask(lakeside, STANDING) == [(1, "texting", "hello", "scheduled")] * 2


# -- history and diff --------------------------------------------------------------------------


async def test_the_history_says_who_applied_what_when_and_who_stands_where(
    lakeside: str, leadline: Leadline, tmp_path: Path
) -> None:
    await _with_two_leads()
    leadline("apply", changed(tmp_path, with_another_step), "--by", "sam")
    known = leadline("versions", "list", "--clinic", "lakeside", "--sequence", "gentle", "--json").json["versions"]
    assert [(one["version"], one["applied_by"], one["current"], one["in_flight"]) for one in known] == [
        (2, "sam", True, {}),
        (1, getuser(), False, {"hello": 2}),
    ]
    table = leadline("versions", "list", "--clinic", "lakeside").err
    assert "2 (current)" in table
    assert "hello 2" in table


async def test_a_diff_is_by_step_and_shows_the_words(lakeside: str, leadline: Leadline, tmp_path: Path) -> None:
    leadline("apply", changed(tmp_path, with_another_step))
    shown = leadline("versions", "diff", "--clinic", "lakeside", "--sequence", "gentle")
    assert shown.code == 0
    headers = [line for line in shown.out.splitlines() if line.startswith(("---", "+++"))]
    assert headers == [
        "--- gentle version 1",
        "+++ gentle version 2",
        "--- /dev/null",
        "+++ gentle.note version 2",
        "--- gentle.hello version 1",
        "+++ gentle.hello version 2",
    ]
    assert "\n+- note\n" in shown.out
    assert f"\n+  en: '{NEW_WORDS}'\n" in shown.out
    assert leadline("versions", "diff", "--clinic", "lakeside", "--sequence", "gentle", "2", "2").err == (
        "They say the same.\n"
    )
    first = leadline("versions", "show", "--clinic", "lakeside", "--sequence", "gentle", "1").out
    assert first.startswith("steps:\n- hello\n")
    assert "note" not in first


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "--clinic", "no"), "there is no clinic no; known: lakeside"),
        (
            ("show", "--clinic", "lakeside", "--sequence", "no"),
            "lakeside never had a sequence no; known: appointment-request, gentle, nurture",
        ),
        (("diff", "--clinic", "lakeside", "--sequence", "gentle"), "gentle has no version 0; it has 1"),
        (("show", "--clinic", "lakeside", "--sequence", "gentle", "7"), "gentle has no version 7; it has 1"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    lakeside: str, leadline: Leadline, arguments: tuple[str, ...], told: str
) -> None:
    done = leadline("versions", *arguments)
    assert (done.code, done.err.splitlines()[0][: len(told) + 10]) == (2, f"leadline: {told}")


# -- the doors ---------------------------------------------------------------------------------


async def test_coordinators_see_sequences_versions_and_what_differs(
    api: httpx.AsyncClient, keys: Keys, runtime: Runtime
) -> None:
    await api.post("/leads", json=a_lead(), headers=bearer(keys.source))
    await Inbox(runtime).read_all()
    page = LAKESIDE_TEXT.replace("Thank you for writing to us", "Thank you for your message")
    assert page != LAKESIDE_TEXT
    await apply_clinic(runtime, page)
    me = bearer(keys.coordinator)
    listed = (await api.get("/sequences", headers=me)).json()["sequences"]
    assert {"key": "gentle", "version": 2, "current": True, "in_flight": {"hello": 1}} in listed
    known = (await api.get("/sequences/gentle/versions", headers=me)).json()
    assert [(one["version"], one["current"], one["in_flight"]) for one in known["versions"]] == [
        (2, True, {}),
        (1, False, {"hello": 1}),
    ]
    shown = (await api.get("/sequences/gentle/versions/2", headers=me)).json()
    assert (shown["key"], shown["version"], shown["against"]) == ("gentle", 2, 1)
    assert "Thank you for your message" in shown["yaml"]
    assert shown["diff"].startswith("--- gentle.hello version 1\n+++ gentle.hello version 2\n")
    first = (await api.get("/sequences/gentle/versions/1", headers=me)).json()
    assert (first["against"], first["diff"]) == (None, None)
    lead = (await api.get("/leads", headers=me)).json()["leads"][0]
    timeline = (await api.get(f"/leads/{lead['id']}/timeline", headers=me)).json()["items"]
    texts = [one for one in timeline if one["kind"] == "message"]
    assert [(one["sequence"], one["version"], one["step"]) for one in texts] == [("gentle", 1, "hello")]


@pytest.mark.parametrize(
    ("path", "key", "expected"),
    [
        ("/sequences", "source", 403),
        ("/sequences/gentle/versions", "source", 403),
        ("/sequences/none/versions", "coordinator", 404),
        ("/sequences/gentle/versions/9", "coordinator", 404),
        ("/sequences/gentle/versions/1?against=9", "coordinator", 404),
        ("/sequences/gentle/versions/99999999999", "coordinator", 422),
        ("/sequences/a%00b/versions", "coordinator", 422),
        ("/sequences", "admin", 200),
    ],
)
async def test_others_do_not_and_what_is_not_there_is_404(
    api: httpx.AsyncClient, keys: Keys, path: str, key: str, expected: int
) -> None:
    assert (await api.get(path, headers=bearer(getattr(keys, key)))).status_code == expected


async def test_another_clinic_sees_its_own(api: httpx.AsyncClient, keys: Keys, runtime: Runtime) -> None:
    await api.post("/leads", json=a_lead(), headers=bearer(keys.source))
    await Inbox(runtime).read_all()
    theirs = (await api.get("/sequences", headers=bearer(keys.other_coordinator))).json()["sequences"]
    assert [one["in_flight"] for one in theirs] == [{}] * len(theirs)
